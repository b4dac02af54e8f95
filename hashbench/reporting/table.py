"""A table, and its rendering as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hashbench.printable import printable, printable_line

INSEPARABLE = "★"
"""Marks values that cannot be told apart from the best of their column."""


@dataclass(frozen=True)
class Table:
    """Strings in rows below a header.

    Attributes:
        title: what the table shows.
        header: one name a column.
        rows: cells, as many in each row as there are columns.
        level: depth of the title as a heading.
        text_columns: the number of columns, from the left, that hold text; those after them hold numbers and
            are aligned right. None for all of them.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    level: int = 3
    text_columns: int | None = None

    def justify(self, column: int) -> Literal["left", "right"]:
        """Return the side to which a column is aligned."""
        return "left" if self.text_columns is None or column < self.text_columns else "right"

    def to_markdown(self) -> str:
        """Return heading and table as Markdown, padded so that it reads well as plain text.

        A last column of text is not padded: one long cell would fill every row with spaces.
        """
        cells = [[_escaped(cell) for cell in row] for row in (self.header, *self.rows)]
        widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(self.header))]
        if self.justify(len(widths) - 1) == "left":
            widths[-1] = max(3, len(cells[0][-1]))
        rule = [
            "-" * (width - 1) + (":" if self.justify(column) == "right" else "-")
            for column, width in enumerate(widths)
        ]
        lines = [self._line(row, widths) for row in (cells[0], rule, *cells[1:])]
        return "\n".join([f"{'#' * self.level} {printable_line(self.title)}", "", *lines, ""])

    def _line(self, row: Sequence[str], widths: Sequence[int]) -> str:
        padded = [
            cell.rjust(width) if self.justify(column) == "right" else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"


def _escaped(cell: str) -> str:
    return printable(re.sub(r"\s", " ", cell)).replace("|", "\\|")
