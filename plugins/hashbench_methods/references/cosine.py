"""Exact cosine search, what codes replace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from hashbench.hashing.nearest import cosine_blocks, unit_rows
from hashbench.hashing.state import Stateful


class Cosine(Stateful):
    """Cosine between the uncompressed vectors of queries and database documents, 0 where one is empty.

    Equal database rows get exactly equal similarities, because the terms of each are added in the same order.

    Attributes:
        database_: the database vectors, float32 CSR.
    """

    @property
    def bits_per_document_(self) -> float:
        """Memory of a database vector in bits: float32, with 32 bits for the index of a value if sparse."""
        n, n_features = self.database_.shape
        return min(64 * self.database_.nnz / n, 32.0 * n_features)

    def fit(self, X: Any) -> Self:
        """Take the database vectors, sparse or dense, shape (n_database, n_features)."""
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float32)
        self.database_ = unit_rows(X)
        return self

    def similarities(self, X: Any) -> Iterator[NDArray[np.float32]]:
        """Yield the cosines of consecutive queries, float32 blocks of shape (n_block, n_database)."""
        check_is_fitted(self)
        queries = validate_data(self, X, accept_sparse="csr", dtype=np.float32, reset=False)
        yield from cosine_blocks(unit_rows(queries), self.database_)
