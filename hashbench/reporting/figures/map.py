"""Maps of codes: t-SNE of a sample of documents, coloured by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from hashbench.codes import Codes
from hashbench.data.corpus import Corpus
from hashbench.errors import HashbenchError
from hashbench.reporting.figures.style import (
    COLUMN_WIDTH,
    LEGEND_ROW,
    OTHER_COLOUR,
    PAGE_WIDTH,
    PALETTE,
    TITLE_HEIGHT,
    figure_style,
    legend_columns,
    wrapped,
)

PERPLEXITY = 100.0
MOST_CLASSES = 12
MARKERS = ("o", "^")
FEWEST_CODES = 4
OTHER = -1
MARGIN = 1.06


@dataclass(frozen=True, eq=False)
class Panel:
    """The map of one trial: positions float32 (n, 2), of the same n documents in every panel of a figure."""

    title: str
    positions: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes of n documents.

    Attributes:
        names: one name a class, at most 12, the most frequent first.
        of: the class of each document, int64 (n,); ``OTHER`` where it has none of them.
    """

    names: tuple[str, ...]
    of: NDArray[np.int64]


def sample_rows(rows: Sequence[NDArray[np.int64]], points: int, seed: int) -> NDArray[np.int64]:
    """Draw documents that every trial has.

    Args:
        rows: rows of the corpus, of each trial.
        points: how many to draw; fewer where there are fewer.
        seed: seed of the draw.

    Returns:
        Rows of the corpus, ascending.
    """
    common = rows[0]
    for other in rows[1:]:
        common = np.intersect1d(common, other)
    drawn = np.random.default_rng(seed).choice(common, min(points, len(common)), replace=False)
    return np.sort(drawn)


def classes_of(corpus: Corpus, rows: NDArray[np.int64], level: str) -> Classes:
    """Return the class of some documents; one with several labels is of the most frequent of them.

    Args:
        corpus: labels.
        rows: rows of the corpus.
        level: "coarse" or "fine".

    Raises:
        HashbenchError: the corpus has no coarse labels and they are asked for.
    """
    if not corpus.has_labels and corpus.coarse is None:
        return Classes((), np.full(len(rows), OTHER))
    if level == "coarse":
        if corpus.coarse is None:
            raise HashbenchError(f"corpus {corpus.name} has no coarse labels; ask for --labels fine")
        member = corpus.coarse[rows][:, None] == np.arange(len(corpus.coarse_names))
        names = corpus.coarse_names
    else:
        member, names = corpus.labels[rows].toarray(), corpus.label_names
    frequency = member.sum(axis=0)
    shown = np.argsort(-frequency, kind="stable")[:MOST_CLASSES]
    shown = shown[frequency[shown] > 0]
    ordered = member[:, shown]
    of = np.where(ordered.any(axis=1), ordered.argmax(axis=1), OTHER)
    return Classes(tuple(names[column] for column in shown), of)


def tsne(codes: Codes, seed: int) -> NDArray[np.float32]:
    """Lay codes out in the plane by t-SNE (van der Maaten and Hinton 2008).

    The codes are taken as vectors of 0 and 1, whose squared Euclidean distance is the Hamming distance. The
    perplexity is 100, or a third of the number of codes where that is less.

    Args:
        codes: n codes.
        seed: seed of t-SNE.

    Returns:
        float32 of shape (n, 2). The same codes and seed give the same positions on one thread.

    Raises:
        HashbenchError: fewer than four codes differ.
    """
    from sklearn.manifold import TSNE

    bits = codes.unpack().astype(np.float32)
    distinct = len(np.unique(codes.words, axis=0))
    if distinct < FEWEST_CODES:
        raise HashbenchError(
            f"{distinct} of {len(codes)} codes differ: nothing to lay out; take another trial"
        )
    perplexity = min(PERPLEXITY, (len(codes) - 1) / 3)
    return TSNE(perplexity=perplexity, init="random", random_state=seed, n_jobs=1).fit_transform(bits)


@figure_style()
def code_map(panels: Sequence[Panel], classes: Classes, labels: str, title: str = "") -> Figure:
    """Draw the maps of one or several trials side by side, at most three in a row.

    Args:
        panels: one a trial.
        classes: classes of their documents.
        labels: what the classes are, above the legend.
        title: line above the figure.
    """
    n_columns = 2 if len(panels) == 4 else min(3, len(panels))
    n_rows = -(-len(panels) // n_columns)
    width = COLUMN_WIDTH if n_columns == 1 else PAGE_WIDTH
    numbers = [*range(len(classes.names)), *([OTHER] if (classes.of == OTHER).any() else [])]
    names = [*classes.names, "other"][: len(numbers)]
    columns = legend_columns(names, width)
    height = n_rows * (width / n_columns + TITLE_HEIGHT) + LEGEND_ROW * (2 - (-len(names) // columns))
    figure = Figure(figsize=(width, height))
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(n_rows, n_columns, index + 1, xticks=[], yticks=[], aspect="equal")
        _draw_panel(axes, panel, classes, numbers)
    handles = [
        Line2D([], [], linestyle="", markersize=4, markeredgewidth=0, **_point_style(number))
        for number in numbers
    ]
    figure.legend(handles, names, loc="outside lower center", ncols=columns, title=labels, handlelength=1.0)
    figure.suptitle(wrapped(title, width))
    return figure


def _draw_panel(axes: Axes, panel: Panel, classes: Classes, numbers: Sequence[int]) -> None:
    for number in reversed(numbers):
        chosen = panel.positions[classes.of == number]
        axes.scatter(chosen[:, 0], chosen[:, 1], s=4, linewidths=0, **_point_style(number))
    low, high = panel.positions.min(axis=0), panel.positions.max(axis=0)
    reach = MARGIN * (high - low).max() / 2
    (left, bottom), (right, top) = (low + high) / 2 - reach, (low + high) / 2 + reach
    axes.set(xlim=(left, right), ylim=(bottom, top), title=panel.title)
    axes.spines[:].set_visible(True)


def _point_style(number: int) -> dict[str, Any]:
    if number == OTHER:
        return {"color": OTHER_COLOUR, "marker": "o"}
    return {"color": PALETTE[number % len(PALETTE)], "marker": MARKERS[number // len(PALETTE)]}
