"""Product quantisers: hashers whose codes are indices of centroids, searched by asymmetric distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from hashbench.codes import CENTROIDS
from hashbench.errors import HashbenchError
from hashbench.hashing.base import BLOCK_ROWS, Hasher
from hashbench.hashing.projection import Matrix


class Quantiser(Hasher):
    """A product quantiser: subclasses write ``__init__``, ``_fit`` and ``_embed``.

    A document is a vector of n_books parts, and its code is the index of the nearest centroid of each part,
    in Euclidean distance, the smallest of several. A query is not quantised: its asymmetric distance to a
    document is the sum over the parts of the squared Euclidean distance to the centroid of the document
    (Jegou, Douze and Schmid 2011, "Product quantization for nearest neighbor search", equation 13).

    ``_fit`` sets ``codebooks_``, and ``_embed`` returns the vectors, floats of shape (n, n_books * width).

    Attributes:
        n_bits: bits that are stored of a document, a multiple of log2(n_centroids).
        n_centroids: number of centroids in each book, a power of two from 2 to 256.
        squared: whether distances of parts are squared before they are added up.
        codebooks_: centroids, float32 of shape (n_books, n_centroids, width).
    """

    n_centroids: int = 256
    squared: bool = True
    codebooks_: NDArray[np.float32]

    @property
    def n_books(self) -> int:
        """Number of indices of a document."""
        return int(self.n_bits) // (int(self.n_centroids).bit_length() - 1)

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Return the codes, uint8 indices of centroids, shape (n, n_books)."""
        check_is_fitted(self, "codebooks_")
        return np.concatenate(
            [
                self._distances(values).argmin(axis=2).astype(np.uint8)
                for values in self._embed_blocks(self._validated(X))
            ]
        )

    def query_tables(self, X: Any) -> NDArray[np.float32]:
        """Return the distance of each part of queries to each centroid, (n, n_books, n_centroids)."""
        check_is_fitted(self, "codebooks_")
        blocks = []
        for values in self._embed_blocks(self._validated(X)):
            distances = self._distances(values)
            blocks.append((distances if self.squared else np.sqrt(distances)).astype(np.float32))
        return np.concatenate(blocks)

    @property
    def _n_values(self) -> int:
        n_books, _, width = self.codebooks_.shape
        return int(n_books * width)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.n_centroids not in CENTROIDS:
            raise HashbenchError(
                f"n_centroids is a power of two from {CENTROIDS[0]} to {CENTROIDS[-1]}, "
                f"got {self.n_centroids!r}"
            )
        index_bits = int(self.n_centroids).bit_length() - 1
        if self.n_bits % index_bits:
            raise HashbenchError(
                f"n_bits is a multiple of {index_bits}, the bits of an index of {self.n_centroids} "
                f"centroids, got {self.n_bits}"
            )

    def _find_threshold(self, X: Matrix) -> NDArray[np.float64]:  # noqa: ARG002 - it has no thresholds
        self._n_features_out = self.n_books
        return np.zeros(0)

    def _distances(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return squared distances of the parts of vectors, at most BLOCK_ROWS, to all centroids.

        The matrix products always have the same shape, so that those of a vector do not depend on the others.
        """
        n_books, n_centroids, width = self.codebooks_.shape
        filled = np.zeros((BLOCK_ROWS, n_books, width))
        filled[: len(values)] = values.reshape(len(values), n_books, width)
        distances = np.empty((len(values), n_books, n_centroids))
        for book, centroids in enumerate(self.codebooks_.astype(np.float64)):
            parts = filled[:, book]
            products = (parts @ centroids.T)[: len(values)]
            squares = np.square(parts).sum(axis=1)[: len(values), None]
            distances[:, book] = np.maximum(squares - 2 * products + np.square(centroids).sum(axis=1), 0)
        return distances
