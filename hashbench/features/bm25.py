"""BM25 weights of the terms of a document."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from scipy.sparse import csr_array

from hashbench.features.bag_of_words import BagOfWords
from hashbench.ranges import Interval, Unless


class Bm25(BagOfWords):
    """Rows of BM25 weights, not scaled, float32 CSR of shape (n, n_terms).

    A term that occurs tf times in a document of length l and in df of the n training documents has the weight
    idf tf (k1 + 1) / (tf + k1 (1 - b + b l / mean l)) with idf = ln(1 + (n - df + 1/2) / (df + 1/2)), so that
    the BM25 score of a document for a query is the sum of the weights of the query's terms. A length is the
    number of terms of the vocabulary. The 1 in the idf, as in Lucene, keeps the weights of frequent terms
    above zero.

    Source: Robertson and Zaragoza (2009), The Probabilistic Relevance Framework: BM25 and Beyond,
    Foundations and Trends in Information Retrieval 3(4), section 3.

    Args:
        max_features: see ``BagOfWords``, as the three that follow.
        min_df: smallest number of training documents of a term.
        max_df: largest fraction of the training documents of a term.
        stop_words: "english" or None.
        k1: how slowly the weight saturates as a term is repeated; 0 ignores repetition.
        b: how much long documents are marked down, 0 to 1.

    Attributes:
        idf_: float64 of shape (n_terms,).
        mean_length_: mean length of a training document.
    """

    def __init__(
        self,
        max_features: int | None = 10_000,
        min_df: int = 3,
        max_df: float = 0.8,
        stop_words: str | None = "english",
        k1: Annotated[float, Interval(0)] = 1.2,
        b: Annotated[float, Interval(0, 1), Unless("k1", 0)] = 0.75,
    ) -> None:
        super().__init__(max_features, min_df, max_df, stop_words)
        self.k1 = k1
        self.b = b

    def _fit_weights(self, counts: csr_array) -> None:
        n, n_terms = counts.shape
        document_frequency = np.bincount(counts.indices, minlength=n_terms)
        self.idf_ = np.log1p((n - document_frequency + 0.5) / (document_frequency + 0.5))
        self.mean_length_ = float(counts.sum() / n)

    def _weigh(self, counts: csr_array) -> csr_array:
        lengths = np.repeat(counts.sum(axis=1), np.diff(counts.indptr))
        damping = self.k1 * (1 - self.b + self.b * lengths / self.mean_length_)
        weights = self.idf_[counts.indices] * counts.data * (self.k1 + 1) / (counts.data + damping)
        return csr_array((weights.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)
