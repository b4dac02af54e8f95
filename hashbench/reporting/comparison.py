"""Two methods on the same queries: the records of both, and whether the difference is significant."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Any, Literal, get_args

from hashbench.errors import Argument, UnknownNameError
from hashbench.experiment.record import LABELS_USED
from hashbench.experiment.search import SYMMETRIC
from hashbench.registry import did_you_mean
from hashbench.reporting.board import Board
from hashbench.reporting.by_query import sample_of
from hashbench.reporting.cells import on_gpu, two_digits
from hashbench.reporting.rows import Row
from hashbench.reporting.table import Table
from hashbench.statistics import LEVEL, Difference, Sample, difference, holm, paired_outcomes

Verdict = Literal["better", "worse", "inseparable"]
SIGNIFICANCE = 1 - LEVEL


@dataclass(frozen=True, eq=False)
class Entry:
    """One method at one code length of a board, with its values by query."""

    row: Row
    bits: int | None
    sample: Sample

    @property
    def fit_seconds(self) -> float | None:
        """Median seconds of a fit on a processor; None where none is recorded."""
        fits = [record.seconds.fit for record in self.row.successes(self.bits) if not on_gpu(record)]
        known = [seconds for seconds in fits if seconds is not None]
        return median(known) if known else None

    def to_json(self) -> dict[str, Any]:
        """Return what is known of it, its bootstrap interval included."""
        return {
            "row": self.row.label,
            "bits": self.bits,
            "mean": self.sample.mean,
            "interval": list(self.sample.interval()),
            "seeds": self.sample.n_seeds,
            "fit_seconds": self.fit_seconds,
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two entries of one board.

    Attributes:
        board: where they stand.
        a: the first.
        b: the second, on the same queries.
        p: two-sided p-value of no difference, corrected for the number of comparisons.
    """

    board: Board
    a: Entry
    b: Entry
    p: float = math.nan

    @cached_property
    def difference(self) -> Difference:
        """Mean of the first minus that of the second, its interval and its uncorrected p-value."""
        return difference(self.a.sample, self.b.sample)

    @property
    def verdict(self) -> Verdict:
        """Whether the first is significantly better or worse after the correction."""
        if not self.p <= SIGNIFICANCE:
            return "inseparable"
        return "better" if self.difference.mean > 0 else "worse"

    @property
    def cells(self) -> list[str]:
        """The cells of its row: dataset, bits, difference, interval, p, queries, seconds to fit."""
        lengths = list(dict.fromkeys(str(e.bits) for e in (self.a, self.b) if e.bits is not None))
        fits = [two_digits(e.fit_seconds) if e.fit_seconds else "-" for e in (self.a, self.b)]
        return [
            self.board.dataset,
            " - ".join(lengths) or "-",
            signed(self.difference.mean),
            " to ".join(map(signed, self.difference.interval)),
            "<0.001" if self.p < 0.001 else f"{self.p:.3f}",
            " / ".join(map(str, paired_outcomes(self.a.sample, self.b.sample))),
            " / ".join(fits),
        ]

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "dataset": self.board.dataset,
            "featurizer": self.board.features,
            "task": self.board.first.task.fingerprint,
            "queries": self.a.sample.n_queries,
            "a": self.a.to_json(),
            "b": self.b.to_json(),
            "difference": self.difference.mean,
            "interval": list(self.difference.interval),
            "p": self.difference.p,
            "p_holm": self.p,
            **paired_outcomes(self.a.sample, self.b.sample)._asdict(),
            "verdict": self.verdict,
        }


HEADER = ("dataset", "bits", "a - b", "95 % interval", "p (Holm)", "queries + / - / =", "fit s, a / b")


def judged_boards(
    boards: Iterable[Board], datasets: Sequence[str] = (), featurizers: Sequence[str] = ()
) -> list[Board]:
    """Return the boards of test queries and symmetric search, of some datasets and featurizers or of all.

    Raises:
        UnknownNameError: a name is that of no such board.
    """
    found = [b for b in boards if b.first.task.queries == "test" and b.first.task.search == SYMMETRIC]
    named = {
        "datasets": (datasets, {board.first.trial.dataset for board in found}),
        "featurizers": (featurizers, {board.featurizer for board in found}),
    }
    for argument, (wanted, known) in named.items():
        for name in wanted:
            if name not in known:
                raise UnknownNameError(
                    Argument(argument, name),
                    f": no record of test queries has it{did_you_mean(name, known)} "
                    f"(stored: {', '.join(sorted(known))})",
                )
    return [
        board
        for board in found
        if (not datasets or board.first.trial.dataset in datasets)
        and (not featurizers or board.featurizer in featurizers)
    ]


def row_named(board: Board, name: str) -> Row | None:
    """Return the row that answers to a name, the one that was given fewest labels if there are several."""
    return min(rows_named(board, name), key=lambda row: LABELS_USED.index(row.first.labels), default=None)


def rows_named(board: Board, name: str) -> list[Row]:
    """Return the rows that answer to a name: those of several labels have one name."""
    return [row for row in board.rows if name in row.names]


def entries(row: Row, bits: Sequence[int] = ()) -> dict[int | None, Entry]:
    """Return what a row has values by query of, by code length; all lengths unless some are named."""
    found = {length: sample_of(row.successes(length)) for length in row.records}
    return {
        length: Entry(row, length, sample)
        for length, sample in found.items()
        if sample and (not bits or length is None or length in bits)
    }


def paired(board: Board, a: Row, b: Row, bits: Sequence[int] = ()) -> list[Comparison]:
    """Compare two rows at every code length that both have values by query of.

    A method without code lengths is compared at each length of the other one.
    """
    left, right = entries(a, bits), entries(b, bits)
    lengths = sorted({length for length in [*left, *right] if length is not None})
    both = [(left.get(n, left.get(None)), right.get(n, right.get(None))) for n in lengths]
    both = both or [(left.get(None), right.get(None))]
    return [Comparison(board, x, y) for x, y in both if x and y and x.sample.n_queries == y.sample.n_queries]


def corrected(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons with p-values corrected for their number by Holm's method."""
    p_values = holm([each.difference.p for each in comparisons])
    return [replace(each, p=p) for each, p in zip(comparisons, p_values, strict=True)]


def comparison_tables(comparisons: Sequence[Comparison]) -> list[Table]:
    """Return the comparisons of two methods as tables, one a featurizer."""
    features = dict.fromkeys(each.board.features for each in comparisons)
    a, b = comparisons[0].a.row.label, comparisons[0].b.row.label
    return [
        Table(
            f"P@100 of a = {a} and b = {b}, {name} features",
            HEADER,
            [each.cells for each in comparisons if each.board.features == name],
            text_columns=1,
        )
        for name in features
    ]


def counts(comparisons: Iterable[Comparison]) -> dict[str, int]:
    """Return how many comparisons have each verdict."""
    found = Counter(each.verdict for each in comparisons)
    return {verdict: found[verdict] for verdict in get_args(Verdict)}


def signed(value: float) -> str:
    """Return a difference with its sign and three decimals."""
    return f"{value:+.3f}" if round(value, 3) else "0.000"
