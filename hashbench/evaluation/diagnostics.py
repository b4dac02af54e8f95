"""How well a set of codes uses its bits, and how often ties reach across the cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hashbench.codes import Codes
from hashbench.evaluation.arguments import as_code_pair, as_codes, as_positive_int
from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.memory_words import row_keys

BLOCK_ROWS = 1 << 15


@dataclass(frozen=True, eq=False)
class CodeDiagnostics:
    """Facts about codes that need no labels.

    Attributes:
        n_database: number of database documents.
        n_distinct: number of distinct codes.
        largest_bucket: number of documents that share the most frequent code.
        balance: share of ones of each bit, float64, shape (n_bits,).
        tied_share: share of queries whose N-th nearest document is tied with one that is not retrieved; None
            without queries.
    """

    n_database: int
    n_distinct: int
    largest_bucket: int
    balance: NDArray[np.float64]
    tied_share: float | None

    @property
    def n_constant_bits(self) -> int:
        """Number of bits that are the same in all documents."""
        return int(np.isin(self.balance, (0, 1)).sum())

    @property
    def mean_imbalance(self) -> float:
        """Mean over bits of the distance of the share of ones from one half."""
        return float(np.abs(self.balance - 0.5).mean())

    @property
    def max_imbalance(self) -> float:
        """Largest distance of a bit's share of ones from one half."""
        return float(np.abs(self.balance - 0.5).max())


def diagnostics(
    database_codes: Codes | ArrayLike, query_codes: Codes | ArrayLike | None = None, at: int = 100
) -> CodeDiagnostics:
    """Describe the codes of a database.

    Args:
        database_codes: `Codes`, or a uint8 or bool array of 0 and 1, shape (n_database, n_bits).
        query_codes: codes of the queries, shape (n_queries, n_bits), for the ties at the cut.
        at: number N of retrieved documents; all of them if the database is smaller.

    Raises:
        HashbenchError: unusable codes, or an ``at`` that is not a positive integer.
    """
    depth = as_positive_int(at, "at")
    database = as_codes(database_codes, "database_codes")
    buckets = np.unique(row_keys(database.words), return_counts=True)[1]
    ones = np.zeros(database.n_bits, dtype=np.int64)
    for start in range(0, len(database), BLOCK_ROWS):
        ones += database[start : start + BLOCK_ROWS].unpack().sum(axis=0, dtype=np.int64)
    return CodeDiagnostics(
        n_database=len(database),
        n_distinct=len(buckets),
        largest_bucket=int(buckets.max()),
        balance=ones / len(database),
        tied_share=None if query_codes is None else _share_tied(query_codes, database, depth),
    )


def _share_tied(query_codes: Codes | ArrayLike, database_codes: Codes, depth: int) -> float:
    queries, database = as_code_pair(query_codes, database_codes)
    depth = min(depth, len(database))
    scan = HammingScanner(queries, database).scan(slice(None), depth)
    retrieved = np.cumsum(scan.histograms[:, 0], axis=1, dtype=np.int64)
    return float((~(retrieved == depth).any(axis=1)).mean())
