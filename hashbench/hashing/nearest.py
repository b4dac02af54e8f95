"""Exact nearest neighbours among documents, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.preprocessing import normalize

from hashbench.hashing.projection import Matrix, as_csr
from hashbench.progress import track

N_NEIGHBOURS = 100
BLOCK_VALUES = 2**23
"""Similarities that are held at a time."""
BLOCK_BYTES = 64 * 2**20
BLOCK_ROWS = 128

Floats = NDArray[np.floating[Any]]


def cosine_neighbours(vectors: Matrix) -> NDArray[np.int64]:
    """Return the documents whose vectors have the largest cosine with that of each document.

    Args:
        vectors: matrix of shape (n, n_features), CSR or dense.

    Returns:
        int64 of shape (n, min(100, n - 1)), see ``nearest_neighbours``.
    """
    return nearest_by_cosine(vectors, N_NEIGHBOURS)[0]


def nearest_by_cosine(vectors: Matrix, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the k documents of largest cosine with each, and the cosines, see ``nearest_by_similarity``.

    Args:
        vectors: matrix of shape (n, n_features), CSR or dense. The cosine with an empty row is 0.
        k: number of neighbours.
    """
    rows: Any = normalize(vectors)
    columns = csr_array(rows.T) if issparse(vectors) else rows.T
    return nearest_by_similarity(lambda start, stop: rows[start:stop] @ columns, rows.shape[0], k)


def unit_rows(vectors: Matrix) -> csr_array:
    """Return a CSR or dense matrix with rows of norm 1, as CSR; empty rows stay empty."""
    return csr_array(normalize(as_csr(vectors)))


def cosine_blocks(queries: csr_array, database: csr_array) -> Iterator[NDArray[np.float32]]:
    """Yield the cosines of consecutive queries and all database documents, 0 where one is empty.

    Equal database rows get exactly equal cosines, because the terms of each are added in the same order.

    Args:
        queries: float32 of shape (n_queries, n_features), as ``unit_rows`` returns it.
        database: the same for the database, shape (n_database, n_features).

    Returns:
        Blocks of shape (n_block, n_database).
    """
    step = max(1, min(BLOCK_ROWS, BLOCK_BYTES // (4 * max(database.shape))))
    for start in range(0, queries.shape[0], step):
        block = queries[start : start + step].T.toarray(order="C")
        yield np.ascontiguousarray((database @ block).T)


def nearest_neighbours(
    similarities: Callable[[int, int], Matrix], n: int, k: int = N_NEIGHBOURS
) -> NDArray[np.int64]:
    """Return the documents that ``nearest_by_similarity`` finds, int64 of shape (n, min(k, n - 1))."""
    return nearest_by_similarity(similarities, n, k)[0]


def nearest_by_similarity(
    similarities: Callable[[int, int], Matrix], n: int, k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the k documents most similar to each, itself left out, in bounded memory.

    Args:
        similarities: computes the similarities of the documents from a start to a stop to all n, larger is
            nearer, sparse or dense of shape (stop - start, n).
        n: number of documents.
        k: number of neighbours.

    Returns:
        The documents, int64 of shape (n, min(k, n - 1)), most similar first, equal ones in ascending order,
        and their similarities, float32 of the same shape. The row of a document with fewer than k similar
        ones ends with some of similarity 0.
    """
    k = min(k, n - 1)
    neighbours = np.empty((n, k), dtype=np.int64)
    nearness = np.empty((n, k), dtype=np.float32)
    step = max(1, BLOCK_VALUES // n)
    for start in track(range(0, n if k else 0, step), "Finding neighbours"):
        block = similarities(start, min(start + step, n))
        values = block.toarray() if issparse(block) else block
        for i, row in enumerate(values, start):
            row[i] = -np.inf
            neighbours[i] = largest(row, k)
            nearness[i] = row[neighbours[i]]
    return neighbours, nearness


def largest(values: Floats, k: int) -> NDArray[np.int64]:
    """Return the places of the k largest values, largest first, equal ones in ascending order."""
    least = np.partition(values, len(values) - k)[len(values) - k]
    above = np.flatnonzero(values > least)
    equal = np.flatnonzero(values == least)[: k - len(above)]
    places = np.sort(np.concatenate([above, equal]))
    return places[np.argsort(-values[places], kind="stable")]
