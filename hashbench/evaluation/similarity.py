"""Ranking by real-valued similarities: the histograms that `precision` needs, and lists of the nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hashbench.errors import HashbenchError
from hashbench.evaluation.relevance import Relevance

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class RankedLists:
    """The nearest documents of each query, from which every score up to a depth can be computed.

    A list holds the ``depth`` most similar documents and all that are tied with the last of them. A shorter
    list is complete as well: all documents that it does not hold are tied with each other behind it.

    Attributes:
        documents: indices into the database, int32, the lists of all queries one after the other, each in the
            order (similarity, index), most similar first.
        similarities: floats of the same shape.
        starts: where each list begins, and where the last one ends, int64 of shape (n_queries + 1,).
        n_database: number of database documents.
        depth: how many nearest documents the lists cover, at most n_database.
    """

    documents: NDArray[np.int32]
    similarities: Floats
    starts: NDArray[np.int64]
    n_database: int
    depth: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, query: int) -> tuple[NDArray[np.int32], Floats]:
        """Return the documents of a query and their similarities."""
        listed = slice(self.starts[query], self.starts[query + 1])
        return self.documents[listed], self.similarities[listed]

    def __getitem__(self, queries: NDArray[np.int64]) -> RankedLists:
        """Return the lists of some queries, chosen by index array."""
        lists = [self.of(query) for query in queries]
        starts = np.cumsum([0, *(len(documents) for documents, _ in lists)])
        documents = np.concatenate([self.documents[:0], *(each for each, _ in lists)])
        similarities = np.concatenate([self.similarities[:0], *(each for _, each in lists)])
        return RankedLists(documents, similarities, starts, self.n_database, self.depth)


def ranked_lists(
    similarities: Iterable[ArrayLike], n_queries: int, n_database: int, depth: int
) -> RankedLists:
    """List the nearest documents of each query.

    Args:
        similarities: blocks of consecutive queries, float arrays of shape (n_block, n_database); larger is
            nearer.
        n_queries: number of queries.
        n_database: number of database documents.
        depth: how many nearest documents to cover, at most n_database.

    Raises:
        HashbenchError: blocks of a wrong shape, with NaN, or for too few or too many queries.
    """
    documents: list[NDArray[np.int32]] = []
    values: list[Floats] = []
    for block in similarities:
        rows = as_similarities(block, n_database)
        if len(documents) + len(rows) > n_queries:
            raise HashbenchError(f"similarities for more than the {n_queries} labelled queries")
        least = np.partition(rows, n_database - depth, axis=1)[:, n_database - depth]
        for row, lowest in zip(rows, least, strict=True):
            near = np.flatnonzero(row >= lowest)
            if len(near) == n_database:
                near = np.flatnonzero(row > lowest)
            near = near[np.argsort(-row[near], kind="stable")]
            documents.append(near.astype(np.int32))
            values.append(row[near])
    if len(documents) < n_queries:
        raise HashbenchError(
            f"similarities for {len(documents)} queries, labels for {n_queries}; yield every block"
        )
    lengths = [0, *map(len, documents)]
    return RankedLists(
        np.concatenate(documents), np.concatenate(values), np.cumsum(lengths), n_database, depth
    )


def list_histograms(
    lists: RankedLists, rows: slice, levels: Sequence[Relevance], depth: int
) -> NDArray[np.int32]:
    """Count the nearest documents of some queries by groups of exactly equal similarity.

    Args:
        lists: the nearest documents of all queries.
        rows: which queries.
        levels: what makes a document relevant, for each level of labels.
        depth: how many nearest documents to cover, at most the depth of the lists.

    Returns:
        int32 array of shape (n, 1 + n_levels, depth): the number of documents in each group, nearest group
        first, then of the relevant ones by each level. Groups wholly beyond ``depth`` are left out.
    """
    queries = range(len(lists))[rows]
    everywhere = np.arange(lists.n_database)
    histograms = np.zeros((len(queries), 1 + len(levels), depth), dtype=np.int32)
    for query, counts in zip(queries, histograms, strict=True):
        documents, similarities = lists.of(query)
        group = np.concatenate([[0], np.cumsum(similarities[1:] != similarities[:-1])])[: len(documents)]
        n_groups = int(group[-1]) + 1 if len(group) else 0
        kept = group < depth
        counts[0] = np.bincount(group[kept], minlength=depth)
        rest = n_groups < depth and len(documents) < depth
        if rest:
            counts[0, n_groups] = lists.n_database - len(documents)
        for level, counts_relevant in zip(levels, counts[1:], strict=True):
            relevant = level.is_relevant(query, documents.astype(np.int64))
            counts_relevant[:] = np.bincount(group[kept & relevant], minlength=depth)
            if rest:
                counts_relevant[n_groups] = level.is_relevant(query, everywhere).sum() - relevant.sum()
    return histograms


def similarity_histograms(
    similarities: Floats, first_query: int, levels: Sequence[Relevance], depth: int
) -> NDArray[np.int32]:
    """Count the nearest documents by groups of exactly equal similarity.

    Args:
        similarities: shape (n, n_database), larger is nearer.
        first_query: which query the first row belongs to.
        levels: what makes a document relevant, for each level of labels.
        depth: how many nearest documents to cover.

    Returns:
        int32 array of shape (n, 1 + n_levels, depth): the number of documents in each group, nearest group
        first, then of the relevant ones by each level. Groups wholly beyond ``depth`` are left out.
    """
    place = similarities.shape[1] - depth
    least = np.partition(similarities, place, axis=1)[:, place]
    histograms = np.zeros((len(similarities), 1 + len(levels), depth), dtype=np.int32)
    for row, counts in enumerate(histograms):
        nearest = np.flatnonzero(similarities[row] >= least[row])
        _, group = np.unique(-similarities[row, nearest], return_inverse=True)
        counts[0] = np.bincount(group, minlength=depth)
        for level, counts_relevant in zip(levels, counts[1:], strict=True):
            relevant = level.is_relevant(first_query + row, nearest)
            counts_relevant[:] = np.bincount(group[relevant], minlength=depth)
    return histograms


def as_similarities(block: Any, n_database: int) -> Floats:
    """Return a block of similarities as a float array.

    Raises:
        HashbenchError: another shape than (n, n_database), values that are not real numbers, or NaN.
    """
    similarities = np.asarray(block)
    if similarities.ndim != 2 or similarities.shape[1] != n_database:
        raise HashbenchError(
            f"a block of similarities has shape {similarities.shape}; "
            f"yield arrays of shape (n_block, {n_database}), a column per database document"
        )
    if similarities.dtype.kind not in "buif":
        raise HashbenchError(f"similarities have dtype {similarities.dtype}; yield float arrays")
    if similarities.dtype.kind != "f":
        similarities = similarities.astype(np.float64)
    if np.isnan(similarities).any():
        raise HashbenchError("similarities contain NaN; check the embeddings for rows of zeros or NaN")
    return similarities
