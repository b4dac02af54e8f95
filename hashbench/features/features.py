"""The vectors of a split corpus, as hashers receive them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.split import Split

Matrix = csr_array | NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ExtraInput:
    """Something besides the vectors that hashers are given of the training documents.

    Attributes:
        values: array or CSR, row-aligned with the matrix of the training documents, in the form that
            ``hashbench.hashing`` describes.
        seconds: time it took to compute it.
    """

    values: csr_array | NDArray[Any]
    seconds: float


@dataclass(frozen=True, eq=False)
class Features:
    """Vectors of the training, validation and test documents.

    Documents whose vector is all zeros are left out; ``split`` holds the rows that remain.

    Attributes:
        train: float32 matrix of shape (n_train, n_features), CSR or dense, in the form that
            ``hashbench.hashing`` describes.
        validation: the same for the validation documents.
        test: the same for the test documents.
        split: rows of the corpus behind the rows of the three matrices.
        empty: number of documents left out of each split, by "train", "validation" and "test".
        key: content hash of documents, split, featurizer, its parameters and its source.
        seconds: time it took to compute them, the extra inputs here included.
        inputs: extra inputs for hashers by name, those that were asked for.
    """

    train: Matrix
    validation: Matrix
    test: Matrix
    split: Split
    empty: Mapping[str, int]
    key: str
    seconds: float
    inputs: Mapping[str, csr_array | NDArray[Any]]

    @property
    def matrices(self) -> dict[str, Matrix]:
        """The three matrices by the name of their split."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def with_inputs(self, inputs: Mapping[str, ExtraInput]) -> Features:
        """Return these features with extra inputs."""
        return replace(
            self,
            inputs={name: extra.values for name, extra in inputs.items()},
            seconds=self.seconds + sum(extra.seconds for extra in inputs.values()),
        )
