"""Exact nearest neighbours of the training documents among themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.preprocessing import normalize

from hashbench.features.bm25 import Bm25
from hashbench.features.features import Matrix
from hashbench.progress import track

N_NEIGHBOURS = 100
BLOCK_VALUES = 2**23
"""Similarities that are held at a time."""

Floats = NDArray[np.floating[Any]]


def cosine_neighbours(vectors: Matrix) -> NDArray[np.int64]:
    """Return the documents whose vectors have the largest cosine with that of each document.

    Args:
        vectors: matrix of shape (n, n_features), CSR or dense.

    Returns:
        int64 of shape (n, min(100, n - 1)), see ``nearest_neighbours``.
    """
    rows: Any = normalize(vectors)
    columns = csr_array(rows.T) if issparse(vectors) else rows.T
    return nearest_neighbours(lambda start, stop: rows[start:stop] @ columns, rows.shape[0])


def bm25_neighbours(documents: Sequence[str] | csr_array) -> NDArray[np.int64]:
    """Return the documents of the largest BM25 score for the words of each document, with their repetitions.

    Words, k1 and b are those that ``Bm25`` has by default.

    Args:
        documents: n texts, or word counts of shape (n, n_words).

    Returns:
        int64 of shape (n, min(100, n - 1)), see ``nearest_neighbours``.

    Raises:
        HashbenchError: no word is left.
    """
    featurizer = Bm25().fit(documents)
    queries = featurizer.count_words(documents).astype(np.float32)
    weights = csr_array(featurizer.transform(documents).T)
    return nearest_neighbours(lambda start, stop: queries[start:stop] @ weights, queries.shape[0])


def nearest_neighbours(
    similarities: Callable[[int, int], Matrix], n: int, k: int = N_NEIGHBOURS
) -> NDArray[np.int64]:
    """Return the k documents most similar to each, itself left out, in bounded memory.

    Args:
        similarities: computes the similarities of the documents from a start to a stop to all n, larger is
            nearer, sparse or dense of shape (stop - start, n).
        n: number of documents.
        k: number of neighbours.

    Returns:
        int64 of shape (n, min(k, n - 1)), most similar first, equal ones in ascending order. The row of a
        document with fewer than k similar ones ends with some of similarity 0.
    """
    k = min(k, n - 1)
    neighbours = np.empty((n, k), dtype=np.int64)
    step = max(1, BLOCK_VALUES // n)
    for start in track(range(0, n if k else 0, step), "Finding neighbours"):
        block = similarities(start, min(start + step, n))
        values = block.toarray() if issparse(block) else block
        rows = np.arange(len(values))
        values[rows, start + rows] = -np.inf
        for row, nearest in zip(values, neighbours[start : start + step], strict=True):
            nearest[:] = _largest(row, k)
    return neighbours


def _largest(values: Floats, k: int) -> NDArray[np.int64]:
    """Return the places of the k largest values, largest first, equal ones in ascending order."""
    least = np.partition(values, len(values) - k)[len(values) - k]
    above = np.flatnonzero(values > least)
    equal = np.flatnonzero(values == least)[: k - len(above)]
    places = np.sort(np.concatenate([above, equal]))
    return places[np.argsort(-values[places], kind="stable")]
