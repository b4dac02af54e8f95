"""Hamming ranking of a database for many queries, on several threads.

The threads are plain Python threads, each in a kernel that has released the interpreter lock. No threading
layer of numba is involved, so this is safe in worker processes, inside threads and after a fork.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from math import ceil

import numba
import numpy as np

from hashbench.codes import Codes
from hashbench.evaluation.arguments import as_positive_int
from hashbench.evaluation.kernel import GROUP, Problem, Scan, scan_chunk
from hashbench.evaluation.relevance import Relevance

SAMPLE = 4096  # documents, but at most one in SAMPLE_STRIDE
SAMPLE_STRIDE = 16
LARGEST_CHUNK = 128  # queries
CHUNKS_PER_THREAD = 4  # or more


class HammingScanner:
    """Codes and labels laid out for the kernel.

    Args:
        queries: query codes.
        database: database codes of the same width.
        levels: what makes a document relevant, for each level of labels; may be empty.
    """

    def __init__(self, queries: Codes, database: Codes, levels: Sequence[Relevance] = ()) -> None:
        n_sampled = min(SAMPLE, len(database) // SAMPLE_STRIDE)
        sampled = np.arange(n_sampled) * len(database) // max(1, n_sampled)
        edges = accumulate((level.documents.shape[1] for level in levels), initial=0)
        layout = [(*ends, level.overlap) for ends, level in zip(pairwise(edges), levels, strict=True)]
        self._n_distances = database.n_bits + 1
        self._problem = Problem(
            np.array(queries.words, order="C"),
            np.array(database.words.T, order="C"),
            np.array(database.words[sampled].T, order="C"),
            np.hstack([np.empty((len(queries), 0), np.uint64), *(level.queries for level in levels)]),
            np.hstack([np.empty((len(database), 0), np.uint64), *(level.documents for level in levels)]),
            np.array(layout, dtype=np.int64).reshape(-1, 3),
        )

    def scan(self, rows: slice, depth: int, k: int = 0, n_threads: int | None = None) -> Scan:
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
        queries, query_labels = self._problem.queries[rows], self._problem.query_labels[rows]
        n = len(queries)
        found = Scan(
            np.empty((n, 1 + len(self._problem.levels), self._n_distances), dtype=np.int32),
            np.empty((n, k), dtype=np.int64),
            np.empty((n, k), dtype=np.uint16),
        )
        size = min(LARGEST_CHUNK, ceil(n / (CHUNKS_PER_THREAD * n_threads * GROUP)) * GROUP)

        def scan_from(start: int) -> None:
            chunk = slice(start, start + size)
            part = self._problem._replace(queries=queries[chunk], query_labels=query_labels[chunk])
            part_found = Scan(found.histograms[chunk], found.documents[chunk], found.distances[chunk])
            scan_chunk(part, depth, part_found)

        with ThreadPoolExecutor(n_threads) as pool:
            for done in [pool.submit(scan_from, start) for start in range(0, n, size)]:
                done.result()
        return found
