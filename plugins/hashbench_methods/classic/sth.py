"""Self-taught hashing."""

from __future__ import annotations

import warnings
from typing import Annotated, Any

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
from hashbench.ranges import Interval, OneOf, Unless, Whole

Floats = NDArray[np.floating[Any]]

CHANCE = 0.55
"""Training accuracy up to which a classifier counts as no better than chance."""


class STH(Hasher):
    """Self-taught hashing (Zhang et al. 2010): a Laplacian eigenmap, learnt by linear classifiers.

    Stage 1 computes spectral bits of the training documents: the eigenvectors of smallest eigenvalue of the
    normalised Laplacian of their neighbour graph, cut at their medians. Stage 2 trains one linear support
    vector machine per bit to predict them from the features, so that new documents can be encoded: bit j is
    1 iff ``x . w_j + b_j > 0``.

    The eigenvectors are those of the largest connected component of the graph. Eigenvectors of the whole
    graph would use bits to separate the components. Nothing is random.

    Args:
        n_bits: length of a code, less than the number of documents in the largest component.
        n_neighbors: neighbours of a document in the graph, by cosine. An edge joins two documents if one is a
            neighbour of the other and their cosine is positive.
        weight: weight of an edge between documents of cosine c. "cosine": c. "binary": 1. "heat": the heat
            kernel ``exp(-d^2 / (2 bandwidth^2))``, where ``d^2 = 2 - 2 c`` is their squared distance once
            both are scaled to length 1.
        bandwidth: bandwidth of the heat kernel.
        C: inverse strength of the regularisation of the classifiers.
        intercept: whether the classifiers have an intercept b.
        database: codes of the training documents. "predicted": those of ``transform``, so that a code depends
            on nothing but the document. "spectral": the spectral bits, as published. ``transform`` and
            ``fit_transform`` return predicted codes in either case.
        exact_up_to: training documents up to which neighbours are exact, at a cost that grows with the square
            of their number. Of more documents they are approximate, with a warning, see
            ``approximate_nearest_by_cosine``.

    Attributes:
        codes_: uint8 of shape (n, n_bits): the spectral bits of the training documents; outside the largest
            component, where there are none, the predicted ones.
        training_codes_: ``codes_``, only with ``database="spectral"``.
        eigenvalues_: eigenvalues of the Laplacian, one per bit, ascending, 0 to 2, float64 of shape
            (n_bits,).
        accuracies_: share of the largest component whose spectral bit is predicted, shape (n_bits,).
        directions_: weights of the classifiers, float32 of shape (n_features, n_bits).
        intercept_: their intercepts, float32 of shape (n_bits,).
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        n_neighbors: Annotated[int, Whole(1)] = 25,
        weight: Annotated[str, OneOf("cosine", "binary", "heat")] = "cosine",
        bandwidth: Annotated[float, Interval(0, open_low=True), Unless("weight", "cosine", "binary")] = 1.0,
        C: Annotated[float, Interval(0, open_low=True)] = 1.0,
        intercept: Annotated[bool, OneOf(False, True)] = True,
        database: Annotated[str, OneOf("predicted", "spectral")] = "predicted",
        exact_up_to: Annotated[int, Whole(0)] = 50_000,
    ) -> None:
        self.n_bits = n_bits
        self.n_neighbors = n_neighbors
        self.weight = weight
        self.bandwidth = bandwidth
        self.C = C
        self.intercept = intercept
        self.database = database
        self.exact_up_to = exact_up_to

    @property
    def training_codes_(self) -> NDArray[np.uint8]:
        """The codes of the training documents, where they are not those of ``transform``."""
        if self.database != "spectral":
            raise AttributeError("training_codes_ exists only with database = 'spectral'")
        return self.codes_

    def _fit(self, X: Matrix) -> None:
        exact = X.shape[0] <= self.exact_up_to
        if not exact:
            warnings.warn(
                f"the neighbours of {X.shape[0]:,} documents are approximate, since they are more than "
                f"exact_up_to = {self.exact_up_to:,}",
                stacklevel=3,
            )
        graph = neighbour_graph(X, self.n_neighbors, self.weight, self.bandwidth, exact=exact)
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
        self.directions_, self.intercept_ = train_classifiers(X[inside], bits, self.C, self.intercept)
        self.codes_ = (self._embed(X) > 0).view(np.uint8)
        self.accuracies_ = (self.codes_[inside] == bits).mean(axis=0)
        self.codes_[inside] = bits
        self._warn_of_chance()

    def _embed(self, X: Matrix) -> NDArray[np.floating[Any]]:
        return project(X, self.directions_) + self.intercept_

    def _warn_of_chance(self) -> None:
        at_chance = np.flatnonzero(self.accuracies_ <= CHANCE)
        if len(at_chance):
            warnings.warn(
                f"the classifiers of {len(at_chance)} of {self.n_bits} bits predict their training documents "
                f"hardly better than chance (the first is bit {at_chance[0]}): their eigenvectors vary "
                "in a few documents alone, raising n_neighbors may help",
                stacklevel=4,
            )


def neighbour_graph(
    X: Matrix, n_neighbors: int, weight: str, bandwidth: float = 1.0, *, exact: bool = True
) -> csr_array:
    """Return the symmetric graph that joins each document to its nearest neighbours of positive cosine.

    Args:
        X: documents, CSR or dense, shape (n, n_features).
        n_neighbors: number of nearest neighbours of each document.
        weight: "cosine", "binary" or "heat", see ``STH``.
        bandwidth: bandwidth of the heat kernel.
        exact: whether the neighbours are exact or approximate.

    Returns:
        float64 of shape (n, n), at most 2 n_neighbors n non-zeros, none on the diagonal.
    """
    if exact:
        neighbours, cosines = nearest_by_cosine(X, int(n_neighbors))
    else:
        from hashbench.hashing.approximate_neighbours import approximate_nearest_by_cosine

        neighbours, cosines = approximate_nearest_by_cosine(X, int(n_neighbors))
    documents, ranks = np.nonzero(cosines > 0)
    ends = documents, neighbours[documents, ranks]
    edges = edge_weights(cosines[documents, ranks].astype(np.float64), weight, bandwidth)
    chosen = csr_array((edges, ends), shape=(X.shape[0], X.shape[0]))
    chosen.eliminate_zeros()
    return csr_array(chosen.maximum(chosen.T))


def edge_weights(cosines: Floats, weight: str, bandwidth: float) -> Floats:
    """Return the weights of edges between documents of given cosines, float64, see ``STH``."""
    if weight == "cosine":
        return cosines
    if weight == "binary":
        return np.ones_like(cosines)
    return np.exp((cosines - 1) / bandwidth**2)


def largest_component(graph: csr_array) -> NDArray[np.bool_]:
    """Return which documents are in the largest connected component, the first if several are as large."""
    _, component = connected_components(graph, directed=False)
    return component == np.bincount(component).argmax()


def laplacian_eigenmap(graph: csr_array, n_components: int) -> tuple[Floats, Floats]:
    """Solve ``L y = lambda D y`` for the smallest eigenvalues except that of constant y.

    With W the graph, D its degrees and L = D - W, the y are ``D^-1/2 u`` for the eigenvectors u of
    ``S = D^-1/2 W D^-1/2`` of largest eigenvalue 1 - lambda, which Lanczos iterations find without
    factorisation. The eigenvalue of the trivial u is moved to the other end of the spectrum, so that rounding
    cannot mix it with the next ones.

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
    X: Matrix, bits: NDArray[np.uint8], C: float, intercept: bool = True
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Train one linear support vector machine per bit, with squared hinge loss.

    Args:
        X: documents, CSR or dense, shape (n, n_features).
        bits: their bits, both values in each column, shape (n, n_bits).
        C: inverse strength of the regularisation.
        intercept: whether there are intercepts; otherwise they are 0.

    Returns:
        Weights, shape (n_features, n_bits), C-contiguous, and intercepts, shape (n_bits,), float32.
    """
    n_bits = bits.shape[1]
    if issparse(X):
        indices, starts = safely_cast_index_arrays(X, np.int32)
        X = csr_array((X.data.astype(np.float64), indices, starts), shape=X.shape)
    directions = np.empty((X.shape[1], n_bits), dtype=np.float32)
    intercepts = np.zeros(n_bits, dtype=np.float32)
    for bit in track(range(n_bits), "Training classifiers"):
        machine = LinearSVC(C=C, dual=False, fit_intercept=intercept, random_state=0).fit(X, bits[:, bit])
        directions[:, bit] = machine.coef_[0]
        if intercept:
            intercepts[bit] = machine.intercept_[0]
    return directions, intercepts
