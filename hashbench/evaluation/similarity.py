"""Ranking by real-valued similarities: the histograms that `precision` needs, without codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.errors import HashbenchError
from hashbench.evaluation.relevance import Relevance


def similarity_histograms(
    similarities: NDArray[np.floating[Any]], first_query: int, levels: Sequence[Relevance], depth: int
) -> NDArray[np.int32]:
    """Count the nearest documents by groups of exactly equal similarity.

    Args:
        similarities: shape (n, n_database), larger is nearer.
        first_query: which query the first row belongs to.
        levels: what makes a document relevant, for each level of labels.
        depth: how many nearest documents to cover.

    Returns:
        int32 array of shape (n, 1 + n_levels, depth): the number of documents in each group, nearest group
        first, then of the relevant ones by each level. Groups wholly beyond ``depth`` are left out.
    """
    place = similarities.shape[1] - depth
    least = np.partition(similarities, place, axis=1)[:, place]
    histograms = np.zeros((len(similarities), 1 + len(levels), depth), dtype=np.int32)
    for row, counts in enumerate(histograms):
        nearest = np.flatnonzero(similarities[row] >= least[row])
        _, group = np.unique(-similarities[row, nearest], return_inverse=True)
        counts[0] = np.bincount(group, minlength=depth)
        for level, counts_relevant in zip(levels, counts[1:], strict=True):
            relevant = level.is_relevant(first_query + row, nearest)
            counts_relevant[:] = np.bincount(group[relevant], minlength=depth)
    return histograms


def as_similarities(block: Any, n_database: int) -> NDArray[np.floating[Any]]:
    """Return a block of similarities as a float array.

    Raises:
        HashbenchError: another shape than (n, n_database), values that are not real numbers, or NaN.
    """
    similarities = np.asarray(block)
    if similarities.ndim != 2 or similarities.shape[1] != n_database:
        raise HashbenchError(
            f"a block of similarities has shape {similarities.shape}; "
            f"yield arrays of shape (n_block, {n_database}), a column per database document"
        )
    if similarities.dtype.kind not in "buif":
        raise HashbenchError(f"similarities have dtype {similarities.dtype}; yield float arrays")
    if similarities.dtype.kind != "f":
        similarities = similarities.astype(np.float64)
    if np.isnan(similarities).any():
        raise HashbenchError("similarities contain NaN; check the embeddings for rows of zeros or NaN")
    return similarities
