"""Average ranks of methods over corpora, and which of them differ (Demšar, 2006, JMLR 7, section 3.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hashbench.statistics.sample import LEVEL


class AverageRanks(NamedTuple):
    """Ranks of methods, averaged over corpora.

    Attributes:
        ranks: average rank of each method, 1 being the best, shape (n_methods,).
        critical_difference: average ranks that are further apart differ significantly (Nemenyi's test).
        p: of Friedman's test that all methods are equal; None for two methods, for which there is none.
        groups: methods that do not differ, as the first and last place in the order of ranks; groups of one
            and groups inside others are left out.
    """

    ranks: NDArray[np.float64]
    critical_difference: float
    p: float | None
    groups: tuple[tuple[int, int], ...]


def average_ranks(scores: NDArray[np.floating[Any]], level: float = LEVEL) -> AverageRanks:
    """Rank methods on each corpus, average the ranks, and tell which differ.

    Args:
        scores: higher is better, shape (n_corpora, n_methods); equal scores share the mean of their ranks.
        level: confidence level of the critical difference.

    Raises:
        ValueError: there are fewer than two corpora or two methods.
    """
    from scipy import stats

    n_corpora, n_methods = scores.shape
    if n_corpora < 2 or n_methods < 2:
        raise ValueError("average ranks need two corpora and two methods at least")
    ranks = stats.rankdata(-scores, axis=1)
    average = ranks.mean(axis=0)
    q = float(stats.studentized_range.ppf(level, n_methods, np.inf)) / np.sqrt(2)
    critical = q * float(np.sqrt(n_methods * (n_methods + 1) / (6 * n_corpora)))
    same = n_methods < 3 or bool((ranks == ranks[:, :1]).all())
    p = None if same else float(stats.friedmanchisquare(*ranks.T).pvalue)
    return AverageRanks(average, critical, p, _groups(np.sort(average), critical))


def _groups(ordered: NDArray[np.float64], critical: float) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for first in range(len(ordered)):
        last = int(np.searchsorted(ordered, ordered[first] + critical, side="right")) - 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return tuple(found)
