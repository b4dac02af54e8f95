"""Boards in the formats that leaderboards are written in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from hashbench.reporting.board import Board
from hashbench.reporting.comma_separated import to_csv
from hashbench.reporting.latex import bibliography, to_latex
from hashbench.reporting.leaderboard import file_name, render_boards
from hashbench.reporting.page.document import pages
from hashbench.reporting.summary import SummaryTable, summarised

Format = Literal["markdown", "csv", "latex", "html"]


def rendered(boards: Sequence[Board], format_: Format) -> dict[str, str]:
    """Return the text of every leaderboard file of some boards, by file name.

    Args:
        boards: what is shown.
        format_: one of the formats.
    """
    return _RENDERERS[format_](boards)


def _csv(boards: Sequence[Board]) -> dict[str, str]:
    return {"leaderboards.csv": to_csv(table for board in boards for table in summarised(board))}


def _latex(boards: Sequence[Board]) -> dict[str, str]:
    by_dataset: defaultdict[str, list[SummaryTable]] = defaultdict(list)
    for board in boards:
        by_dataset[board.first.trial.dataset] += summarised(board)
    files = {file_name(dataset, ".tex"): to_latex(tables) for dataset, tables in by_dataset.items()}
    cited = bibliography(table for tables in by_dataset.values() for table in tables)
    return {**files, "references.bib": cited}


_RENDERERS: Mapping[Format, Callable[[Sequence[Board]], dict[str, str]]] = {
    "markdown": render_boards,
    "csv": _csv,
    "latex": _latex,
    "html": pages,
}
