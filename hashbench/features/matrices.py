"""Matrices in the form in which hashers receive them, see ``hashbench.hashing``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from scipy.sparse import csr_array, issparse

from hashbench.hashing.projection import as_csr


def canonical(matrix: Any, dtype: DTypeLike = np.float32) -> Any:
    """Return a matrix or array as hashers receive it: see ``canonical_csr``, or C-contiguous and read-only.

    Memory is shared with the original where that has the form already.

    Args:
        matrix: a two-dimensional sparse matrix of any format, or an array.
        dtype: type of the values.
    """
    if issparse(matrix):
        return canonical_csr(matrix, dtype)
    return read_only(np.ascontiguousarray(matrix, dtype=dtype))


def canonical_csr(matrix: Any, dtype: DTypeLike = np.float32) -> csr_array:
    """Return a sparse matrix as hashers receive it.

    It is a ``csr_array`` with sorted, unique indices that stores no zeros. ``indices`` and ``indptr`` are
    int32, or int64 where numbers of entries or columns do not fit, and all three arrays are read-only. Memory
    is shared with the original where that has the form already.

    Args:
        matrix: a two-dimensional sparse matrix or array of any format.
        dtype: type of the values.
    """
    tidy = as_csr(csr_array(matrix, dtype=dtype))
    if not tidy.data.all():
        tidy = tidy.copy()
        tidy.eliminate_zeros()
    frozen = read_only(tidy)
    frozen.has_canonical_format = True
    return frozen


def read_only(matrix: Any) -> Any:
    """Return the same array, CSR or CSC matrix in memory that it shares, but cannot write to."""
    if isinstance(matrix, np.ndarray):
        view = matrix.view()
        view.flags.writeable = False
        return view
    arrays = (matrix.data, matrix.indices, matrix.indptr)
    return type(matrix)(tuple(map(read_only, arrays)), shape=matrix.shape)
