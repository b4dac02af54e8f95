"""Which database documents are relevant to a query: those that share at least one label with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hashbench.errors import HashbenchError

WORD_BITS = 64
MAX_FLOAT_LABEL = 2.0**53
BLOCK_PAIRS = 1 << 22


@dataclass(frozen=True, eq=False)
class Relevance:
    """Labels in the form in which they are compared.

    Attributes:
        queries: uint64 array of shape (n_queries, n_words).
        documents: uint64 array of shape (n_database, n_words).
        overlap: a word is a set of labels and a document is relevant if it shares a bit with the query; otherwise
            there is one word, the label itself, and it is relevant if they are equal.
    """

    queries: NDArray[np.uint64]
    documents: NDArray[np.uint64]
    overlap: bool

    def is_relevant(self, query: int, documents: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of some database documents, given by index, are relevant to a query."""
        if self.overlap:
            return (self.documents[documents] & self.queries[query]).any(axis=1)
        return self.documents[documents, 0] == self.queries[query, 0]

    def relevant_shares(self) -> NDArray[np.float64]:
        """Return the share of the database that is relevant to each query, shape (n_queries,)."""
        queries, inverse = np.unique(self.queries, axis=0, return_inverse=True)
        documents, sizes = np.unique(self.documents, axis=0, return_counts=True)
        counts = np.empty(len(queries), dtype=np.int64)
        step = max(1, BLOCK_PAIRS // len(documents))
        for start in range(0, len(queries), step):
            block = slice(start, start + step)
            counts[block] = _matches(queries[block], documents, self.overlap) @ sizes
        return counts[inverse.reshape(-1)] / len(self.documents)


def _matches(
    queries: NDArray[np.uint64], documents: NDArray[np.uint64], overlap: bool
) -> NDArray[np.bool_]:
    if not overlap:
        return queries[:, 0, None] == documents[:, 0]
    shared = np.zeros((len(queries), len(documents)), dtype=bool)
    for word in range(queries.shape[1]):
        shared |= (queries[:, word, None] & documents[:, word]) != 0
    return shared


def relevance(
    query_labels: Any, database_labels: Any, n_queries: int, n_database: int, kind: str = "labels"
) -> Relevance:
    """Check the labels of both sides.

    Args:
        query_labels: integers of shape (n_queries,), or a 0/1 indicator of shape (n_queries, n_labels), dense or
            scipy sparse.
        database_labels: the same kind for the database.
        n_queries: number of queries.
        n_database: number of database documents.
        kind: ``labels`` or ``coarse``, for the messages.

    Raises:
        HashbenchError: a wrong number of labels, values that are not labels, or two sides that cannot be compared.
    """
    queries = _as_array(query_labels, n_queries, f"query_{kind}")
    database = _as_array(database_labels, n_database, f"database_{kind}")
    if queries.ndim != database.ndim:
        raise HashbenchError(
            f"query_{kind} has {queries.ndim} dimension(s) and database_{kind} {database.ndim}; "
            "pass integers of shape (n,) for both or an indicator of shape (n, n_labels) for both"
        )
    if queries.ndim == 1:
        return Relevance(
            _integer_words(queries, f"query_{kind}"), _integer_words(database, f"database_{kind}"), False
        )
    if queries.shape[1] != database.shape[1]:
        raise HashbenchError(
            f"query_{kind} has {queries.shape[1]} label columns and database_{kind} {database.shape[1]}; "
            "build both indicators from one list of labels"
        )
    return Relevance(
        _indicator_words(queries, f"query_{kind}"), _indicator_words(database, f"database_{kind}"), True
    )


def _as_array(labels: Any, n: int, name: str) -> Any:
    array = labels if sparse.issparse(labels) else np.asarray(labels)
    if array.ndim not in (1, 2):
        raise HashbenchError(
            f"{name} has shape {array.shape}; labels have shape (n,) or, as an indicator, (n, n_labels)"
        )
    if array.shape[0] != n:
        raise HashbenchError(f"{name} has {array.shape[0]} rows for {n} documents; pass one per document")
    if array.dtype.kind not in "buif":
        raise HashbenchError(f"{name} has dtype {array.dtype}; number the labels first")
    return array


def _integer_words(labels: Any, name: str) -> NDArray[np.uint64]:
    labels = labels.toarray() if sparse.issparse(labels) else labels
    if labels.dtype.kind == "f":
        strange = ~(np.abs(labels) < MAX_FLOAT_LABEL) | (labels != np.rint(labels))
        if strange.any():
            raise HashbenchError(f"{name} holds {labels[strange][0]}; labels are integers")
    return labels.astype(np.int64).view(np.uint64).reshape(-1, 1)


def _indicator_words(indicator: Any, name: str) -> NDArray[np.uint64]:
    """Pack an indicator: label ``j`` is bit ``j % 64`` of word ``j // 64``."""
    entries = sparse.coo_array(indicator)
    entries.sum_duplicates()
    strange = (entries.data != 0) & (entries.data != 1)
    if strange.any():
        raise HashbenchError(f"{name} holds {entries.data[strange][0]}; an indicator holds only 0 and 1")
    rows, columns = (index[entries.data == 1] for index in entries.coords)
    words = np.zeros((indicator.shape[0], -(-indicator.shape[1] // WORD_BITS)), dtype=np.uint64)
    bits = np.left_shift(np.uint64(1), (columns % WORD_BITS).astype(np.uint64))
    np.bitwise_or.at(words, (rows, columns // WORD_BITS), bits)
    return words
