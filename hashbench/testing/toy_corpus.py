"""Made-up documents with a structure that every hasher can find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array
from sklearn.preprocessing import normalize

from hashbench.hashing.projection import as_csr

N_CLUSTERS = 4
OWN_WORDS, ANY_WORDS = 20, 8


@dataclass(frozen=True, eq=False)
class PlantedCorpus:
    """Documents that take most words from the vocabulary of their cluster.

    Attributes:
        counts: how often each word occurs, float32 CSR of shape (n, n_features); no document is empty.
        X: tf-idf of them with rows of norm 1, drawn in the form that ``hashbench.hashing`` describes, but for
            arrays that are not read-only.
        clusters: the cluster of each document, int64 of shape (n,), 0 to 3.
    """

    counts: csr_array
    X: Any
    clusters: NDArray[np.int64]

    def __getitem__(self, rows: Any) -> PlantedCorpus:
        return PlantedCorpus(self.counts[rows], self.X[rows], self.clusters[rows])


def planted_corpus(n: int = 400, n_features: int = 160, seed: int = 0) -> PlantedCorpus:
    """Draw documents of 28 words: 20 of a quarter of the vocabulary, their cluster's, and 8 of all of it."""
    rng = np.random.default_rng(seed)
    clusters = rng.integers(N_CLUSTERS, size=n)
    own = rng.integers(n_features // N_CLUSTERS, size=(n, OWN_WORDS)) * N_CLUSTERS + clusters[:, None]
    words = np.hstack([own, rng.integers(n_features, size=(n, ANY_WORDS))])
    rows = np.repeat(np.arange(n), words.shape[1])
    ones = np.ones(words.size, dtype=np.float32)
    counts = as_csr(csr_array((ones, (rows, words.ravel())), shape=(n, n_features)))
    frequencies = np.bincount(counts.indices, minlength=n_features)
    weighted = counts @ diags_array(np.log((1 + n) / (1 + frequencies)) + 1)
    return PlantedCorpus(counts, as_csr(csr_array(normalize(weighted).astype(np.float32))), clusters)
