"""Vectors that were published in place of documents."""

from __future__ import annotations

from typing import Any, Self

from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin

from hashbench.features.matrices import canonical_csr


class Given(TransformerMixin, BaseEstimator):
    """The vectors of the corpus, neither weighted nor scaled."""

    def fit(self, documents: csr_array, y: Any = None) -> Self:  # noqa: ARG002
        """Do nothing.

        Args:
            documents: vectors, CSR of shape (n, n_features).
            y: not used.
        """
        return self

    def transform(self, documents: csr_array) -> csr_array:
        """Return the vectors as float32 CSR of shape (n, n_features).

        Args:
            documents: as in ``fit``.
        """
        return canonical_csr(documents)
