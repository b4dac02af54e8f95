"""The evaluation kernel beside faiss, in alternating runs on the same codes.

Run ``python benchmarks/evaluation.py`` (``--quick`` for a smaller one). faiss finds the 100 nearest documents
of each query with ``IndexBinaryFlat``, in both of its modes. hashbench finds the same and counts all and the
relevant documents at each distance, which gives tie-aware precision at every N up to 1000. Two loops show
what the processor allows: one that only compares all words and counts the bits that differ, and one that only
reads the words as often as they have to come from memory.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from popcount_bound import Bound

from hashbench.codes import Codes
from hashbench.evaluation.evaluator import evaluate, nearest
from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.relevance import relevance

try:
    import faiss
except ImportError:
    sys.exit("benchmarks/evaluation.py compares with faiss, which is not installed: pip install faiss-cpu")

K = 100
DEPTH = 1000
STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Problem:
    """Sizes of a synthetic problem. Codes are noisy copies of cluster centres."""

    n_queries: int
    n_database: int
    n_bits: int
    n_labels: int = 1  # 1: one of 20 classes each; more: an indicator with up to three labels each

    def __str__(self) -> str:
        labels = "" if self.n_labels == 1 else f", {self.n_labels} labels"
        return f"{self.n_queries:,} x {self.n_database:,}, {self.n_bits} bits{labels}"


FULL = [
    Problem(12_760, 102_080, 64),
    Problem(12_760, 102_080, 128),
    Problem(1_000, 1_000_000, 64),
    Problem(1_000, 1_000_000, 128),
    Problem(12_760, 102_080, 16),
    Problem(12_760, 102_080, 64, n_labels=90),
]
QUICK = [Problem(2_000, 50_000, 64), Problem(2_000, 50_000, 128)]


def clustered_codes(problem: Problem, rng: np.random.Generator) -> tuple[Codes, Codes, Any, Any]:
    """Return codes and labels of queries and database."""
    n, n_clusters, flips = problem.n_queries + problem.n_database, 200, 0.15
    centres = rng.integers(0, 2, (n_clusters, problem.n_bits), dtype=np.uint8)
    cluster = rng.integers(0, n_clusters, n)
    words = np.concatenate(
        [
            Codes.pack(centres[part] ^ (rng.random((len(part), problem.n_bits)) < flips)).words
            for part in np.array_split(cluster, max(1, n // 20_000))
        ]
    )
    if problem.n_labels == 1:
        label_of_cluster = rng.integers(0, 20, n_clusters)
    else:
        label_of_cluster = np.zeros((n_clusters, problem.n_labels), dtype=bool)
        label_of_cluster[
            np.arange(n_clusters)[:, None], rng.integers(0, problem.n_labels, (n_clusters, 3))
        ] = True
    codes, labels, cut = Codes(words, problem.n_bits), label_of_cluster[cluster], problem.n_queries
    return codes[:cut], codes[cut:], labels[:cut], labels[cut:]


CONTESTANTS = ("kernel", "nearest", "evaluate", "heap", "counter", "compare", "read")


class Contest:
    """The contestants on one problem."""

    def __init__(self, problem: Problem, n_threads: int) -> None:
        self.problem, self.n_threads = problem, n_threads
        self.codes_and_labels = clustered_codes(problem, np.random.default_rng(0))
        queries, database, query_labels, database_labels = self.codes_and_labels
        self.level = relevance(query_labels, database_labels, len(queries), len(database))
        self.octets = [
            np.ascontiguousarray(codes.words.view(np.uint8)[:, : problem.n_bits // 8])
            for codes in (queries, database)
        ]
        self.index: Any = faiss.IndexBinaryFlat(problem.n_bits)
        self.index.add(self.octets[1])
        bound = Bound(queries, database, n_threads)
        self.compare, self.read = bound.compare, bound.read

    def kernel(self) -> NDArray[np.uint16]:
        """Top 100 and histograms for every N up to 1000, from packed codes."""
        queries, database, *_ = self.codes_and_labels
        scanner = HammingScanner(queries, database, [self.level])
        return scanner.scan(slice(None), DEPTH, K, self.n_threads).distances

    def nearest(self) -> None:
        """What faiss does: the top 100 alone."""
        nearest(*self.codes_and_labels[:2], K, self.n_threads)

    def evaluate(self) -> None:
        """The public function: tie-aware precision at 100, chance, checks of the input."""
        evaluate(*self.codes_and_labels, at=(100,), n_threads=self.n_threads)

    def heap(self) -> NDArray[np.int32]:
        self.index.use_heap = True
        return self.index.search(self.octets[0], K)[0]

    def counter(self) -> NDArray[np.int32]:
        self.index.use_heap = False
        return self.index.search(self.octets[0], K)[0]


def resident_mib() -> float:
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_growth(call: Callable[[], object]) -> float:
    """Return by how many MiB the resident memory grows at most during a call; NaN without Linux's proc."""
    if not STATM.exists():
        return float("nan")
    ctypes.CDLL(None).malloc_trim(0)  # what earlier calls freed would hide the growth
    start, done = resident_mib(), threading.Event()
    seen = [start]

    def watch() -> None:
        while not done.wait(0.002):
            seen.append(resident_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    call()
    done.set()
    watcher.join()
    return max(seen) - start


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
    growth = max(memory_growth(contest.kernel), memory_growth(contest.evaluate))
    if not np.array_equal(contest.kernel(), contest.heap()):
        sys.exit(f"{problem}: hashbench and faiss found different distances")
    contestants = {name: getattr(contest, name) for name in CONTESTANTS}
    contest.compare(), contest.read()  # compiles them
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            times[name].append(seconds(call))
    median = {name: statistics.median(taken) for name, taken in times.items()}

    def ratio(one: str, other: str) -> float:
        return float(statistics.median(np.array(times[one]) / np.array(times[other])))

    cells = [f"{median[name]:8.3f}" for name in CONTESTANTS]
    pairs = (("counter", "kernel"), ("counter", "nearest"), ("kernel", "compare"), ("nearest", "compare"))
    cells += [f"{ratio(*pair):7.1f}" for pair in pairs]
    return f"{problem!s:42} {' '.join(cells)} {growth:9.1f}"


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
    print("kernel: top 100 and histograms for every N <= 1000; nearest: top 100; evaluate: P@100")
    print("heap, counter: faiss top 100; compare: xor and popcount of all words alone; read: the words alone")
    heads = [
        *(f"{name:>8}" for name in CONTESTANTS),
        *(f"{name:>7}" for name in ("c/k", "c/n", "k/cmp", "n/cmp")),
    ]
    print(f"{'queries x database':42} {' '.join(heads)} {'extra MiB':>9}")
    Contest(Problem(10, 100, 8), arguments.threads).evaluate()  # compiles the kernel
    for problem in QUICK if arguments.quick else FULL:
        print(measure(problem, arguments.threads, rounds=3 if arguments.quick else 7), flush=True)


if __name__ == "__main__":
    main()
