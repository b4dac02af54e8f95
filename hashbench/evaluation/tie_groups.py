"""A ranking as groups of tied documents: what metrics of rankings are given, with codes and without."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import Argument, HashbenchError
from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.relevance import Relevance, count_rows, relevance
from hashbench.evaluation.similarity import (
    RankedLists,
    as_similarities,
    list_histograms,
    similarity_histograms,
)
from hashbench.evaluation.tables import TableScanner

BLOCK_CELLS = 1 << 19
"""Counts that are held at a time."""

Counts = NDArray[np.int64]
EVERY = slice(0, sys.maxsize)


class Scan(Protocol):
    """Ranks the database for queries."""

    def __call__(self, level: Relevance, depth: int, rows: slice = EVERY) -> Iterator[NDArray[Any]]:
        """Yield the documents and the relevant ones of each tied group, for blocks of consecutive queries.

        Args:
            level: what is relevant to these queries.
            depth: how many nearest documents to cover.
            rows: which queries; with a start and a stop.

        Returns:
            Blocks of shape (n, 2, n_groups).
        """
        ...


@dataclass(frozen=True, eq=False)
class TieGroups:
    """The nearest documents of some queries, in groups of equal distance, nearest group first.

    Attributes:
        documents: number of documents in each group, int64 of shape (n_queries, n_groups). A group may be
            empty. Those beyond the depth that was asked for are.
        relevant: how many of them are relevant, same shape.
        n_relevant: number of relevant documents in the whole database, int64 of shape (n_queries,).
    """

    documents: Counts
    relevant: Counts
    n_relevant: Counts


@dataclass(frozen=True, eq=False)
class Ranking:
    """The ranking of the database for every query of a trial.

    A query without a vector ranks nothing: all documents are tied for it, so that it scores what a random
    order does.

    Attributes:
        n_database: number of documents.
        levels: what is relevant to the queries with a vector, by "fine" and, where there are coarse labels,
            "coarse"; nothing for documents without labels.
        unranked: the same for the queries without a vector.
        scan: ranks the database for the queries with a vector.
    """

    n_database: int
    levels: dict[str, Relevance]
    unranked: dict[str, Relevance]
    scan: Scan

    @property
    def n_queries(self) -> int:
        """Number of queries with labels, those without a vector included."""
        return sum(len(levels["fine"].queries) for levels in (self.levels, self.unranked) if levels)

    def groups(self, depth: int | None = None, level: str = "fine") -> Iterator[TieGroups]:
        """Yield the tied groups of blocks of queries, which cover each query once.

        Args:
            depth: how many nearest documents to cover; None for all. The group at that rank is complete.
            level: "fine" or "coarse" labels.
        """
        depth = self.n_database if depth is None else min(depth, self.n_database)
        relevance_ = self.levels[level]
        totals = _totals(relevance_, self.n_database)
        start = 0
        for block in self.scan(relevance_, depth):
            documents, relevant = block[:, 0].astype(np.int64), block[:, 1].astype(np.int64)
            beyond = np.cumsum(documents, axis=1) - documents >= depth
            documents[beyond], relevant[beyond] = 0, 0
            yield TieGroups(documents, relevant, totals[start : start + len(block)])
            start += len(block)
        if self.unranked:
            of_unranked = _totals(self.unranked[level], self.n_database)
            everything = np.full((len(of_unranked), 1), self.n_database, dtype=np.int64)
            yield TieGroups(everything, of_unranked[:, None], of_unranked)


def ranking_of_codes(
    query_codes: Codes, database_codes: Codes, labels: Labels, n_threads: int | None = None
) -> Ranking:
    """Return the ranking by Hamming distance.

    Args:
        query_codes: codes of the queries that have one.
        database_codes: codes of the database.
        labels: labels of both sides.
        n_threads: threads to use; None for as many as numba is configured for.
    """

    def scan(level: Relevance, depth: int, rows: slice = EVERY) -> Iterator[NDArray[Any]]:
        queries = query_codes[rows]
        scanner = HammingScanner(queries, database_codes, [level])
        for part in blocks(len(queries), max(2 * (database_codes.n_bits + 1), 1)):
            yield scanner.scan(part, depth, n_threads=n_threads).histograms

    return labels.ranking(scan)


def ranking_of_tables(
    tables: NDArray[np.float32],
    database: Codes | QuantiserCodes,
    labels: Labels,
    n_threads: int | None = None,
) -> Ranking:
    """Return the ranking by asymmetric distance; documents of exactly equal distance are tied.

    Args:
        tables: lookup tables of the queries, see ``hashbench.evaluation.tables``.
        database: codes of the database.
        labels: labels of both sides.
        n_threads: threads to use; None for as many as numba is configured for.
    """

    def scan(level: Relevance, depth: int, rows: slice = EVERY) -> Iterator[NDArray[Any]]:
        scanner = TableScanner(tables[rows], database, [level])
        for part in blocks(len(tables[rows]), 2 * depth):
            yield scanner.scan(part, depth, n_threads=n_threads).histograms

    return labels.ranking(scan)


def ranking_of_lists(lists: RankedLists, labels: Labels) -> Ranking:
    """Return the ranking of lists of nearest documents, down to their depth."""

    def scan(level: Relevance, depth: int, rows: slice = EVERY) -> Iterator[NDArray[Any]]:
        if depth > lists.depth:
            raise HashbenchError(
                f"a metric reads the nearest {depth:,} documents and {lists.depth:,} are stored: "
                f"run again with ",
                Argument("at", str(depth)),
            )
        queries = lists[np.arange(len(lists))[rows]]
        for part in blocks(len(queries), 2 * depth):
            yield list_histograms(queries, part, [level], depth)

    return labels.ranking(scan)


def ranking_of_similarities(similarities: Callable[[], Iterable[ArrayLike]], labels: Labels) -> Ranking:
    """Return the ranking by real-valued similarities; documents of exactly equal similarity are tied.

    Args:
        similarities: returns blocks of consecutive queries, shape (n_block, n_database); it is called once a
            metric.
        labels: labels of both sides.
    """

    def scan(level: Relevance, depth: int, rows: slice = EVERY) -> Iterator[NDArray[Any]]:
        first, done = 0, 0
        for block in similarities():
            values = as_similarities(block, len(level.documents))
            wanted = values[max(0, rows.start - first) : max(0, rows.stop - first)]
            for part in blocks(len(wanted), 2 * depth):
                yield similarity_histograms(wanted[part], done + part.start, [level], depth)
            first, done = first + len(values), done + len(wanted)

    return labels.ranking(scan)


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of the queries and of the database, int64 (n,) or indicator CSR (n, n_labels); coarse or None.

    Documents without labels have an indicator without columns.

    Attributes:
        queries: of the queries with a vector, fine and coarse.
        unranked: of the queries without.
        database: of the database.
    """

    queries: tuple[Any, Any]
    unranked: tuple[Any, Any]
    database: tuple[Any, Any]

    def ranking(self, scan: Scan) -> Ranking:
        """Return a ranking of the documents that these labels belong to."""
        n_database = count_rows(self.database[0])
        return Ranking(n_database, self._levels(self.queries), self._levels(self.unranked), scan)

    def _levels(self, given: Sequence[Any]) -> dict[str, Relevance]:
        n, n_database = count_rows(given[0]), count_rows(self.database[0])
        if not n or 0 in np.shape(self.database[0]):
            return {}
        pairs = zip(("fine", "coarse"), given, self.database, strict=True)
        return {
            name: relevance(of_queries, of_database, n, n_database)
            for name, of_queries, of_database in pairs
            if of_queries is not None and of_database is not None
        }


def blocks(n_rows: int, cells_per_row: int) -> Iterator[slice]:
    """Cut rows into slices of which one needs little memory."""
    size = max(1, BLOCK_CELLS // cells_per_row)
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def _totals(level: Relevance, n_database: int) -> Counts:
    return np.rint(level.relevant_shares() * n_database).astype(np.int64)
