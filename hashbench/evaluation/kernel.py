"""The compiled Hamming ranking of a database for a chunk of queries.

The kernel walks over the database in tiles that fit the processor's cache, a group of queries at a time. For
each query a sample of the database gives a radius that should hold as many documents as are wanted. The
distances of a tile are computed with vector instructions and compared with the radius 64 at a time; only the
few documents within it are looked at one by one. A query whose radius proves too small is scanned again with
a larger one, so the result does not depend on the sample.

There is one signature, compiled on first use and cached on disk. The kernel releases the interpreter lock.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from hashbench.evaluation.compiling import compiled

TILE = 16384  # documents
GROUP = 32  # queries that share a tile
LANES = 64  # distances compared at a time
HITS_AT_A_TIME = 4

Words = NDArray[np.uint64]
Distances = NDArray[np.uint16]
Indices = NDArray[np.int64]
Counts = NDArray[np.int32]

_intrinsic: Any = intrinsic


class Problem(NamedTuple):
    """Codes and labels of queries and documents, all C-contiguous.

    Attributes:
        queries: shape (n_queries, n_words).
        database: word by word, shape (n_words, n_documents).
        sample: some documents of the database, at most `TILE`, word by word.
        query_labels: label words of all levels side by side, shape (n_queries, n_label_words).
        document_labels: shape (n_documents, n_label_words).
        levels: first word, end word and `Relevance.overlap` of each level, shape (n_levels, 3).
    """

    queries: Words
    database: Words
    sample: Words
    query_labels: Words
    document_labels: Words
    levels: Indices


class Scan(NamedTuple):
    """What the kernel finds for each of n queries.

    Attributes:
        histograms: shape (n, 1 + n_levels, n_bits + 1): the number of documents at each distance, then of the
            relevant ones by each level of labels. Complete up to the distance that holds the documents asked
            for; beyond it, counts may be missing.
        documents: indices of the ``k`` nearest documents in the order (distance, index), shape (n, k).
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
    """Distances of a tile from two queries, its documents within the radius, and the candidates."""

    distances: Distances
    hits: Counts
    candidates: _Candidates


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


@_intrinsic
def _within(typing_context: Any, distances: Any, offset: Any, radius: Any) -> Any:  # noqa: ARG001
    """Return a word whose bit ``j`` tells whether ``distances[offset + j] <= radius``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        lane, index = ir.IntType(16), ir.IntType(32)
        lanes = ir.VectorType(lane, LANES)
        near = builder.load(builder.bitcast(builder.gep(array.data, [args[1]]), lanes.as_pointer()))
        near.align = 2
        unset = ir.Constant(lanes, ir.Undefined)
        first = builder.insert_element(unset, builder.trunc(args[2], lane), ir.Constant(index, 0))
        threshold = builder.shuffle_vector(first, unset, ir.Constant(ir.VectorType(index, LANES), None))
        return builder.bitcast(builder.icmp_unsigned("<=", near, threshold), ir.IntType(LANES))

    return types.uint64(distances, types.int64, types.int64), generate


@numba.njit(nogil=True)
def _measure(one: Words, two: Words, codes: Words, start: int, stop: int, distances: Distances) -> None:
    """Write the distances of documents ``start`` to ``stop`` from two queries, a row each.

    Two queries share a load, and loops over one-dimensional slices vectorise.
    """
    from_one, from_two = distances[0], distances[1]
    words, one_word, two_word = codes[0, start:stop], one[0], two[0]
    if one.size % 2:
        for j in range(words.size):
            from_one[j] = _popcount(words[j] ^ one_word)
            from_two[j] = _popcount(words[j] ^ two_word)
    else:
        next_words, next_one, next_two = codes[1, start:stop], one[1], two[1]
        for j in range(words.size):
            from_one[j] = _popcount(words[j] ^ one_word) + _popcount(next_words[j] ^ next_one)
            from_two[j] = _popcount(words[j] ^ two_word) + _popcount(next_words[j] ^ next_two)
    for word in range(2 - one.size % 2, one.size):
        words, one_word, two_word = codes[word, start:stop], one[word], two[word]
        for j in range(words.size):
            from_one[j] += _popcount(words[j] ^ one_word)
            from_two[j] += _popcount(words[j] ^ two_word)


@numba.njit(nogil=True)
def _near_mask(distances: Distances, offset: int, size: int, radius: int) -> Any:
    """As `_within`, but only the first ``size`` distances count."""
    near = _within(distances, offset, radius)
    if size - offset < LANES:
        near &= (np.uint64(1) << np.uint64(size - offset)) - np.uint64(1)
    return near


@numba.njit(nogil=True)
def _guess_radius(query: Words, sample: Words, share: float, largest: int, distances: Distances) -> int:
    """Return a distance within which that share of the sample lies, and two standard deviations more."""
    n_sampled = sample.shape[1]
    wanted = share * n_sampled + 2 * np.sqrt(share * n_sampled)
    if wanted >= n_sampled:
        return largest
    _measure(query, query, sample, 0, n_sampled, distances)
    low, high = 0, largest
    while low < high:
        middle, count = (low + high) // 2, 0
        for offset in range(0, n_sampled, LANES):
            count += _popcount(_near_mask(distances[0], offset, n_sampled, middle))
        if count < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(nogil=True)
def _find_hits(distances: Distances, size: int, radius: int, hits: Counts) -> int:
    """List which of the first ``size`` distances lie within the radius, and return how many do.

    Several are written at a time to spare branches; what is written beyond the end is overwritten later.
    """
    count = 0
    for offset in range(0, size, LANES):
        near = _near_mask(distances, offset, size, radius)
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
    radius: int,
    start: int,
    stop: int,
    distances: Distances,
    work: _Workspace,
    found: Scan,
) -> None:
    """Take what lies within the radius from the tile of documents ``start`` to ``stop``."""
    candidates, slot, k = work.candidates, query % GROUP, found.documents.shape[1]
    histograms = found.histograms[query]
    n_hits = _find_hits(distances, stop - start, radius, work.hits)
    if k:
        if candidates.n_filled[slot] + n_hits >= candidates.documents.shape[1]:
            _make_room(candidates, slot, histograms[0], found.documents[query], found.distances[query])
        _gather(candidates, slot, start, work.hits, n_hits, distances)
    _tally(problem, query, start, work.hits, n_hits, distances, histograms)
    if k:
        _tighten(candidates, slot, k, histograms[0])


@numba.njit(nogil=True)
def _scan_group(
    problem: Problem, first: int, last: int, radii: Indices, work: _Workspace, found: Scan
) -> None:
    """Scan the database once for queries ``first`` to ``last``."""
    for query in range(first, last):
        found.histograms[query] = 0
        work.candidates.n_filled[query % GROUP] = 0
        work.candidates.limits[query % GROUP] = radii[query]
    n_documents = problem.database.shape[1]
    for start in range(0, n_documents, TILE):
        stop = min(start + TILE, n_documents)
        for one in range(first, last, 2):
            two = min(one + 1, last - 1)
            _measure(
                problem.queries[one], problem.queries[two], problem.database, start, stop, work.distances
            )
            for query in range(one, two + 1):
                _take(problem, query, radii[query], start, stop, work.distances[query - one], work, found)


@numba.njit(nogil=True)
def _is_complete(histograms: Counts, depth: int) -> bool:
    count = 0
    for distance in range(histograms.shape[1]):
        count += histograms[0, distance]
    return count >= depth


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
    return _Workspace(np.empty((2, TILE), dtype=np.uint16), hits, candidates)


@compiled
def scan_chunk(problem: Problem, depth: int, found: Scan) -> None:
    """Fill the histograms up to the distance that holds ``depth`` documents, and the nearest documents."""
    n_queries, k = found.documents.shape
    share, largest = depth / problem.database.shape[1], found.histograms.shape[2] - 1
    radii = np.empty(n_queries, dtype=np.int64)
    work = _new_workspace(k)
    for first in range(0, n_queries, GROUP):
        last = min(first + GROUP, n_queries)
        for query in range(first, last):
            radii[query] = _guess_radius(
                problem.queries[query], problem.sample, share, largest, work.distances
            )
        pending, start, stop = first, first, last
        while pending < last:
            _scan_group(problem, start, stop, radii, work, found)
            while pending < last and _is_complete(found.histograms[pending], depth):
                if k:
                    _sort_nearest(
                        work.candidates,
                        pending % GROUP,
                        found.histograms[pending, 0],
                        found.documents[pending],
                        found.distances[pending],
                    )
                pending += 1
            if pending < last:
                radii[pending] = min(radii[pending] + 1 + radii[pending] // 8, largest)
                start, stop = pending, pending + 1
