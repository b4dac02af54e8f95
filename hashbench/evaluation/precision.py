"""Tie-aware precision at N from histograms over distance.

A ranking with ties is a sequence of groups of documents at the same distance. The groups before the cut are
retrieved as a whole, of the group at the cut only some documents. In a random order of that group each of its
documents is as likely to be retrieved as any other, hence the expectation; worst and best place its relevant
documents last or first. McSherry and Najork, "Computing information retrieval performance measures
efficiently in the presence of tied scores", ECIR 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.evaluation.scores import PrecisionAtN

Counts = NDArray[np.integer[Any]]


def precision_at(documents: Counts, relevant: Counts, cutoffs: Sequence[int]) -> list[PrecisionAtN]:
    """Compute the precision of every query at several cut-offs.

    Args:
        documents: number of documents of each group, nearest group first, shape (n_queries, n_groups). Groups
            may be empty. Groups beyond the largest cut-off may be left out.
        relevant: how many of them are relevant, same shape.
        cutoffs: numbers of retrieved documents, each from 1 to the sum of every row of ``documents``.

    Returns:
        The precision at each cut-off.
    """
    retrieved = np.cumsum(documents, axis=1, dtype=np.int64)
    retrieved_relevant = np.cumsum(relevant, axis=1, dtype=np.int64)
    rows = np.arange(len(documents))
    precisions = []
    for n in cutoffs:
        group = (retrieved < n).sum(axis=1)
        tied = documents[rows, group].astype(np.int64)
        tied_relevant = relevant[rows, group].astype(np.int64)
        slots = n - (retrieved[rows, group] - tied)
        certain = retrieved_relevant[rows, group] - tied_relevant
        precisions.append(
            PrecisionAtN(
                # One division of integers, so that one group gives exactly the share of relevant documents.
                expected=(certain * tied + slots * tied_relevant) / (n * tied),
                worst=(certain + np.maximum(0, slots - (tied - tied_relevant))) / n,
                best=(certain + np.minimum(slots, tied_relevant)) / n,
            )
        )
    return precisions
