"""Which database documents are relevant to a query: those that share at least one label with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hashbench.errors import HashbenchError
from hashbench.evaluation.mapped_files import row_blocks
from hashbench.evaluation.memory_words import row_keys

WORD_BITS = 64
MAX_FLOAT_LABEL = 2.0**53
BLOCK_PAIRS = 1 << 20
COUNTED_ROWS = 1 << 20


@dataclass(frozen=True, eq=False)
class Relevance:
    """Labels in the form in which they are compared.

    Attributes:
        queries: uint64 array of shape (n_queries, n_words).
        documents: uint64 array of shape (n_database, n_words); a view of the labels where these are int64, so
            that those on disk stay there.
        overlap: if true, each label is a bit, and a document is relevant if it shares one with the query. If
            false, a label is a word, and a document is relevant if it has that of the query.
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
        query_keys, which = np.unique(row_keys(self.queries), return_inverse=True)
        document_keys, sizes = _distinct(self.documents)
        queries = query_keys.view(np.uint64).reshape(len(query_keys), -1)
        documents = document_keys.view(np.uint64).reshape(len(document_keys), -1)
        counts = np.empty(len(queries), dtype=np.int64)
        step = max(1, BLOCK_PAIRS // len(documents))
        for start in range(0, len(queries), step):
            block = queries[start : start + step]
            if self.overlap:
                matches = np.zeros((len(block), len(documents)), dtype=bool)
                for words, document_words in zip(block.T, documents.T, strict=True):
                    matches |= (words[:, None] & document_words) != 0
            else:
                matches = block == documents.T
            counts[start : start + step] = matches @ sizes
        return counts[which] / len(self.documents)


def _distinct(words: NDArray[np.uint64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the keys of the distinct rows, sorted, and how often each occurs."""
    found = [
        np.unique(row_keys(np.ascontiguousarray(block)), return_counts=True)
        for _, block in row_blocks(words, COUNTED_ROWS)
    ]
    keys, places = np.unique(np.concatenate([keys for keys, _ in found]), return_inverse=True)
    sizes = np.zeros(len(keys), dtype=np.int64)
    np.add.at(sizes, places, np.concatenate([counts for _, counts in found]))
    return keys, sizes


def count_rows(labels: Any) -> int:
    """Return how many documents labels describe; 0 if they are no array at all."""
    shape = np.shape(labels)
    return shape[0] if shape else 0


def relevance(
    query_labels: Any, database_labels: Any, n_queries: int, n_database: int, kind: str = "labels"
) -> Relevance:
    """Check the labels of both sides and bring them into the form in which they are compared.

    Args:
        query_labels: integers of shape (n_queries,), or a 0/1 indicator of shape (n_queries, n_labels), dense
            or scipy sparse.
        database_labels: the same kind for the database.
        n_queries: number of queries.
        n_database: number of database documents.
        kind: ``labels`` or ``coarse``, for the messages.

    Raises:
        HashbenchError: a wrong number of labels, values that are not labels, or two sides that cannot be
            compared.
    """
    query_name, database_name = f"query_{kind}", f"database_{kind}"
    queries = _as_array(query_labels, query_name, n_queries, "queries")
    database = _as_array(database_labels, database_name, n_database, "database documents")
    if queries.ndim != database.ndim:
        raise HashbenchError(
            f"{query_name} has shape {queries.shape} and {database_name} {database.shape}; "
            "pass integers of shape (n,) for both or an indicator of shape (n, n_labels) for both"
        )
    if queries.shape[1:] != database.shape[1:]:
        raise HashbenchError(
            f"{query_name} has {queries.shape[1]} label columns and {database_name} {database.shape[1]}; "
            "build both indicators from one list of labels"
        )
    overlap = queries.ndim == 2
    as_words = _indicator_words if overlap else _integer_words
    return Relevance(as_words(queries, query_name), as_words(database, database_name), overlap)


def _as_array(labels: Any, name: str, n: int, owners: str) -> Any:
    is_sparse: bool = sparse.issparse(labels)
    try:
        array = labels if is_sparse else np.asarray(labels)
    except ValueError as error:
        raise HashbenchError(
            f"{name} has rows of different lengths; build an indicator of shape ({n}, n_labels) of 0 and 1"
        ) from error
    if not is_sparse and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in ((2,) if is_sparse else (1, 2)) or 0 in array.shape:
        raise HashbenchError(
            f"{name} has shape {array.shape}; labels have shape (n,) or, as an indicator, (n, n_labels)"
        )
    if array.shape[0] != n:
        raise HashbenchError(f"{name} has {array.shape[0]} rows for {n} {owners}; pass one row for each")
    if array.dtype.kind not in "buif":
        raise HashbenchError(f"{name} has dtype {array.dtype}; number the labels and pass integers")
    return array


def _integer_words(labels: Any, name: str) -> NDArray[np.uint64]:
    for _, block in row_blocks(labels) if labels.dtype.kind == "f" else ():
        strange = ~(np.abs(block) < MAX_FLOAT_LABEL) | (block != np.rint(block))
        if strange.any():
            raise HashbenchError(f"{name} holds {block[strange][0]}; labels are integers")
    integers: NDArray[np.int64] = labels.astype(np.int64, copy=False)
    return integers.view(np.uint64).reshape(-1, 1)


def _indicator_words(indicator: Any, name: str) -> NDArray[np.uint64]:
    """Pack an indicator: label ``j`` is bit ``j % 64`` of word ``j // 64``."""
    if sparse.issparse(indicator):
        as_csr: Any = sparse.csr_array
        indicator = as_csr(indicator)
    words = np.zeros((indicator.shape[0], -(-indicator.shape[1] // WORD_BITS)), dtype=np.uint64)
    for within, block in row_blocks(indicator):
        entries = sparse.coo_array(block)
        entries.sum_duplicates()
        strange = (entries.data != 0) & (entries.data != 1)
        if strange.any():
            raise HashbenchError(f"{name} holds {entries.data[strange][0]}; an indicator holds only 0 and 1")
        rows, columns = (index[entries.data == 1] for index in entries.coords)
        bits = np.left_shift(np.uint64(1), (columns % WORD_BITS).astype(np.uint64))
        np.bitwise_or.at(words, (within.start + rows, columns // WORD_BITS), bits)
    return words
