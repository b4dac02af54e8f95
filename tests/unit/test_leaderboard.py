"""Leaderboards: a pure function of records."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hashbench.experiment.record import PluginSource, TrialRecord
from hashbench.experiment.store import ResultStore
from hashbench.reporting.leaderboard import boards, file_name, render
from hashbench.reporting.leaderboard_files import stale_files, write_leaderboards
from hashbench.reporting.table import Table
from tests.unit.records import PROTOCOL, make_record


def cells(text: str, heading: str, method: str) -> list[str]:
    """Return the cells of a method's row in the table below a heading."""
    section = text.split(f"### {heading}", 1)[1].split("###", 1)[0]
    line = next(line for line in section.splitlines() if line.startswith(f"| {method} "))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_cells_hold_mean_deviation_and_tie_bounds_over_seeds() -> None:
    values = (0.5, 0.6, 0.7)
    text = render(make_record(seed=seed, value=value) for seed, value in enumerate(values))["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["0.600 ± 0.100 [0.500, 0.700]"]


def test_one_seed_has_no_deviation_and_no_bits_a_column_of_its_own() -> None:
    records = [
        make_record(value=0.25),
        make_record("cosine", bits=None, seed=None, value=0.4, reference=True),
    ]
    text = render(records)["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["0.250 [0.150, 0.350]", ""]
    assert cells(text, "P@100 on toy with tfidf", r"*cosine*") == ["", "0.400 [0.300, 0.500]"]
    assert re.search(r"^\| method +\| +16 bits \| +no bits \|$", text, flags=re.M)


def methods(text: str, heading: str) -> list[str]:
    """Return the methods of the table below a heading, in order."""
    section = text.split(f"{heading}\n", 1)[1].split("##", 1)[0]
    return re.findall(r"^\| (\S+)", section, flags=re.M)[2:]


def test_rows_are_sorted_best_first_and_the_index_leaves_references_out() -> None:
    records = [
        make_record("lsh", value=0.1),
        make_record("itq", value=0.5),
        make_record("cosine", bits=None, seed=None, value=0.9, reference=True),
    ]
    files = render(records)
    assert methods(files["toy.md"], "### P@100 on toy with tfidf") == ["*cosine*", "itq", "lsh"]
    assert "itq 0.500" in files["README.md"]
    assert "cosine" not in files["README.md"]


def test_methods_given_the_labels_have_tables_of_their_own() -> None:
    records = [
        make_record("itq", value=0.5, coarse=0.8),
        make_record("cosine", bits=None, seed=None, value=0.6, coarse=0.8, reference=True),
        make_record("vdsh-s", bits=32, value=0.6, coarse=0.9, supervised=True),
        make_record("gone-s", bits=32, value=0.7, coarse=0.9, supervised=True),
    ]
    files = render(records)
    text, index = files["toy.md"], files["README.md"]
    for title in ("P@100", "Coarse P@100"):
        assert methods(text, f"### {title} on toy with tfidf") == ["*cosine*", "itq"]
        supervised = f"{title} of methods given the labels on toy with tfidf"
        assert methods(text, f"### {supervised}") == ["gone-s", "vdsh-s"]
        assert len(cells(text, supervised, "gone-s †")) == 1
    best, best_supervised = index.split("## Best P@100 by code length of methods given the labels")
    assert "itq 0.500" in best
    assert "gone-s" not in best
    assert "gone-s 0.700" in best_supervised


def test_without_methods_given_the_labels_nothing_speaks_of_them() -> None:
    files = render([make_record("itq")])
    assert "of methods given the labels" not in files["toy.md"] + files["README.md"]


def published_record(method: str = "lsh", bits: int = 16, **changes: Any) -> TrialRecord:
    """Return a record on a corpus for which a paper printed 0.3215 at 16 bits and 0.3862 at 32."""
    record = make_record(method, bits, **changes)
    return replace(record, trial=replace(record.trial, dataset="reuters"))


def test_figures_of_papers_stand_beside_ours_where_there_are_some() -> None:
    records = [
        *(published_record(seed=seed, value=value) for seed, value in enumerate((0.3, 0.4))),
        published_record(bits=24, value=0.45),
        published_record("ksh", bits=32, value=0.8, supervised=True),
        published_record("toy-hasher", bits=64, value=0.9),
    ]
    text = render(records)["reuters.md"]
    heading = "P@100 here / as printed on reuters with tfidf"
    assert cells(text, heading, "lsh") == ["0.350 / 0.322", "- / 0.386", "Dong et al. (2019), table 1"]
    assert cells(text, heading, "ksh †") == ["- / 0.838", "0.800 / 0.848", "Dong et al. (2019), table 2"]
    assert methods(text, f"### {heading}") == ["ksh", "lsh"]
    assert "compare them without care" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"overrides": {"method": {"center": True}}},
        {"overrides": {"dataset": {"top_labels": 20}}},
        {"protocol": replace(PROTOCOL, queries="validation")},
    ],
)
def test_figures_of_papers_stand_beside_nothing_but_test_results_of_defaults(changes: dict[str, Any]) -> None:
    assert "### P@100 here / as printed" not in render([published_record(**changes)])["reuters.md"]


def test_failed_trials_have_no_figure_beside_that_of_a_paper() -> None:
    text = render([published_record(value=None)])["reuters.md"]
    assert cells(text, "P@100 here / as printed", "lsh") == ["- / 0.322", "Dong et al. (2019), table 1"]


def test_the_order_of_records_changes_nothing() -> None:
    records = [
        make_record(m, b, s, 0.1 * s + 0.2) for m in ("itq", "lsh") for b in (16, 32) for s in range(3)
    ]
    wanted = render(records)
    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert render(records) == wanted


def test_protocols_never_share_a_table() -> None:
    other = replace(PROTOCOL, split="random 80/10/10, seed 0")
    records = [make_record("itq", value=0.3), make_record("lsh", value=0.9, protocol=other)]
    text = render(records)["toy.md"]
    assert text.count("### P@100 on toy with tfidf") == 2
    assert {board.first.protocol.fingerprint for board in boards(records)} == {
        PROTOCOL.fingerprint,
        other.fingerprint,
    }
    for fingerprint in (PROTOCOL.fingerprint, other.fingerprint):
        assert f"Protocol `{fingerprint}`" in text


def test_coarse_table_only_where_there_are_coarse_labels() -> None:
    assert "Coarse P@100" not in render([make_record()])["toy.md"]
    assert cells(render([make_record(coarse=0.75)])["toy.md"], "Coarse P@100 on toy with tfidf", "itq") == [
        "0.750 [0.750, 0.750]"
    ]


def test_failures_are_cells_and_a_list_with_reasons() -> None:
    records = [
        make_record(seed=0, value=0.5),
        make_record(seed=1, value=None),
        make_record("lsh", value=None),
    ]
    text = render(records)["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["0.500 [0.400, 0.600] (1 of 2 failed)"]
    assert cells(text, "P@100 on toy with tfidf", "lsh") == ["failed"]
    assert "- itq 16 bits seed 1 on toy/tfidf: fit: RuntimeError: no" in text


def test_a_board_of_failures_shows_them_and_no_costs() -> None:
    text = render([make_record("lsh", value=None)])["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "lsh") == ["failed"]
    assert "Seconds to fit" not in text
    assert "Coarse" not in text


def test_only_the_newest_version_of_a_method_makes_its_row() -> None:
    newer = {"plugin": PluginSource("hashbench", "1.1", "fedc"), "finished": "2026-02-02T00:00:00+00:00"}
    records = [
        make_record(seed=0, value=0.1),
        make_record(seed=1, value=0.1),
        make_record(seed=0, value=0.8, **newer),
    ]
    text = render(records)["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["0.800 [0.700, 0.900]"]
    assert cells(text, "Methods on toy", "itq") == ["1", "hashbench 1.1", "fedc", "n_iter=50"]


def test_changed_parameters_and_threads_are_rows_of_their_own() -> None:
    records = [
        make_record(value=0.1),
        make_record(value=0.2, overrides={"method": {"n_iter": 3}}),
        make_record(value=0.3, threads=2),
    ]
    text = render(records)["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq (n_iter=3)")[0].startswith("0.200")
    assert cells(text, "P@100 on toy with tfidf", "itq, 2 threads")[0].startswith("0.300")
    assert cells(text, "P@100 on toy with tfidf", "itq ")[0].startswith("0.100")


def test_costs_are_fit_seconds_and_encoded_documents_a_second() -> None:
    assert cells(render([make_record()])["toy.md"], "Seconds to fit", "itq") == ["2.00 s, 2,000/s"]


def test_the_introduction_gives_sizes_chance_and_what_was_left_out() -> None:
    text = render([make_record(coarse=0.7, description="Toys of 1998")])["toy.md"]
    assert "Toys of 1998." in text
    assert "Database 800 documents, 100 queries" in text
    assert "0.050 (fine labels), 0.200 (coarse labels)" in text
    assert "empty queries: 2, left out" in text


def test_files_are_stale_when_changed_missing_or_left_over(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "results")
    store.prepare()
    store.save(make_record())
    folder = tmp_path / "boards"
    paths, _ = write_leaderboards(store, folder)
    assert {path.name for path in paths} == {"toy.md", "README.md"}
    rendered = render(store.records()[0])
    assert stale_files(rendered, folder) == {}

    board = folder / "toy.md"
    board.write_text(board.read_text().replace("0.500", "0.900"))
    (folder / "gone.md").write_text(rendered["README.md"])
    (folder / "notes.md").write_text("Not ours.\n")
    stale = stale_files(rendered, folder)
    assert {path.name for path in stale} == {"toy.md", "gone.md"}
    assert "-| itq    | 0.900" in stale[board]
    board.unlink()
    assert board in stale_files(rendered, folder)


def test_file_names_are_safe() -> None:
    assert file_name("stranger:../toy data") == "stranger-..-toy-data.md"


@pytest.mark.parametrize("cell", ["a|b", "a\nb"])
def test_tables_escape_what_would_break_them(cell: str) -> None:
    lines = Table("t", ["x", "y"], [[cell, "1"]]).to_markdown().splitlines()
    assert len(lines) == 5
    assert all(re.fullmatch(r"\| ((\\\||[^|])+\|){2}", line) for line in lines[2:])


def test_every_note_of_a_trial_stands_once_above_the_tables():
    records = [make_record(seed=0, notes=("short",)), make_record(seed=1, notes=("a sample", "short"))]
    records.append(make_record(seed=2, value=None, notes=("never scored",)))
    (board,) = boards(records)
    notes = [line for line in board.introduction().splitlines() if line.startswith("Note")]
    assert sorted(notes) == ["Note: a sample.", "Note: short."]
