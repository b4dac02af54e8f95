"""The compiled ranking of a database by sums of table entries, for a chunk of queries.

The distance of a document is the sum of one table entry a byte of its code, added up in float32 in the order
of the bytes: equal codes are at exactly equal distances. For each query a sample of the database gives a
radius that should hold as many documents as are wanted; only those within it are sorted. A query whose radius
proves too small is scanned again with a larger one, so the result does not depend on the sample.

There is one signature, compiled on first use and cached on disk. The kernel releases the interpreter lock.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

TILE = 8192  # documents
LANES = 16  # distances compared at a time

Octets = NDArray[np.uint8]
Distances = NDArray[np.float32]
Words = NDArray[np.uint64]
Indices = NDArray[np.int64]
Counts = NDArray[np.int32]


class TableProblem(NamedTuple):
    """Tables of queries, codes and labels, all C-contiguous.

    Attributes:
        tables: shape (n_queries, n_bytes, 256).
        database: byte by byte, shape (n_bytes, n_documents).
        sample: some documents of the database, byte by byte.
        query_labels: label words of all levels side by side, shape (n_queries, n_label_words).
        document_labels: shape (n_documents, n_label_words).
        levels: first word, end word and `Relevance.overlap` of each level, shape (n_levels, 3).
    """

    tables: Distances
    database: Octets
    sample: Octets
    query_labels: Words
    document_labels: Words
    levels: Indices


class TableScan(NamedTuple):
    """What the kernel finds for each of n queries.

    Attributes:
        histograms: shape (n, 1 + n_levels, depth): the number of documents in each group of equal distance,
            nearest group first, then of the relevant ones by each level. Groups beyond ``depth`` are left
            out.
        documents: indices of the ``k`` nearest documents in the order (distance, index), shape (n, k).
        distances: their distances, shape (n, k).
    """

    histograms: Counts
    documents: Indices
    distances: Distances


@numba.njit(nogil=True)
def _measure(table: Distances, codes: Octets, start: int, stop: int, distances: Distances) -> None:
    """Write the distances of documents ``start`` to ``stop``, four bytes at a time."""
    size, n_bytes = stop - start, codes.shape[0]
    distances[:size] = 0
    for byte in range(0, n_bytes - 3, 4):
        e0, e1, e2, e3 = table[byte], table[byte + 1], table[byte + 2], table[byte + 3]
        o0, o1 = codes[byte, start:stop], codes[byte + 1, start:stop]
        o2, o3 = codes[byte + 2, start:stop], codes[byte + 3, start:stop]
        for j in range(size):
            distances[j] = distances[j] + e0[o0[j]] + e1[o1[j]] + e2[o2[j]] + e3[o3[j]]
    for byte in range(n_bytes - n_bytes % 4, n_bytes):
        entries, octets = table[byte], codes[byte, start:stop]
        for j in range(size):
            distances[j] += entries[octets[j]]


@numba.njit(nogil=True)
def _find_hits(
    distances: Distances, size: int, radius: Any, start: int, near: Counts, nearness: Distances, count: int
) -> int:
    """Append the documents of a tile within the radius, and return how many there are by now.

    What is written beyond the end, to spare branches, is overwritten later.
    """
    for offset in range(0, size, LANES):
        end = min(offset + LANES, size)
        n_within = 0
        for j in range(offset, end):
            n_within += distances[j] <= radius
        if n_within:
            for j in range(offset, end):
                near[count], nearness[count] = start + j, distances[j]
                count += distances[j] <= radius
    return count


@numba.njit(nogil=True)
def _scan_database(
    table: Distances, database: Octets, radius: Any, work: Distances, near: Counts, nearness: Distances
) -> int:
    """List the documents within the radius in the order of their indices, and return how many there are."""
    n_documents, count = database.shape[1], 0
    for start in range(0, n_documents, TILE):
        stop = min(start + TILE, n_documents)
        _measure(table, database, start, stop, work)
        count = _find_hits(work, stop - start, radius, start, near, nearness, count)
    return count


@numba.njit(nogil=True)
def _guess_radius(table: Distances, sample: Octets, share: float, work: Distances) -> Any:
    """Return a distance within which that share of the sample lies, and two standard deviations more."""
    n_sampled = sample.shape[1]
    wanted = int(share * n_sampled + 2 * np.sqrt(share * n_sampled)) + 1
    if wanted >= n_sampled:
        return np.float32(np.inf)
    _measure(table, sample, 0, n_sampled, work)
    return np.partition(work[:n_sampled], wanted)[wanted]


@numba.njit(nogil=True)
def _is_relevant(problem: TableProblem, query: int, document: int, level: int) -> bool:
    first, end, overlap = problem.levels[level]
    if not overlap:
        return problem.query_labels[query, first] == problem.document_labels[document, first]
    for word in range(first, end):
        if problem.query_labels[query, word] & problem.document_labels[document, word]:
            return True
    return False


@numba.njit(nogil=True)
def _tally(problem: TableProblem, query: int, near: Counts, nearness: Distances, found: TableScan) -> None:
    """Sort what is near, count it by groups of equal distance, and list the nearest."""
    order = np.argsort(nearness, kind="mergesort")
    histogram, k = found.histograms[query], found.documents.shape[1]
    histogram[:] = 0
    group = -1
    for place in range(order.size):
        document, distance = near[order[place]], nearness[order[place]]
        if place == 0 or distance != nearness[order[place - 1]]:
            group += 1
        histogram[0, group] += 1
        for level in range(problem.levels.shape[0]):
            histogram[1 + level, group] += _is_relevant(problem, query, document, level)
        if place < k:
            found.documents[query, place] = document
            found.distances[query, place] = distance


@numba.njit(nogil=True, cache=True)
def scan_tables(problem: TableProblem, depth: int, found: TableScan) -> None:
    """Fill the groups up to the one that completes ``depth`` documents, and the nearest documents."""
    n_documents = problem.database.shape[1]
    work = np.empty(max(TILE, problem.sample.shape[1]), dtype=np.float32)
    near, nearness = np.empty(n_documents + 1, dtype=np.int32), np.empty(n_documents + 1, dtype=np.float32)
    for query in range(problem.tables.shape[0]):
        table, share, count = problem.tables[query], depth / n_documents, 0
        while count < depth:
            radius = _guess_radius(table, problem.sample, share, work)
            count = _scan_database(table, problem.database, radius, work, near, nearness)
            share *= 2
        cut = np.partition(nearness[:count], depth - 1)[depth - 1]
        n_kept = 0
        for j in range(count):
            if nearness[j] <= cut:
                near[n_kept], nearness[n_kept] = near[j], nearness[j]
                n_kept += 1
        _tally(problem, query, near[:n_kept], nearness[:n_kept], found)
