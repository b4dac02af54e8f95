"""Bits that are single dimensions of the features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hashbench.errors import HashbenchError
from hashbench.hashing import Hasher
from hashbench.hashing.projection import Matrix, as_csr, mean_row


class _Dimensions(Hasher):
    """Bits cut from single dimensions; subclasses choose which.

    Attributes:
        dimensions_: indices of the dimensions, int64 of shape (n_bits,).
    """

    dimensions_: NDArray[np.int64]

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        chosen = X[:, self.dimensions_]
        return np.ascontiguousarray(chosen if isinstance(chosen, np.ndarray) else chosen.toarray())

    def _refuse_too_few(self, n_features: int) -> None:
        if n_features < self.n_bits:
            raise HashbenchError(
                f"{self.n_bits} bits need as many features, got n_features = {n_features}: use fewer bits"
            )


class Sign(_Dimensions):
    """Sign of single dimensions: bit j is 1 iff x_d > 0, for d of the n_bits dimensions of largest variance.

    The dimensions are not centred. Of term weights, which are never negative, a bit says whether the document
    has the term.

    Args:
        n_bits: length of a code, at most n_features. The code of fewer bits is the beginning of the code of
            more bits.

    Attributes:
        dimensions_: the dimensions, by falling variance over the training documents, int64 (n_bits,).
    """

    def __init__(self, n_bits: int = 32) -> None:
        self.n_bits = n_bits

    def _fit(self, X: Matrix) -> None:
        self._refuse_too_few(X.shape[1])
        self.dimensions_ = np.argsort(-variances(X), kind="stable")[: self.n_bits]


class Median(Sign):
    """As ``Sign``, but cut at the medians over the training documents instead of 0.

    Where more than half of the documents have the same value in a dimension, the cut is beside it, see
    ``hashbench.hashing.thresholds``.

    Args:
        n_bits: length of a code, at most n_features. The code of fewer bits is the beginning of the code of
            more bits.

    Attributes:
        dimensions_: the dimensions, by falling variance over the training documents, int64 (n_bits,).
    """

    threshold = "median"


class TruncateSign(_Dimensions):
    """Signs of the first dimensions: bit j is 1 iff x_j > 0.

    It is meant for embeddings that are trained so that their first dimensions are an embedding themselves
    (Kusupati et al. 2022).

    Args:
        n_bits: length of a code, at most n_features. The code of fewer bits is the beginning of the code of
            more bits.

    Attributes:
        dimensions_: 0 to n_bits - 1, int64 (n_bits,).
    """

    def __init__(self, n_bits: int = 32) -> None:
        self.n_bits = n_bits

    def _fit(self, X: Matrix) -> None:
        self._refuse_too_few(X.shape[1])
        self.dimensions_ = np.arange(self.n_bits)


def variances(X: Matrix) -> NDArray[np.float64]:
    """Return the variance of each column, float64 of shape (n_features,)."""
    mean = mean_row(X)
    if isinstance(X, np.ndarray):
        return np.einsum("ij,ij->j", X, X, dtype=np.float64) / X.shape[0] - mean**2
    entries = as_csr(X)
    squares = np.square(entries.data, dtype=np.float64)
    return np.bincount(entries.indices, squares, minlength=X.shape[1]) / X.shape[0] - mean**2
