"""Documents as vectors of length 1 with their kernel, for binary reconstructive embedding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from hashbench.errors import HashbenchError
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import Matrix, as_csr, mean_row

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

EQUAL = 1e-12
"""A document counts as equal to the mean if its squared distance from it is this share of their norms."""


class PrincipalVectors:
    """Centred documents on their first principal axes, scaled to length 1.

    Args:
        X: all training documents, CSR or dense, shape (n, n_features).
        sample: rows of the documents that are learnt from, shape (n_sample,).
        n_components: number of axes, of which at most min(n - 1, n_features) are used.

    Attributes:
        mean: mean of all documents, float64 of shape (n_features,).
        kernel: inner products of the sample, float64 of shape (n_sample, n_sample).
    """

    def __init__(self, X: Matrix, sample: Indices, n_components: int) -> None:
        pca = centred_pca(X, max(1, min(n_components, X.shape[0] - 1, X.shape[1])))
        self.mean = pca.mean
        self._axes = pca.axes
        self._Z = normalize(pca.project(X[sample]).astype(np.float64))
        self.kernel = self._Z @ self._Z.T

    def distances(self, i: Indices, j: Indices) -> Floats:
        """Return ``1/2 |z_i - z_j|^2`` of pairs of the sample."""
        return 0.5 * np.square(self._Z[i] - self._Z[j]).sum(axis=1)

    def normals(self, anchors: Indices, weights: Floats) -> Floats:
        """Return the normals of hyperplanes for uncentred documents.

        Args:
            anchors: anchors of each bit, as documents of the sample, shape (n_bits, n_anchors).
            weights: their weights, of the same shape.

        Returns:
            float64 of shape (n_features, n_bits). The sign of ``(x - mean) . normal`` is that of the weighted
            sum of the kernels of x with the anchors.
        """
        return self._axes @ np.einsum("bqk,bq->kb", self._Z[anchors], weights)


class CentredVectors:
    """Centred documents, scaled to length 1, without an array of documents x features.

    The arguments except ``n_components``, the attributes and the methods are those of ``PrincipalVectors``.

    Raises:
        HashbenchError: all documents of the sample are equal to the mean.
    """

    def __init__(self, X: Matrix, sample: Indices) -> None:
        self.mean = mean_row(X)
        self._S = as_csr(X[sample]).astype(np.float64)
        with_mean = self._S @ self.mean
        square_of_mean = self.mean @ self.mean
        inner = (self._S @ self._S.T).toarray()
        norms = inner.diagonal() + square_of_mean
        inner += square_of_mean - with_mean[:, None] - with_mean
        squares = np.where(inner.diagonal() > EQUAL * norms, inner.diagonal(), np.inf)
        if np.isinf(squares).all():
            raise HashbenchError(f"all documents of the sample are equal, of n_samples = {X.shape[0]}")
        self._scale = 1 / np.sqrt(squares)
        self.kernel = inner * self._scale * self._scale[:, None]

    def distances(self, i: Indices, j: Indices) -> Floats:
        """Return ``1/2 |z_i - z_j|^2`` of pairs of the sample."""
        squares = self.kernel.diagonal()
        return 0.5 * (squares[i] + squares[j]) - self.kernel[i, j]

    def normals(self, anchors: Indices, weights: Floats) -> Floats:
        """Return the normals of hyperplanes for uncentred documents, shape (n_features, n_bits)."""
        shares = np.zeros((len(self._scale), len(anchors)))
        for bit, (chosen, values) in enumerate(zip(anchors, weights, strict=True)):
            np.add.at(shares[:, bit], chosen, values * self._scale[chosen])
        return self._S.T @ shares - np.outer(self.mean, shares.sum(axis=0))
