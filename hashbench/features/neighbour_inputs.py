"""Nearest neighbours of the training documents among themselves, as extra inputs for hashers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.features.bm25 import Bm25
from hashbench.hashing.nearest import cosine_neighbours, nearest_neighbours

__all__ = ["bm25_neighbours", "cosine_neighbours"]


def bm25_neighbours(documents: Sequence[str] | csr_array) -> NDArray[np.int64]:
    """Return the documents of the largest BM25 score for each document as a query, with repeated terms.

    The vocabulary, k1 and b are those that ``Bm25`` has by default.

    Args:
        documents: n texts, or term counts of shape (n, n_all_terms).

    Returns:
        int64 of shape (n, min(100, n - 1)), see ``hashbench.hashing.nearest.nearest_neighbours``.

    Raises:
        HashbenchError: no term is left.
    """
    featurizer = Bm25().fit(documents)
    queries = featurizer.count_terms(documents).astype(np.float32)
    weights = csr_array(featurizer.transform(documents).T)
    return nearest_neighbours(lambda start, stop: queries[start:stop] @ weights, queries.shape[0])
