"""The compiled Hamming ranking of some documents for a chunk of queries, within a radius for each query.

The kernel walks over the documents in tiles that fit the processor's cache, a group of queries at a time.
Vector instructions compute 64 distances at a time from two queries and compare them with the radii; only the
few documents within them are looked at one by one. ``hashbench.evaluation.hamming`` chooses the radii.

There is one signature, compiled on first use and cached on disk. The kernel releases the interpreter lock.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hashbench.evaluation.compiling import compiled
from hashbench.evaluation.lanes import LANES, PACKED, measure, popcount, trailing_zeros

TILE = 16384  # documents
GROUP = 32  # queries that share a tile
HITS_AT_A_TIME = 4
NONE = np.uint16(0xFFFF)
"""Distance of a document that was not found."""

Words = NDArray[np.uint64]
Distances = NDArray[np.uint16]
Indices = NDArray[np.int64]
Counts = NDArray[np.int32]


class Problem(NamedTuple):
    """Codes and labels of queries and documents, all C-contiguous.

    Attributes:
        queries: shape (n_queries, n_words).
        database: as ``in_lanes`` returns it.
        query_labels: label words of all levels side by side, shape (n_queries, n_label_words).
        document_labels: shape (n_documents, n_label_words).
        levels: first word, end word and `Relevance.overlap` of each level, shape (n_levels, 3).
    """

    queries: Words
    database: Words
    query_labels: Words
    document_labels: Words
    levels: Indices


class Scan(NamedTuple):
    """What the kernel finds for each of n queries.

    Attributes:
        histograms: shape (n, 1 + n_levels, n_bits + 1): the number of documents at each distance, then of the
            relevant ones by each level of labels. Complete up to the radius; zero beyond it.
        documents: indices of the ``k`` nearest documents in the order (distance, index), shape (n, k). Where
            fewer lie within the radius, the last have the distance `NONE`.
        distances: their distances, shape (n, k).
    """

    histograms: Counts
    documents: Indices
    distances: Distances


class _Candidates(NamedTuple):
    """For each query of a group, the documents that may be among its nearest.

    Within a distance, smaller indices come first. Documents farther than the limit are none.
    """

    documents: Counts
    distances: Distances
    n_filled: Indices
    limits: Indices


class _Workspace(NamedTuple):
    """Distances of a tile from two queries, its documents within their radii, and the candidates."""

    distances: Distances
    hits: Counts
    candidates: _Candidates


@numba.njit(nogil=True)
def _append(near: Any, offset: int, hits: Counts, count: int) -> int:
    """Append ``offset + j`` for each bit ``j`` of a word, and return the new length.

    Several are written at a time to spare branches; what is written beyond the end is overwritten later.
    """
    end = count + popcount(near)
    while True:
        for ahead in range(HITS_AT_A_TIME):
            hits[count + ahead] = offset + trailing_zeros(near)
            near &= near - np.uint64(1)
        count += HITS_AT_A_TIME
        if count >= end:
            return end


@numba.njit(nogil=True)
def _find_hits(
    problem: Problem, one: int, two: int, start: int, stop: int, radii: Indices, work: _Workspace
) -> tuple[int, int]:
    """List which documents from ``start`` to ``stop`` lie within the radius of two queries, and count them.

    Hits and distances are relative to ``start``.
    """
    hits_of_one, hits_of_two = work.hits[0], work.hits[1]
    from_one, from_two = work.distances[0], work.distances[1]
    one_words, two_words, database = problem.queries[one], problem.queries[two], problem.database
    radius_one, radius_two = radii[one], radii[two]
    n_one, n_two, first_block = 0, 0, start // LANES
    n_full, n_left = divmod(stop - start, LANES)
    for block in range(n_full + (n_left > 0)):
        offset = block * LANES
        near_one, near_two = measure(
            database,
            first_block + block,
            one_words,
            two_words,
            radius_one,
            radius_two,
            from_one,
            from_two,
            offset,
        )
        if block == n_full:
            near_one &= (np.uint64(1) << np.uint64(n_left)) - np.uint64(1)
            near_two &= (np.uint64(1) << np.uint64(n_left)) - np.uint64(1)
        n_one = _append(near_one, offset, hits_of_one, n_one)
        n_two = _append(near_two, offset, hits_of_two, n_two)
    return n_one, n_two


@numba.njit(nogil=True)
def _gather(
    candidates: _Candidates, slot: int, start: int, hits: Counts, n_hits: int, distances: Distances
) -> None:
    """Append those hits of a tile that lie within the limit."""
    count, limit = candidates.n_filled[slot], candidates.limits[slot]
    for j in range(n_hits):
        distance = distances[hits[j]]
        candidates.documents[slot, count] = start + hits[j]
        candidates.distances[slot, count] = distance
        count += distance <= limit
    candidates.n_filled[slot] = count


@numba.njit(nogil=True)
def _tally(
    problem: Problem,
    query: int,
    start: int,
    hits: Counts,
    n_hits: int,
    distances: Distances,
    histograms: Counts,
) -> None:
    """Count the hits of a tile by distance, and the relevant ones by each level of labels."""
    n_levels = problem.levels.shape[0]
    if not n_levels:
        for j in range(n_hits):
            histograms[0, distances[hits[j]]] += 1
    for level in range(n_levels):
        first, end, overlap = problem.levels[level]
        counted = np.int32(level == 0)  # one loop for both counts: they wait for memory together
        label = problem.query_labels[query, first]
        for j in range(n_hits):
            document, distance = start + hits[j], distances[hits[j]]
            relevant = problem.document_labels[document, first] == label
            if overlap:
                shared = np.uint64(0)
                for word in range(first, end):
                    shared |= problem.query_labels[query, word] & problem.document_labels[document, word]
                relevant = shared != 0
            histograms[0, distance] += counted
            histograms[1 + level, distance] += relevant


@numba.njit(nogil=True)
def _tighten(candidates: _Candidates, slot: int, k: int, histogram: Counts) -> None:
    """Lower the limit: a later document must be nearer than the last of the ``k`` nearest so far."""
    count = 0
    for distance in range(candidates.limits[slot] + 1):
        count += histogram[distance]
        if count >= k:
            candidates.limits[slot] = distance - 1
            return


@numba.njit(nogil=True)
def _sort_nearest(
    candidates: _Candidates, slot: int, histogram: Counts, documents: Indices, distances: Distances
) -> None:
    """Write the nearest candidates in the order (distance, index) by a stable counting sort."""
    places = np.empty(histogram.size, dtype=np.int64)
    total = 0
    for distance in range(histogram.size):
        places[distance] = total
        total += histogram[distance]
    for j in range(candidates.n_filled[slot]):
        distance = candidates.distances[slot, j]
        place = places[distance]
        places[distance] += 1
        if place < documents.size:
            documents[place] = candidates.documents[slot, j]
            distances[place] = distance
    distances[candidates.n_filled[slot] :] = NONE


@numba.njit(nogil=True)
def _make_room(
    candidates: _Candidates, slot: int, histogram: Counts, documents: Indices, distances: Distances
) -> None:
    """Keep only the nearest candidates; ``documents`` and ``distances`` are scratch."""
    _sort_nearest(candidates, slot, histogram, documents, distances)
    count = min(candidates.n_filled[slot], documents.size)
    for j in range(count):
        candidates.documents[slot, j] = documents[j]
        candidates.distances[slot, j] = distances[j]
    candidates.n_filled[slot] = count


@numba.njit(nogil=True)
def _take(
    problem: Problem,
    query: int,
    start: int,
    hits: Counts,
    n_hits: int,
    distances: Distances,
    candidates: _Candidates,
    found: Scan,
) -> None:
    """Count the hits of a tile that begins at document ``start``, and keep the nearest."""
    slot, k, histograms = query % GROUP, found.documents.shape[1], found.histograms[query]
    if k:
        if candidates.n_filled[slot] + n_hits >= candidates.documents.shape[1]:
            _make_room(candidates, slot, histograms[0], found.documents[query], found.distances[query])
        _gather(candidates, slot, start, hits, n_hits, distances)
    _tally(problem, query, start, hits, n_hits, distances, histograms)
    if k:
        _tighten(candidates, slot, k, histograms[0])


@numba.njit(nogil=True)
def _new_workspace(k: int) -> _Workspace:
    n_candidates = k + TILE + 1 if k else 0
    candidates = _Candidates(
        np.empty((GROUP, n_candidates), dtype=np.int32),
        np.empty((GROUP, n_candidates), dtype=np.uint16),
        np.empty(GROUP, dtype=np.int64),
        np.empty(GROUP, dtype=np.int64),
    )
    hits = np.empty((2, TILE + HITS_AT_A_TIME), dtype=np.int32)
    return _Workspace(np.empty((2, TILE), dtype=np.uint16), hits, candidates)


@compiled
def scan_chunk(problem: Problem, radii: Indices, found: Scan) -> None:
    """Fill the histograms up to the radius of each query, and list the nearest documents within it."""
    n_queries, k = found.documents.shape
    n_documents = problem.document_labels.shape[0]
    work = _new_workspace(k)
    candidates = work.candidates
    found.histograms[:] = 0
    for first in range(0, n_queries, GROUP):
        last = min(first + GROUP, n_queries)
        candidates.n_filled[:] = 0
        candidates.limits[: last - first] = radii[first:last]
        for start in range(0, n_documents, TILE):
            stop = min(start + TILE, n_documents)
            for one in range(first, last, 2):
                two = min(one + 1, last - 1)
                counts = _find_hits(problem, one, two, start, stop, radii, work)
                for query in range(one, two + 1):
                    hits, distances = work.hits[query - one], work.distances[query - one]
                    _take(problem, query, start, hits, counts[query - one], distances, candidates, found)
        if k:
            for query in range(first, last):
                _sort_nearest(
                    candidates,
                    query % GROUP,
                    found.histograms[query, 0],
                    found.documents[query],
                    found.distances[query],
                )


@compiled
def guess_radii(
    queries: Words, sample: Words, n_sampled: int, wanted: float, largest: int, radii: Indices
) -> None:
    """Find for each query the smallest distance within which so many documents of the sample lie.

    Args:
        queries: shape (n_queries, n_words).
        sample: as ``in_lanes`` returns it.
        n_sampled: number of documents in the sample.
        wanted: how many are to lie within the distance.
        largest: radius where the sample has fewer.
        radii: is filled, shape (n_queries,).
    """
    n_queries = queries.shape[0]
    distances = np.empty((2, sample.shape[0] * LANES), dtype=np.uint16)
    histograms = np.empty((PACKED, largest + 1), dtype=np.int32)  # several, to wait less for the same count
    for one in range(0, n_queries, 2):
        two = min(one + 1, n_queries - 1)
        from_one, from_two = distances[0], distances[1]
        for block in range(sample.shape[0]):
            offset = block * LANES
            measure(sample, block, queries[one], queries[two], largest, largest, from_one, from_two, offset)
        for query in range(one, two + 1):
            histograms[:] = 0
            for document in range(n_sampled):
                histograms[document % PACKED, distances[query - one, document]] += 1
            count, radius = 0, -1
            while count < wanted and radius < largest:
                radius += 1
                for part in range(PACKED):
                    count += histograms[part, radius]
            radii[query] = radius
