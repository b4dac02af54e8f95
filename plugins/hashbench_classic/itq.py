"""Iterative quantisation."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from hashbench.hashing import Hasher
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import Matrix, project

TOLERANCE = 1e-6


class ITQ(Hasher):
    """Principal components, rotated so that taking signs loses least (Gong et al. 2013).

    With V the documents on their first principal axes P, find the rotation R and the signs B that minimise
    the quantisation error ``||B - V R||^2`` (equation 2). Bit j is 1 iff ``((x - mean) P R)_j > 0``.

    Args:
        n_bits: length of a code, at most min(n - 1, n_features).
        n_iter: most iterations; they end when one lowers the error by less than a millionth.
        random_state: seed of the rotation to start from.

    Attributes:
        directions_: P R, float32 of shape (n_features, n_bits).
        offset_: projection of the mean, float32 of shape (n_bits,).
        errors_: quantisation error at the start of each iteration.
    """

    def __init__(
        self, n_bits: int = 32, *, n_iter: int = 50, random_state: int | RandomState | None = None
    ) -> None:
        self.n_bits = n_bits
        self.n_iter = n_iter
        self.random_state = random_state

    def _fit(self, X: Matrix) -> None:
        pca = centred_pca(X, self.n_bits)
        start = random_rotation(self.n_bits, check_random_state(self.random_state))
        rotation, self.errors_ = learn_rotation(pca.project(X), start, self.n_iter)
        directions = pca.axes @ rotation
        self.directions_ = directions.astype(np.float32)
        self.offset_ = (pca.mean @ directions).astype(np.float32)

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        return project(X, self.directions_) - self.offset_


def random_rotation(size: int, rng: RandomState) -> NDArray[np.float64]:
    """Return the orthogonal factor of a Gaussian matrix, shape (size, size)."""
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


def learn_rotation(
    V: NDArray[np.float32], R: NDArray[np.float64], n_iter: int
) -> tuple[NDArray[np.float64], list[float]]:
    """Minimise ``||B - V R||^2`` over signs B and rotations R in turn (Gong et al. 2013, section 3.2).

    Both steps are exact minimisers, so the error never rises.

    Args:
        V: centred documents on their principal axes, shape (n, n_bits).
        R: rotation to start from, shape (n_bits, n_bits).
        n_iter: most iterations.

    Returns:
        The last rotation, and the error at the start of each iteration.
    """
    fixed_part = V.size + np.square(V).sum(dtype=np.float64)
    errors: list[float] = []
    for _ in range(n_iter):
        rotated = V @ R.astype(V.dtype)
        errors.append(max(0.0, fixed_part - 2 * np.abs(rotated).sum(dtype=np.float64)))
        if len(errors) > 1 and errors[-2] - errors[-1] <= TOLERANCE * errors[-2]:
            break
        B = np.where(rotated < 0, -1, 1).astype(V.dtype)
        U, _, Wt = np.linalg.svd((B.T @ V).astype(np.float64))
        R = (U @ Wt).T
    return R, errors
