"""How many of the exact cosine neighbours are found first: a score that needs no labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.precision import precision_at
from hashbench.evaluation.relevance import Relevance, relevance
from hashbench.evaluation.tie_groups import Ranking

DEFAULT_AT = (1, 10, 100)
BLOCK_VALUES = 1 << 22
BLOCK_QUERIES = 64


@dataclass(frozen=True, eq=False, kw_only=True)
class EvaluationWithVectors(EvaluationInput):
    """Codes and labels of one trial, and the vectors of the featurizer that the run named.

    Attributes:
        query_vectors: vectors of the queries, CSR or dense float32 (n, n_features).
        database_vectors: the same for the database.
    """

    query_vectors: Any
    database_vectors: Any


@dataclass(frozen=True, eq=False, kw_only=True)
class RankingWithVectors(Ranking):
    """The ranking of one trial, and the vectors of the featurizer that the run named.

    Attributes:
        query_vectors: vectors of the queries that are ranked for, CSR or dense float32 (n, n_features).
        database_vectors: the same for the database.
    """

    query_vectors: Any
    database_vectors: Any


def cosine_recall(ranking: RankingWithVectors) -> dict[str, float]:
    """Return the recall of the k exact cosine neighbours among the first k documents, by "cosine-recall@k".

    The neighbours of a query are the documents whose cosine with it is at least the k-th largest; where that
    is 0, those whose cosine is above 0. Recall is the mean over queries of the neighbours among the first k
    documents divided by k, or by the number of neighbours if there are fewer; a query without any is left
    out. Of documents at equal distance it is the exact expectation over all orders, as in P@N. The exact
    cosine ranking scores 1.

    Args:
        ranking: the ranking and the vectors.

    Returns:
        The values for k of 1, 10 and 100 up to the size of the database; nothing if no query has a
        neighbour.
    """
    cutoffs = [k for k in DEFAULT_AT if k <= ranking.n_database]
    found: dict[int, list[NDArray[np.float64]]] = {k: [] for k in cutoffs}
    for rows, levels in _neighbour_blocks(ranking.query_vectors, ranking.database_vectors, cutoffs):
        for k, level in zip(cutoffs, levels, strict=True):
            n_neighbours = np.rint(level.relevant_shares() * ranking.n_database)
            precisions = np.concatenate(
                [
                    precision_at(block[:, 0], block[:, 1], [k])[0].expected
                    for block in ranking.scan(level, k, rows)
                ]
            )
            has_any = n_neighbours > 0
            found[k].append((precisions * k)[has_any] / np.minimum(k, n_neighbours[has_any]))
    recalls = {k: np.concatenate(values) for k, values in found.items()}
    return {f"cosine-recall@{k}": float(values.mean()) for k, values in recalls.items() if len(values)}


def _neighbour_blocks(
    query_vectors: Any, database_vectors: Any, cutoffs: Sequence[int]
) -> Iterator[tuple[slice, list[Relevance]]]:
    """Yield blocks of queries with their neighbours at each cut-off; a label stands for a query."""
    cosines, n_database = _cosines(query_vectors, database_vectors), database_vectors.shape[0]
    own_labels = np.eye(BLOCK_QUERIES, dtype=bool)
    for start in range(0, query_vectors.shape[0], BLOCK_QUERIES):
        block = list(islice(cosines, BLOCK_QUERIES))
        levels = []
        for k in cutoffs:
            is_neighbour = np.zeros((n_database, BLOCK_QUERIES), dtype=bool)
            for query, values in enumerate(block):
                is_neighbour[cosine_neighbours(values, k), query] = True
            levels.append(relevance(own_labels[: len(block)], is_neighbour, len(block), n_database))
        yield slice(start, start + len(block)), levels


def cosine_neighbours(cosines: NDArray[np.floating[Any]], k: int) -> NDArray[np.int64]:
    """Return the documents whose cosine is at least the k-th largest, those with 0 left out if that is 0."""
    place = len(cosines) - k
    least = np.partition(cosines, place)[place]
    return np.flatnonzero(cosines > 0 if least == 0 else cosines >= least)


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
