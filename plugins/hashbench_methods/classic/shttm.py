"""Semantic hashing using tags and topic modelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.sparse import csc_array, csr_array
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.linear_model import Ridge
from sklearn.preprocessing import normalize
from sklearn.utils import Tags, check_random_state, gen_batches

from hashbench.errors import HashbenchError
from hashbench.hashing import Hasher
from hashbench.hashing.projection import Matrix, as_csr, project
from hashbench.hashing.thresholds import median_threshold
from hashbench.progress import track
from hashbench.ranges import Interval, OneOf, Whole

Floats = NDArray[np.floating[Any]]

TOPIC_BATCH = 512
DOCUMENT_UPDATES = 20
TOLERANCE = 1e-4


class SHTTM(Hasher):
    """Semantic hashing using tags and topic modelling (Wang, Zhang and Si 2013).

    Latent vectors Y of the training documents and U of the labels (the tags of the paper) minimise ::

        sum_jt c_jt (T_jt - y_j . u_t)^2 + alpha ||U||^2 + gamma ||Y - Theta||^2

    where T_jt = 1 if document j has label t, c_jt = 1 there and ``missing_weight`` elsewhere, and Theta are
    the topic proportions of the documents by latent Dirichlet allocation, one topic per bit. Both factors are
    updated in turn. The latent vectors are cut at their medians. A ridge regression on the features encodes
    new documents: bit j is 1 iff ``x . w_j`` is greater than its median over the training documents.

    Topics are learnt from term counts. Other weights, such as tf-idf, are scaled to a mean of 1 over the
    terms of each document and used like counts. Unscaled, a document would consist of a few terms and most
    topics would stay empty.

    Args:
        n_bits: length of a code, and number of topics. The labels determine at most as many dimensions of Y
            as there are labels, the topics the rest.
        n_passes: number of passes over the training documents for the topics.
        missing_weight: weight of a label that a document does not have.
        alpha: strength of the regularisation of U.
        gamma: strength of the regularisation of Y towards the topics.
        n_sweeps: maximum number of updates of both factors; they stop when one lowers the objective by less
            than a ten-thousandth. With more of them Y moves further from the topics.
        target: what the regression predicts. "codes": the bits as -1 and 1. "latent": Y, as published.
        weighting: input of the regression. "none": the documents as they are. "tfidf": their sublinear tf-idf
            weights, scaled to length 1, which needs term counts.
        ridge: strength of the regularisation of the regression.
        database: codes of the training documents. "predicted": those of ``transform``, so that a code depends
            on nothing but the document. "latent": the bits of the latent vectors, as published.
        random_state: seed of the topics.

    Attributes:
        codes_: bits of the latent vectors of the training documents, uint8 of shape (n, n_bits).
        training_codes_: ``codes_``, only with ``database="latent"``.
        objectives_: the objective after each sweep.
        idf_: inverse document frequencies, float64 of shape (n_features,), only with ``weighting="tfidf"``.
        directions_: weights of the regression, float32 of shape (n_features, n_bits).
    """

    supervised = True
    threshold = "median"

    def __init__(
        self,
        n_bits: int = 32,
        *,
        n_passes: Annotated[int, Whole(1)] = 1,
        missing_weight: Annotated[float, Interval(0, 1, open_low=True, open_high=True)] = 0.01,
        alpha: Annotated[float, Interval(0, open_low=True)] = 1.0,
        gamma: Annotated[float, Interval(0, open_low=True)] = 0.01,
        n_sweeps: Annotated[int, Whole(1)] = 5,
        target: Annotated[str, OneOf("codes", "latent")] = "codes",
        weighting: Annotated[str, OneOf("none", "tfidf")] = "none",
        ridge: Annotated[float, Interval(0, open_low=True)] = 1.0,
        database: Annotated[str, OneOf("predicted", "latent")] = "predicted",
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.n_passes = n_passes
        self.missing_weight = missing_weight
        self.alpha = alpha
        self.gamma = gamma
        self.n_sweeps = n_sweeps
        self.target = target
        self.weighting = weighting
        self.ridge = ridge
        self.database = database
        self.random_state = random_state

    @property
    def training_codes_(self) -> NDArray[np.uint8]:
        """The codes of the training documents, where they are not those of ``transform``."""
        if self.database != "latent":
            raise AttributeError("training_codes_ exists only with database = 'latent'")
        return self.codes_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def _fit(self, X: Matrix, *, y: csr_array) -> None:
        if not y.nnz:
            raise HashbenchError("no training document has a label")
        counts = term_counts(X)
        if self.weighting == "tfidf":
            self.idf_ = inverse_document_frequencies(counts)
        rng = check_random_state(self.random_state)
        topics = topic_proportions(counts, self.n_bits, self.n_passes, rng)
        factors = Factorisation(y, topics, self.missing_weight, self.alpha, self.gamma)
        Y, self.objectives_ = factors.minimise(self.n_sweeps)
        self.codes_ = (median_threshold(Y) < Y).view(np.uint8)
        target = Y if self.target == "latent" else np.where(self.codes_, 1.0, -1.0)
        self.directions_ = ridge_directions(self._weighted(X), target, self.ridge)

    def _embed(self, X: Matrix) -> Floats:
        return project(self._weighted(X), self.directions_)

    def _weighted(self, X: Matrix) -> Matrix:
        return tfidf_rows(X, self.idf_) if self.weighting == "tfidf" else X


def term_counts(X: Matrix) -> csr_array:
    """Return counts as they are, and other weights scaled to a mean of 1 over the terms of each document.

    Returns:
        float64 of the shape of X, without explicit zeros.

    Raises:
        HashbenchError: a weight is negative.
    """
    counts = as_csr(X).astype(np.float64)
    counts.eliminate_zeros()
    if (counts.data < 0).any():
        raise HashbenchError(
            "Negative values in data passed to SHTTM, which learns topics from words: "
            "use a featurizer of words, such as counts or tfidf"
        )
    if (counts.data != np.floor(counts.data)).any():
        terms = np.diff(counts.indptr)
        counts.data *= np.repeat(terms, terms) / np.repeat(counts.sum(axis=1), terms)
    return counts


def inverse_document_frequencies(counts: csr_array) -> NDArray[np.float64]:
    """Return ``1 + ln((1 + n) / (1 + df))`` of each term that is in df of the n documents.

    Args:
        counts: term counts without explicit zeros, shape (n, n_terms).

    Raises:
        HashbenchError: they are not whole numbers.
    """
    if (counts.data != np.floor(counts.data)).any():
        raise HashbenchError(
            "weighting = 'tfidf' needs term counts: use the featurizer counts, or weighting = 'none'"
        )
    return 1 + np.log((1 + counts.shape[0]) / (1 + np.bincount(counts.indices, minlength=counts.shape[1])))


def tfidf_rows(counts: Matrix, idf: NDArray[np.float64]) -> csr_array:
    """Return rows of ``(1 + ln tf) idf``, scaled to length 1, float32 of the shape of the counts."""
    rows = as_csr(counts).astype(np.float64)
    rows.eliminate_zeros()
    rows.data = (1 + np.log(rows.data)) * idf[rows.indices]
    return csr_array(normalize(rows), dtype=np.float32)


def topic_proportions(counts: csr_array, n_topics: int, n_passes: int, rng: RandomState) -> Floats:
    """Return the topic proportions of documents by online variational inference, shape (n, n_topics).

    Sources: Blei, Ng and Jordan (2003); Hoffman, Blei and Bach (2010).

    Args:
        counts: term counts, shape (n, n_terms).
        n_topics: number of topics.
        n_passes: number of passes over the documents, each in a random order.
        rng: source of randomness.
    """
    n = counts.shape[0]
    lda = LatentDirichletAllocation(
        n_topics, max_doc_update_iter=DOCUMENT_UPDATES, total_samples=n, random_state=rng
    )
    for _ in range(n_passes):
        order = rng.permutation(n)
        for batch in track(list(gen_batches(n, TOPIC_BATCH)), "Learning topics"):
            lda.partial_fit(counts[order[batch]])
    batches = track(list(gen_batches(n, TOPIC_BATCH)), "Inferring topics")
    return np.concatenate([lda.transform(counts[batch]) for batch in batches])


@dataclass(frozen=True, eq=False)
class Factorisation:
    """The objective of ``SHTTM`` and the exact minimisers of its two factors.

    Attributes:
        T: labels, bool of shape (n, n_labels).
        theta: topic proportions, float64 of shape (n, n_bits).
        missing_weight: weight of a label that a document does not have; the others have weight 1.
        alpha: strength of the regularisation of U.
        gamma: strength of the regularisation of Y towards theta.
    """

    T: csr_array
    theta: Floats
    missing_weight: float
    alpha: float
    gamma: float

    @cached_property
    def documents_by_label(self) -> list[NDArray[np.intp]]:
        """The documents of each label."""
        T = csc_array(self.T)
        return np.split(T.indices, T.indptr[1:-1])

    @cached_property
    def documents_by_label_set(self) -> list[tuple[NDArray[np.bool_], NDArray[np.intp]]]:
        """The distinct sets of labels, bool of shape (n_labels,), and the documents of each."""
        sets, group, sizes = np.unique(self.T.toarray(), axis=0, return_inverse=True, return_counts=True)
        documents = np.split(np.argsort(group, kind="stable"), np.cumsum(sizes)[:-1])
        return list(zip(sets, documents, strict=True))

    def minimise(self, n_sweeps: int) -> tuple[Floats, list[float]]:
        """Update U and Y in turn, starting from the topics; return Y and the objective after each sweep."""
        Y = self.theta
        values: list[float] = []
        for _ in track(range(n_sweeps), "Factorising labels"):
            U = self.label_vectors(Y)
            Y = self.document_vectors(U)
            values.append(self.objective(Y, U))
            if len(values) > 1 and values[-2] - values[-1] <= TOLERANCE * values[-2]:
                break
        return Y, values

    def label_vectors(self, Y: Floats) -> Floats:
        """Return the U that minimises the objective for Y, shape (n_labels, n_bits).

        The weighted scatter matrix of a label is that of all documents at the weight of missing labels, plus
        that of its own documents at the remaining weight.
        """
        U = np.empty((self.T.shape[1], Y.shape[1]))
        everywhere = self.missing_weight * Y.T @ Y + self.alpha * np.eye(Y.shape[1])
        for label, documents in enumerate(self.documents_by_label):
            own = Y[documents]
            scatter = everywhere + (1 - self.missing_weight) * own.T @ own
            U[label] = solve(scatter, own.sum(axis=0), assume_a="pos")
        return U

    def document_vectors(self, U: Floats) -> Floats:
        """Return the Y that minimises the objective for U, shape (n, n_bits).

        Documents with the same labels have the same system of equations except for the right-hand side.
        """
        Y = np.empty_like(self.theta)
        everywhere = self.missing_weight * U.T @ U + self.gamma * np.eye(U.shape[1])
        for labels, documents in self.documents_by_label_set:
            own = U[labels]
            scatter = everywhere + (1 - self.missing_weight) * own.T @ own
            right = own.sum(axis=0) + self.gamma * self.theta[documents]
            Y[documents] = solve(scatter, right.T, assume_a="pos").T
        return Y

    def objective(self, Y: Floats, U: Floats) -> float:
        """Return the value of the objective."""
        documents, labels = self.T.nonzero()
        predicted = np.einsum("ij,ij->i", Y[documents], U[labels])
        everywhere = np.sum((Y.T @ Y) * (U.T @ U)) - predicted @ predicted
        fit = np.sum((1 - predicted) ** 2) + self.missing_weight * everywhere
        return float(fit + self.alpha * np.sum(U**2) + self.gamma * np.sum((Y - self.theta) ** 2))


def ridge_directions(X: Matrix, target: Floats, ridge: float) -> NDArray[np.float32]:
    """Return the W that minimises ``||X W - target||^2 + ridge ||W||^2``, by conjugate gradients.

    Args:
        X: documents, CSR or dense, shape (n, n_features).
        target: what to predict, shape (n, n_bits).
        ridge: strength of the regularisation.

    Returns:
        C-contiguous array of shape (n_features, n_bits).
    """
    rows = as_csr(X).astype(np.float64)
    W = np.empty((X.shape[1], target.shape[1]), dtype=np.float32)
    for bit in track(range(target.shape[1]), "Predicting bits"):
        regression = Ridge(alpha=ridge, fit_intercept=False, solver="sparse_cg")
        W[:, bit] = regression.fit(rows, target[:, bit]).coef_
    return W
