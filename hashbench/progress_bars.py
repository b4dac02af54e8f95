"""Progress bars on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hashbench.progress import listening

if TYPE_CHECKING:
    from rich.progress import Progress


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
