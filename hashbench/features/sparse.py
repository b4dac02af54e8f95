"""Sparse matrices in the one form that hashers receive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from scipy.sparse import csr_array


def canonical_csr(matrix: Any, dtype: DTypeLike = np.float32) -> csr_array:
    """Return a copy as CSR with sorted indices that stores neither duplicates nor zeros.

    Args:
        matrix: a two-dimensional sparse matrix or array of any format.
        dtype: type of the values.
    """
    copy = csr_array(matrix, dtype=dtype, copy=True)
    copy.sum_duplicates()
    copy.eliminate_zeros()
    return copy
