"""What commands print: tables on standard output, drawn on a terminal and as Markdown elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from hashbench.printable import printable
from hashbench.progress import listening

if TYPE_CHECKING:
    from rich.progress import Progress
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


@contextmanager
def progress_bars(shown: bool) -> Iterator[Progress]:
    """Show progress on standard error, of this block and of every ``hashbench.progress.track`` in it.

    Nothing is shown unless ``shown`` and standard error is a terminal.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    disabled = not (shown and sys.stderr.isatty())
    with Progress(*columns, console=Console(stderr=True), disable=disabled) as progress:

        def listener(items: Iterable[Any], description: str, total: int | None) -> Iterator[Any]:
            task = progress.add_task(description, total=total)
            for item in items:
                yield item
                progress.advance(task)

        with listening(listener):
            yield progress


def _text(cell: str) -> Text:
    from rich.text import Text

    emphasised = cell.startswith("*")
    return Text(printable(cell.strip("*`")), style="italic" if emphasised else "")
