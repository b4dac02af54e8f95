"""Time and memory of an evaluation over codes and labels on disk, as many as do not fit into memory.

Usage: python benchmarks/large_database.py [--documents N] [--queries N] [--threads N]

Writes random 64-bit codes and integer labels to a temporary folder, 16 bytes a document, and evaluates P@100
over them memory-mapped. Peak memory is all resident memory of the process, mapped pages of the files
included. What was measured is written to large_database.json, from which scaling.md has it.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from hashbench import evaluate
from hashbench.codes import Codes
from hashbench.experiment.environment import peak_memory_mib, reset_peak_memory

BITS, CLASSES, WRITTEN_ROWS = 64, 50, 1 << 20


def write_database(folder: Path, n: int) -> None:
    """Write the words of ``n`` random codes and their labels, int64 of shape (n,)."""
    rng = np.random.default_rng(0)
    words = open_memmap(folder / "codes.npy", "w+", np.uint64, (n, 1))
    labels = open_memmap(folder / "labels.npy", "w+", np.int64, (n,))
    for start in range(0, n, WRITTEN_ROWS):
        rows = slice(start, min(start + WRITTEN_ROWS, n))
        labels[rows] = rng.integers(CLASSES, size=rows.stop - start)
        words[rows] = rng.integers(2**64, size=(rows.stop - start, 1), dtype=np.uint64)


def main() -> None:
    """Measure one evaluation."""
    parser = argparse.ArgumentParser(description="Time and memory of an evaluation over codes on disk.")
    parser.add_argument("--documents", type=int, default=100_000_000, metavar="N")
    parser.add_argument("--queries", type=int, default=1_000, metavar="N")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    arguments = parser.parse_args()
    rng = np.random.default_rng(1)
    queries = Codes(rng.integers(2**64, size=(arguments.queries, 1), dtype=np.uint64), BITS)
    query_labels = rng.integers(CLASSES, size=arguments.queries)
    evaluate(queries, queries, query_labels, query_labels, n_threads=arguments.threads)  # compiles
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_database(folder, arguments.documents)
        database = Codes(np.load(folder / "codes.npy", mmap_mode="r"), BITS)
        labels = np.load(folder / "labels.npy", mmap_mode="r")
        reset_peak_memory()
        before, start, cpu_start = peak_memory_mib(), time.perf_counter(), time.process_time()
        scores = evaluate(queries, database, query_labels, labels, n_threads=arguments.threads)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
        peak = peak_memory_mib()
    measured = {
        "queries": arguments.queries,
        "documents": arguments.documents,
        "bits": BITS,
        "threads": arguments.threads,
        "cores": os.cpu_count(),
        "wall_seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mib": round(peak),
        "mib_before": round(before),
    }
    text = json.dumps(measured, indent=1)
    print(text)
    print(f"P@100 {scores.expected[100]:.4f}, chance {scores.chance:.4f}")
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
