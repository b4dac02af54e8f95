"""faiss, which is an optional dependency, and the dense vectors that it is given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.errors import HashbenchError
from hashbench.hashing.pca import PrincipalAxes, centred_pca
from hashbench.hashing.projection import Matrix, mean_row

Floats = NDArray[np.floating[Any]]
MOST_FEATURES = 4096
"""Up to this number of features vectors are quantised as they are."""


def load_faiss(method: str) -> Any:
    """Import faiss.

    Raises:
        HashbenchError: it is not installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise HashbenchError(
            f"method {method} needs faiss, which is not installed: pip install 'hashbench[faiss]'"
        ) from error
    return faiss


def dense_axes(X: Matrix, n_components: int, width: int) -> tuple[Floats, Floats]:
    """Return axes on which documents become dense vectors, and the mean of the documents.

    Args:
        X: training documents, CSR or dense of shape (n, n_features).
        n_components: number of principal components; half as many, or a quarter and so on, where the
            documents differ in fewer directions. With 0, or no fewer than features, the features themselves
            are taken.
        width: length of the vectors is a multiple of it; what is missing are zeros.

    Returns:
        Axes, float64 of shape (n_features, length), and the mean, float64 of shape (n_features,).

    Raises:
        HashbenchError: features of over 4,096 dimensions are to be taken themselves, or all documents are
            equal.
    """
    n, n_features = X.shape
    if 0 < n_components < n_features:
        pca = _components(X, max(1, min(n_components, n - 1)))
        axes, mean = pca.axes, pca.mean
    elif n_features > MOST_FEATURES:
        raise HashbenchError(
            f"n_features = {n_features} are not quantised as they are, only up to {MOST_FEATURES}: "
            "set n_components to fewer dimensions, or choose features such as lsa"
        )
    else:
        axes, mean = np.eye(n_features), mean_row(X)
    return np.pad(axes, ((0, 0), (0, -axes.shape[1] % width))), mean


def _components(X: Matrix, n_components: int) -> PrincipalAxes:
    try:
        return centred_pca(X, n_components)
    except HashbenchError:
        if n_components == 1:
            raise
        return _components(X, n_components // 2)
