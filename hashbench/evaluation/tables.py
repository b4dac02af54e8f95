"""Ranking by asymmetric distance: sums of entries of lookup tables, one for each index of a document's code.

Binary codes take part as those of a quantiser with a book of two centroids for each bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from math import ceil
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import HashbenchError
from hashbench.evaluation.arguments import as_positive_int
from hashbench.evaluation.relevance import Relevance
from hashbench.evaluation.table_kernel import TableProblem, TableScan, scan_tables

SAMPLE = 4096  # documents, but at most one in SAMPLE_STRIDE
SAMPLE_STRIDE = 16
LARGEST_CHUNK = 64  # queries
CHUNKS_PER_THREAD = 4  # or more
ENTRIES = 256

Tables = NDArray[np.float32]


class TableScanner:
    """Tables, codes and labels laid out for the kernel.

    Args:
        tables: lookup tables of the queries, float32 of shape (n_queries, n_books, n_centroids).
        database: database codes; binary ones have a book of two centroids a bit.
        levels: what makes a document relevant, for each level of labels; may be empty.
    """

    def __init__(
        self, tables: Tables, database: Codes | QuantiserCodes, levels: Sequence[Relevance] = ()
    ) -> None:
        self._tables = tables
        self._database, self._books_a_byte = _bytes_of(database)
        n_sampled = min(SAMPLE, len(database) // SAMPLE_STRIDE)
        sampled = np.arange(n_sampled) * len(database) // max(1, n_sampled)
        self._sample = np.ascontiguousarray(self._database[:, sampled])
        edges = accumulate((level.documents.shape[1] for level in levels), initial=0)
        layout = [(*ends, level.overlap) for ends, level in zip(pairwise(edges), levels, strict=True)]
        self._levels = np.array(layout, dtype=np.int64).reshape(-1, 3)
        self._query_labels = np.hstack(
            [np.empty((len(tables), 0), np.uint64), *(level.queries for level in levels)]
        )
        self._document_labels = np.hstack(
            [np.empty((len(database), 0), np.uint64), *(level.documents for level in levels)]
        )

    def scan(self, rows: slice, depth: int, k: int = 0, n_threads: int | None = None) -> TableScan:
        """Rank the database for some queries.

        Args:
            rows: which queries.
            depth: how many nearest documents the histograms must cover, at most the size of the database.
            k: how many nearest documents to list, at most ``depth``.
            n_threads: threads to use; None for as many as numba is configured for (``NUMBA_NUM_THREADS``).
        """
        if n_threads is None:
            n_threads = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        n_threads = as_positive_int(n_threads, "n_threads")
        tables, query_labels = self._tables[rows], self._query_labels[rows]
        n = len(tables)
        found = TableScan(
            np.empty((n, 1 + len(self._levels), depth), dtype=np.int32),
            np.empty((n, k), dtype=np.int64),
            np.empty((n, k), dtype=np.float32),
        )
        size = max(1, min(LARGEST_CHUNK, ceil(n / (CHUNKS_PER_THREAD * n_threads))))

        def scan_from(start: int) -> None:
            chunk = slice(start, start + size)
            problem = TableProblem(
                byte_tables(tables[chunk], self._books_a_byte),
                self._database,
                self._sample,
                np.ascontiguousarray(query_labels[chunk]),
                self._document_labels,
                self._levels,
            )
            part = TableScan(found.histograms[chunk], found.documents[chunk], found.distances[chunk])
            scan_tables(problem, depth, part)

        with ThreadPoolExecutor(n_threads) as pool:
            for done in [pool.submit(scan_from, start) for start in range(0, n, size)]:
                done.result()
        return found


def bit_tables(values: NDArray[np.floating[Any]]) -> Tables:
    """Return the tables of real values behind the bits of queries, float32 of shape (n, n_bits, 2).

    The entry of the bit that a query has is 0, that of the other one the absolute value: the distance of a
    document is the sum of the absolute values over the bits in which its code differs from the query's.

    Args:
        values: shape (n, n_bits), positive where the bit is 1.
    """
    exact = np.asarray(values, dtype=np.float32)
    return np.stack([np.maximum(exact, 0), np.maximum(-exact, 0)], axis=2)


def as_tables(tables: Any, database: Codes | QuantiserCodes) -> Tables:
    """Return lookup tables of queries as a float32 array.

    Raises:
        HashbenchError: another shape than (n, n_books, n_centroids) of the database, or entries that are not
            finite numbers.
    """
    array = np.asarray(tables)
    books = (
        (database.n_books, database.n_centroids)
        if isinstance(database, QuantiserCodes)
        else (database.n_bits, 2)
    )
    if array.ndim != 3 or array.shape[1:] != books or not len(array):
        raise HashbenchError(
            f"query_tables have shape {array.shape}; "
            f"pass an array of shape (n_queries, {books[0]}, {books[1]})"
        )
    if array.dtype.kind not in "buif":
        raise HashbenchError(f"query_tables have dtype {array.dtype}; pass float32")
    exact = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(exact).all():
        raise HashbenchError("query_tables hold NaN or infinite numbers; check the vectors of the queries")
    return exact


def byte_tables(tables: Tables, books_a_byte: int) -> Tables:
    """Return tables of whole bytes, in which an entry is the sum of those of the books in a byte.

    Returns:
        float32 array of shape (n, n_bytes, 256); entries that no code has are 0.
    """
    n, n_books, n_centroids = tables.shape
    n_bytes = -(-n_books // books_a_byte)
    filled = np.zeros((n, n_bytes * books_a_byte, n_centroids), dtype=np.float32)
    filled[:, :n_books] = tables
    parts = filled.reshape(n, n_bytes, books_a_byte, n_centroids)
    sums = parts[:, :, 0]
    for book in range(1, books_a_byte):
        sums = (parts[:, :, book, :, None] + sums[:, :, None, :]).reshape(n, n_bytes, -1)
    whole = np.zeros((n, n_bytes, ENTRIES), dtype=np.float32)
    whole[:, :, : sums.shape[2]] = sums
    return whole


def _bytes_of(codes: Codes | QuantiserCodes) -> tuple[NDArray[np.uint8], int]:
    """Return codes byte by byte, uint8 of shape (n_bytes, n), and how many books a byte holds."""
    if isinstance(codes, Codes):
        octets = codes.words.astype("<u8", copy=False).view(np.uint8)
        return np.ascontiguousarray(octets[:, : -(-codes.n_bits // 8)].T), 8
    index_bits = codes.n_centroids.bit_length() - 1
    books_a_byte = 8 // index_bits
    n_bytes = -(-codes.n_books // books_a_byte)
    octets = np.zeros((n_bytes, len(codes)), dtype=np.uint8)
    for book, column in enumerate(codes.indices.T):
        octets[book // books_a_byte] |= column << np.uint8(index_bits * (book % books_a_byte))
    return octets, books_a_byte
