"""Processes that are killed while they write, and others that write at the same time, change no score."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hashbench.experiment.store import ResultStore

GRID = (
    *("--datasets", "toy", "--methods", "random,lsh,itq,cosine", "--bits", "8,16", "--seeds", "3"),
    *("--jobs", "1", "--quiet"),
)


def stored_after(kills: int, writers: int, folder: Path, environment: dict[str, str]) -> ResultStore:
    """Run the grid in several processes with a cache of their own; each kill ends one, another takes over."""
    out = folder / "results"
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.killed_writers", out, str(kills), str(writers), *GRID],
        env={**environment, "HASHBENCH_CACHE": str(folder / "cache")},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split() == ["0"] * writers, done.stderr
    return ResultStore(out)


def test_kills_and_several_writers_change_no_score(tmp_path: Path, environment: dict[str, str]) -> None:
    calm = stored_after(0, 1, tmp_path / "calm", environment)
    killed = stored_after(5, 3, tmp_path / "killed", environment)
    expected, unreadable = calm.records()
    found, also_unreadable = killed.records()
    assert (len(expected), unreadable, also_unreadable) == (19, [], [])
    assert {r.key: (r.status, r.scores, r.by_query) for r in found} == {
        r.key: (r.status, r.scores, r.by_query) for r in expected
    }
    for record in expected:
        if record.trial.bits is not None:
            one, other = calm.find_codes(record.codes_name), killed.find_codes(record.codes_name)
            assert one is not None
            assert other is not None
            assert dict(one.codes) == dict(other.codes)
    assert not list(killed.root.rglob("*.unreadable*"))
