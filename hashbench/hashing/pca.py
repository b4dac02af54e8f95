"""Principal component analysis of sparse or dense documents, centred without building the centred matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import issparse
from scipy.sparse.linalg import LinearOperator, svds

from hashbench.errors import HashbenchError
from hashbench.hashing.projection import Matrix, mean_row, project

Floats = NDArray[np.floating[Any]]

RANK_TOLERANCE = 1e-6
SCATTER_FEATURES = 1024
BLOCK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """Directions in which documents differ most.

    All arrays are float64.

    Attributes:
        mean: mean of the documents, shape (n_features,).
        axes: orthonormal columns, by falling singular value, shape (n_features, n_components).
            The entry of largest absolute value of a column is positive.
        singular_values: singular values of the centred documents, shape (n_components,).
    """

    mean: Floats
    axes: Floats
    singular_values: Floats

    def project(self, X: Matrix) -> NDArray[np.float32]:
        """Return the coordinates of centred documents, float32 of shape (n, n_components)."""
        origin = (self.mean @ self.axes).astype(np.float32)
        return project(X, self.axes.astype(np.float32)) - origin


def centred_pca(X: Matrix, n_components: int) -> PrincipalAxes:
    """Compute the leading principal axes; the same documents give the same axes, signs included.

    Many features: Lanczos iterations (ARPACK) on ``v -> X v - 1 (mean . v)``, which keeps X sparse.
    Randomised subspace iteration takes two thirds of the time, but on tf-idf, whose spectrum falls slowly, it
    misses the later axes. Few features: eigenvectors of the scatter matrix.

    Args:
        X: CSR or dense matrix of shape (n, n_features).
        n_components: number of axes, at most min(n - 1, n_features).

    Raises:
        HashbenchError: too few documents or features, or documents that do not differ in so many directions.
            Singular values below 1e-6 of the first count as zero.
    """
    n, n_features = X.shape
    if n_components > min(n - 1, n_features):
        raise HashbenchError(
            f"{n_components} principal components need at least {n_components + 1} documents and "
            f"{n_components} features, got n_samples = {n}, n_features = {n_features}: use fewer bits"
        )
    mean = mean_row(X)
    if _relative_spread(X, mean) <= RANK_TOLERANCE:
        raise HashbenchError(f"the {n} documents are equal, they have no principal components")
    few_features = n_features <= max(SCATTER_FEATURES, 2 * n_components)
    solve = _from_scatter if few_features else _from_operator
    singular_values, axes = solve(X, mean, n_components)
    rank = int((singular_values > RANK_TOLERANCE * singular_values[0]).sum())
    if rank < n_components:
        raise HashbenchError(
            f"the {n} documents differ in {rank} directions, too few for {n_components} principal axes: "
            "use fewer bits"
        )
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, np.arange(n_components)])
    return PrincipalAxes(mean, axes, singular_values)


def _relative_spread(X: Matrix, mean: Floats) -> float:
    """Return the norm of the centred documents relative to that of the documents."""
    values = X.data if issparse(X) else X.ravel(order="K")
    squares = float(np.einsum("i,i->", values, values, dtype=np.float64))
    return float(np.sqrt(max(0.0, 1 - X.shape[0] * (mean @ mean) / squares))) if squares else 0.0


def _from_scatter(X: Matrix, mean: Floats, n_components: int) -> tuple[Floats, Floats]:
    n, n_features = X.shape
    scatter = np.zeros((n_features, n_features))
    for start in range(0, n, BLOCK_ROWS):
        block = X[start : start + BLOCK_ROWS]
        centred = (block.toarray() if issparse(block) else block) - mean
        scatter += centred.T @ centred
    values, axes = eigh(scatter, subset_by_index=(n_features - n_components, n_features - 1))
    return np.sqrt(np.maximum(values[::-1], 0)), axes[:, ::-1]


def _from_operator(X: Matrix, mean: Floats, n_components: int) -> tuple[Floats, Floats]:
    X = X.astype(np.float64)

    def forward(v: Floats) -> Floats:
        return X @ v - mean @ v

    def backward(u: Floats) -> Floats:
        return X.T @ u - np.multiply.outer(mean, u.sum(axis=0))

    centred = LinearOperator(
        X.shape, matvec=forward, rmatvec=backward, matmat=forward, rmatmat=backward, dtype=np.float64
    )
    start = np.random.default_rng(0).uniform(-1, 1, size=min(X.shape))
    _, values, axes = svds(centred, k=n_components, v0=start)
    order = np.argsort(-values)
    return values[order], axes[order].T
