"""Figures of stored results: pure functions of lines and arrays, drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from hashbench.reporting.figures.lines import Line, Sweep
from hashbench.reporting.figures.style import (
    CHANCE_STYLE,
    COLUMN_WIDTH,
    LEGEND_ROW,
    REFERENCE_COLOUR,
    TITLE_HEIGHT,
    figure_style,
    legend_columns,
    line_style,
    reference_style,
    wrapped,
)

AXES_HEIGHT = 2.3  # inches
BAND_ALPHA = 0.2
LOGARITHMIC = 100
ROOM = 0.02  # for a marker at 0 or 1
BAND = "± s.d. over seeds"


@figure_style()
def precision_curve(lines: Sequence[Line], metric: str, chance: float, title: str = "") -> Figure:
    """Draw precision over the number of retrieved documents, with a line at chance.

    The axis of N is logarithmic where the largest N is at least 100 times the smallest.

    Args:
        lines: x is N.
        metric: "p@n" or "coarse-p@n".
        chance: precision of a random ranking.
        title: line above the figure.
    """
    ns = [n for line in lines for n in line.x]
    figure, axes = _line_figure(lines, title, chance)
    if max(ns) >= LOGARITHMIC * min(ns):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("N, number of retrieved documents")
    axes.set_ylabel(metric_label(metric))
    _keep_in_unit_interval(axes)
    return figure


@figure_style()
def metric_over_bits(lines: Sequence[Line], metric: str, title: str = "") -> Figure:
    """Draw a metric over code lengths, on a logarithmic axis.

    Args:
        lines: x is the code length in bits.
        metric: what they show, such as "p@100".
        title: line above the figure.
    """
    figure, axes = _line_figure(lines, title)
    lengths = sorted({x for line in lines for x in line.x})
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(lengths))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{length:g}" for length in lengths])
    axes.set_xlabel("code length, bits")
    axes.set_ylabel(metric_label(metric))
    if "p@" in metric:
        _keep_in_unit_interval(axes)
    return figure


@figure_style()
def parameter_sweep(sweep: Sweep, parameter: str, metric: str, title: str = "") -> Figure:
    """Draw a metric over the values of a parameter, equally spaced.

    Args:
        sweep: values and lines.
        parameter: its name.
        metric: what the lines show, such as "p@100".
        title: line above the figure.
    """
    figure, axes = _line_figure(sweep.lines, title)
    names = [f"{value:g}" if isinstance(value, float) else str(value) for value in sweep.values]
    crowded = sum(map(len, names)) + 2 * len(names) > 50
    axes.set_xticks(
        range(len(names)), names, rotation=45 if crowded else 0, ha="right" if crowded else "center"
    )
    axes.set_xlabel(parameter)
    axes.set_ylabel(metric_label(metric))
    if "p@" in metric:
        _keep_in_unit_interval(axes)
    return figure


def metric_label(metric: str) -> str:
    """Return how an axis names a metric: P@100 for "p@100"."""
    return metric.replace("coarse-p@", "coarse p@").replace("p@", "P@").replace("@n", "@N")


def _line_figure(lines: Sequence[Line], title: str, chance: float | None = None) -> tuple[Figure, Axes]:
    figure = Figure()
    axes = figure.add_subplot()
    handles: list[Artist] = [*_draw(axes, lines)]
    labels = [line.label for line in lines]
    if chance is not None:
        handles.append(axes.axhline(chance, label="chance", **CHANCE_STYLE))
        labels.append("chance")
    if any(any(line.deviation) for line in lines):
        handles.append(Patch(color=REFERENCE_COLOUR, alpha=BAND_ALPHA, linewidth=0))
        labels.append(BAND)
    labels = [wrapped(label, COLUMN_WIDTH) for label in labels]
    columns = legend_columns(labels, COLUMN_WIDTH)
    rows = -(-sum(len(label.splitlines()) for label in labels) // columns)
    height = AXES_HEIGHT + LEGEND_ROW * rows + TITLE_HEIGHT * len(wrapped(title, COLUMN_WIDTH).splitlines())
    figure.set_size_inches(COLUMN_WIDTH, height)
    axes.margins(x=0.03)
    axes.set_title(wrapped(title, COLUMN_WIDTH))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    return figure, axes


def _draw(axes: Axes, lines: Sequence[Line]) -> list[Line2D]:
    """Draw the lines; styles go by alphabet, so that figures of the same methods agree."""
    handles = []
    ordered = {kind: sorted(line.label for line in lines if line.reference == kind) for kind in (True, False)}
    for line in lines:
        style = (reference_style if line.reference else line_style)(ordered[line.reference].index(line.label))
        (handle,) = axes.plot(line.x, line.mean, label=line.label, **style)
        handles.append(handle)
        if any(line.deviation):
            mean, deviation = np.array(line.mean), np.array(line.deviation)
            low, high = mean - deviation, mean + deviation
            axes.fill_between(line.x, low, high, color=style["color"], alpha=BAND_ALPHA, linewidth=0)
    return handles


def _keep_in_unit_interval(axes: Axes) -> None:
    low, high = axes.get_ylim()
    axes.set_ylim(max(-ROOM, low), min(1 + ROOM, high))
