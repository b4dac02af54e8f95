"""Topic proportions of latent Dirichlet allocation."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.features.bag_of_words import BagOfWords
from hashbench.progress import track
from hashbench.ranges import Whole


class Lda(BagOfWords):
    """Expected topic proportions of a document, float32 of shape (n, n_topics), summing to 1.

    Variational inference of gensim in one thread. Each document starts from the same draw, so its
    proportions depend on nothing but its terms.

    Sources: Blei, Ng and Jordan (2003), Latent Dirichlet Allocation, JMLR 3; Hoffman, Blei and Bach (2010),
    Online Learning for Latent Dirichlet Allocation, NIPS 23.

    Args:
        max_features: see ``BagOfWords``, as the three that follow.
        min_df: smallest number of training documents of a term.
        max_df: largest fraction of the training documents of a term.
        stop_words: "english" or None.
        n_topics: number of topics.
        passes: times that all training documents are gone through.
        iterations: largest number of variational updates of a document.
        seed: seed of the topics and of the draw that inference starts from.

    Attributes:
        model_: the fitted ``gensim.models.LdaModel``.
    """

    def __init__(
        self,
        max_features: int | None = 10_000,
        min_df: int = 3,
        max_df: float = 0.8,
        stop_words: str | None = "english",
        n_topics: Annotated[int, Whole(1)] = 100,
        passes: Annotated[int, Whole(1)] = 10,
        iterations: Annotated[int, Whole(1)] = 200,
        seed: Annotated[int, Whole(0, 2**32 - 1)] = 0,
    ) -> None:
        super().__init__(max_features, min_df, max_df, stop_words)
        self.n_topics = n_topics
        self.passes = passes
        self.iterations = iterations
        self.seed = seed

    def _fit_weights(self, counts: csr_array) -> None:
        from gensim.matutils import Sparse2Corpus
        from gensim.models import LdaModel

        self.model_ = LdaModel(
            Sparse2Corpus(counts, documents_columns=False),
            num_topics=self.n_topics,
            passes=self.passes,
            iterations=self.iterations,
            eval_every=None,
            random_state=self.seed,
        )

    def _weigh(self, counts: csr_array) -> NDArray[np.float32]:
        proportions = np.zeros((counts.shape[0], self.n_topics), dtype=np.float32)
        filled = np.flatnonzero(np.diff(counts.indptr))
        for row in track(filled, "Inferring topics"):
            terms = slice(counts.indptr[row], counts.indptr[row + 1])
            bag = list(zip(counts.indices[terms], counts.data[terms], strict=True))
            self.model_.random_state = np.random.RandomState(self.seed)
            gamma, _ = self.model_.inference([bag])
            proportions[row] = gamma[0] / gamma[0].sum()
        return proportions
