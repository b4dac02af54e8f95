"""RaBitQ, by faiss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Self

import numpy as np
from hashbench_methods.equal_memory.faiss_vectors import dense_axes, load_faiss
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from hashbench.errors import HashbenchError
from hashbench.hashing import FitDiagnostics
from hashbench.hashing.projection import Matrix, as_csr, project
from hashbench.hashing.rotation import random_rotation
from hashbench.hashing.state import Stateful
from hashbench.ranges import OneOf, check_parameters

FACTOR_BITS = 64
FEWEST_BITS = 80
BLOCK_ROWS = 64


class RaBitQ(Stateful):
    """RaBitQ (Gao and Long 2024): a bit for each dimension, and two numbers that correct the distance.

    Vectors are reduced to n_bits - 64 principal components and rotated at random. Of a document are kept the
    signs of its rotated vector, less the mean, and two float32 numbers, with which the squared distance to a
    query is estimated without bias (section 3.2). Where there are fewer features than dimensions, zeros fill
    the vector up before the rotation.

    Args:
        n_bits: bits of a document: 64, and a multiple of 8 from 16 on, the number of dimensions.
        query_bits: bits to which a dimension of a query is rounded; 0 for no rounding.
        random_state: seed of the rotation.

    Attributes:
        directions_: what projects a document onto its vector, float32 of shape (n_features, n_bits - 64).
        offset_: projection of the mean, float32 of shape (n_bits - 64,).
        index_: the database as faiss keeps it, serialised, uint8.
        bits_per_document_: bits that faiss stores of a document.
    """

    def __init__(
        self,
        n_bits: int = 96,
        *,
        query_bits: Annotated[int, OneOf(0, 1, 2, 3, 4, 5, 6, 7, 8)] = 8,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.query_bits = query_bits
        self.random_state = random_state

    def fit(self, X: Any) -> Self:
        """Take the database vectors, sparse or dense, shape (n_database, n_features).

        Raises:
            HashbenchError: ``n_bits`` is not of that form, faiss is not installed, or the documents differ in
                too few directions.
        """
        check_parameters(self)
        if self.n_bits < FEWEST_BITS or self.n_bits % 8:
            raise HashbenchError(
                f"n_bits is a multiple of 8 from {FEWEST_BITS} on, since {FACTOR_BITS} bits are the two "
                f"numbers, got {self.n_bits}"
            )
        faiss = load_faiss("rabitq")
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float32)
        length = int(self.n_bits) - FACTOR_BITS
        axes, mean = dense_axes(X, length, length)
        self.fit_diagnostics_ = FitDiagnostics({"dimensions": int(axes.any(axis=0).sum())})
        directions = axes @ random_rotation(length, check_random_state(self.random_state))
        self.directions_ = directions.astype(np.float32, order="C")
        self.offset_ = (mean @ directions).astype(np.float32)
        index = faiss.IndexRaBitQ(length)
        vectors = self._vectors(X)
        index.train(vectors)
        index.add(vectors)
        self.index_ = faiss.serialize_index(index)
        self.bits_per_document_ = 8 * int(index.code_size)
        return self

    def similarities(self, X: Any) -> Iterator[NDArray[np.float32]]:
        """Yield minus the estimated squared distances, float32 blocks of shape (n_block, n_database)."""
        check_is_fitted(self)
        faiss = load_faiss("rabitq")
        vectors = self._vectors(validate_data(self, X, accept_sparse="csr", dtype=np.float32, reset=False))
        index = faiss.deserialize_index(self.index_)
        index.qb = self.query_bits
        everything = float(np.finfo(np.float32).max)
        for start in range(0, len(vectors), BLOCK_ROWS):
            block = vectors[start : start + BLOCK_ROWS]
            _, distances, documents = index.range_search(block, everything)
            order = np.argsort(documents.reshape(len(block), -1), axis=1)
            yield -np.take_along_axis(distances.reshape(len(block), -1), order, axis=1)

    def _vectors(self, X: Matrix) -> NDArray[np.float32]:
        return np.ascontiguousarray(project(as_csr(X), self.directions_) - self.offset_)
