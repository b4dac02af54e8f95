"""Thresholds that turn real values into bits: a bit is 1 where the value is greater than its threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

THRESHOLD_RULES = ("zero", "median")


def median_threshold(embedding: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the thresholds that split the training documents most evenly, bit by bit.

    A threshold lies midway between two neighbouring distinct values, so that no training value sits on it and
    rounding cannot flip a bit. Distinct values of n documents give n // 2 ones. Where the median is repeated,
    the cut goes above or below its group, whichever is more even, above if both are. A constant column has no
    cut: its value becomes the threshold and all bits are 0.

    Args:
        embedding: finite values of the training documents, shape (n, n_bits), n > 0.

    Returns:
        float64 array of shape (n_bits,).
    """
    return np.array([_even_cut(column) for column in embedding.T], dtype=np.float64)


def _even_cut(values: NDArray[np.floating[Any]]) -> float:
    rank = (len(values) - 1) // 2
    median = np.partition(values, rank)[rank]
    below, above = values[values < median], values[values > median]
    if len(below) > len(above):
        low, high = float(below.max()), float(median)
    elif len(above):
        low, high = float(median), float(above.min())
    else:
        return float(median)
    cut = low + (high - low) / 2
    return cut if cut < high else low
