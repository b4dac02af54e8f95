"""A tiny corpus that is the same under every version of every library."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from hashbench import Corpus

CLASSES, PER_CLASS = 5, 40


def numbers(seed: int) -> Iterator[int]:
    """Yield the numbers of a linear congruential generator, the same under every version of every library."""
    state = seed
    while True:
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        yield state >> 33


def tiny_corpus() -> Corpus:
    drawn = numbers(2019)
    labels = np.repeat(np.arange(CLASSES), PER_CLASS)
    texts = [
        " ".join(
            [f"topic{label}word{next(drawn) % 15}" for _ in range(6)]
            + [f"common{next(drawn) % 40}" for _ in range(10)]
        )
        for label in labels
    ]
    return Corpus(
        name="tiny",
        texts=texts,
        labels=csr_array(np.eye(CLASSES, dtype=bool)[labels]),
        label_names=tuple(f"topic {label}" for label in range(CLASSES)),
        coarse=np.minimum(labels, 2),
        coarse_names=("a", "b", "c"),
    )
