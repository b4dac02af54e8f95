"""How many of the exact cosine neighbours the nearest codes are: a score that needs no labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.precision import precision_at

DEFAULT_AT = (1, 10, 100)
BLOCK_VALUES = 1 << 22


@dataclass(frozen=True, eq=False, kw_only=True)
class EvaluationWithVectors(EvaluationInput):
    """Codes and labels of one trial, and the vectors of the featurizer that the run named.

    Attributes:
        query_vectors: vectors of the queries, CSR or dense float32 (n, n_features).
        database_vectors: the same for the database.
    """

    query_vectors: Any
    database_vectors: Any


def cosine_recall(evaluation: EvaluationWithVectors) -> dict[str, float]:
    """Return the recall of the k exact cosine neighbours among the k nearest codes, by "cosine-recall@k".

    The neighbours of a query are the documents whose cosine with it is at least the k-th largest; where that
    is 0, those whose cosine is above 0. Recall is the mean over queries of the neighbours among the k nearest
    codes divided by k, or by the number of neighbours if there are fewer; a query without any is left out.
    Of codes at equal distance it is the exact expectation over all orders, as in P@N. The exact cosine
    ranking scores 1.

    Args:
        evaluation: codes and vectors.

    Returns:
        The values for k of 1, 10 and 100 up to the size of the database; nothing if no query has a
        neighbour.
    """
    queries, database = evaluation.query_codes, evaluation.database_codes
    cutoffs = [k for k in DEFAULT_AT if k <= len(database)]
    depth = max(cutoffs)
    histograms = HammingScanner(queries, database).scan(slice(None), depth, n_threads=1).histograms[:, 0]
    found: dict[int, list[float]] = {k: [] for k in cutoffs}
    for query, cosines in enumerate(_cosines(evaluation.query_vectors, evaluation.database_vectors)):
        for k in cutoffs:
            neighbours = cosine_neighbours(cosines, k)
            if len(neighbours):
                near = _histogram(queries, query, database, neighbours)
                (precision,) = precision_at(histograms[query : query + 1], near[None, :], [k])
                found[k].append(float(precision.expected[0]) * k / min(k, len(neighbours)))
    return {f"cosine-recall@{k}": float(np.mean(values)) for k, values in found.items() if values}


def cosine_neighbours(cosines: NDArray[np.floating[Any]], k: int) -> NDArray[np.int64]:
    """Return the documents whose cosine is at least the k-th largest, those with 0 left out if that is 0."""
    place = len(cosines) - k
    least = np.partition(cosines, place)[place]
    return np.flatnonzero(cosines > 0 if least == 0 else cosines >= least)


def _histogram(queries: Codes, query: int, database: Codes, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count some documents by their Hamming distance to a query, int64 of shape (n_bits + 1,)."""
    differing = np.bitwise_count(database.words[rows] ^ queries.words[query]).sum(axis=1)
    return np.bincount(differing, minlength=database.n_bits + 1).astype(np.int64)


def _cosines(query_vectors: Any, database_vectors: Any) -> Iterator[NDArray[np.floating[Any]]]:
    """Yield the cosines of each query with all documents, 0 where one of the two is empty.

    Equal documents get exactly equal cosines, because the terms of each are added in the same order.
    """
    queries, database = _unit_rows(query_vectors), _unit_rows(database_vectors)
    step = max(1, BLOCK_VALUES // max(database.shape))
    for start in range(0, queries.shape[0], step):
        block = queries[start : start + step]
        columns = block.T if isinstance(block, np.ndarray) else block.toarray().T
        yield from np.ascontiguousarray((database @ np.ascontiguousarray(columns)).T)


def _unit_rows(vectors: Any) -> Any:
    if isinstance(vectors, np.ndarray):
        dense = vectors.astype(np.float32)
        lengths = np.linalg.norm(dense, axis=1, keepdims=True)
        return dense / np.where(lengths == 0, 1, lengths)
    rows: Any = csr_array(vectors).astype(np.float32)
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1))).ravel()
    rows.data /= np.repeat(np.where(lengths == 0, 1, lengths), np.diff(rows.indptr)).astype(np.float32)
    return rows
