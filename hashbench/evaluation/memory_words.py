"""Rows of 64-bit words, compared as wholes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def row_keys(words: NDArray[np.uint64]) -> NDArray[Any]:
    """Return a view of shape (n,) in which equal rows are equal values.

    Viewed as uint64, the keys are the words again.

    Args:
        words: shape (n, n_words), C-contiguous, n_words >= 1.
    """
    n_words = words.shape[1]
    return words.view(np.uint64 if n_words == 1 else np.dtype((np.void, n_words * words.itemsize))).ravel()
