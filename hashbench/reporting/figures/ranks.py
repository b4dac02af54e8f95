"""The critical-difference diagram of average ranks (Demšar, 2006, JMLR 7, figure 1)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hashbench.reporting.average_ranks import RankedRows
from hashbench.reporting.figures.style import (
    PALETTE,
    REFERENCE_COLOUR,
    TITLE_HEIGHT,
    figure_style,
    wrapped,
)

AXIS_WIDTH = 2.8  # inches
LETTER_WIDTH = 0.058
ROW_HEIGHT = 0.19  # inches, of one unit of the vertical axis
GROUP_STEP = 0.45
ABOVE = 2.6


@figure_style()
def rank_diagram(ranked: RankedRows, title: str = "") -> Figure:
    """Draw average ranks on a line, the best on the left, with a bar over methods that do not differ.

    Above is the critical difference: ranks that are closer do not differ significantly at 5 %. The figure is
    as wide as its labels need.

    Args:
        ranked: methods and their ranks.
        title: line above the figure.
    """
    ranks, groups = ranked.found.ranks, ranked.found.groups
    order = np.argsort(ranks, kind="stable")
    n, half = len(order), (len(order) + 1) // 2
    top = -GROUP_STEP * (len(groups) + 1) - 0.6
    depth = top - half
    labels = [f"{ranked.labels[method]}, {ranks[method]:.2f}" for method in order]
    sides = labels[:half], labels[half:]
    width = AXIS_WIDTH + LETTER_WIDTH * sum(max(map(len, side)) for side in sides)
    figure = Figure()
    axes = figure.add_subplot()
    wrapped_title = wrapped(title, width)
    title_rows = 1 + len(wrapped_title.splitlines())
    figure.set_size_inches(width, ROW_HEIGHT * (ABOVE - depth) + TITLE_HEIGHT * title_rows)
    axes.set_title(wrapped_title)
    axes.set_axis_off()
    margin = 0.04 * (n - 1)
    axes.set_xlim(1 - margin, n + margin)
    axes.set_ylim(depth, ABOVE)
    _scale(axes, n)
    _critical_difference(axes, ranked.found.critical_difference, n)
    for level, (first, last) in enumerate(groups):
        ends = ranks[order[first]] - margin / 2, ranks[order[last]] + margin / 2
        axes.plot(ends, [-GROUP_STEP * (level + 1)] * 2, color=PALETTE[1], linewidth=2.5, clip_on=False)
    for place, method in enumerate(order):
        left = place < half
        y = top - (place if left else n - 1 - place)
        edge = 1 - margin if left else n + margin
        rank = float(ranks[method])
        axes.plot([rank, rank, edge], [0, y, y], color=REFERENCE_COLOUR, linewidth=0.8)
        said = f"{labels[place]} " if left else f" {labels[place]}"
        axes.text(edge, y, said, ha="right" if left else "left", va="center", fontsize=7)
    return figure


def _scale(axes: Axes, n: int) -> None:
    """Draw the line of ranks from 1 to n."""
    axes.plot([1, n], [0, 0], color=REFERENCE_COLOUR, linewidth=0.8)
    step = 1 if n <= 12 else 2
    for rank in range(1, n + 1, step):
        axes.plot([rank, rank], [0, 0.25], color=REFERENCE_COLOUR, linewidth=0.8)
        axes.text(rank, 0.4, str(rank), ha="center", va="bottom", fontsize=7)


def _critical_difference(axes: Axes, length: float, n: int) -> None:
    """Draw the critical difference as a bar above the line, or say that it is longer than the line."""
    if length > n - 1:
        said = f"critical difference {length:.2f}, more than any two ranks differ"
        axes.text(1, ABOVE - 0.5, said, ha="left", va="center", fontsize=7)
        return
    y = ABOVE - 0.9
    axes.plot([1, 1 + length], [y, y], color=REFERENCE_COLOUR, linewidth=0.8)
    for end in (1, 1 + length):
        axes.plot([end, end], [y - 0.15, y + 0.15], color=REFERENCE_COLOUR, linewidth=0.8)
    said = f"critical difference {length:.2f}"
    axes.text(1 + length / 2, y + 0.25, said, ha="center", va="bottom", fontsize=7)
