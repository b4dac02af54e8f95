"""Paragraph vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from hashbench.errors import HashbenchError
from hashbench.features.words import word_counter
from hashbench.progress import track
from hashbench.ranges import OneOf, Unless, Whole, check_parameters


class Doc2Vec(TransformerMixin, BaseEstimator):
    """Paragraph vectors that predict the words of a document, float32 of shape (n, vector_size).

    gensim's networks, trained in one thread. All vectors, those of training documents as well, are inferred
    with the trained network fixed, and every inference starts from the same vector and the same random
    numbers: the vector of a document depends on nothing but its words, in any process.

    For what a word is, see ``hashbench.features.words``. gensim reads the first 10,000 of a document. A
    document without a known word is all zeros.

    Source: Le and Mikolov (2014), Distributed Representations of Sentences and Documents, ICML.

    Args:
        vector_size: length of a vector.
        algorithm: "dbow", where the vector alone predicts each word, or "dm", where it does so with the
            words around.
        epochs: times that training goes through all documents, and inference through one.
        min_count: smallest number of occurrences of a word in the training documents.
        window: words to each side that "dm" looks at.
        stop_words: "english" for scikit-learn's list, or None.
        seed: seed of training and inference.

    Attributes:
        model_: the fitted ``gensim.models.Doc2Vec``.
    """

    def __init__(
        self,
        vector_size: Annotated[int, Whole(1)] = 256,
        algorithm: Annotated[str, OneOf("dbow", "dm")] = "dbow",
        epochs: Annotated[int, Whole(1)] = 20,
        min_count: Annotated[int, Whole(1)] = 3,
        window: Annotated[int, Whole(1), Unless("algorithm", "dbow")] = 5,
        stop_words: Annotated[str | None, OneOf("english")] = None,
        seed: Annotated[int, Whole(0, 2**32 - 1)] = 0,
    ) -> None:
        self.vector_size = vector_size
        self.algorithm = algorithm
        self.epochs = epochs
        self.min_count = min_count
        self.window = window
        self.stop_words = stop_words
        self.seed = seed

    def fit(self, texts: Sequence[str], y: Any = None) -> Self:  # noqa: ARG002
        """Train the network.

        Args:
            texts: the training documents.
            y: not used.

        Raises:
            HashbenchError: a parameter is out of range, or no word occurs ``min_count`` times.
        """
        from gensim.models import doc2vec

        check_parameters(self)
        self.words_of_ = word_counter(self.stop_words).build_analyzer()
        documents = [
            doc2vec.TaggedDocument(self.words_of_(text), [number]) for number, text in enumerate(texts)
        ]
        self.model_ = doc2vec.Doc2Vec(
            vector_size=self.vector_size,
            dm=int(self.algorithm == "dm"),
            epochs=self.epochs,
            min_count=self.min_count,
            window=self.window,
            workers=1,
            seed=self.seed,
        )
        self.model_.build_vocab(documents)
        if not len(self.model_.wv):
            raise HashbenchError(
                f"featurizer doc2vec: no word occurs {self.min_count} times in the {len(documents)} "
                "training documents; lower min_count"
            )
        self.model_.train(documents, total_examples=len(documents), epochs=self.epochs)
        return self

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors, float32 of shape (n, vector_size).

        Args:
            texts: n documents.
        """
        check_is_fitted(self)
        vectors = np.zeros((len(texts), self.vector_size), dtype=np.float32)
        for row, text in enumerate(track(texts, "Inferring paragraph vectors")):
            words = [word for word in self.words_of_(text) if word in self.model_.wv]
            if words:
                vectors[row] = self._infer(words)
        return vectors

    def _infer(self, words: list[str]) -> NDArray[np.float32]:
        """Return the vector of a document, shape (vector_size,).

        gensim's ``infer_vector`` starts from the salted ``hash`` of the words, and draws on from where the
        last document stopped; apart from that it is the same.
        """
        from gensim.models import doc2vec

        dm = self.algorithm == "dm"
        train = doc2vec.train_document_dm if dm else doc2vec.train_document_dbow
        start = np.random.default_rng(self.seed).random((1, self.vector_size), dtype=np.float32)
        vector = (start - 0.5) / self.vector_size
        # gensim frees buffers that it allocates itself before it is done with them
        buffers = np.zeros((1 + dm, self.model_.layer1_size), dtype=np.float32)
        self.model_.random = np.random.RandomState(self.seed)
        for rate in np.linspace(self.model_.alpha, self.model_.min_alpha, self.epochs):
            train(
                self.model_,
                words,
                [0],
                rate,
                *buffers,
                learn_words=False,
                learn_hidden=False,
                doctag_vectors=vector,
                doctags_lockf=np.ones(1, dtype=np.float32),
            )
        return vector[0]
