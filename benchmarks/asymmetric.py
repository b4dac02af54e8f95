"""The asymmetric ranking beside faiss ``IndexPQ``, in alternating runs on the same codes.

Run ``python benchmarks/asymmetric.py`` (``--quick`` for a smaller one). faiss finds the 100 nearest documents
of each query. hashbench finds the same from lookup tables and counts all and the relevant documents in each
group of equal distance, which gives tie-aware precision at every N up to 1000. Both compute the tables of the
queries, which is part of what is timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.codes import QuantiserCodes
from hashbench.evaluation.relevance import relevance
from hashbench.evaluation.tables import TableScanner

try:
    import faiss
except ImportError:
    sys.exit("benchmarks/asymmetric.py compares with faiss, which is not installed: pip install faiss-cpu")

K = 100
DEPTH = 1000
WIDTH = 64
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Problem:
    """Sizes of a synthetic problem: normal vectors of 64 dimensions, one of 20 classes each."""

    n_queries: int
    n_database: int
    n_books: int
    n_centroids: int

    def __str__(self) -> str:
        n_bits = self.n_books * (self.n_centroids.bit_length() - 1)
        sizes = f"{self.n_queries:,} x {self.n_database:,}"
        return f"{sizes}, {n_bits} bits ({self.n_books} x {self.n_centroids})"


FULL = [
    Problem(2_000, 102_080, 8, 256),
    Problem(2_000, 102_080, 16, 256),
    Problem(2_000, 102_080, 16, 16),
    Problem(2_000, 102_080, 32, 16),
    Problem(200, 1_000_000, 8, 256),
]
QUICK = [Problem(500, 50_000, 8, 256), Problem(500, 50_000, 16, 16)]


class Contest:
    """The two contestants on one problem."""

    def __init__(self, problem: Problem, n_threads: int) -> None:
        rng = np.random.default_rng(0)
        self.n_threads, n_books = n_threads, problem.n_books
        vectors = rng.standard_normal((problem.n_database, WIDTH)).astype(np.float32)
        self.queries = rng.standard_normal((problem.n_queries, WIDTH)).astype(np.float32)
        self.index: Any = faiss.IndexPQ(WIDTH, n_books, problem.n_centroids.bit_length() - 1)
        self.index.train(vectors[:20_000])
        self.index.add(vectors)
        books = faiss.vector_to_array(self.index.pq.centroids)
        self.books = books.reshape(n_books, problem.n_centroids, -1).astype(np.float32)
        self.codes = QuantiserCodes(self._assigned(vectors), problem.n_centroids)
        labels = (rng.integers(0, 20, problem.n_queries), rng.integers(0, 20, problem.n_database))
        self.level = relevance(*labels, problem.n_queries, problem.n_database)

    def _assigned(self, vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the indices that faiss gives the vectors, a byte each."""
        packed = self.index.pq.compute_codes(vectors)
        if self.books.shape[1] == 256:
            return packed
        return np.stack([packed & 15, packed >> 4], axis=2).reshape(len(vectors), -1)

    def tables(self) -> NDArray[np.float32]:
        """Return squared distances of the parts of the queries to the centroids."""
        n_books, _, width = self.books.shape
        parts = self.queries.reshape(-1, n_books, width).transpose(1, 0, 2)
        products = np.matmul(parts, self.books.transpose(0, 2, 1))
        squares = np.square(parts).sum(axis=2)[:, :, None] + np.square(self.books).sum(axis=2)[:, None]
        return np.ascontiguousarray((squares - 2 * products).transpose(1, 0, 2))

    def kernel(self) -> NDArray[np.float32]:
        """Top 100 and counts for every N up to 1000, from codes and the vectors of the queries."""
        scanner = TableScanner(self.tables(), self.codes, [self.level])
        return scanner.scan(slice(None), DEPTH, K, self.n_threads).distances

    def peer(self) -> NDArray[np.float32]:
        """Top 100 by faiss."""
        return self.index.search(self.queries, K)[0]


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(problem: Problem, n_threads: int, rounds: int) -> str:
    """Return a row of the table.

    Raises:
        SystemExit: hashbench and faiss found different distances.
    """
    contest = Contest(problem, n_threads)
    if not np.allclose(contest.kernel(), contest.peer(), atol=TOLERANCE):
        sys.exit(f"{problem}: hashbench and faiss found different distances")
    times: dict[str, list[float]] = {"kernel": [], "peer": []}
    for _ in range(rounds):
        for name, taken in times.items():
            taken.append(seconds(getattr(contest, name)))
    ratio = statistics.median(np.array(times["peer"]) / np.array(times["kernel"]))
    median = {name: statistics.median(taken) for name, taken in times.items()}
    return f"{problem!s:48} {median['kernel']:8.3f} {median['peer']:8.3f} {ratio:8.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller problems, fewer rounds")
    parser.add_argument("--threads", type=int, default=2, help="threads of each contestant (default 2)")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(arguments.threads)
    print(
        f"{os.cpu_count()} cores ({platform.machine()}), {arguments.threads} threads each, "
        f"faiss {faiss.__version__}; medians of alternating runs, seconds of wall time"
    )
    print(f"{'queries x database, bits (books x centroids)':48} {'kernel':>8} {'IndexPQ':>8} {'ratio':>8}")
    for problem in QUICK if arguments.quick else FULL:
        print(measure(problem, arguments.threads, rounds=3 if arguments.quick else 5), flush=True)


if __name__ == "__main__":
    main()
