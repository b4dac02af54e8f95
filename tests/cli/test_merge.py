"""``hashbench merge``, and the commands that read what it writes."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import Run

GRID = ["--datasets", "toy", "--methods", "lsh,random", "--bits", "8,32", "--seeds", "2", "--jobs", "1"]


def test_every_command_reads_committed_results(hashbench: Run, tmp_path: Path) -> None:
    results, committed = tmp_path / "results", tmp_path / "committed"
    assert hashbench("run", *GRID, "--quiet").code == 0
    merged = hashbench("merge", "results", "--out", "committed")
    assert (merged.code, merged.out) == (0, "")
    assert merged.err == "8 trials in committed, 8 of them new; 3 files changed.\n"
    assert sorted(path.name for path in committed.glob("*/*")) == [
        "_shared.jsonl",
        "lsh.jsonl",
        "random.jsonl",
    ]

    assert hashbench("leaderboard", "--results", "committed").code == 0
    assert (committed / "leaderboards/toy.md").read_text() == (results / "leaderboards/toy.md").read_text()
    assert hashbench("leaderboard", "--results", "committed", "--check").code == 0
    key = min((results / "records").glob("*.json")).stem
    shown = hashbench("show", key[:10], "--results", "committed", "--json")
    assert (shown.document["key"], shown.document["schema"]) == (key, 2)
    drawn = hashbench("figure", "bits", "--results", "committed", "--out", "bits.svg")
    assert (drawn.code, drawn.err) == (0, "Wrote bits.svg\n")
    completed = {"_HASHBENCH_COMPLETE": "bash_complete", "COMP_CWORD": "4"}
    words = f"hashbench show --results committed {key[:6]}"
    assert key in hashbench(**completed, COMP_WORDS=words).out
    shutil.copytree(results / "codes", committed / "codes")
    listed = [hashbench("neighbours", key, "--results", folder, "--json") for folder in (results, committed)]
    assert [done.code for done in listed] == [0, 0]
    assert listed[0].document == listed[1].document

    reused = hashbench("run", *GRID, "--out", "committed", "--json")
    assert {event["status"] for event in reused.events} == {"reused"}
    assert list((committed / "records").iterdir()) == []


def test_what_is_skipped_is_named(hashbench: Run, tmp_path: Path) -> None:
    assert hashbench("run", *GRID, "--quiet").code == 0
    path = min((tmp_path / "results/records").glob("*.json"))
    path.write_text("{")
    merged = hashbench("merge", "results", "--out", "committed")
    assert merged.code == 1
    warning, said = merged.err.splitlines()
    assert warning.startswith(f"Warning: results/records/{path.name} is not complete JSON")
    assert said.startswith("7 trials")
    refused = hashbench("merge", "nowhere", "--out", "committed")
    assert (refused.code, refused.err.count("\n"), "nowhere" in refused.err) == (2, 1, True)
