"""The difference between two methods on the same queries: interval, paired test, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

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
    the degrees of freedom follow from the parts by Welch and Satterthwaite. A method with one seed is taken
    to vary between seeds like the other one. With one seed each it is the paired t test,
    ``scipy.stats.ttest_rel``.

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
    variance, freedom = pooled([(paired, a.n_queries - 1), *_seed_parts(a, b)])
    error = float(np.sqrt(variance))
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, freedom)) if error else float(abs(mean) < 1e-12)
    return Difference(mean, Interval(mean - reach, mean + reach), p)


def pooled(parts: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Return the sum of independent estimates of variances, and its degrees of freedom (Satterthwaite, 1946).

    Args:
        parts: estimates with their degrees of freedom.
    """
    total = sum(part for part, _ in parts)
    if total == 0:
        return 0.0, float(parts[0][1])
    return total, total**2 / sum(part**2 / degrees for part, degrees in parts)


def _seed_parts(a: Sample, b: Sample) -> list[tuple[float, int]]:
    """Return what the seeds of two methods add to the variance of their difference."""
    of_a, of_b = a.between_seeds, b.between_seeds
    if of_a is None and of_b and b.n_seeds > 1:
        return [(of_b * (1 / a.n_seeds + 1 / b.n_seeds), b.n_seeds - 1)]
    if of_b is None and of_a and a.n_seeds > 1:
        return [(of_a * (1 / a.n_seeds + 1 / b.n_seeds), a.n_seeds - 1)]
    return [(of / s.n_seeds, s.n_seeds - 1) for of, s in ((of_a, a), (of_b, b)) if of and s.n_seeds > 1]


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
