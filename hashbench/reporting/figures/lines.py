"""What the lines of a figure show: means and deviations over seeds, from stored records."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.experiment.record import TrialRecord
from hashbench.reporting.board import Board
from hashbench.reporting.cells import Cell, cell_of, metric_value
from hashbench.reporting.rows import Row


@dataclass(frozen=True)
class Line:
    """One line of a figure.

    Attributes:
        label: its name in the legend.
        x: where its points are, ascending.
        mean: mean over seeds at each point.
        deviation: standard deviation over seeds at each point, 0 for one seed.
        reference: it is a mark on the scale.
    """

    label: str
    x: tuple[float, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    reference: bool = False


@dataclass(frozen=True)
class Sweep:
    """A metric over the values of one parameter.

    Attributes:
        values: the values, in order; the lines have their positions as x.
        lines: one a code length.
        left_out: records by older code, or another number of threads, which are not drawn.
    """

    values: tuple[Any, ...]
    lines: tuple[Line, ...]
    left_out: int


def check_metric(rows: Iterable[Row], metric: str) -> None:
    """Raise an UnknownNameError unless a record of the rows holds the metric."""
    records = [record for row in rows for bits in row.records for record in row.successes(bits)]
    if any(metric_value(record, metric) is not None for record in records):
        return
    scores = sorted({name for record in records for name in record.scores}, key=_by_level_and_number)
    others = sorted({name for record in records for values in record.metrics.values() for name in values})
    stored = ", ".join([*scores, *others]) or "none, all trials failed"
    raise UnknownNameError(f"--metric {metric}: no record has it (stored: {stored})")


def lines_over_n(rows: Sequence[Row], bits: int, prefix: str, at: Sequence[int] = ()) -> list[Line]:
    """Return P@N over the Ns that all seeds of a row hold; a row without codes is the same at every length.

    Args:
        rows: rows of one board.
        bits: code length.
        prefix: "p@" or "coarse-p@".
        at: the Ns to take; all of them where it is empty.
    """
    lines = []
    for row in rows:
        length = None if None in row.records else bits
        held = [_cutoffs(record, prefix) for record in row.successes(length)]
        ns = [n for n in sorted(set.intersection(*held)) if not at or n in at] if held else []
        points = {float(n): row.cell(length, f"{prefix}{n}") for n in ns}
        lines += _line(row.label, points, row.first.reference)
    return _best_first(lines)


def chance_of(rows: Sequence[Row], level: str) -> float:
    """Return the precision of a random ranking for the rows of a figure.

    Args:
        rows: rows of one board, one of which has a score.
        level: "p" or "coarse-p".
    """
    by_label = sorted(rows, key=lambda row: row.label)
    records = (record for row in by_label for bits in row.records for record in row.successes(bits))
    return next(record.chance[level] for record in records if level in record.chance)


def lines_over_bits(rows: Sequence[Row], metric: str) -> list[Line]:
    """Return a metric over code lengths; a row without codes is level over all of them."""
    lengths = sorted({bits for row in rows for bits in row.records if bits is not None})
    lines = []
    for row in rows:
        points = {
            float(length): cell
            for length in lengths
            if (cell := row.cell(None if None in row.records else length, metric)).values
        }
        lines += _line(row.label, points, row.first.reference)
    return _best_first(lines)


def sweep_lines(board: Board, method: str, parameter: str, fixed: Mapping[str, Any], metric: str) -> Sweep:
    """Return a metric over the values of one parameter of a method, one line a code length.

    Args:
        board: the records.
        method: name of the method.
        parameter: the parameter that varies.
        fixed: the other parameters that differ from their defaults; records where others differ are left out.
        metric: a score or another metric.

    Raises:
        HashbenchError: no such method or parameter, or fewer than two values of it.
    """
    rows = _varied_rows(board, method, parameter, fixed)
    newest = max((row.first for row in rows), key=lambda record: record.finished)
    current = [row for row in rows if _made_alike(row.first, newest)]
    check_metric(current, metric)
    by_value: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(current, key=lambda row: _order(row.first.trial.params[parameter])):
        by_value[json.dumps(row.first.trial.params[parameter])].append(row)
    values = tuple(its_rows[0].first.trial.params[parameter] for its_rows in by_value.values())
    if len(values) < 2:
        raise HashbenchError(
            f"{method} has records of one value of {parameter} {board.where}, {parameter}={values[0]}; "
            f"`hashbench run --methods {method} --set {method}.{parameter}=VALUE` adds another"
        )
    lines = []
    for bits in sorted(
        {bits for row in current for bits in row.records}, key=lambda bits: (bits is None, bits)
    ):
        points = {}
        for position, its_rows in enumerate(by_value.values()):
            cell = cell_of([record for row in its_rows for record in row.records.get(bits, ())], metric)
            if cell.values:
                points[float(position)] = cell
        lines += _line("no bits" if bits is None else f"{bits} bits", points)
    left_out = [records for row in rows if row not in current for records in row.records.values()]
    return Sweep(values, tuple(lines), sum(map(len, left_out)))


def _made_alike(record: TrialRecord, other: TrialRecord) -> bool:
    same_code = bool(set(record.code.get("method", ())) & set(other.code.get("method", ())))
    same_version = record.origins.get("method") == other.origins.get("method")
    return same_code and same_version and record.threads == other.threads


def _varied_rows(board: Board, method: str, parameter: str, fixed: Mapping[str, Any]) -> list[Row]:
    rows = [row for row in board.rows if row.first.trial.method == method]
    if not rows:
        known = ", ".join(sorted({row.first.trial.method for row in board.rows}))
        raise UnknownNameError(f"--method {method}: no record {board.where} has it (stored: {known})")
    if parameter not in rows[0].first.trial.params:
        known = ", ".join(rows[0].first.trial.params) or "none"
        raise UnknownNameError(f"--parameter {parameter}: {method} has no such parameter (it has: {known})")
    others = {row.label: _others(row, parameter) for row in rows}
    chosen = [row for row in rows if others[row.label] == fixed]
    if not chosen:
        settings = sorted(
            {
                " ".join(f"--set {k}={json.dumps(v)}" for k, v in each.items()) or "no --set"
                for each in others.values()
            }
        )
        raise HashbenchError(
            f"no record of {method} {board.where} has the other parameters like that; "
            f"there are records for: {'; '.join(settings)}"
        )
    return chosen


def _others(row: Row, parameter: str) -> dict[str, Any]:
    changed = row.first.overrides.get("method", {})
    return {name: value for name, value in changed.items() if name != parameter}


def _best_first(lines: Sequence[Line]) -> list[Line]:
    """Return the lines by their mean, so that their order depends on nothing that is not drawn."""
    return sorted(lines, key=lambda line: (-fmean(line.mean), line.label))


def _line(label: str, points: Mapping[float, Cell], reference: bool = False) -> list[Line]:
    means = tuple(cell.mean for cell in points.values() if cell.mean is not None)
    if not means:
        return []
    deviations = tuple(cell.sd or 0.0 for cell in points.values())
    return [Line(label, tuple(points), means, deviations, reference)]


def _cutoffs(record: TrialRecord, prefix: str) -> set[int]:
    return {int(name.removeprefix(prefix)) for name in record.scores if name.startswith(prefix)}


def _by_level_and_number(name: str) -> tuple[str, int]:
    level, _, number = name.partition("@")
    return level, int(number)


def _order(value: Any) -> tuple[bool, float, str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return not is_number, value if is_number else 0.0, json.dumps(value)
