"""Text that any encoder takes."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hashbench.experiment.store import ResultStore
from hashbench.printable import printable, printable_line
from hashbench.reporting.leaderboard import file_name, render
from hashbench.reporting.leaderboard_files import stale_files, write_leaderboards
from hashbench.reporting.table import Table
from tests.unit.records import make_record

ODD = "cut \ud83d, \x1b[31mred\x1b[0m, \0, \r\n, \u2028 and \x9b"


@pytest.mark.parametrize("text", ["plain", "naïve café", "中文 \U0001f600", "a\nb", "", "back\\slash"])
def test_what_can_be_printed_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_every_character_can_be_encoded_and_moves_no_cursor() -> None:
    text = printable("".join(map(chr, range(sys.maxunicode + 1))))
    assert text.encode().decode() == text
    assert len(text.splitlines()) == 2
    assert len(printable_line("a\nb\r\nc\u2028d").splitlines()) == 1
    assert printable("\ud83d") == r"\ud83d"
    assert printable("\x1b") == r"\x1b"
    ElementTree.fromstring(f"<a>{printable(ODD)}</a>")


def test_leaderboards_with_odd_characters_are_written_and_not_stale(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.prepare()
    odd = make_record(description=ODD, notes=(ODD,), versions={"python": ODD}, fit_diagnostics={ODD: ODD})
    failed = make_record(value=None, seed=1, error=ODD, traceback=ODD)
    for record in (odd, failed):
        store.save(record)
        assert store.find(record.key) == record
    files, unreadable = write_leaderboards(store, store.leaderboards_folder)
    assert (len(files), unreadable) == (2, [])
    assert r"cut \ud83d, \x1b[31mred" in files[0].read_text(encoding="utf-8")
    assert stale_files(render(store.records()[0]), store.leaderboards_folder) == {}


def test_cells_and_titles_of_tables_are_one_line() -> None:
    lines = Table(ODD, ["a", ODD], [[ODD, "x|y"]]).to_markdown().splitlines()
    assert [line[:1] for line in lines] == ["#", "", "|", "|", "|"]
    "".join(lines).encode()


def test_long_names_are_cut_and_stay_apart() -> None:
    names = [file_name("l" * length) for length in (120, 121, 248, 1000)]
    assert names[0] == "l" * 120 + ".md"
    assert len(set(names)) == 4
    assert max(map(len, names)) <= 140
    assert file_name("é" * 200).isascii()


def test_a_figure_with_odd_characters_is_drawn() -> None:
    from matplotlib.figure import Figure

    from hashbench.reporting.figures.style import figure_bytes

    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], label=ODD)
    axes.set_title(ODD)
    axes.legend()
    drawn = figure_bytes(figure, ".svg")
    assert rb"\ud83d" in drawn
    ElementTree.fromstring(drawn)
