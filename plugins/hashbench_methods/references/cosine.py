"""Exact cosine search, what codes replace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted, validate_data

from hashbench.hashing.projection import as_csr
from hashbench.hashing.state import Stateful

BLOCK_BYTES = 64 * 2**20
BLOCK_ROWS = 128


class Cosine(Stateful):
    """Cosine between the uncompressed vectors of queries and database documents, 0 where one is empty.

    Equal database rows get exactly equal similarities, because the terms of each are added in the same order.
    """

    def fit(self, X: Any) -> Self:
        """Take the database vectors, sparse or dense, shape (n_database, n_features)."""
        self.database_ = self._unit_rows(X, reset=True)
        return self

    def similarities(self, X: Any) -> Iterator[NDArray[np.float32]]:
        """Yield the cosines of consecutive queries, float32 blocks of shape (n_block, n_database)."""
        check_is_fitted(self)
        queries = self._unit_rows(X, reset=False)
        row_bytes = 4 * max(self.database_.shape)
        step = max(1, min(BLOCK_ROWS, BLOCK_BYTES // row_bytes))
        for start in range(0, queries.shape[0], step):
            block = queries[start : start + step].T.toarray(order="C")
            yield np.ascontiguousarray((self.database_ @ block).T)

    def _unit_rows(self, X: Any, *, reset: bool) -> csr_array:
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float32, reset=reset)
        return csr_array(normalize(as_csr(X)))
