"""The difference between two methods on the same queries: interval, paired test, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hashbench.statistics.sample import LEVEL, Interval, Sample


class Difference(NamedTuple):
    """The difference of the means of two methods.

    Attributes:
        mean: the first mean minus the second.
        interval: its confidence interval.
        p: two-sided p-value of no difference.
    """

    mean: float
    interval: Interval
    p: float


class Outcomes(NamedTuple):
    """Numbers of queries on which the first of two methods is better, worse, and equal."""

    wins: int
    losses: int
    ties: int


def difference(a: Sample, b: Sample, level: float = LEVEL) -> Difference:
    """Compare the means of two methods by a t test that is paired by query and counts the seeds.

    The variance of the difference is that between the queries plus that between the seeds of either method;
    the degrees of freedom follow from the three by Welch and Satterthwaite. With one seed each it is the
    paired t test, ``scipy.stats.ttest_rel``.

    Args:
        a: values of the first method.
        b: values of the second on the same queries.
        level: confidence level of the interval.

    Raises:
        ValueError: the numbers of queries differ.
    """
    from scipy import stats

    if a.n_queries != b.n_queries:
        raise ValueError(f"{a.n_queries} and {b.n_queries} queries cannot be paired")
    mean = a.mean - b.mean
    paired = float((a.by_query - b.by_query).var(ddof=1) / a.n_queries)
    parts = [(paired, a.n_queries - 1), *((s.seed_variance, s.n_seeds - 1) for s in (a, b) if s.n_seeds > 1)]
    variance, freedom = pooled(
        np.array([part for part, _ in parts]), np.array([float(degrees) for _, degrees in parts])
    )
    error = float(np.sqrt(variance))
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, freedom)) if error else float(abs(mean) < 1e-12)
    return Difference(mean, Interval(mean - reach, mean + reach), p)


def pooled(variances: NDArray[np.float64], degrees: NDArray[np.float64]) -> tuple[float, float]:
    """Return the sum of estimated variances and its degrees of freedom (Satterthwaite, 1946).

    Args:
        variances: estimates, shape (n,).
        degrees: their degrees of freedom, shape (n,).
    """
    total = float(variances.sum())
    if total == 0:
        return 0.0, float(degrees[0])
    return total, total**2 / float((variances**2 / degrees).sum())


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for the number of tests, in the order given (Holm, 1979)."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(raised, 1.0)
    return [float(value) for value in corrected]


def paired_outcomes(a: Sample, b: Sample, resolution: float = 1e-9) -> Outcomes:
    """Count the queries on which the mean over seeds of the first is higher, lower, or equal.

    Args:
        a: values of the first method.
        b: values of the second on the same queries.
        resolution: values that differ by no more are equal.
    """
    differences = a.by_query - b.by_query
    wins, losses = int((differences > resolution).sum()), int((differences < -resolution).sum())
    return Outcomes(wins, losses, a.n_queries - wins - losses)
