"""Sublinear tf-idf vectors."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from hashbench.features.bag_of_words import BagOfWords
from hashbench.features.features import Matrix
from hashbench.ranges import Interval, OneOf


class Tfidf(BagOfWords):
    """Rows of tf-idf weights, scaled to Euclidean norm 1, float32 CSR of shape (n, n_terms).

    A term that occurs tf times in a document and in df of the n training documents has the weight
    ((1 + ln tf) (1 + ln((1 + n) / (1 + df)))) ** power before scaling. With power 1 that is the sublinear,
    smooth variant of scikit-learn.

    Args:
        max_features: see ``BagOfWords``, as the three that follow.
        min_df: smallest number of training documents of a term.
        max_df: largest fraction of the training documents of a term.
        stop_words: "english" or None.
        sublinear_tf: whether to use 1 + ln tf; otherwise tf itself.
        power: exponent of the weights; above 1, rare and repeated terms count more.

    Attributes:
        weights_: the fitted ``TfidfTransformer``, which does not scale.
    """

    sublinear_tf: Annotated[bool, OneOf(True, False)]
    power: Annotated[float, Interval(0, open_low=True)]

    def __init__(
        self,
        max_features: int | None = 10_000,
        min_df: int = 3,
        max_df: float = 0.8,
        stop_words: str | None = "english",
        sublinear_tf: bool = True,
        power: float = 1.0,
    ) -> None:
        super().__init__(max_features, min_df, max_df, stop_words)
        self.sublinear_tf = sublinear_tf
        self.power = power

    def _fit_weights(self, counts: csr_array) -> None:
        self.weights_ = TfidfTransformer(norm=None, sublinear_tf=self.sublinear_tf).fit(counts)

    def _weigh(self, counts: csr_array) -> Matrix:
        weights = self.weights_.transform(counts)
        weights.data **= self.power
        return csr_array(normalize(weights, copy=False), dtype=np.float32)
