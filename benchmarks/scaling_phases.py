"""The phases that ``benchmarks/scaling.py`` measures, one a process: what each reads, does and leaves behind.

Usage: python benchmarks/scaling_phases.py FOLDER PHASE METHOD FEATURIZER PARAMETERS

Prints CPU seconds, seconds of wall time and peak resident memory as a line of JSON. What a phase reads from
files of the phase before it is not part of its time, but stays in its memory.
"""

from __future__ import annotations

import gc
import json
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import hashbench
from hashbench.codes import Codes
from hashbench.experiment.environment import limited_threads, peak_memory_mib, reset_peak_memory
from hashbench.hashing.state import HasherState
from hashbench.registry import registry

CLASSES, WORDS_A_DOCUMENT = 50, 15
BITS, AT = 64, (100,)
DOCUMENTS, FEATURES, STATE, LABELS = "documents.jsonl", "features.pickle", "hasher.npz", "labels.pickle"


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


def measured(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what the work returns, with its CPU seconds, wall time and peak memory."""
    gc.collect()
    reset_peak_memory()
    start, cpu_start = time.perf_counter(), time.process_time()
    with limited_threads(1):
        result = work()
    figures = {
        "cpu_seconds": round(time.process_time() - cpu_start, 2),
        "wall_seconds": round(time.perf_counter() - start, 2),
        "peak_mib": round(peak_memory_mib()),
    }
    return result, figures


def corpus(folder: Path) -> dict[str, float]:
    """Read the documents."""
    return measured(lambda: hashbench.load_dataset(str(folder / DOCUMENTS)))[1]


def features(folder: Path, featurizer: str) -> dict[str, float]:
    """Make the vectors; what later phases read is written afterwards."""
    loaded = hashbench.load_dataset(str(folder / DOCUMENTS))
    made, figures = measured(lambda: hashbench.load_features(loaded, featurizer))
    _write(folder / f"{featurizer}-{FEATURES}", made.matrices)
    _write(folder / LABELS, {split: loaded.labels[rows] for split, rows in made.split.rows.items()})
    return figures


def fit(folder: Path, featurizer: str, method: str, params: dict[str, Any]) -> dict[str, float]:
    """Fit a method on the training documents."""
    vectors = _read(folder / f"{featurizer}-{FEATURES}")
    hasher = hashbench.make_hasher(method, n_bits=BITS, random_state=0, **params)
    spec: Any = registry().get("method", method).spec
    given = {"X_val": vectors["validation"]} if spec.validation else {}
    _, figures = measured(lambda: hasher.fit(vectors["train"], **given))
    hasher.state().save(folder / STATE)
    return figures


def encode(folder: Path, featurizer: str, method: str) -> dict[str, float]:
    """Encode the training documents, the database, and the test documents, the queries."""
    vectors = _read(folder / f"{featurizer}-{FEATURES}")
    hasher = type(hashbench.make_hasher(method)).from_state(HasherState.load(folder / STATE))

    def work() -> dict[str, Codes]:
        return {split: Codes.pack(hasher.transform(vectors[split])) for split in ("train", "test")}

    codes, figures = measured(work)
    for split, made in codes.items():
        np.save(folder / f"{split}.npy", made.words)
    return figures


def evaluation(folder: Path) -> dict[str, float]:
    """Score P@100 of the test documents as queries, from codes on disk."""
    labels = _read(folder / LABELS)
    queries, database = (
        Codes(np.load(folder / f"{split}.npy", mmap_mode="r"), BITS) for split in ("test", "train")
    )

    def work() -> Any:
        return hashbench.evaluate(queries, database, labels["test"], labels["train"], at=AT, n_threads=1)

    hashbench.evaluate(np.eye(2, dtype=bool), np.eye(2, dtype=bool), [0, 1], [0, 1], at=(1,))  # compiles
    scores, figures = measured(work)
    return {**figures, "p@100": round(scores.expected[AT[0]], 4)}


def _write(path: Path, content: Any) -> None:
    with path.open("wb") as file:
        pickle.dump(content, file, protocol=5)


def _read(path: Path) -> Any:
    with path.open("rb") as file:
        return pickle.load(file)


def main() -> None:
    """Measure one phase."""
    name, phase, method, featurizer, params = sys.argv[1:]
    folder = Path(name)
    phases: dict[str, Callable[[], dict[str, float]]] = {
        "corpus": lambda: corpus(folder),
        "features": lambda: features(folder, featurizer),
        "fit": lambda: fit(folder, featurizer, method, json.loads(params)),
        "encode": lambda: encode(folder, featurizer, method),
        "evaluation": lambda: evaluation(folder),
    }
    print(json.dumps(phases[phase]()))


if __name__ == "__main__":
    main()
