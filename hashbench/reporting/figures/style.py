"""How figures look: colours that colour-blind readers tell apart, sizes of a printed column, equal bytes."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.text import Text

from hashbench.errors import HashbenchError
from hashbench.printable import printable

COLUMN_WIDTH = 3.4  # inches
PAGE_WIDTH = 7.0
LEGEND_ROW = 0.16
TITLE_HEIGHT = 0.2

# Okabe and Ito's colours without yellow, too pale for a line, and black, which references have.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (3, 1, 1, 1)))
REFERENCE_DASHES: tuple[Any, ...] = ((0, (4, 2)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
REFERENCE_COLOUR = "#333333"
CHANCE_STYLE: dict[str, Any] = {"color": "#AAAAAA", "linestyle": "-", "linewidth": 0.8, "zorder": 1}
OTHER_COLOUR = "#BBBBBB"

_METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
    ".svg": {"Date": None},
}
SUFFIXES = tuple(_METADATA)

_SETTINGS: dict[str, Any] = {
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.use": True,
    "figure.titlesize": 8,
    "font.size": 8,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.5,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.title_fontsize": 7,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
    "svg.fonttype": "none",
    "svg.hashsalt": "hashbench",
    "text.parse_math": False,  # "$" stands in names of classes and parameters
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Use the settings of the figures, whatever a user's own matplotlibrc says."""
    with style.context(["default", _SETTINGS]):
        yield


def line_style(index: int) -> dict[str, Any]:
    """Return what sets the line of that number apart; the first 42 differ."""
    return {
        "color": PALETTE[index % len(PALETTE)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES[index // len(PALETTE) % len(DASHES)],
    }


def reference_style(index: int) -> dict[str, Any]:
    """Return the style of a reference: dark, without markers."""
    return {"color": REFERENCE_COLOUR, "linestyle": REFERENCE_DASHES[index % len(REFERENCE_DASHES)]}


def legend_columns(labels: list[str], width: float) -> int:
    """Return how many columns of a legend with those labels fit into a width in inches."""
    widest = max(len(line) for label in labels for line in label.splitlines())
    return max(1, min(5, len(labels), int(width / (0.056 * widest + 0.45))))


def wrapped(title: str, width: float) -> str:
    """Break a title or label so that it fits into a width in inches."""
    return textwrap.fill(title, int(width * 14))


def check_suffix(path: Path) -> None:
    """Raise a HashbenchError unless a figure can be written in the format of that suffix."""
    if path.suffix.lower() not in SUFFIXES:
        raise HashbenchError(f"--out {path}: name a file that ends in {', '.join(SUFFIXES)}")


def figure_bytes(figure: Figure, suffix: str) -> bytes:
    """Render a figure. The same figure gives the same bytes: no date, no random name is in them.

    Args:
        figure: made by this package.
        suffix: one of ``SUFFIXES``.
    """
    for text in figure.findobj(Text):
        if text.get_text() != printable(text.get_text()):
            text.set_text(printable(text.get_text()))
    buffer = io.BytesIO()
    with figure_style():
        figure.savefig(buffer, format=suffix[1:], metadata=_METADATA[suffix])
    return buffer.getvalue()
