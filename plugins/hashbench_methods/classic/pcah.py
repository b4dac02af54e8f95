"""Principal component hashing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hashbench.hashing import Hasher
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import Matrix, project


class PCAH(Hasher):
    """Principal component hashing: with P the first principal axes, bit j is 1 iff ``((x - mean) P)_j > 0``.

    It is the unsupervised case of Wang, Kumar and Chang (2012).

    Args:
        n_bits: length of a code, at most min(n - 1, n_features). The code of fewer bits is the beginning of
            the code of more bits.

    Attributes:
        directions_: P, float32 of shape (n_features, n_bits).
        offset_: projection of the mean, float32 of shape (n_bits,).
    """

    def __init__(self, n_bits: int = 32) -> None:
        self.n_bits = n_bits

    def _fit(self, X: Matrix) -> None:
        pca = centred_pca(X, self.n_bits)
        self.directions_ = pca.axes.astype(np.float32, order="C")
        self.offset_ = (pca.mean @ pca.axes).astype(np.float32)

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        return project(X, self.directions_) - self.offset_
