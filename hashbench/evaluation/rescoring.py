"""Precision of rescoring: the nearest documents by the distance of codes, ranked anew by a similarity."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import lgamma
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import HashbenchError
from hashbench.evaluation.arguments import as_code_pair, as_cutoffs, as_positive_int
from hashbench.evaluation.evaluator import levels_of, notes_of
from hashbench.evaluation.rescoring_kernel import rescored_precision
from hashbench.evaluation.scores import PrecisionAtN, Scores
from hashbench.evaluation.similarity import as_similarities
from hashbench.evaluation.tables import as_tables

Distances = Callable[[int], NDArray[np.float64]]
"""The distances of all documents from a query, which is given by its index."""


def evaluate_rescored(
    queries: Codes | ArrayLike,
    database_codes: Codes | QuantiserCodes,
    similarities: Iterable[ArrayLike],
    query_labels: Any,
    database_labels: Any,
    factor: int,
    at: Iterable[int] = (100,),
    query_coarse: Any = None,
    database_coarse: Any = None,
    n_threads: int | None = None,
) -> Scores:
    """Score a search in two steps: the ``factor * N`` nearest documents, and the N most similar of them.

    The expected precision is the exact mean over all choices among the documents tied at the last candidate,
    and over all orders of candidates of exactly equal similarity; the worst and the best precision are the
    least and the greatest over these choices and orders.

    Args:
        queries: codes of the queries, or their lookup tables as in ``evaluate_tables``, float32 of shape
            (n_queries, n_books, n_centroids).
        database_codes: codes of the database.
        similarities: blocks of consecutive queries, float arrays of shape (n_block, n_database); larger is
            nearer.
        query_labels: as in ``evaluate``, with the other labels, ``at`` and ``n_threads``.
        factor: number of candidates for each retrieved document, at least 1.

    Returns:
        As ``evaluate``.

    Raises:
        HashbenchError: as in ``evaluate`` and ``evaluate_ranking``; a factor that is no positive integer.
    """
    distances, n_queries = _distances(queries, database_codes)
    n_database, cutoffs, factor = len(database_codes), as_cutoffs(at), as_positive_int(factor, "factor")
    levels = levels_of(
        (query_labels, database_labels), (query_coarse, database_coarse), n_queries, n_database
    )
    log_factorials = np.array([lgamma(i + 1) for i in range(n_database + 1)])
    documents = np.arange(n_database)
    found = np.empty((n_queries, len(levels), len(cutoffs), 3))

    def score(query: int, row: NDArray[np.floating[Any]]) -> None:
        order = np.argsort(-row, kind="stable")
        far, near = distances(query)[order], row[order].astype(np.float64)
        for place, level in enumerate(levels):
            relevant = level.is_relevant(query, documents)[order]
            for column, n in enumerate(cutoffs):
                retrieved, candidates = min(n, n_database), min(factor * n, n_database)
                found[query, place, column] = rescored_precision(
                    far, near, relevant, candidates, retrieved, log_factorials
                )

    if n_threads is None:
        n_threads = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    seen = 0
    with ThreadPoolExecutor(as_positive_int(n_threads, "n_threads")) as pool:
        for block in similarities:
            rows = as_similarities(block, n_database)
            if seen + len(rows) > n_queries:
                raise HashbenchError(f"similarities for more than the {n_queries} queries")
            list(pool.map(score, range(seen, seen + len(rows)), rows))
            seen += len(rows)
    if seen < n_queries:
        raise HashbenchError(f"similarities for {seen} queries, codes for {n_queries}; yield every block")
    fine, *coarse = (
        Scores(
            precision={n: PrecisionAtN(*found[:, place, column].T) for column, n in enumerate(cutoffs)},
            chance=float(level.relevant_shares().mean()),
            n_queries=n_queries,
            n_database=n_database,
            notes=notes_of(cutoffs, n_database),
        )
        for place, level in enumerate(levels)
    )
    return replace(fine, coarse=coarse[0]) if coarse else fine


def _distances(queries: Any, database: Codes | QuantiserCodes) -> tuple[Distances, int]:
    """Return a function to the distances from a query, and the number of queries."""
    if isinstance(database, QuantiserCodes):
        tables, columns = as_tables(queries, database), database.indices.T

        def asymmetric(query: int) -> NDArray[np.float64]:
            distances = np.zeros(columns.shape[1], dtype=np.float32)
            for entries, indices in zip(tables[query], columns, strict=True):
                distances += entries[indices]
            return distances.astype(np.float64)

        return asymmetric, len(tables)
    codes, documents = as_code_pair(queries, database)

    def hamming(query: int) -> NDArray[np.float64]:
        differing = np.bitwise_count(documents.words ^ codes.words[query])
        return differing.sum(axis=1, dtype=np.float64)

    return hamming, len(codes)
