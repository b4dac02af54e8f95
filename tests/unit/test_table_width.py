"""Tables of the command line: 100 columns, by shortening numbers step by step and cutting at words."""

from __future__ import annotations

import pytest

from hashbench.cli.output import WIDTH, fitted, shortened, width
from hashbench.reporting.table import Table


def wide(n_columns: int, cell: str = "0.370 ± 0.004") -> Table:
    header = ["method", "labels", *(f"{2**i} bits" for i in range(n_columns))]
    rows = [["nash (validated)", "training and validation", *[cell] * n_columns]]
    return Table("P@100", header, rows, text_columns=2)


def test_what_fits_stays_as_it_is() -> None:
    assert fitted(wide(2)) == wide(2)


@pytest.mark.parametrize(("n_columns", "cell"), [(4, "0.370±.004"), (6, "0.370")])
def test_numbers_are_shortened_until_the_table_fits(n_columns: int, cell: str) -> None:
    assert width(wide(n_columns)) > WIDTH
    found = fitted(wide(n_columns))
    assert width(found) <= WIDTH
    assert found.rows[0][2:] == [cell] * n_columns


def test_texts_are_never_shortened_in_a_table_of_texts() -> None:
    table = Table("names", ["name", "what it is"], [["a", "word " * 50]])
    assert fitted(table) is table


@pytest.mark.parametrize("most", range(13, 40))
def test_a_text_is_cut_between_words(most: int) -> None:
    text = "Principal components, rotated so that their signs lose least"
    short = shortened(text, most)
    assert len(short) <= most
    kept = short.removesuffix(" ...")
    assert text.startswith(kept)
    assert text[len(kept)] in " ,"
