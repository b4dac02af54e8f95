"""Iterative quantisation."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from hashbench.hashing import Hasher
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import Matrix, project
from hashbench.hashing.rotation import learn_rotation, random_rotation
from hashbench.ranges import Whole


class ITQ(Hasher):
    """Iterative quantisation: principal components, rotated towards the corners of the hypercube.

    With V the centred documents on their first principal axes P, find the rotation R and the signs B that
    minimise the quantisation error ``||B - V R||^2`` (Gong et al. 2013, equation 2), by updating B and R in
    turn. Bit j is 1 iff ``((x - mean) P R)_j > 0``.

    Args:
        n_bits: length of a code, at most min(n - 1, n_features).
        n_iter: maximum number of iterations; they stop when one lowers the error by less than a millionth.
        random_state: seed of the initial rotation.

    Attributes:
        directions_: P R, float32 of shape (n_features, n_bits).
        offset_: projection of the mean, float32 of shape (n_bits,).
        errors_: quantisation error at the start of each iteration.
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        n_iter: Annotated[int, Whole(0)] = 50,
        random_state: int | RandomState | None = None,
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
