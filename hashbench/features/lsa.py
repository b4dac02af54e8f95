"""Latent semantic analysis: tf-idf vectors on their leading singular directions."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from hashbench.features.tfidf import Tfidf
from hashbench.ranges import Interval, OneOf, Whole

RANK_TOLERANCE = 1e-6


class Lsa(Tfidf):
    """Coordinates of tf-idf vectors on their leading singular directions, float32 of shape (n, n_components).

    The directions are the right singular vectors of the training documents. Lanczos iterations (ARPACK) find
    them: the spectrum of tf-idf falls slowly, and randomised iterations miss the later ones.

    The scale matters to methods whose loss is a sum of squares: on rows of norm 1 the codes of generative
    methods can collapse. Rows therefore have norm 15 by default, about that of BERT's [CLS] vectors.

    Source: Deerwester et al. (1990), Indexing by Latent Semantic Analysis, JASIS 41(6).

    Args:
        max_features: see ``BagOfWords``, as the three that follow.
        min_df: smallest number of training documents of a term.
        max_df: largest fraction of the training documents of a term.
        stop_words: "english" or None.
        sublinear_tf: see ``Tfidf``.
        n_components: number of directions.
        norm: Euclidean norm that rows are scaled to; None leaves them as they are.
        whiten: whether each coordinate is first divided by its root mean square over the training
            documents. That raises the weight of noise.
        seed: seed of the vector that the iterations start from.
        power: see ``Tfidf``.

    Attributes:
        svd_: the fitted ``TruncatedSVD``.
        spread_: root mean squares of the coordinates of the training documents, shape (n_components,).
    """

    def __init__(
        self,
        max_features: int | None = 10_000,
        min_df: int = 3,
        max_df: float = 0.8,
        stop_words: str | None = "english",
        sublinear_tf: bool = True,
        n_components: Annotated[int, Whole(1)] = 256,
        norm: Annotated[float | None, Interval(0, open_low=True)] = 15.0,
        whiten: Annotated[bool, OneOf(True, False)] = False,
        seed: Annotated[int, Whole(0, 2**32 - 1)] = 0,
        power: float = 1.0,
    ) -> None:
        super().__init__(max_features, min_df, max_df, stop_words, sublinear_tf, power)
        self.n_components = n_components
        self.norm = norm
        self.whiten = whiten
        self.seed = seed

    def _fit_weights(self, counts: csr_array) -> None:
        super()._fit_weights(counts)
        n, n_terms = counts.shape
        if self.n_components >= min(n, n_terms):
            raise self._error(
                f"n_components={self.n_components} should be below the number of training documents ({n}) "
                f"and of terms ({n_terms})"
            )
        self.svd_ = TruncatedSVD(self.n_components, algorithm="arpack", random_state=self.seed)
        self.svd_.fit(super()._weigh(counts))
        singular_values = self.svd_.singular_values_
        rank = int((singular_values > RANK_TOLERANCE * singular_values[0]).sum())
        if rank < self.n_components:
            raise self._error(f"the training documents span {rank} directions: lower n_components")
        self.spread_ = singular_values / np.sqrt(n)

    def _weigh(self, counts: csr_array) -> NDArray[np.float32]:
        coordinates = self.svd_.transform(super()._weigh(counts))
        if self.whiten:
            coordinates /= self.spread_
        return coordinates if self.norm is None else normalize(coordinates) * np.float32(self.norm)
