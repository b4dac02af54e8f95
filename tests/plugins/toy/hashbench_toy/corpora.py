"""Tiny corpora with a known structure."""

import numpy as np
from scipy.sparse import csr_array

from hashbench import Corpus, SplitRecipe

FINE, PER_CLASS = 6, 40


def _texts(seed):
    generator = np.random.default_rng(seed)
    for label in range(FINE):
        own = [f"word{label}x{i}" for i in range(12)]
        shared = [f"group{label // 2}x{i}" for i in range(12)]
        common = [f"common{i}" for i in range(30)]
        for _ in range(PER_CLASS):
            yield " ".join(
                [*generator.choice(own, 5), *generator.choice(shared, 3), *generator.choice(common, 6)]
            )


def planted(seed=0):
    labels = np.repeat(np.arange(FINE), PER_CLASS)
    return Corpus(
        name="toy",
        texts=list(_texts(seed)),
        labels=csr_array(np.eye(FINE, dtype=bool)[labels]),
        label_names=tuple(f"class {label}" for label in range(FINE)),
        coarse=labels // 2,
        coarse_names=("first", "second", "third"),
    )


def several_labels():
    labels = np.repeat(np.arange(FINE), PER_CLASS)
    indicator = np.zeros((len(labels), FINE), dtype=bool)
    indicator[np.arange(len(labels)), labels] = True
    indicator[np.arange(len(labels)), (labels + 1) % FINE] = True
    indicator[::10] = False
    return Corpus(
        name="toy-multi",
        texts=list(_texts(1)),
        labels=csr_array(indicator),
        label_names=tuple(f"class {label}" for label in range(FINE)),
        recipe=SplitRecipe("random"),
    )


def one_class():
    return Corpus(
        name="toy-one-class",
        texts=list(_texts(2)),
        labels=csr_array(np.ones((FINE * PER_CLASS, 1), dtype=bool)),
        label_names=("only",),
    )


def raises():
    raise OSError("the archive is gone")
