"""The compiled Hamming ranking of some documents for a chunk of queries, within a radius for each query.

The kernel walks over the documents in tiles that fit the processor's first cache, a group of queries at a
time. Vector instructions compute 64 distances at a time and compare them with the radius of the query; only
the few documents within it are looked at one by one. ``hashbench.evaluation.hamming`` chooses the radii.

There is one signature, compiled on first use and cached on disk. The kernel releases the interpreter lock.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from hashbench.evaluation.compiling import compiled

TILE = 4096  # documents
GROUP = 32  # queries that share a tile
LANES = 64  # distances compared at a time
HITS_AT_A_TIME = 4
NONE = np.uint16(0xFFFF)
"""Distance of a document that was not found."""

PACKED = 4
"""Distances of 16 bits in a word."""

Words = NDArray[np.uint64]
Distances = NDArray[np.uint16]
Indices = NDArray[np.int64]
Counts = NDArray[np.int32]

_intrinsic: Any = intrinsic


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
    """Distances of a tile from a query, its documents within the radius, and the candidates."""

    distances: Distances
    hits: Counts
    candidates: _Candidates


def in_lanes(words: Words) -> Words:
    """Lay codes out for the kernel.

    Args:
        words: shape (n_documents, n_words).

    Returns:
        Shape (ceil(n_documents / 64), n_words, 64), C-contiguous. Document ``j`` of 64 stands at
        ``16 * (j % 4) + j // 4``, so that four vectors of 16 distances, shifted into each other, hold the 64
        in their order.
    """
    n, n_words = words.shape
    padded = words
    if n % LANES:
        padded = np.zeros((-(-n // LANES) * LANES, n_words), dtype=np.uint64)
        padded[:n] = words
    lanes = padded.reshape(-1, LANES // PACKED, PACKED, n_words).transpose(0, 3, 2, 1)
    return np.ascontiguousarray(lanes).reshape(-1, n_words, LANES)


@_intrinsic
def _popcount(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


@_intrinsic
def _trailing_zeros(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


def _splat(builder: Any, value: Any, vector: Any) -> Any:
    """Return a vector whose lanes all hold the value."""
    index, unset = ir.IntType(32), ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(unset, value, ir.Constant(index, 0))
    return builder.shuffle_vector(first, unset, ir.Constant(ir.VectorType(index, vector.count), None))


@_intrinsic
def _measure(  # noqa: PLR0913
    typing_context: Any,  # noqa: ARG001
    query: Any,
    database: Any,
    block: Any,
    radius: Any,
    distances: Any,
    offset: Any,
) -> Any:
    """Write the distances of the 64 documents of a block, from ``distances[offset]`` on.

    Returns a word whose bit ``j`` tells whether the ``j``-th lies within the radius.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def data(place: int) -> Any:
            return context.make_array(signature.args[place])(context, builder, args[place])

        word, lane = ir.IntType(64), ir.IntType(16)
        words, lanes = ir.VectorType(word, LANES // PACKED), ir.VectorType(lane, LANES)
        popcount = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(words, [words]), f"llvm.ctpop.v{words.count}i64"
        )
        n_words = builder.extract_value(data(0).shape, 0)
        start = builder.mul(builder.mul(args[2], n_words), word(LANES))
        packed = cgutils.alloca_once_value(builder, ir.Constant(words, None))
        with cgutils.for_range(builder, n_words) as loop:
            of_query = _splat(builder, builder.load(builder.gep(data(0).data, [loop.index])), words)
            first = builder.add(start, builder.mul(loop.index, word(LANES)))
            total = builder.load(packed)
            for part in range(PACKED):
                place = builder.gep(data(1).data, [builder.add(first, word(part * words.count))])
                of_documents = builder.load(builder.bitcast(place, words.as_pointer()))
                of_documents.align = 8
                differing = builder.call(popcount, [builder.xor(of_documents, of_query)])
                shift = ir.Constant(words, [part * lane.width] * words.count)
                total = builder.add(total, builder.shl(differing, shift))
            builder.store(total, packed)
        found = builder.bitcast(builder.load(packed), lanes)
        place = builder.gep(data(4).data, [args[5]])
        builder.store(found, builder.bitcast(place, lanes.as_pointer())).align = 2
        threshold = _splat(builder, builder.trunc(args[3], lane), lanes)
        return builder.bitcast(builder.icmp_unsigned("<=", found, threshold), word)

    return types.uint64(query, database, types.int64, types.int64, distances, types.int64), generate


@numba.njit(nogil=True)
def _near_mask(
    query: Words, database: Words, start: int, offset: int, stop: int, radius: int, distances: Distances
) -> Any:
    """As `_measure` for the block at document ``start + offset``; documents from ``stop`` on do not count."""
    near = _measure(query, database, (start + offset) // LANES, radius, distances, offset)
    if stop - start - offset < LANES:
        near &= (np.uint64(1) << np.uint64(stop - start - offset)) - np.uint64(1)
    return near


@numba.njit(nogil=True)
def _find_hits(
    query: Words,
    database: Words,
    start: int,
    stop: int,
    radius: int,
    distances: Distances,
    hits: Counts,
) -> int:
    """List which documents from ``start`` to ``stop`` lie within the radius, and return how many do.

    Hits and distances are relative to ``start``. Several hits are written at a time to spare branches; what
    is written beyond the end is overwritten later.
    """
    count = 0
    for offset in range(0, stop - start, LANES):
        near = _near_mask(query, database, start, offset, stop, radius, distances)
        end = count + _popcount(near)
        while True:
            for ahead in range(HITS_AT_A_TIME):
                hits[count + ahead] = offset + _trailing_zeros(near)
                near &= near - np.uint64(1)
            count += HITS_AT_A_TIME
            if count >= end:
                break
        count = end
    return count


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
    for j in range(n_hits):
        histograms[0, distances[hits[j]]] += 1
    for level in range(problem.levels.shape[0]):
        first, end, overlap = problem.levels[level]
        for j in range(n_hits):
            document, distance = start + hits[j], distances[hits[j]]
            if overlap:
                shared = np.uint64(0)
                for word in range(first, end):
                    shared |= problem.query_labels[query, word] & problem.document_labels[document, word]
                histograms[1 + level, distance] += shared != 0
            else:
                label = problem.query_labels[query, first]
                histograms[1 + level, distance] += problem.document_labels[document, first] == label


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
    problem: Problem, query: int, radius: int, start: int, stop: int, work: _Workspace, found: Scan
) -> None:
    """Take what lies within the radius from the tile of documents ``start`` to ``stop``."""
    candidates, slot, k = work.candidates, query % GROUP, found.documents.shape[1]
    histograms, distances = found.histograms[query], work.distances
    n_hits = _find_hits(
        problem.queries[query], problem.database, start, stop, radius, distances, work.hits
    )
    if k:
        if candidates.n_filled[slot] + n_hits >= candidates.documents.shape[1]:
            _make_room(candidates, slot, histograms[0], found.documents[query], found.distances[query])
        _gather(candidates, slot, start, work.hits, n_hits, distances)
    _tally(problem, query, start, work.hits, n_hits, distances, histograms)
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
    hits = np.empty(TILE + HITS_AT_A_TIME, dtype=np.int32)
    return _Workspace(np.empty(TILE, dtype=np.uint16), hits, candidates)


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
            for query in range(first, last):
                _take(problem, query, radii[query], start, stop, work, found)
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
        sample: as ``in_lanes`` returns it, of at most `TILE` documents.
        n_sampled: number of documents in the sample.
        wanted: how many are to lie within the distance.
        largest: radius where the sample has fewer.
        radii: is filled, shape (n_queries,).
    """
    distances = np.empty(TILE, dtype=np.uint16)
    for query in range(queries.shape[0]):
        histogram = np.zeros(largest + 1, dtype=np.int64)
        for offset in range(0, n_sampled, LANES):
            _near_mask(queries[query], sample, 0, offset, n_sampled, largest, distances)
        for document in range(n_sampled):
            histogram[distances[document]] += 1
        count, radius = histogram[0], 0
        while count < wanted and radius < largest:
            radius += 1
            count += histogram[radius]
        radii[query] = radius
