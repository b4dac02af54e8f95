"""The precision of codes on the validation documents, which selects the epoch that is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.precision import precision_at
from hashbench.evaluation.relevance import relevance

LEAST_N = 10
HEADLINE_N = 100


def selection_depth(n_validation: int, n_train: int) -> int:
    """Return N scaled to the size of the validation set: 100 ``n_validation / n_train``, rounded.

    It is at least 10, and at most the number of other validation documents.
    """
    n = max(LEAST_N, round(HEADLINE_N * n_validation / n_train))
    return min(n, n_validation - 1)


def precision_within(codes: Codes, labels: csr_array, n: int, n_threads: int = 1) -> float:
    """Rank for each document all others by Hamming distance, and return the mean precision at n.

    Ties are resolved by the expectation over all orders of the documents at equal distance.

    Args:
        codes: codes of the documents.
        labels: bool indicator, at least one label a document, shape (n_documents, n_labels).
        n: number of retrieved documents, less than that of documents.
        n_threads: threads to use.
    """
    level = relevance(labels, labels, len(codes), len(codes))
    scan = HammingScanner(codes, codes, [level]).scan(slice(None), n + 1, n_threads=n_threads)
    found = scan.histograms
    found[:, :, 0] -= 1  # the document itself
    return float(precision_at(found[:, 0], found[:, 1], [n])[0].expected.mean())


def labelled_sample(labels: csr_array, most: int, seed: int) -> NDArray[np.int64]:
    """Return the documents that have a label or, where they are more than ``most``, a sample of them."""
    labelled = np.flatnonzero(np.diff(labels.indptr))
    if len(labelled) <= most:
        return labelled
    return np.sort(np.random.default_rng(seed).choice(labelled, most, replace=False))
