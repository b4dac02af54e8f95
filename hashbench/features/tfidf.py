"""Sublinear tf-idf vectors."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfTransformer

from hashbench.features.bag_of_words import BagOfWords
from hashbench.features.features import Matrix


class Tfidf(BagOfWords):
    """Rows of tf-idf weights, scaled to Euclidean norm 1, float32 CSR of shape (n, n_kept).

    A word that occurs tf times in a document and in df of the n training documents has the weight
    (1 + ln tf) (1 + ln((1 + n) / (1 + df))) before scaling: the sublinear, smooth variant of scikit-learn.

    Args:
        max_features: see ``BagOfWords``, as the three that follow.
        min_df: smallest number of training documents of a word.
        max_df: largest share of the training documents of a word.
        stop_words: "english" or None.
        sublinear_tf: whether to use 1 + ln tf; otherwise tf itself.

    Attributes:
        weights_: the fitted ``TfidfTransformer``.
    """

    def __init__(
        self,
        max_features: int | None = 10_000,
        min_df: int = 3,
        max_df: float = 0.8,
        stop_words: str | None = "english",
        sublinear_tf: bool = True,
    ) -> None:
        super().__init__(max_features, min_df, max_df, stop_words)
        self.sublinear_tf = sublinear_tf

    def _fit_weights(self, counts: csr_array) -> None:
        self.weights_ = TfidfTransformer(sublinear_tf=self.sublinear_tf).fit(counts)

    def _weigh(self, counts: csr_array) -> Matrix:
        return csr_array(self.weights_.transform(counts), dtype=np.float32)
