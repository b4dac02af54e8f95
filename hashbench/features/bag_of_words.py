"""What featurizers that see a document as a bag of words share: the vocabulary and the term counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from hashbench.errors import HashbenchError
from hashbench.features.features import Matrix
from hashbench.features.matrices import canonical_csr
from hashbench.features.words import word_counter
from hashbench.ranges import Interval, OneOf, Whole, check_parameters


class BagOfWords(TransformerMixin, BaseEstimator, ABC):
    """A featurizer of term counts: subclasses write ``_weigh`` and, where they learn, ``_fit_weights``.

    The terms of a text are its words, see ``hashbench.features.words``. Where documents come as term counts,
    the limits choose among the columns, and there are no stop words.

    Args:
        max_features: number of terms in the vocabulary, those of the highest counts first and equal ones in
            alphabetical (column) order; None for all.
        min_df: smallest number of training documents that a term occurs in.
        max_df: largest fraction of the training documents that a term occurs in.
        stop_words: "english" for scikit-learn's list, or None.

    Attributes:
        columns_: int64, the columns of the vocabulary among the counts of all terms, in ascending order; the
            terms of texts are in alphabetical order.
        counter_: the fitted ``CountVectorizer`` of the vocabulary; None for term counts.
    """

    max_features: Annotated[int | None, Whole(1)]
    min_df: Annotated[int, Whole(1)]
    max_df: Annotated[float, Interval(0, 1, open_low=True)]
    stop_words: Annotated[str | None, OneOf("english")]

    def __init__(
        self,
        max_features: int | None = 10_000,
        min_df: int = 3,
        max_df: float = 0.8,
        stop_words: str | None = "english",
    ) -> None:
        self.max_features = max_features
        self.min_df = min_df
        self.max_df = max_df
        self.stop_words = stop_words

    def fit(self, documents: Sequence[str] | csr_array, y: Any = None) -> Self:  # noqa: ARG002
        """Choose the vocabulary and learn the weights of its terms.

        Args:
            documents: n texts, or term counts of shape (n, n_all_terms).
            y: not used.

        Raises:
            HashbenchError: a parameter is out of range, no term is left, or the documents are too few for
                the parameters.
        """
        check_parameters(self)
        self.counter_ = None if issparse(documents) else word_counter(self.stop_words)
        counts = canonical_csr(
            documents if self.counter_ is None else self._count_texts(self.counter_, documents), np.float64
        )
        self.columns_ = self._columns_within_limits(counts)
        if self.counter_:
            terms = self.counter_.get_feature_names_out()[self.columns_]
            self.counter_.vocabulary_ = {term: column for column, term in enumerate(terms)}
        self._fit_weights(counts[:, self.columns_])
        return self

    def transform(self, documents: Sequence[str] | csr_array) -> Matrix:
        """Return the vectors, float32 of n rows; a document without a term of the vocabulary is all zeros.

        Args:
            documents: n texts or term counts, as in ``fit``.
        """
        return self._weigh(self.count_terms(documents))

    def count_terms(self, documents: Sequence[str] | csr_array) -> csr_array:
        """Return how often each term occurs in each document, float64 CSR of shape (n, n_terms).

        Args:
            documents: n texts or term counts, as in ``fit``.
        """
        check_is_fitted(self)
        if self.counter_:
            return canonical_csr(self.counter_.transform(documents), np.float64)
        return canonical_csr(documents, np.float64)[:, self.columns_]

    def _fit_weights(self, counts: csr_array) -> None:
        """Learn from the term counts of the training documents, float64 CSR of shape (n, n_terms)."""

    @abstractmethod
    def _weigh(self, counts: csr_array) -> Matrix:
        """Return the float32 vectors of documents, given their term counts, float64 CSR (n, n_terms)."""

    def _columns_within_limits(self, counts: csr_array) -> NDArray[np.int64]:
        n_documents, n_terms = counts.shape
        document_frequency = np.bincount(counts.indices, minlength=n_terms)
        columns = np.flatnonzero(
            (document_frequency >= self.min_df) & (document_frequency <= self.max_df * n_documents)
        )
        if len(columns) == 0:
            raise self._error(
                f"none of {n_terms} terms occurs in at least {self.min_df} and at most "
                f"{self.max_df:.0%} of the {n_documents} training documents; lower min_df or raise max_df"
            )
        totals = counts.sum(axis=0)[columns]
        most_frequent = np.argsort(-totals, kind="stable")[: self.max_features]
        return np.sort(columns[most_frequent])

    def _count_texts(self, counter: CountVectorizer, texts: Any) -> Any:
        try:
            return counter.fit_transform(texts)
        except ValueError as error:
            raise self._error(str(error)) from error

    def _error(self, message: str) -> HashbenchError:
        return HashbenchError(f"featurizer {type(self).__name__.lower()}: {message}")
