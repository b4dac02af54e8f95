"""Nearest neighbours among very many documents: candidates by codes of random projections, exact cosines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_info

from hashbench.codes import Codes
from hashbench.evaluation.compiling import compiled
from hashbench.evaluation.hamming import HammingScanner
from hashbench.hashing.nearest import largest
from hashbench.hashing.projection import Matrix
from hashbench.progress import track

CODE_BITS = 1024
CANDIDATES = 20
"""Documents whose cosines are computed for each neighbour that is asked for."""
QUERIES = 256
DOCUMENTS = 8192
"""Documents that are encoded at a time."""


def approximate_nearest_by_cosine(vectors: Matrix, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return k documents of large cosine with each, and the cosines, like ``nearest_by_cosine``.

    Of the ``20 k`` documents whose codes of 1024 random projections are nearest to that of a document, the k
    of largest cosine are taken. The cosines are exact; some of the true neighbours may be missing. The time
    still grows with the square of the number of documents, but a comparison of codes costs a small part of a
    cosine of sparse vectors. As many threads are used as BLAS may use.

    Args:
        vectors: matrix of shape (n, n_features), CSR or dense. The cosine with an empty row is 0.
        k: number of neighbours.

    Returns:
        As ``nearest_by_similarity``.
    """
    rows: Any = normalize(vectors)
    n = rows.shape[0]
    k = min(k, n - 1)
    n_candidates = min(CANDIDATES * k + 1, n)
    codes = random_projection_codes(rows)
    scanner = HammingScanner(codes, codes)
    neighbours = np.empty((n, k), dtype=np.int64)
    nearness = np.empty((n, k), dtype=np.float32)
    n_threads = max((pool["num_threads"] for pool in threadpool_info()), default=1)
    for start in track(range(0, n if k else 0, QUERIES), "Finding neighbours"):
        queries = slice(start, min(start + QUERIES, n))
        found = scanner.scan(queries, n_candidates, n_candidates, n_threads)
        candidates = np.sort(found.documents, axis=1)
        cosines = pair_cosines(rows, queries, candidates)
        cosines[candidates == np.arange(queries.start, queries.stop)[:, None]] = -np.inf
        for i, values in enumerate(cosines):
            places = largest(values, k)
            neighbours[start + i], nearness[start + i] = candidates[i, places], values[places]
    return neighbours, nearness


def random_projection_codes(rows: Matrix) -> Codes:
    """Return the signs of 1024 random projections of each row, always the same ones."""
    directions = np.random.default_rng(0).standard_normal((rows.shape[1], CODE_BITS), dtype=np.float32)
    parts = (rows[start : start + DOCUMENTS] for start in range(0, rows.shape[0], DOCUMENTS))
    return Codes(np.concatenate([Codes.pack(part @ directions > 0).words for part in parts]), CODE_BITS)


def pair_cosines(rows: Matrix, queries: slice, candidates: NDArray[np.int64]) -> NDArray[np.floating[Any]]:
    """Return the products of the rows of some documents and of their candidates.

    Args:
        rows: rows of norm 1, shape (n, n_features), CSR or dense.
        queries: which documents, n_queries.
        candidates: shape (n_queries, n_candidates).

    Returns:
        Shape (n_queries, n_candidates).
    """
    if not issparse(rows):
        return np.einsum("qcf,qf->qc", rows[candidates], rows[queries])
    cosines = np.empty(candidates.shape, dtype=np.float32)
    _sparse_products(rows.data, rows.indices, rows.indptr, rows[queries].toarray(), candidates, cosines)
    return cosines


@compiled
def _sparse_products(
    data: Any, columns: Any, starts: Any, queries: Any, candidates: Any, products: Any
) -> None:
    """Fill in the products of each query, a dense row, with its candidates among the rows of a CSR matrix."""
    for query in range(candidates.shape[0]):
        for place in range(candidates.shape[1]):
            row, total = candidates[query, place], np.float32(0)
            for entry in range(starts[row], starts[row + 1]):
                total += data[entry] * queries[query, columns[entry]]
            products[query, place] = total
