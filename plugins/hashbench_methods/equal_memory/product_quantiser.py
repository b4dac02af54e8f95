"""Product quantisation, plain and after a learnt rotation, trained by faiss."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from hashbench_methods.equal_memory.faiss_vectors import Floats, dense_axes, load_faiss
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from hashbench.codes import CENTROIDS
from hashbench.errors import HashbenchError
from hashbench.hashing import FitDiagnostics, Quantiser
from hashbench.hashing.projection import Matrix, project
from hashbench.hashing.rotation import random_rotation
from hashbench.ranges import OneOf, Whole


class PQ(Quantiser):
    """Product quantisation (Jegou, Douze and Schmid 2011).

    The vector is cut into n_books parts of equal length, and a book of centroids is learnt for each by
    k-means (equation 8). A document is the index of the nearest centroid of each part; queries are compared
    by asymmetric distance (equation 13).

    Sparse features are reduced to principal components first. These differ in variance, and a random rotation
    evens them out, so that the books have about equal work (Jegou, Douze, Schmid and Perez 2010, section 4).

    Args:
        n_bits: bits of a document: the number of books times log2(n_centroids).
        n_centroids: number of centroids in each book.
        n_components: number of principal components; 0 takes the features themselves, up to 4,096.
        rotate: rotate the vectors at random.
        random_state: seed of the rotation and of k-means.

    Attributes:
        directions_: what projects a document onto its vector, float32 of shape (n_features, length).
        offset_: projection of the mean, float32 of shape (length,).
        codebooks_: centroids, float32 of shape (n_books, n_centroids, length / n_books).
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        n_centroids: Annotated[int, OneOf(*CENTROIDS)] = 256,
        n_components: Annotated[int, Whole(0)] = 128,
        rotate: Annotated[bool, OneOf(False, True)] = True,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.n_centroids = n_centroids
        self.n_components = n_components
        self.rotate = rotate
        self.random_state = random_state

    def _fit(self, X: Matrix) -> None:
        faiss = load_faiss("pq")
        rng = check_random_state(self.random_state)
        axes, mean = dense_axes(X, self.n_components, self.n_books)
        self.fit_diagnostics_ = FitDiagnostics({"dimensions": int(axes.any(axis=0).sum())})
        if self.rotate:
            axes = axes @ random_rotation(axes.shape[1], rng)
        self._set_directions(axes, mean)
        self._learn_books(faiss, self._embed(X), seed(rng))

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        return project(X, self.directions_) - self.offset_

    def _set_directions(self, axes: Floats, mean: Floats) -> None:
        self.directions_ = axes.astype(np.float32, order="C")
        self.offset_ = (mean @ axes).astype(np.float32)

    def _learn_books(self, faiss: Any, vectors: NDArray[np.float32], kmeans_seed: int) -> None:
        quantiser = self._new_quantiser(faiss, vectors, kmeans_seed)
        quantiser.train(vectors)
        centroids = faiss.vector_to_array(quantiser.centroids)
        self.codebooks_ = centroids.reshape(self.n_books, self.n_centroids, -1)

    def _new_quantiser(self, faiss: Any, vectors: NDArray[np.float32], kmeans_seed: int) -> Any:
        if len(vectors) < self.n_centroids:
            raise HashbenchError(
                f"books of {self.n_centroids} centroids need as many documents, got n_samples = "
                f"{len(vectors)}: set n_centroids to fewer"
            )
        index_bits = self.n_centroids.bit_length() - 1
        quantiser = faiss.ProductQuantizer(vectors.shape[1], self.n_books, index_bits)
        quantiser.cp.seed = kmeans_seed
        quantiser.cp.min_points_per_centroid = 1
        return quantiser


class OPQ(PQ):
    """Optimised product quantisation (Ge, He, Ke and Sun 2014), without a parametric model.

    As ``PQ``, but the rotation R is learnt: R and the books minimise the quantisation error (equation 4), by
    updating the books and R in turn (section 3.1).

    Args:
        n_bits: bits of a document: the number of books times log2(n_centroids).
        n_centroids: number of centroids in each book.
        n_components: number of principal components; 0 takes the features themselves, up to 4,096.
        n_iter: how often the rotation is updated.
        random_state: seed of k-means. The rotation that is learnt starts from one that is always the same.
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        n_centroids: Annotated[int, OneOf(*CENTROIDS)] = 256,
        n_components: Annotated[int, Whole(0)] = 128,
        n_iter: Annotated[int, Whole(1)] = 50,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.n_centroids = n_centroids
        self.n_components = n_components
        self.n_iter = n_iter
        self.random_state = random_state

    def _fit(self, X: Matrix) -> None:
        faiss = load_faiss("opq")
        rng = check_random_state(self.random_state)
        axes, mean = dense_axes(X, self.n_components, self.n_books)
        self.fit_diagnostics_ = FitDiagnostics({"dimensions": int(axes.any(axis=0).sum())})
        self._set_directions(axes, mean)
        vectors = self._embed(X)
        length = vectors.shape[1]
        learner = faiss.OPQMatrix(length, self.n_books)
        learner.niter = self.n_iter
        inner = self._new_quantiser(faiss, vectors, seed(rng))
        learner.pq = inner
        learner.train(vectors)
        rotation = faiss.vector_to_array(learner.A).reshape(length, length).T
        self._set_directions(axes @ rotation, mean)
        self._learn_books(faiss, self._embed(X), seed(rng))


def seed(rng: RandomState) -> int:
    """Draw a seed for faiss."""
    return int(rng.randint(2**31 - 1))
