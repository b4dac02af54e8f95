"""Rotations, at random and so that taking signs loses least."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

TOLERANCE = 1e-6


def random_rotation(size: int, rng: RandomState) -> NDArray[np.float64]:
    """Return the orthogonal factor of a Gaussian matrix, shape (size, size)."""
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


def learn_rotation(
    V: NDArray[np.float32], R: NDArray[np.float64], n_iter: int
) -> tuple[NDArray[np.float64], list[float]]:
    """Minimise ``||B - V R||^2`` over signs B and rotations R in turn (Gong et al. 2013, section 3.2).

    Both steps are exact minimisers, so the error never rises.

    Args:
        V: centred documents on their principal axes, float32 of shape (n, n_bits).
        R: rotation to start from, shape (n_bits, n_bits).
        n_iter: most iterations; they end when one lowers the error by less than a millionth.

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
