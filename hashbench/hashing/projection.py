"""Linear projection of sparse or dense documents, exact enough to be cut into bits, and their mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

Matrix = csr_array | NDArray[np.float32]


def project(X: Matrix, directions: Matrix) -> NDArray[np.floating[Any]]:
    """Return ``X @ directions``, each row computed by itself.

    A BLAS product adds up in an order that depends on the number of rows, which flips bits of values near a
    threshold. Here the terms of a row are added in the order of the features, so the result depends on
    nothing else, and a row gives exactly the same sparse or dense.

    Args:
        X: CSR or dense matrix of shape (n, n_features).
        directions: C-contiguous dense array, or CSR matrix, of shape (n_features, n_directions).

    Returns:
        Dense array of shape (n, n_directions).
    """
    product = as_csr(X) @ directions
    return product.toarray() if issparse(product) else product


def mean_row(X: Matrix) -> NDArray[np.float64]:
    """Return the mean of the rows, summed in float64, shape (n_features,).

    The mean of a float32 sparse matrix is summed in float32 by scipy, whatever dtype is asked for.
    """
    if isinstance(X, np.ndarray):
        return X.mean(axis=0, dtype=np.float64)
    return np.bincount(X.indices, weights=X.data, minlength=X.shape[1]) / X.shape[0]


def as_csr(X: Matrix) -> csr_array:
    """Return a matrix as ``csr_array`` with sorted, unique indices, without changing the original.

    ``indices`` and ``indptr`` are int32, or int64 where numbers of entries or columns do not fit. A dense
    matrix keeps all its entries, zeros included: finding the zeros would take longer than using them.
    """
    if isinstance(X, np.ndarray):
        n, n_features = X.shape
        dtype = _index_dtype(X.size, n_features)
        columns = np.tile(np.arange(n_features, dtype=dtype), n)
        starts = np.arange(n + 1, dtype=dtype) * n_features
        return csr_array((np.ravel(X), columns, starts), shape=X.shape)
    X = csr_array(X)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    dtype = _index_dtype(X.nnz, X.shape[1])
    if X.indices.dtype == X.indptr.dtype == dtype:
        return X
    return csr_array((X.data, X.indices.astype(dtype), X.indptr.astype(dtype)), shape=X.shape)


def _index_dtype(n_entries: int, n_columns: int) -> type[np.int32] | type[np.int64]:
    return np.int32 if max(n_entries, n_columns) <= np.iinfo(np.int32).max else np.int64
