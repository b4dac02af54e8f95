"""Signs of randomly rotated principal components."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from hashbench.hashing import Hasher
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import Matrix, project
from hashbench.hashing.rotation import random_rotation


class PCASign(Hasher):
    """With P the first principal axes and R a random rotation, bit j is 1 iff ``((x - mean) P R)_j > 0``.

    The rotation spreads the variance evenly over the bits. It is the baseline PCA-RR of Gong et al. (2013).

    Args:
        n_bits: length of a code, at most min(n - 1, n_features).
        random_state: seed of the rotation.

    Attributes:
        directions_: P R, float32 of shape (n_features, n_bits).
        offset_: projection of the mean, float32 of shape (n_bits,).
    """

    def __init__(self, n_bits: int = 32, *, random_state: int | RandomState | None = None) -> None:
        self.n_bits = n_bits
        self.random_state = random_state

    def _fit(self, X: Matrix) -> None:
        pca = centred_pca(X, self.n_bits)
        directions = pca.axes @ random_rotation(self.n_bits, check_random_state(self.random_state))
        self.directions_ = directions.astype(np.float32)
        self.offset_ = (pca.mean @ directions).astype(np.float32)

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        return project(X, self.directions_) - self.offset_
