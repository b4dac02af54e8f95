"""Charts as inline SVG: lines and points from cells, in colours that follow the theme of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hashbench.reporting.cells import two_digits
from hashbench.reporting.page.html import Markup, element, joined

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 10, 10, 40
COLOURS = 6
_SHAPES = (
    "",
    "M-3.5-3.5h7v7h-7z",
    "M0-4.5L4.5 3.5h-9z",
    "M0-5L5 0L0 5L-5 0z",
    "M0 4.5L4.5-3.5h-9z",
    "M-1-4.5h2v3.5h3.5v2H1v3.5h-2V1h-3.5v-2H-1z",
    "M-4 4L0-4L4 4L0 1.5z",
)
"""Paths of markers around the origin; the empty one is a circle."""


@dataclass(frozen=True)
class Series:
    """What one method shows in a chart.

    Attributes:
        label: its name.
        style: the number that sets it apart.
        points: x, y and the standard deviation of y.
        reference: it is a baseline, drawn dark and without markers.
        joined: its points are joined by a line.
    """

    label: str
    style: int
    points: Sequence[tuple[float, float, float]]
    reference: bool = False
    joined: bool = True


@dataclass(frozen=True)
class Axis:
    """An axis: its name, and whether it is logarithmic.

    Attributes:
        label: what it shows, with the unit.
        base: base of the logarithm; 0 for a linear axis.
        ticks: where it has ticks; else they are chosen.
    """

    label: str
    base: int = 0
    ticks: Sequence[float] = ()


def chart(
    title: str, series: Sequence[Series], x: Axis, y: Axis, *, level: tuple[str, float] | None = None
) -> Markup:
    """Return a figure; an empty text where no series has a point.

    Args:
        title: what it shows.
        series: what is drawn; points at or below 0 are left out on a logarithmic axis.
        x: the horizontal axis.
        y: the vertical axis.
        level: name and height of a level line, such as chance.
    """
    drawn = [
        Series(each.label, each.style, _drawable(each.points, x, y), each.reference, each.joined)
        for each in series
    ]
    xs = [point[0] for each in drawn for point in each.points]
    ys = [value for each in drawn for _, mean, sd in each.points for value in _spread(mean, sd, y)]
    if not xs:
        return Markup("")
    across = _Scale(x, xs, LEFT, WIDTH - RIGHT)
    up = _Scale(y, [*ys, *([level[1]] if level else [])], HEIGHT - BOTTOM, TOP)
    parts = [*_axes(across, up)]
    if level:
        parts.append(_rule(up, level))
    parts += [_series(each, across, up) for each in drawn if each.points]
    picture = element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=f"{title}: {y.label} over {x.label}",
        class_="chart",
    )
    return element("figure", element("figcaption", title), picture)


def legend(series: Sequence[Series]) -> Markup:
    """Return the names of series, each with its line and marker."""
    items = [
        element("li", element("svg", _sample(each), viewBox="0 0 34 12", aria_hidden="true"), each.label)
        for each in series
    ]
    return element("ul", *items, class_="legend")


class _Scale:
    """From values of an axis to coordinates."""

    def __init__(self, axis: Axis, values: Sequence[float], start: float, end: float) -> None:
        self.axis, self.start, self.end = axis, start, end
        low, high = min(map(self._mapped, values)), max(map(self._mapped, values))
        room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
        self.low, self.high = low - room, high + room

    def __call__(self, value: float) -> float:
        share = (self._mapped(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return values for ticks, at most eight."""
        if self.axis.ticks:
            return list(self.axis.ticks)
        if self.axis.base:
            powers = [float(10**power) for power in range(math.ceil(self.low), math.floor(self.high) + 1)]
            if len(powers) > 1:
                return powers
            exponents = range(math.floor(self.low), math.ceil(self.high) + 1)
            fine = [factor * 10.0**power for power in exponents for factor in (1, 2, 5)]
            return [value for value in fine if self.low <= math.log10(value) <= self.high]
        step = _step(self.high - self.low)
        first = math.ceil(self.low / step)
        return [round(number * step, 10) for number in range(first, math.floor(self.high / step) + 1)]

    def _mapped(self, value: float) -> float:
        if not self.axis.base:
            return value
        return math.log2(value) if self.axis.base == 2 else math.log10(value)


def _step(extent: float) -> float:
    power = 10.0 ** math.floor(math.log10(extent / 4))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= extent / 6)


def _axes(across: _Scale, up: _Scale) -> list[Markup]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value in up.ticks():
        y = up(value)
        parts += [
            element("line", x1=LEFT, x2=right, y1=y, y2=y, class_="grid"),
            element("text", _number(value), x=LEFT - 6, y=y + 4, text_anchor="end"),
        ]
    for value in across.ticks():
        x = across(value)
        parts += [
            element("line", x1=x, x2=x, y1=TOP, y2=bottom, class_="grid"),
            element("text", _number(value), x=x, y=bottom + 15, text_anchor="middle"),
        ]
    middle = (TOP + bottom) / 2
    return [
        *parts,
        element("text", across.axis.label, x=(LEFT + right) / 2, y=HEIGHT - 8, text_anchor="middle"),
        element(
            "text", up.axis.label, x=12, y=middle, text_anchor="middle", transform=f"rotate(-90 12 {middle})"
        ),
    ]


def _rule(up: _Scale, level: tuple[str, float]) -> Markup:
    name, value = level
    y, right = up(value), WIDTH - RIGHT
    line = element("line", x1=LEFT, x2=right, y1=y, y2=y, class_="chance")
    return joined([line, element("text", name, x=right, y=y - 4, text_anchor="end", class_="chance")])


def _series(series: Series, across: _Scale, up: _Scale) -> Markup:
    parts = []
    if series.joined and len(series.points) > 1:
        line = " ".join(f"{across(x)},{up(y)}" for x, y, _ in series.points)
        parts.append(element("polyline", points=line))
    for x, y, sd in series.points:
        said = f"{series.label}: {_number(x)}, {_value(y)}" + (f" ± {_value(sd)}" if sd else "")
        parts.append(_point(series, across(x), up(y), said))
        low, high = _spread(y, sd, up.axis)
        if high > low:
            parts.append(element("line", x1=across(x), x2=across(x), y1=up(low), y2=up(high)))
    return element("g", *parts, class_=_class(series))


def _point(series: Series, x: float, y: float, said: str) -> Markup:
    title = element("title", said)
    if series.reference and series.joined:
        return element("g", title, element("circle", cx=x, cy=y, r=1.5))
    return element("g", title, _marker(series.style, x, y))


def _marker(style: int, x: float, y: float) -> Markup:
    shape = _SHAPES[style % len(_SHAPES)]
    if not shape:
        return element("circle", cx=x, cy=y, r=3.5)
    return element("path", d=shape, transform=f"translate({x} {y})")


def _sample(series: Series) -> Markup:
    line = [element("line", x1=1, x2=33, y1=6, y2=6)] if series.joined else []
    marker = [] if series.reference and series.joined else [_marker(series.style, 17, 6)]
    return element("g", *line, *marker, class_=_class(series))


def _class(series: Series) -> str:
    if series.reference:
        return f"series reference dash{1 + series.style % 3}"
    return f"series colour{series.style % COLOURS} dash{series.style // COLOURS % 4}"


def _drawable(
    points: Sequence[tuple[float, float, float]], x: Axis, y: Axis
) -> list[tuple[float, float, float]]:
    return [point for point in points if (not x.base or point[0] > 0) and (not y.base or point[1] > 0)]


def _spread(mean: float, sd: float, axis: Axis) -> tuple[float, float]:
    return (mean, mean) if axis.base else (mean - sd, mean + sd)


def _number(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 1 or value == int(value) else two_digits(value)


def _value(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else two_digits(value)
