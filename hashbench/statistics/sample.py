"""Values of one method by seed and query, and the interval of their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
"""The confidence level of all intervals; tests are at 1 - LEVEL."""


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Sample:
    """What one method scored, by seed and query.

    Attributes:
        values: float64 of shape (n_seeds, n_queries).
        random: whether another seed would give other values.
    """

    values: NDArray[np.float64]
    random: bool = True

    @classmethod
    def of(cls, seeds: Sequence[NDArray[np.floating[Any]]], *, random: bool = True) -> Sample:
        """Return a sample.

        Args:
            seeds: one array of shape (n_queries,) a seed.
            random: whether another seed would give other values.

        Raises:
            ValueError: there is no seed, there are fewer than two queries, or the seeds differ in number of
                queries.
        """
        if not seeds or len({len(values) for values in seeds}) != 1 or len(seeds[0]) < 2:
            raise ValueError("a sample needs one array a seed, all of the same two or more queries")
        return cls(np.array(seeds, dtype=np.float64), random)

    @cached_property
    def by_query(self) -> NDArray[np.float64]:
        """Means over seeds, shape (n_queries,)."""
        return self.values.mean(axis=0)

    @property
    def mean(self) -> float:
        """Mean over seeds and queries."""
        return float(self.by_query.mean())

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return len(self.values)

    @property
    def n_queries(self) -> int:
        """Number of queries."""
        return self.values.shape[1]

    @cached_property
    def between_seeds(self) -> float | None:
        """Variance of the means of single seeds; 0 without randomness, None where one seed cannot tell."""
        if not self.random:
            return 0.0
        return float(self.values.mean(axis=1).var(ddof=1)) if self.n_seeds > 1 else None

    def interval(self, level: float = LEVEL, *, resamples: int = 2000, seed: int = 0) -> Interval:
        """Return a bootstrap interval of the mean.

        Queries are resampled (percentile bootstrap). Seeds are too few to be: Student's t interval of their
        part is combined with it by the squares of the distances to the limits (Zou and Donner, 2008,
        "Construction of confidence limits about effect measures: a general approach").

        Args:
            level: its confidence level.
            resamples: number of bootstrap samples.
            seed: of the bootstrap; equal seeds give equal intervals.
        """
        from scipy import stats

        if np.ptp(self.by_query) == 0:
            low = high = self.mean
        else:
            done = stats.bootstrap(
                (self.by_query,),
                np.mean,
                confidence_level=level,
                n_resamples=resamples,
                batch=100,
                method="percentile",
                random_state=np.random.default_rng(seed),
            )
            low, high = done.confidence_interval
        seeds = 0.0
        if self.between_seeds and self.n_seeds > 1:
            error = np.sqrt(self.between_seeds / self.n_seeds)
            seeds = float(stats.t.ppf((1 + level) / 2, self.n_seeds - 1)) * error
        mean = self.mean
        return Interval(mean - float(np.hypot(mean - low, seeds)), mean + float(np.hypot(high - mean, seeds)))
