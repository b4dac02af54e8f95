"""Is one method better than another: its comparisons on all boards, in numbers and in one sentence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, overload

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.registry import did_you_mean
from hashbench.reporting.board import Board
from hashbench.reporting.by_query import METRIC
from hashbench.reporting.cells import two_digits
from hashbench.reporting.comparison import (
    Comparison,
    comparison_tables,
    corrected,
    counts,
    paired,
    row_named,
    rows_named,
    signed,
)
from hashbench.reporting.table import Table
from hashbench.statistics.differences import Outcomes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class MethodComparison(Sequence[Comparison]):
    """Two methods on every board and at every code length that has values by query of both.

    Attributes:
        found: the comparisons, with p-values corrected for their number.
        boards: those that were searched.
        bits: the code lengths that were asked for; none for all.
    """

    found: Sequence[Comparison]
    boards: Sequence[Board]
    bits: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, place: int) -> Comparison: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Comparison]: ...

    def __getitem__(self, place: int | slice) -> Comparison | Sequence[Comparison]:
        return self.found[place]

    @property
    def labels(self) -> tuple[str, str]:
        """What the leaderboards call the two methods."""
        return self.found[0].a.row.label, self.found[0].b.row.label

    @property
    def sentence(self) -> str:
        """One sentence that says whether the first method is better than the second."""
        a, b = self.labels
        found = counts(self.found)
        if found["better"] and not found["worse"]:
            begins = f"{a} is better than {b}"
        elif found["worse"] and not found["better"]:
            begins = f"{a} is worse than {b}"
        elif found["better"]:
            begins = f"{a} is better than {b} in some places and worse in others"
        else:
            begins = f"{a} and {b} cannot be told apart"
        shown = ", ".join(f"{verdict} in {count}" for verdict, count in found.items())
        mean = fmean(each.difference.mean for each in self.found)
        tests = f"{len(self)} comparison{'s' if len(self) > 1 else ''}"
        return (
            f"{begins}: of {tests} at 5 % it is {shown}; the mean difference is {signed(mean)}"
            f"{_cost(self.found)}."
        )

    @property
    def notes(self) -> list[str]:
        """What limits the comparisons."""
        entries_ = [entry for each in self.found for entry in (each.a, each.b)]
        single = Counter(entry.row.label for entry in entries_ if entry.sample.between_seeds is None)
        alone = sum(
            any(of is None for of in between) and not any(between)
            for between in ([entry.sample.between_seeds for entry in (each.a, each.b)] for each in self.found)
        )
        said = [f"{name} has one seed in {count} of {len(self.found)} rows" for name, count in single.items()]
        if alone:
            said.append(
                f"no variance between seeds is known in {alone} rows, which are about these trainings only"
            )
        given = {entry.row.label: entry.row.first.labels for entry in entries_}
        if len(set(given.values())) > 1:
            said.append(f"labels given: {'; '.join(f'{name}: {labels}' for name, labels in given.items())}")
        said += [
            f"{label} has rows of several labels; the one that was given {given[label]} is compared"
            for label in given
            if any(len(rows_named(each.board, label)) > 1 for each in self.found)
        ]
        if missing := sorted(set(self.bits) - {entry.bits for entry in entries_}):
            said.append(f"without values by query: {', '.join(map(str, missing))} bits")
        shown = {each.board for each in self.found}
        if left_out := [board.where.removeprefix("on ") for board in self.boards if board not in shown]:
            said.append(f"without values by query of both: {'; '.join(left_out)}")
        return said

    def tables(self) -> list[Table]:
        """Return the comparisons as tables, one a featurizer."""
        return comparison_tables(self.found)

    def to_json(self) -> dict[str, Any]:
        """Return all that is known as JSON values."""
        a, b = self.labels
        return {
            "a": a,
            "b": b,
            "metric": METRIC,
            "comparisons": [each.to_json() for each in self.found],
            **counts(self.found),
            "notes": self.notes,
            "sentence": self.sentence,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a comparison.

        Columns:
            dataset, featurizer, bits: where; ``bits`` is missing between two methods without codes.
            difference, low, high: mean P@100 of the first less that of the second, and its 95 % interval.
            p, p_holm: two-sided p-value of no difference, and corrected by Holm's method.
            wins, losses, ties: number of queries on which the first is better, worse, equal.
            verdict: "better", "worse" or "inseparable".
        """
        import pandas as pd

        rows = [each.to_json() for each in self.found]
        lengths = [each.a.bits if each.a.bits is not None else each.b.bits for each in self.found]
        columns = ["dataset", "featurizer", "bits", "difference", "low", "high", "p", "p_holm"]
        columns += [*Outcomes._fields, "verdict"]
        flat = [
            {**row, "bits": bits, "low": row["interval"][0], "high": row["interval"][1]}
            for row, bits in zip(rows, lengths, strict=True)
        ]
        return pd.DataFrame(flat, columns=columns).astype({"bits": "Int64"})


def compare(boards: Sequence[Board], a: str, b: str, bits: Sequence[int] = ()) -> MethodComparison:
    """Compare two methods on every board that has both.

    Args:
        boards: see ``judged_boards``.
        a: a method, ``method@recipe`` or a label of the leaderboards.
        b: another one.
        bits: code lengths; by default all that have values by query.

    Raises:
        UnknownNameError: no board has one of them.
        HashbenchError: they are the same, no board has both, or none has values by query of both.
    """
    for name in (a, b):
        if not any(row_named(board, name) for board in boards):
            names = sorted({each for board in boards for row in board.rows for each in row.names})
            raise UnknownNameError(
                f"method {name!r} has no record of test queries there{did_you_mean(name, names)}; "
                "`hashbench leaderboard --results RESULTS` shows what there is"
            )
    rows = [(board, row_named(board, a), row_named(board, b)) for board in boards]
    both = [(board, x, y) for board, x, y in rows if x and y]
    if any(x is y for _, x, y in both):
        raise HashbenchError(f"{a} and {b} are the same rows; name two methods, or METHOD@RECIPE")
    if not both:
        where = [
            "; ".join(board.where.removeprefix("on ") for board in boards if row_named(board, name))
            for name in (a, b)
        ]
        raise HashbenchError(
            f"no dataset has records of both: {a} is on {where[0]}, {b} on {where[1]}; `hashbench run "
            f"--methods {a},{b} --datasets NAME --featurizers NAME --bits 32,64 --out RESULTS` makes them"
        )
    found = [each for board, x, y in both for each in paired(board, x, y, bits)]
    if not found:
        raise HashbenchError(
            f"no record has values by query of both at {', '.join(map(str, bits)) or 'any'} bits; they are "
            f"kept at 32 and 64: `hashbench run --methods {a},{b} "
            f"--datasets {both[0][0].first.trial.dataset} --bits 32,64 --out RESULTS`"
        )
    return MethodComparison(corrected(found), boards, bits)


def _cost(comparisons: Sequence[Comparison]) -> str:
    """Return how much longer the first method fits, from the geometric mean of the ratios."""
    pairs = [(each.a.fit_seconds, each.b.fit_seconds) for each in comparisons]
    ratios = [math.log(x / y) for x, y in pairs if x and y]
    if not ratios:
        return ""
    times = two_digits(math.exp(fmean(ratios)))
    return f", and it takes {'' if times == '1' else f'{times} times '}as long to fit"
