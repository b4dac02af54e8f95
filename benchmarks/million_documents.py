"""Memory and time of a run over many short documents: JSON lines through tf-idf and LSH at 64 bits.

Usage: python benchmarks/million_documents.py [--documents N]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CLASSES, WORDS_A_DOCUMENT = 50, 15


def write_documents(path: Path, n: int) -> None:
    """Write made-up documents, one JSON object a line: a class prefers its own words."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, n, 10_000):
            size = min(10_000, n - start)
            labels = rng.integers(CLASSES, size=size)
            own = labels[:, None] * 200 + rng.integers(200, size=(size, WORDS_A_DOCUMENT))
            common = rng.zipf(1.3, size=(size, WORDS_A_DOCUMENT)) % 30_000 + 10_000
            words = np.where(rng.random((size, WORDS_A_DOCUMENT)) < 0.3, own, common)
            for label, row in zip(labels.tolist(), words.tolist(), strict=True):
                text = " ".join(f"word{word}" for word in row)
                file.write(json.dumps({"text": text, "label": label}) + "\n")


def main() -> None:
    """Run the command in a process of its own and print its time and peak memory."""
    parser = argparse.ArgumentParser(description="Memory and time of a run over many short documents.")
    parser.add_argument("--documents", type=int, default=1_000_000, help="how many (default: 1,000,000)")
    n = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "documents.jsonl")
        write_documents(path, n)
        size = path.stat().st_size / 2**20
        command = [sys.executable, "-m", "hashbench", "run", "--datasets", str(path), "--methods", "lsh"]
        command += ["--bits", "64", "--seeds", "1", "--jobs", "1", "--quiet", "--json", "--at", "100"]
        start = time.perf_counter()
        done = subprocess.run(
            [*command, "--out", str(Path(folder, "results"))],
            env={**os.environ, "HASHBENCH_CACHE": str(Path(folder, "cache"))},
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = time.perf_counter() - start
    event = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    phases = ", ".join(f"{name} {value:.1f}" for name, value in event["seconds"].items())
    print(f"{n:,} documents, {size:.0f} MiB of JSON lines, tf-idf and LSH at 64 bits")
    print(f"peak memory {peak:,.0f} MiB, {seconds:.0f} s in all; seconds of {phases}")
    print(f"P@100 {event['scores']['p@100']['expected']:.3f}")


if __name__ == "__main__":
    main()
