"""The figures of a board, drawn from the cells of its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hashbench.reporting.board import Board
from hashbench.reporting.cells import Cost
from hashbench.reporting.figures.lines import Line, chance_of, lines_over_bits, lines_over_n
from hashbench.reporting.page.charts import Axis, Series, chart, legend
from hashbench.reporting.page.html import Markup, element, joined
from hashbench.reporting.record_selection import MOST_LINES, best_and_references
from hashbench.reporting.rows import Row

METRIC = "p@100"
LARGEST_RATIO = 4
"""Of memory to code length, up to which the axis of memory has a tick at each code length."""
CURVE_BITS = 32
"""Code length of P@N curves where a board has it; else the middle one."""


def figures_of(board: Board) -> Markup:
    """Return the figures of a board: unsupervised methods, then supervised ones, each with references."""
    return joined(_group(board, supervised) for supervised in (False, True))


def _group(board: Board, supervised: bool) -> Markup:
    rows = [row for row in board.rows if row.first.reference or row.first.supervised == supervised]
    scored = [row for row in rows if any(row.cell(bits, METRIC).values for bits in row.records)]
    if all(row.first.reference for row in scored):
        return Markup("")
    shown = best_and_references(scored, METRIC, board.bits)
    drawn = _charts(shown, _styles(shown))
    which = "supervised methods" if supervised else "methods without labels of training documents"
    remark = f", the best {MOST_LINES} by P@100 and the references" if len(shown) < len(scored) else ""
    return element(
        "section",
        element("h3", f"Figures: {which}{remark}"),
        legend([_series(row.label, row.first.reference, [], _styles(shown)) for row in shown]),
        element("div", *drawn, class_="charts"),
        class_="figures",
    )


def _charts(rows: Sequence[Row], styles: dict[str, int]) -> list[Markup]:
    lengths = sorted({bits for row in rows for bits in row.records if bits is not None})
    over_bits = Axis("code length, bits", 2, lengths)
    chance = ("chance", chance_of(rows, "p"))
    charts = [
        chart(
            "P@100 over code lengths",
            _of_lines(lines_over_bits(rows, METRIC), styles),
            over_bits,
            Axis("P@100"),
            level=chance,
        )
    ]
    if lengths:
        bits = CURVE_BITS if CURVE_BITS in lengths else lengths[len(lengths) // 2]
        lines = lines_over_n(rows, bits, "p@")
        charts.append(
            chart(
                f"P@N at {bits} bits",
                _of_lines(lines, styles),
                Axis("N, number of retrieved documents", 10),
                Axis("P@N"),
                level=chance,
            )
        )
    pareto = _pareto(rows, styles)
    most = max((x for series in pareto for x, _, _ in series.points), default=0.0)
    ticks = lengths if lengths and most <= LARGEST_RATIO * max(lengths) else ()
    stored = Axis("bits stored a document", 10, ticks)
    fit, encode = Axis("seconds to fit, on a processor", 10), Axis("s to encode 1,000 documents", 10)
    return [
        *charts,
        chart(
            "P@100 against memory, with the Pareto front",
            pareto,
            stored,
            Axis("P@100"),
        ),
        chart("Time to fit", _costs(rows, styles, _fit_seconds), over_bits, fit),
        chart("Time to encode", _costs(rows, styles, _encode_seconds), over_bits, encode),
    ]


def _pareto(rows: Iterable[Row], styles: dict[str, int]) -> list[Series]:
    """Return mean P@100 against memory, one point a cell, and the front: more for no more memory."""
    series, best = [], []
    for row in rows:
        points = []
        for bits in row.records:
            mean, memory = row.cell(bits, METRIC).mean, row.cost(bits).bits_per_document
            if mean is not None and memory is not None:
                points.append((memory, mean, 0.0))
        series.append(_series(row.label, row.first.reference, points, styles, joined_=False))
        best += [] if row.first.reference else points
    front: list[tuple[float, float, float]] = []
    for point in sorted(best, key=lambda point: (point[0], -point[1])):
        if not front or point[1] > front[-1][1]:
            front.append(point)
    return [Series("front", 0, front, reference=True), *series]


def _costs(
    rows: Iterable[Row], styles: dict[str, int], value: Callable[[Cost], float | None]
) -> list[Series]:
    series = []
    for row in rows:
        points = [
            (float(bits), found, 0.0)
            for bits in sorted(bits for bits in row.records if bits is not None)
            if (found := value(row.cost(bits))) is not None
        ]
        series.append(_series(row.label, row.first.reference, points, styles))
    return series


def _fit_seconds(cost: Cost) -> float | None:
    return None if cost.on_gpu else cost.fit_seconds


def _encode_seconds(cost: Cost) -> float | None:
    return 1000 / cost.encoded_per_second if cost.encoded_per_second else None


def _of_lines(lines: Iterable[Line], styles: dict[str, int]) -> list[Series]:
    return [
        _series(line.label, line.reference, list(zip(line.x, line.mean, line.deviation, strict=True)), styles)
        for line in lines
    ]


def _series(
    label: str,
    reference: bool,
    points: Sequence[tuple[float, float, float]],
    styles: dict[str, int],
    *,
    joined_: bool = True,
) -> Series:
    return Series(label, styles[label], points, reference, joined_)


def _styles(rows: Iterable[Row]) -> dict[str, int]:
    """Return the style of each row: by alphabet, methods and references apart."""
    rows = list(rows)
    return {
        label: number
        for reference in (False, True)
        for number, label in enumerate(sorted(r.label for r in rows if r.first.reference == reference))
    }
