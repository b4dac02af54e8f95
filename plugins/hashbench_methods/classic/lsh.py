"""Locality-sensitive hashing with random hyperplanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.utils import check_random_state

from hashbench.hashing import Hasher
from hashbench.hashing.projection import Matrix, mean_row, project
from hashbench.ranges import OneOf


class LSH(Hasher):
    """Random hyperplanes: bit j is 1 iff ``x . r_j > 0``, for random directions r_j.

    With Gaussian directions two documents at angle t agree on a bit with probability 1 - t / pi
    (Charikar 2002, section 3), so that the Hamming distance estimates the angle. Nothing is learnt.

    Args:
        n_bits: length of a code.
        projection: distribution of the entries of a direction. "gaussian": standard normal. "rademacher": -1
            and 1 (Achlioptas 2003). "sparse": with s the square root of the number of features, sqrt(s) and
            -sqrt(s) with probability 1 / 2s each, else 0 (Li, Hastie and Church 2006). It needs least memory,
            but a document that has no feature in common with a direction has bit 0 there.
        center: subtract the mean of the training documents first.
        threshold: "zero", or "median" of the training documents.
        random_state: seed. The code of fewer bits is the beginning of the code of more bits.

    Attributes:
        hyperplanes_: one column per direction, float32 of shape (n_features, n_bits), CSR for "sparse".
        offset_: projection of what is subtracted, float32 of shape (n_bits,).
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        projection: Annotated[str, OneOf("gaussian", "rademacher", "sparse")] = "gaussian",
        center: Annotated[bool, OneOf(False, True)] = False,
        threshold: Annotated[str, OneOf("zero", "median")] = "zero",
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.projection = projection
        self.center = center
        self.threshold = threshold
        self.random_state = random_state

    def _fit(self, X: Matrix) -> None:
        n_features = X.shape[1]
        rng = check_random_state(self.random_state)
        mean = mean_row(X) if self.center else np.zeros(n_features)
        self.hyperplanes_ = random_hyperplanes(self.projection, n_features, self.n_bits, rng)
        self.offset_ = mean.astype(np.float32) @ self.hyperplanes_

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        return project(X, self.hyperplanes_) - self.offset_


def random_hyperplanes(projection: str, n_features: int, n_bits: int, rng: RandomState) -> Matrix:
    """Draw directions one by one, so that the first ones do not depend on how many are drawn.

    Args:
        projection: see ``LSH``.
        n_features: length of a direction.
        n_bits: number of directions.
        rng: source of randomness.

    Returns:
        float32 matrix of shape (n_features, n_bits), one column per direction; CSR for "sparse", else dense.
    """
    if projection == "sparse":
        directions = [_sparse_direction(n_features, rng) for _ in range(n_bits)]
        return csr_array(vstack(directions).T)
    hyperplanes = np.empty((n_features, n_bits), dtype=np.float32)
    for bit in range(n_bits):
        hyperplanes[:, bit] = DENSE_DIRECTIONS[projection](n_features, rng)
    return hyperplanes


def _gaussian_direction(n_features: int, rng: RandomState) -> NDArray[np.floating[Any]]:
    return rng.standard_normal(n_features)


def _rademacher_direction(n_features: int, rng: RandomState) -> NDArray[np.floating[Any]]:
    return 2.0 * rng.randint(2, size=n_features) - 1


def _sparse_direction(n_features: int, rng: RandomState) -> csr_array:
    s = np.sqrt(n_features)
    uniform = rng.random_sample(n_features)
    columns = np.flatnonzero(uniform < 1 / s)
    values = np.where(uniform[columns] < 0.5 / s, np.sqrt(s), -np.sqrt(s)).astype(np.float32)
    return csr_array((values, columns, [0, len(columns)]), shape=(1, n_features))


DENSE_DIRECTIONS: dict[str, Callable[[int, RandomState], NDArray[np.floating[Any]]]] = {
    "gaussian": _gaussian_direction,
    "rademacher": _rademacher_direction,
}
