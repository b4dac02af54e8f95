"""Hamming ranking of a database for many queries, in blocks of documents and on several threads.

For each query a sample of the database gives a radius that should hold as many documents as are wanted. What
lies within it is counted block by block, so that a database on disk is never in memory as a whole. After a
block the radius shrinks to the distance that holds enough documents already. A query whose radius proves too
small is scanned again with a larger one, so the result depends neither on the sample nor on the blocks.

The threads are plain Python threads, each in a kernel that has released the interpreter lock. No threading
layer of numba is involved, so this is safe in worker processes, inside threads and after a fork.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil, sqrt
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from hashbench.codes import Codes
from hashbench.evaluation.arguments import as_positive_int
from hashbench.evaluation.kernel import GROUP, NONE, Problem, Scan, guess_radii, scan_chunk
from hashbench.evaluation.lanes import in_lanes
from hashbench.evaluation.mapped_files import release
from hashbench.evaluation.relevance import Relevance

SAMPLE = 4096  # documents, but at most one in SAMPLE_STRIDE
SAMPLE_STRIDE = 16
LARGEST_CHUNK = 128  # queries
CHUNKS_PER_THREAD = 4  # or more
BLOCK_BYTES = 1 << 26  # of codes and labels
LARGEST_COUNT = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Ranked:
    """What a scan finds for each of n queries.

    Attributes:
        histograms: int32, int64 for more than 2^31 - 1 documents, shape (n, 1 + n_levels, n_bits + 1): the
            number of documents at each distance, then of the relevant ones by each level of labels. Complete
            up to the distance that holds the documents asked for; beyond it, counts may be missing.
        documents: indices of the ``k`` nearest documents in the order (distance, index), int64 of shape
            (n, k).
        distances: their distances, uint16 of shape (n, k).
    """

    histograms: NDArray[np.signedinteger[Any]]
    documents: NDArray[np.int64]
    distances: NDArray[np.uint16]

    def __getitem__(self, rows: slice) -> Ranked:
        """Return a view of what was found for some queries."""
        return Ranked(self.histograms[rows], self.documents[rows], self.distances[rows])


class HammingScanner:
    """A ranking of a database for queries, with what is relevant to them.

    Args:
        queries: query codes.
        database: database codes of the same width; their words may be a ``numpy.memmap``.
        levels: what makes a document relevant, for each level of labels; may be empty.
        block: documents that are laid out at a time; None for as many as take 64 MiB with their labels.
    """

    def __init__(
        self,
        queries: Codes,
        database: Codes,
        levels: Sequence[Relevance] = (),
        block: int | None = None,
    ) -> None:
        edges = accumulate((level.documents.shape[1] for level in levels), initial=0)
        layout = [(*ends, level.overlap) for ends, level in zip(pairwise(edges), levels, strict=True)]
        self._database, self._level_documents = database.words, [level.documents for level in levels]
        self._queries = np.array(queries.words, order="C")
        self._query_labels = _side_by_side([level.queries for level in levels], len(queries))
        self._levels = np.array(layout, dtype=np.int64).reshape(-1, 3)
        self._largest = database.n_bits
        n_words = sum(words.shape[1] for words in (self._database, *self._level_documents))
        block = max(1, BLOCK_BYTES // (8 * n_words)) if block is None else block
        self._rows = [slice(start, start + block) for start in range(0, len(database), block)]
        self._only_block = self._laid_out(self._rows[0]) if len(self._rows) == 1 else None
        n_sampled = min(SAMPLE, len(database) // SAMPLE_STRIDE)
        sampled = np.arange(n_sampled) * len(database) // max(1, n_sampled)
        self._n_sampled, self._sample = n_sampled, in_lanes(self._database[sampled])
        release(self._database)

    def scan(self, rows: slice, depth: int, k: int = 0, n_threads: int | None = None) -> Ranked:
        """Rank the database for some queries.

        Args:
            rows: which queries.
            depth: how many nearest documents the histograms must cover, at most the size of the database.
            k: how many nearest documents to list, at most ``depth``.
            n_threads: threads to use, and one more to read ahead where there are several blocks; None for as
                many as numba is configured for (``NUMBA_NUM_THREADS``).
        """
        if n_threads is None:
            n_threads = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        n_threads = as_positive_int(n_threads, "n_threads")
        queries, labels = self._queries[rows], self._query_labels[rows]
        with ThreadPoolExecutor(n_threads) as pool:
            scan = _Pass(pool, n_threads, depth, k, in_one_piece=len(self._rows) == 1)
            radii = self._guessed_radii(queries, scan)
            found = self._scan_once(queries, labels, radii, scan)
            pending = np.arange(len(queries))
            while True:
                retrieved = found.histograms[pending, 0].sum(axis=1, dtype=np.int64)
                pending = pending[retrieved < depth]
                if not len(pending):
                    return found
                radii[pending] = np.minimum(radii[pending] + 1 + radii[pending] // 8, self._largest)
                again = self._scan_once(queries[pending], labels[pending], radii[pending], scan)
                found.histograms[pending] = again.histograms
                found.documents[pending], found.distances[pending] = again.documents, again.distances

    def _guessed_radii(self, queries: NDArray[np.uint64], scan: _Pass) -> NDArray[np.int64]:
        """Return distances that hold the share of the sample, and two standard deviations more."""
        radii = np.full(len(queries), self._largest, dtype=np.int64)
        expected = scan.depth / len(self._database) * self._n_sampled
        wanted = expected + 2 * sqrt(expected)
        if wanted < self._n_sampled:
            scan.each(
                len(queries),
                lambda part: guess_radii(
                    queries[part], self._sample, self._n_sampled, wanted, self._largest, radii[part]
                ),
            )
        return radii

    def _scan_once(
        self,
        queries: NDArray[np.uint64],
        labels: NDArray[np.uint64],
        radii: NDArray[np.int64],
        scan: _Pass,
    ) -> Ranked:
        """Count what lies within the radii in all blocks."""
        n, k = len(queries), scan.k
        count = np.int32 if len(self._database) <= LARGEST_COUNT else np.int64
        found = Ranked(
            np.zeros((n, 1 + len(self._levels), self._largest + 1), dtype=count),
            np.zeros((n, k), dtype=np.int64),
            np.full((n, k), NONE, dtype=np.uint16),
        )
        radii = radii.copy()
        for start, problem in self._problems(queries, labels):
            scan.run(problem, radii, found, start)
        return found

    def _problems(
        self, queries: NDArray[np.uint64], labels: NDArray[np.uint64]
    ) -> Iterator[tuple[int, Problem]]:
        """Yield the first document of each block, and the block."""
        for rows, (database, document_labels) in zip(self._rows, self._blocks(), strict=True):
            yield rows.start, Problem(queries, database, labels, document_labels, self._levels)

    def _blocks(self) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
        """Yield codes and labels of the blocks; the next is read while one is worked on."""
        if self._only_block:
            yield self._only_block
            return
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(self._laid_out, self._rows[0])
            for rows in self._rows[1:]:
                block, ahead = ahead.result(), reader.submit(self._laid_out, rows)
                yield block
            yield ahead.result()

    def _laid_out(self, rows: slice) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return codes and labels of some documents as the kernel reads them."""
        words = self._database[rows]
        labels = [documents[rows] for documents in self._level_documents]
        laid_out = in_lanes(words), _side_by_side(labels, len(words))
        for array in (words, *labels):
            release(array)
        return laid_out


@dataclass(frozen=True, eq=False)
class _Pass:
    """How blocks are scanned."""

    pool: ThreadPoolExecutor
    n_threads: int
    depth: int
    k: int
    in_one_piece: bool

    def each(self, n_queries: int, work: Callable[[slice], None]) -> None:
        """Do the work of all chunks of queries."""
        least = ceil(n_queries / (CHUNKS_PER_THREAD * self.n_threads * GROUP)) * GROUP
        size = min(LARGEST_CHUNK, least)
        chunks = (slice(start, start + size) for start in range(0, n_queries, size))
        for done in [self.pool.submit(work, chunk) for chunk in chunks]:
            done.result()

    def run(self, problem: Problem, radii: NDArray[np.int64], found: Ranked, start: int) -> None:
        """Add what is found in a block that begins at document ``start``, and shrink the radii."""

        def scan_chunk_of(rows: slice) -> None:
            part = problem._replace(queries=problem.queries[rows], query_labels=problem.query_labels[rows])
            self._add(part, radii[rows], found[rows], start)

        self.each(len(problem.queries), scan_chunk_of)

    def _add(self, problem: Problem, radii: NDArray[np.int64], found: Ranked, start: int) -> None:
        """Scan a block for the queries of a chunk."""
        n = len(problem.queries)
        if self.in_one_piece:
            scan_chunk(problem, radii, Scan(found.histograms, found.documents, found.distances))
            return
        block = Scan(
            np.empty(found.histograms.shape, dtype=np.int32),
            np.empty((n, self.k), dtype=np.int64),
            np.empty((n, self.k), dtype=np.uint16),
        )
        scan_chunk(problem, radii, block)
        np.add(found.histograms, block.histograms, out=found.histograms)
        _merge(found, block, start)
        enough = np.cumsum(found.histograms[:, 0], axis=1, dtype=np.int64) >= self.depth
        np.minimum(radii, np.where(enough.any(axis=1), enough.argmax(axis=1), radii), out=radii)


def _merge(found: Ranked, block: Scan, start: int) -> None:
    """Keep the nearest of those found so far and those of a later block."""
    distances = np.concatenate([found.distances, block.distances], axis=1)
    documents = np.concatenate([found.documents, block.documents + start], axis=1)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, : found.distances.shape[1]]
    found.distances[:] = np.take_along_axis(distances, nearest, axis=1)
    found.documents[:] = np.take_along_axis(documents, nearest, axis=1)


def _side_by_side(labels: Sequence[NDArray[np.uint64]], n: int) -> NDArray[np.uint64]:
    return np.hstack([np.empty((n, 0), np.uint64), *labels])
