"""Average ranks of the rows of several boards, one block a dataset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.registry import did_you_mean
from hashbench.reporting.board import Board
from hashbench.reporting.record_selection import answers
from hashbench.reporting.rows import Row
from hashbench.statistics import AverageRanks, average_ranks


@dataclass(frozen=True, eq=False)
class RankedRows:
    """Methods with their average ranks.

    Attributes:
        labels: what the leaderboards call them.
        datasets: what the ranks are averages over.
        left_out: boards that are of other settings or lack one of the methods.
        found: the ranks, in the order of the labels.
    """

    labels: Sequence[str]
    datasets: Sequence[str]
    left_out: Sequence[str]
    found: AverageRanks


def ranked_rows(boards: Sequence[Board], bits: int, metric: str, patterns: Sequence[str] = ()) -> RankedRows:
    """Rank rows by a metric at one code length on each dataset, and average the ranks.

    The boards of one dataset are not independent: their means are averaged first, so that a dataset counts
    once. Boards with other settings of the dataset or the featurizer than the defaults are left out.

    Args:
        boards: see ``comparison.judged_boards``.
        bits: the code length.
        metric: a metric that the records hold.
        patterns: methods as the leaderboards name them, ``*`` matches any letters; boards that lack one are
            left out. Without, those that every board has, supervised methods and references apart.

    Raises:
        UnknownNameError: no board has a method of that name.
        HashbenchError: fewer than two methods or two datasets are left.
    """
    plain = [board for board in boards if not {"dataset", "featurizer"} & _set(board)]
    scored = {board: _scored(board, bits, metric) for board in plain}
    chosen = _named(scored, patterns) if patterns else _common(scored)
    used = {board: rows for board, rows in scored.items() if set(chosen) <= rows.keys()}
    by_dataset: defaultdict[str, list[list[float]]] = defaultdict(list)
    for board, rows in used.items():
        means = [rows[label].mean_at(bits, metric) for label in chosen]
        by_dataset[board.first.trial.dataset].append([mean for mean in means if mean is not None])
    if len(chosen) < 2 or len(by_dataset) < 2:
        raise HashbenchError(
            f"ranks need two methods and two datasets that have {metric} at {bits} bits of all of them, "
            f"found {len(chosen)} and {len(by_dataset)}; name others with --methods, --datasets and "
            "--featurizers"
        )
    scores = np.array([np.mean(means, axis=0) for means in by_dataset.values()])
    left_out = [board.where.removeprefix("on ") for board in boards if board not in used]
    return RankedRows(chosen, list(by_dataset), left_out, average_ranks(scores))


def _set(board: Board) -> set[str]:
    """Return what the user set parameters of."""
    return {part for part, settings in board.first.overrides.items() if settings}


def _scored(board: Board, bits: int, metric: str) -> dict[str, Row]:
    return {row.label: row for row in board.rows if row.mean_at(bits, metric) is not None}


def _common(scored: Mapping[Board, Mapping[str, Row]]) -> list[str]:
    some: Mapping[str, Row] = next(iter(scored.values()), {})
    shared = set(some).intersection(*scored.values())
    return [
        label
        for label, row in some.items()
        if label in shared and not row.first.supervised and not row.first.reference
    ]


def _named(scored: Mapping[Board, Mapping[str, Row]], patterns: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for pattern in patterns:
        labels = [row.label for rows in scored.values() for row in rows.values() if answers(row, pattern)]
        if not labels:
            names = {name for rows in scored.values() for row in rows.values() for name in row.names}
            raise UnknownNameError(
                f"method {pattern!r} has no record of that metric and code length"
                f"{did_you_mean(pattern, names)}; `hashbench leaderboard` shows what there is"
            )
        found |= dict.fromkeys(labels)
    return list(found)
