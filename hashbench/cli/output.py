"""What commands print: tables on standard output, drawn on a terminal and as Markdown elsewhere."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from hashbench.printable import printable
from hashbench.reporting.table import INSEPARABLE

if TYPE_CHECKING:
    from rich.text import Text

    from hashbench.reporting.table import Table

WIDTH = 100
"""Columns that a table may take unless it is asked for wide."""
LABELS = {"training": "train", "validation": "val", "training and validation": "train+val"}
SHORT = 20
"""Characters to which texts are cut in a table that is too wide with all else shortened."""

ELLIPSIS = " ..."
_SPREAD = re.compile(r" ± 0?(\.?)")


def echo_table(table: Table, *, wide: bool = False) -> None:
    """Print a table on standard output.

    Args:
        table: the table.
        wide: leave its cells as they are; otherwise those of numbers are shortened to fit 100 columns.
    """
    shown = table if wide else fitted(table)
    if not sys.stdout.isatty():
        click.echo(shown.to_markdown())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    drawn = RichTable(title=printable(shown.title), title_justify="left", box=box.SIMPLE_HEAD)
    needed = 0
    for column, name in enumerate(shown.header):
        cells = [printable(row[column].strip("*`")) for row in (shown.header, *shown.rows)]
        side = shown.justify(column)
        least = max(map(len, cells if side == "right" else " ".join(cells).split()), default=1)
        needed += least + 3
        drawn.add_column(printable(name), justify=side, no_wrap=side == "right", min_width=least)
    for row in shown.rows:
        drawn.add_row(*map(_text, row))
    console = Console()
    console.width = max(console.width, needed)
    console.print(drawn)


def fitted(table: Table) -> Table:
    """Return a table of numbers with its cells shortened, step by step, until it fits 100 columns.

    Standard deviations, marks and slashes are written closer, labels are abbreviated, and at last the
    standard deviations are left out, and texts behind the first column are cut.
    """
    if table.text_columns is None:
        return table
    for step in (_closer, _abbreviated, _without_spread):
        if width(table) <= WIDTH:
            return table
        table = replace(table, rows=[[step(cell) for cell in row] for row in table.rows])
    if width(table) > WIDTH:
        texts = range(1, table.text_columns or 0)
        rows = [
            [shortened(cell, SHORT) if i in texts else cell for i, cell in enumerate(r)] for r in table.rows
        ]
        table = replace(table, rows=rows)
    return table


def width(table: Table) -> int:
    """Return how many columns a table takes as Markdown, its title apart."""
    return max(map(len, table.to_markdown().split("\n\n", 1)[1].splitlines()), default=0)


def shortened(text: str, most: int) -> str:
    """Return the words of a text that fit, with an ellipsis where some do not."""
    if len(text) <= most:
        return text
    return text[: most - len(ELLIPSIS) + 1].rsplit(" ", 1)[0].rstrip(",;:") + ELLIPSIS


def _closer(cell: str) -> str:
    closer = cell.replace(f"{INSEPARABLE}0.", f"{INSEPARABLE}.")
    return _SPREAD.sub(r"±\1", closer).replace(" / ", "/")


def _abbreviated(cell: str) -> str:
    return LABELS.get(cell, cell)


def _without_spread(cell: str) -> str:
    return cell.partition("±")[0]


def _text(cell: str) -> Text:
    from rich.text import Text

    emphasised = cell.startswith("*")
    return Text(printable(cell.strip("*`")), style="italic" if emphasised else "")
