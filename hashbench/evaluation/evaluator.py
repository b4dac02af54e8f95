"""Precision at N of rankings, by shared labels and without favour among ties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import HashbenchError
from hashbench.evaluation.arguments import as_code_pair, as_cutoffs, as_positive_int
from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.precision import precision_at
from hashbench.evaluation.relevance import Relevance, count_rows, relevance
from hashbench.evaluation.scores import PrecisionAtN, Scores
from hashbench.evaluation.similarity import (
    RankedLists,
    as_similarities,
    list_histograms,
    similarity_histograms,
)
from hashbench.evaluation.tables import TableScanner, as_tables

BLOCK_BYTES = 1 << 24
COUNT_BYTES = 4

Histograms = NDArray[np.int32]


def evaluate(
    query_codes: Codes | ArrayLike,
    database_codes: Codes | ArrayLike,
    query_labels: Any,
    database_labels: Any,
    at: Iterable[int] = (100,),
    query_coarse: Any = None,
    database_coarse: Any = None,
    n_threads: int | None = None,
) -> Scores:
    """Score the ranking of the database by Hamming distance to each query.

    A document is relevant if it shares at least one label with the query. Documents at equal distance have no
    order of their own: the expected precision is the exact mean over all orders.

    The database is read in blocks. It may be larger than memory as ``Codes`` over a ``numpy.memmap`` of
    words, and so may labels that are an int64 ``numpy.memmap``; other labels take 8 bytes a document in
    memory, an indicator 8 for each 64 labels. The scores are the same.

    Args:
        query_codes: `Codes`, or a uint8 or bool array of 0 and 1, shape (n_queries, n_bits).
        database_codes: the same for the database, shape (n_database, n_bits).
        query_labels: integers of shape (n_queries,), or a 0/1 indicator of shape (n_queries, n_labels), dense
            or scipy sparse. A query without any label scores 0. A dense array of one column holds integers.
        database_labels: the same for the database.
        at: the numbers N of retrieved documents. An N beyond the database is cut to its size, with a note.
        query_coarse: coarse labels of the queries, for a second score of the same ranking.
        database_coarse: coarse labels of the database.
        n_threads: threads to use; None for as many as numba is configured for. The scores are the same.

    Returns:
        The scores of the given labels; those of the coarse labels are their ``coarse``.

    Raises:
        HashbenchError: codes, labels or ``at`` that cannot be used; the message says which.
    """
    queries, database = as_code_pair(query_codes, database_codes)
    cutoffs = as_cutoffs(at)
    levels = levels_of(
        (query_labels, database_labels), (query_coarse, database_coarse), len(queries), len(database)
    )
    depth = min(max(cutoffs), len(database))
    scanner = HammingScanner(queries, database, levels)
    histograms = (
        scanner.scan(rows, depth, n_threads=n_threads).histograms
        for rows in _blocks(len(queries), (1 + len(levels)) * (database.n_bits + 1))
    )
    return _score(histograms, levels, cutoffs)


def evaluate_ranking(
    similarities: Iterable[ArrayLike],
    query_labels: Any,
    database_labels: Any,
    at: Iterable[int] = (100,),
    query_coarse: Any = None,
    database_coarse: Any = None,
) -> Scores:
    """Score a ranking by real-valued similarities; documents of exactly equal similarity are tied.

    Args:
        similarities: blocks of consecutive queries, float arrays of shape (n_block, n_database); larger is
            nearer.
        query_labels: as in `evaluate`.
        database_labels: as in `evaluate`.
        at: as in `evaluate`.
        query_coarse: as in `evaluate`.
        database_coarse: as in `evaluate`.

    Returns:
        As `evaluate`.

    Raises:
        HashbenchError: as in `evaluate`; blocks of a wrong shape, with NaN, or for too few or too many
            queries.
    """
    cutoffs = as_cutoffs(at)
    n_queries, n_database = count_rows(query_labels), count_rows(database_labels)
    levels = levels_of(
        (query_labels, database_labels), (query_coarse, database_coarse), n_queries, n_database
    )
    depth = min(max(cutoffs), n_database)
    return _score(_ranking_histograms(similarities, levels, depth, n_queries, n_database), levels, cutoffs)


def evaluate_lists(
    lists: RankedLists,
    query_labels: Any,
    database_labels: Any,
    at: Iterable[int] = (100,),
    query_coarse: Any = None,
    database_coarse: Any = None,
) -> Scores:
    """Score the nearest documents of each query, listed with their similarities.

    Args:
        lists: as ``ranked_lists`` makes them.
        query_labels: as in `evaluate`, with the other labels and ``at``.

    Raises:
        HashbenchError: as in `evaluate`; an N beyond the depth of the lists.
    """
    cutoffs = as_cutoffs(at)
    n_queries, n_database = len(lists), lists.n_database
    levels = levels_of(
        (query_labels, database_labels), (query_coarse, database_coarse), n_queries, n_database
    )
    depth = min(max(cutoffs), n_database)
    if depth > lists.depth:
        raise HashbenchError(f"the lists hold the {lists.depth} nearest documents, too few for N = {depth}")
    histograms = (
        list_histograms(lists, rows, levels, depth) for rows in _blocks(n_queries, (1 + len(levels)) * depth)
    )
    return _score(histograms, levels, cutoffs)


def evaluate_tables(
    query_tables: ArrayLike,
    database_codes: Codes | QuantiserCodes,
    query_labels: Any,
    database_labels: Any,
    at: Iterable[int] = (100,),
    query_coarse: Any = None,
    database_coarse: Any = None,
    n_threads: int | None = None,
) -> Scores:
    """Score the ranking of the database by asymmetric distance: sums of entries of a query's tables.

    Sums are taken in float32 and in one order; documents of exactly equal distance are tied.

    Args:
        query_tables: float32 of shape (n_queries, n_books, n_centroids); of binary codes as ``bit_tables``
            makes them.
        database_codes: the codes of the database.
        query_labels: as in `evaluate`, with the other labels, ``at`` and ``n_threads``.

    Returns:
        As `evaluate`.

    Raises:
        HashbenchError: as in `evaluate`; tables that do not fit the codes.
    """
    tables, cutoffs = as_tables(query_tables, database_codes), as_cutoffs(at)
    levels = levels_of(
        (query_labels, database_labels), (query_coarse, database_coarse), len(tables), len(database_codes)
    )
    depth = min(max(cutoffs), len(database_codes))
    scanner = TableScanner(tables, database_codes, levels)
    histograms = (
        scanner.scan(rows, depth, n_threads=n_threads).histograms
        for rows in _blocks(len(tables), (1 + len(levels)) * depth)
    )
    return _score(histograms, levels, cutoffs)


def nearest(
    query_codes: Codes | ArrayLike,
    database_codes: Codes | ArrayLike,
    k: int,
    n_threads: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Find the nearest documents of each query; at equal distance, those of smaller index.

    The database is read in blocks, as in `evaluate`.

    Args:
        query_codes: as in `evaluate`.
        database_codes: as in `evaluate`.
        k: how many documents, 1 to n_database.
        n_threads: as in `evaluate`.

    Returns:
        Indices into the database and Hamming distances, both of shape (n_queries, k), nearest first.

    Raises:
        HashbenchError: codes that cannot be used, or ``k`` out of range.
    """
    queries, database = as_code_pair(query_codes, database_codes)
    _check_k(k, len(database))
    found = HammingScanner(queries, database).scan(slice(None), depth=k, k=k, n_threads=n_threads)
    return found.documents, found.distances


def nearest_by_tables(
    query_tables: ArrayLike, database_codes: Codes | QuantiserCodes, k: int, n_threads: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find the documents of smallest asymmetric distance; at equal distance, those of smaller index.

    Args:
        query_tables: as in `evaluate_tables`, with ``database_codes``.
        k: how many documents, 1 to n_database.
        n_threads: as in `evaluate`.

    Returns:
        Indices into the database and distances, both of shape (n_queries, k), nearest first.

    Raises:
        HashbenchError: tables that do not fit the codes, or ``k`` out of range.
    """
    tables = as_tables(query_tables, database_codes)
    _check_k(k, len(database_codes))
    found = TableScanner(tables, database_codes).scan(slice(None), depth=k, k=k, n_threads=n_threads)
    return found.documents, found.distances


def _check_k(k: int, n_database: int) -> None:
    if as_positive_int(k, "k") > n_database:
        raise HashbenchError(f"k = {k} exceeds the database of {n_database} documents; ask for fewer")


def levels_of(
    fine: tuple[Any, Any], coarse: tuple[Any, Any], n_queries: int, n_database: int
) -> list[Relevance]:
    """Return what makes a document relevant, by fine and, where given, by coarse labels.

    Args:
        fine: labels of the queries and of the database, as in `evaluate`.
        coarse: coarse labels of both, or None and None.
        n_queries: number of queries.
        n_database: number of database documents.

    Raises:
        HashbenchError: labels that cannot be used, or coarse labels for one side only.
    """
    levels = [relevance(*fine, n_queries, n_database)]
    given = [labels is not None for labels in coarse]
    if all(given):
        levels.append(relevance(*coarse, n_queries, n_database, kind="coarse"))
    elif any(given):
        missing = "database_coarse" if given[0] else "query_coarse"
        raise HashbenchError(f"{missing} is missing; pass coarse labels for both sides or for neither")
    return levels


def _blocks(n_rows: int, counts_per_row: int) -> Iterator[slice]:
    """Cut rows into slices whose histograms take little memory."""
    size = max(1, BLOCK_BYTES // (COUNT_BYTES * counts_per_row))
    return (slice(start, start + size) for start in range(0, n_rows, size))


def _ranking_histograms(
    blocks: Iterable[ArrayLike], levels: Sequence[Relevance], depth: int, n_queries: int, n_database: int
) -> Iterator[Histograms]:
    seen = 0
    for block in blocks:
        similarities = as_similarities(block, n_database)
        if seen + len(similarities) > n_queries:
            raise HashbenchError(f"similarities for more than the {n_queries} labelled queries")
        for rows in _blocks(len(similarities), (1 + len(levels)) * depth):
            yield similarity_histograms(similarities[rows], seen + rows.start, levels, depth)
        seen += len(similarities)
    if seen < n_queries:
        raise HashbenchError(f"similarities for {seen} queries, labels for {n_queries}; yield every block")


def _score(histograms: Iterable[Histograms], levels: Sequence[Relevance], cutoffs: Sequence[int]) -> Scores:
    n_queries, n_database = len(levels[0].queries), len(levels[0].documents)
    divisors = [min(n, n_database) for n in cutoffs]
    blocks: list[list[list[PrecisionAtN]]] = [[] for _ in levels]
    for block in histograms:
        for level, precisions in enumerate(blocks, start=1):
            precisions.append(precision_at(block[:, 0], block[:, level], divisors))
    fine, *coarse = (
        Scores(
            precision={n: _concatenate(parts) for n, *parts in zip(cutoffs, *precisions, strict=True)},
            chance=float(level.relevant_shares().mean()),
            n_queries=n_queries,
            n_database=n_database,
            notes=notes_of(cutoffs, n_database),
        )
        for level, precisions in zip(levels, blocks, strict=True)
    )
    return replace(fine, coarse=coarse[0]) if coarse else fine


def notes_of(cutoffs: Iterable[int], n_database: int) -> tuple[str, ...]:
    """Return a remark for each N that is larger than the database."""
    return tuple(
        f"N = {n} exceeds the database of {n_database} documents: precision is over all of them"
        for n in cutoffs
        if n > n_database
    )


def _concatenate(parts: Sequence[PrecisionAtN]) -> PrecisionAtN:
    return PrecisionAtN(
        expected=np.concatenate([part.expected for part in parts]),
        worst=np.concatenate([part.worst for part in parts]),
        best=np.concatenate([part.best for part in parts]),
    )
