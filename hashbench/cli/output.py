"""What commands print: tables on standard output, drawn on a terminal and as Markdown elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hashbench.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

    from hashbench.reporting.table import Table


def echo_table(table: Table) -> None:
    """Print a table on standard output."""
    if not sys.stdout.isatty():
        click.echo(table.to_markdown())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    drawn = RichTable(title=printable(table.title), title_justify="left", box=box.SIMPLE_HEAD)
    for column, name in enumerate(table.header):
        drawn.add_column(printable(name), justify=table.justify(column), overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(_text, row))
    Console().print(drawn)


def _text(cell: str) -> Text:
    from rich.text import Text

    emphasised = cell.startswith("*")
    return Text(printable(cell.strip("*`")), style="italic" if emphasised else "")
