"""Self-taught hashing."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, issparse, safely_cast_index_arrays
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.svm import LinearSVC

from hashbench.errors import HashbenchError
from hashbench.hashing import Hasher
from hashbench.hashing.nearest import nearest_by_cosine
from hashbench.hashing.projection import Matrix, project
from hashbench.hashing.thresholds import median_threshold
from hashbench.progress import track

Floats = NDArray[np.floating[Any]]

WEIGHTS = ("cosine", "binary")
CHANCE = 0.55
"""Training accuracy up to which a classifier counts as guessing."""


class STH(Hasher):
    """Spectral bits of the training documents, predicted by linear classifiers (Zhang et al. 2010).

    First, bits of the training documents alone: the eigenvectors of smallest eigenvalue of the normalised
    Laplacian of their neighbour graph, cut at their medians. Second, a linear support vector machine a bit
    learns to tell from the words of a document which side it is on, and so encodes any document: bit j is 1
    iff ``x . w_j + b_j > 0``.

    The eigenvectors are those of the largest connected component of the graph, since eigenvectors of the
    whole would spend bits on telling the components apart.

    The paper gives the documents of the database their spectral bits. Here ``transform``, and with it
    ``fit_transform``, encodes every document by the classifiers, so that a code depends on nothing but its
    document; the spectral bits are in ``codes_``. Nothing is drawn at random.

    Args:
        n_bits: length of a code, less than the number of documents in the largest component.
        n_neighbors: neighbours of a document in the graph, by cosine. An edge joins two documents where one
            is a neighbour of the other and their cosine is positive.
        weight: weight of an edge. "cosine": that of its documents. "binary": 1.
        C: inverse strength of the regularisation of the classifiers.

    Attributes:
        codes_: codes of the training documents, uint8 of shape (n, n_bits): spectral bits in the largest
            component, predicted ones outside.
        eigenvalues_: of the Laplacian, a bit each, ascending, 0 to 2, float64 of shape (n_bits,).
        accuracies_: share of the largest component whose spectral bit is predicted, shape (n_bits,).
        directions_: weights of the classifiers, float32 of shape (n_features, n_bits).
        intercept_: their intercepts, float32 of shape (n_bits,).
    """

    def __init__(
        self, n_bits: int = 32, *, n_neighbors: int = 25, weight: str = "cosine", C: float = 1.0
    ) -> None:
        self.n_bits = n_bits
        self.n_neighbors = n_neighbors
        self.weight = weight
        self.C = C

    def _fit(self, X: Matrix) -> None:
        graph = neighbour_graph(X, self.n_neighbors, self.weight)
        inside = largest_component(graph)
        size = int(inside.sum())
        if size <= self.n_bits:
            raise HashbenchError(
                f"n_bits = {self.n_bits} needs more than {self.n_bits} documents connected by neighbours, "
                f"the largest group has {size} of n_samples = {X.shape[0]}: use fewer bits or "
                "raise n_neighbors"
            )
        self.eigenvalues_, eigenmap = laplacian_eigenmap(graph[inside][:, inside], self.n_bits)
        bits = (eigenmap > median_threshold(eigenmap)).view(np.uint8)
        self.directions_, self.intercept_ = train_classifiers(X[inside], bits, self.C)
        self.codes_ = (self._embed(X) > 0).view(np.uint8)
        self.accuracies_ = (self.codes_[inside] == bits).mean(axis=0)
        self.codes_[inside] = bits
        self._warn_of_guesses()

    def _embed(self, X: Matrix) -> NDArray[np.floating[Any]]:
        return project(X, self.directions_) + self.intercept_

    def _warn_of_guesses(self) -> None:
        guessed = np.flatnonzero(self.accuracies_ <= CHANCE)
        if len(guessed):
            warnings.warn(
                f"the classifiers of {len(guessed)} of {self.n_bits} bits predict their training documents "
                f"hardly better than chance (the first is bit {guessed[0]}): their eigenvectors vary "
                "in a few documents alone, raising n_neighbors may help",
                stacklevel=4,
            )


def neighbour_graph(X: Matrix, n_neighbors: int, weight: str) -> csr_array:
    """Return the symmetric graph that joins each document to its neighbours of positive cosine.

    Args:
        X: documents, CSR or dense, shape (n, n_features).
        n_neighbors: neighbours that each document chooses.
        weight: "cosine" or "binary".

    Returns:
        float64 of shape (n, n), at most 2 n_neighbors n non-zeros, none on the diagonal.

    Raises:
        HashbenchError: ``n_neighbors`` or ``weight`` is out of range.
    """
    if not isinstance(n_neighbors, Integral) or n_neighbors < 1:
        raise HashbenchError(f"n_neighbors is a whole number from 1 on, got {n_neighbors!r}")
    if weight not in WEIGHTS:
        raise HashbenchError(f"weight is one of {', '.join(WEIGHTS)}, got {weight!r}")
    neighbours, cosines = nearest_by_cosine(X, int(n_neighbors))
    documents, places = np.nonzero(cosines > 0)
    ends = documents, neighbours[documents, places]
    values = cosines[documents, places].astype(np.float64)
    edges = values if weight == "cosine" else np.ones_like(values)
    chosen = csr_array((edges, ends), shape=(X.shape[0], X.shape[0]))
    return csr_array(chosen.maximum(chosen.T))


def largest_component(graph: csr_array) -> NDArray[np.bool_]:
    """Return which documents are in the largest connected component, the first of equal ones."""
    _, component = connected_components(graph, directed=False)
    return component == np.bincount(component).argmax()


def laplacian_eigenmap(graph: csr_array, n_components: int) -> tuple[Floats, Floats]:
    """Solve ``L y = lambda D y`` for the smallest eigenvalues but that of constant y.

    With W the graph, D its degrees and L = D - W, the y are ``D^-1/2 u`` for the eigenvectors u of
    ``S = D^-1/2 W D^-1/2`` of largest eigenvalue 1 - lambda, which Lanczos iterations find without
    factorisation. The trivial u is moved to the other end of the spectrum: no rounding can mix it with the
    next ones.

    Args:
        graph: connected symmetric graph of positive weights, shape (n, n).
        n_components: number of eigenvectors, less than n.

    Returns:
        Eigenvalues, ascending, shape (n_components,), and eigenvectors, shape (n, n_components), with
        ``y.T D y`` the identity, float64. The entry of largest absolute value of an eigenvector is positive.
    """
    roots = np.sqrt(graph.sum(axis=1))
    scale = diags_array(1 / roots)
    S = csr_array(scale @ graph @ scale)
    trivial = roots / np.linalg.norm(roots)

    def apply(v: Floats) -> Floats:
        return S @ v - 3 * (trivial @ v) * trivial

    operator = LinearOperator(S.shape, matvec=apply, dtype=np.float64)
    rng = np.random.default_rng(0)
    values, U = eigsh(operator, k=n_components, which="LA", v0=rng.uniform(-1, 1, S.shape[0]), rng=rng)
    order = np.argsort(-values)
    Y = U[:, order] / roots[:, None]
    largest = np.abs(Y).argmax(axis=0)
    return 1 - values[order], Y * np.sign(Y[largest, np.arange(n_components)])


def train_classifiers(
    X: Matrix, bits: NDArray[np.uint8], C: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Train a linear support vector machine a bit, with squared hinge loss.

    Args:
        X: documents, CSR or dense, shape (n, n_features).
        bits: their bits, both values in each column, shape (n, n_bits).
        C: inverse strength of the regularisation.

    Returns:
        Weights, shape (n_features, n_bits), C-contiguous, and intercepts, shape (n_bits,), float32.
    """
    n_bits = bits.shape[1]
    if issparse(X):
        indices, starts = safely_cast_index_arrays(X, np.int32)
        X = csr_array((X.data.astype(np.float64), indices, starts), shape=X.shape)
    directions = np.empty((X.shape[1], n_bits), dtype=np.float32)
    intercept = np.empty(n_bits, dtype=np.float32)
    for bit in track(range(n_bits), "Training classifiers"):
        machine = LinearSVC(C=C, dual=False, random_state=0).fit(X, bits[:, bit])
        directions[:, bit] = machine.coef_[0]
        intercept[bit] = machine.intercept_[0]
    return directions, intercept
