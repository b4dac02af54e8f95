"""What an evaluation returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PrecisionAtN:
    """Precision of the first N documents under ties, float64 arrays of shape (n_queries,).

    Attributes:
        expected: exact mean over all random orders of the documents tied at the cut.
        worst: the relevant documents come last among the tied.
        best: the relevant documents come first among the tied.
    """

    expected: NDArray[np.float64]
    worst: NDArray[np.float64]
    best: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """Precision of one ranking of the database for each query.

    Attributes:
        precision: for each N asked for, the precision of every query.
        chance: what a random ranking gets: the mean over queries of the share of relevant documents.
        n_queries: number of queries.
        n_database: number of database documents.
        coarse: scores of the same ranking by coarse labels, if they were given.
        notes: remarks that belong beside the numbers, such as an N larger than the database.
    """

    precision: Mapping[int, PrecisionAtN]
    chance: float
    n_queries: int
    n_database: int
    coarse: Scores | None = None
    notes: tuple[str, ...] = ()

    @property
    def expected(self) -> dict[int, float]:
        """Mean expected precision for each N."""
        return {n: float(precision.expected.mean()) for n, precision in self.precision.items()}

    @property
    def worst(self) -> dict[int, float]:
        """Mean worst-case precision for each N."""
        return {n: float(precision.worst.mean()) for n, precision in self.precision.items()}

    @property
    def best(self) -> dict[int, float]:
        """Mean best-case precision for each N."""
        return {n: float(precision.best.mean()) for n, precision in self.precision.items()}

    @property
    def per_query(self) -> dict[int, NDArray[np.float64]]:
        """Expected precision of every query, shape (n_queries,), for each N."""
        return {n: precision.expected for n, precision in self.precision.items()}
