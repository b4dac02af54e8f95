"""Leaderboards: a pure function of records."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hashbench.experiment.record import PluginSource
from hashbench.experiment.store import ResultStore
from hashbench.reporting.files import stale_files, write_leaderboards
from hashbench.reporting.leaderboard import boards, file_name, render
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


def test_rows_are_sorted_best_first_and_the_index_leaves_references_out() -> None:
    records = [
        make_record("lsh", value=0.1),
        make_record("itq", value=0.5),
        make_record("cosine", bits=None, seed=None, value=0.9, reference=True),
        make_record("ksh", value=0.7, supervised=True),
    ]
    files = render(records)
    section = files["toy.md"].split("### P@100", 1)[1].split("###", 1)[0]
    assert re.findall(r"^\| (\S+)", section, flags=re.M)[2:] == ["*cosine*", "ksh", "itq", "lsh"]
    assert "| ksh † " in section
    assert "ksh 0.700" in files["README.md"]
    assert "cosine" not in files["README.md"]


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
