"""Kernel-based supervised hashing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils import check_random_state, gen_batches

from hashbench.errors import HashbenchError
from hashbench.hashing import Hasher
from hashbench.hashing.projection import Matrix, mean_row
from hashbench.progress import track

Floats = NDArray[np.floating[Any]]

KERNELS = ("rbf", "linear")
BLOCK_ROWS = 1024
DOUBLINGS = 50
"""Most times that one step of the descent may double its curvature."""


class KSH(Hasher):
    """Kernel expansions whose codes agree for documents that share a label (Liu et al. 2012).

    Bit j is 1 iff ``(k(x) - mean) . w_j > 0``, with k(x) the kernel of a document with some anchors, training
    documents themselves. With h_j in {-1, 1} the bits of some labelled documents and S their pairs, 1 for two
    that share a label and -1 for others, the weights are to minimise ``||H H^T / n_bits - S||^2``
    (equation 7), greedily: bit t maximises ``h^T S_t h`` for what the bits before it left over,
    ``S_t = n_bits S - H_t H_t^T``, H_t their columns.

    Args:
        n_bits: length of a code.
        n_anchors: number of anchors; all training documents where they are fewer.
        n_labeled: number of documents whose pairs are learnt from; all labelled ones where they are fewer.
            Like the anchors they are a sample that keeps the share of every set of labels.
        kernel: "rbf": ``exp(-||x - a||^2 / (2 sigma))``; "linear": ``x . a``.
        sigma: width of the kernel "rbf"; None: the mean squared distance of a document from an anchor.
        n_steps: most steps of the descent for a bit.
        tol: it ends when a step lowers its objective by no more than this a labelled document.
        ridge: added to the diagonal of the kernel's scatter matrix, relative to the mean of the diagonal. If
            it is too small, the weights that the descent starts from fit noise where anchors are many.
        random_state: seed of the anchors and the labelled documents.

    Attributes:
        anchors_: the anchors, in the form of the training documents, shape (n_anchors, n_features).
        sigma_: width of the kernel "rbf".
        mean_: mean of k(x) over all training documents, float64 of shape (n_anchors,).
        weights_: a column a bit, float64 of shape (n_anchors, n_bits).
    """

    supervised = True

    def __init__(
        self,
        n_bits: int = 32,
        *,
        n_anchors: int = 1000,
        n_labeled: int = 2000,
        kernel: str = "rbf",
        sigma: float | None = None,
        n_steps: int = 500,
        tol: float = 1e-2,
        ridge: float = 0.1,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.n_anchors = n_anchors
        self.n_labeled = n_labeled
        self.kernel = kernel
        self.sigma = sigma
        self.n_steps = n_steps
        self.tol = tol
        self.ridge = ridge
        self.random_state = random_state

    def _fit(self, X: Matrix, *, y: csr_array) -> None:
        self._check_arguments()
        labelled = np.flatnonzero(y.sum(axis=1))
        if len(labelled) == 0:
            raise HashbenchError("no training document has a label")
        rng = check_random_state(self.random_state)
        self.anchors_ = X[stratified_sample(y, self.n_anchors, rng)]
        chosen = labelled[stratified_sample(y[labelled], self.n_labeled, rng)]
        self.sigma_ = mean_squared_distance(X, self.anchors_) if self.sigma is None else self.sigma
        if not self.sigma_ > 0:
            raise HashbenchError(
                f"sigma is to be positive, got {self.sigma_!r} for n_samples = {X.shape[0]} documents"
            )
        blocks = gen_batches(X.shape[0], BLOCK_ROWS)
        self.mean_ = sum(self._kernel(X[rows]).sum(axis=0) for rows in blocks) / X.shape[0]
        K = self._kernel(X[chosen]) - self.mean_
        if not K.any():
            raise HashbenchError(f"the kernel does not tell n_samples = {X.shape[0]} documents apart")
        self.weights_ = learn_weights(
            K, LabelPairs.of(y[chosen]), self.n_bits, ridge=self.ridge, n_steps=self.n_steps, tol=self.tol
        )

    def _embed(self, X: Matrix) -> Floats:
        return (self._kernel(X) - self.mean_) @ self.weights_

    def _check_arguments(self) -> None:
        if self.kernel not in KERNELS:
            raise HashbenchError(f"kernel is one of {', '.join(KERNELS)}, got {self.kernel!r}")
        for name in ("n_anchors", "n_labeled"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise HashbenchError(f"{name} is a whole number from 1 on, got {value!r}")

    def _kernel(self, X: Matrix) -> Floats:
        """Return the kernel of documents with the anchors, float64 of shape (n, n_anchors)."""
        gamma = {"gamma": 1 / (2 * self.sigma_)} if self.kernel == "rbf" else {}
        return pairwise_kernels(X, self.anchors_, metric=self.kernel, **gamma).astype(np.float64)


@dataclass(frozen=True, eq=False)
class LabelPairs:
    """S, the matrix of 1 for two documents that share a label and -1 for others, never built.

    Documents of the same labels have the same row, so that the rows of the distinct sets of labels suffice.

    Attributes:
        members: 1 where a document has a set of labels, float64 of shape (n, n_sets).
        signs: S of one document a set, float64 of shape (n_sets, n_sets).
    """

    members: csr_array
    signs: Floats

    @classmethod
    def of(cls, y: csr_array) -> LabelPairs:
        """Return the pairs of documents, given their labels, bool of shape (n, n_labels)."""
        sets, group = np.unique(y.toarray(), axis=0, return_inverse=True)
        shared = sets.astype(np.float64) @ sets.T
        members = csr_array((np.ones(len(group)), group, np.arange(len(group) + 1)))
        return cls(members, np.where(shared > 0, 1.0, -1.0))

    def __matmul__(self, v: Floats) -> Floats:
        return self.members @ (self.signs @ (self.members.T @ v))


def stratified_sample(y: csr_array, size: int, rng: RandomState) -> NDArray[np.intp]:
    """Draw documents so that each set of labels has its share, give or take one document.

    Args:
        y: labels, bool of shape (n, n_labels).
        size: number of documents; all of them if n is smaller.
        rng: source of randomness.

    Returns:
        Their rows, ascending, shape (min(size, n),).
    """
    _, group = np.unique(y.toarray(), axis=0, return_inverse=True)
    shuffled = rng.permutation(len(group))
    by_group = shuffled[np.argsort(group[shuffled], kind="stable")]
    size = min(size, len(group))
    places = (np.arange(size) + rng.uniform()) * len(group) / size
    return np.sort(by_group[places.astype(np.intp)])


def mean_squared_distance(X: Matrix, A: Matrix) -> float:
    """Return the mean of ``||x - a||^2`` over all rows of X and A."""
    mean_squares = (mean_row(M.multiply(M) if isinstance(M, csr_array) else M**2).sum() for M in (X, A))
    return float(sum(mean_squares) - 2 * mean_row(X) @ mean_row(A))


def learn_weights(
    K: Floats, pairs: LabelPairs, n_bits: int, *, ridge: float, n_steps: int, tol: float
) -> Floats:
    """Learn the weights of one bit after the other (Liu et al. 2012, algorithm 1).

    Args:
        K: centred kernel of the labelled documents with the anchors, shape (n, n_anchors).
        pairs: their pairs S.
        n_bits: number of bits.
        ridge: see ``KSH``, as the two that follow.
        n_steps: most steps of the descent for a bit.
        tol: least gain of a step, a document.

    Returns:
        Weights of shape (n_anchors, n_bits).
    """
    n, n_anchors = K.shape
    scatter = K.T @ K
    right = scatter + ridge * np.trace(scatter) / n_anchors * np.eye(n_anchors)
    left = n_bits * K.T @ (pairs @ K)
    W = np.empty((n_anchors, n_bits))
    H = np.zeros((n, n_bits))
    K_single = K.astype(np.float32)

    def left_over(v: Floats) -> Floats:
        return n_bits * (pairs @ v) - H @ (H.T @ v)

    for bit in track(range(n_bits), "Learning bits"):
        start = eigh(left, right, subset_by_index=(n_anchors - 1, n_anchors - 1))[1][:, 0]
        start *= np.sqrt(n / (start @ scatter @ start))
        candidates = [start, descend(start, K_single, left_over, n_steps, tol)]
        signs = [np.where(K @ w > 0, 1.0, -1.0) for w in candidates]
        best = int(np.argmax([h @ left_over(h) for h in signs]))
        W[:, bit], H[:, bit] = candidates[best], signs[best]
        projected = K.T @ H[:, bit]
        left -= np.outer(projected, projected)
    return W


def objective(u: Floats, left_over: Callable[[Floats], Floats]) -> tuple[float, Floats]:
    """Return ``-phi^T S_t phi`` for the smooth bits ``phi = tanh(u / 2)``, and its gradient by u."""
    phi = np.tanh(u / 2)
    product = left_over(phi)
    return float(-phi @ product), -product * (1 - phi**2)


def descend(
    start: Floats, K: Floats, left_over: Callable[[Floats], Floats], n_steps: int, tol: float
) -> Floats:
    """Minimise the objective of ``K w`` by Nesterov's accelerated gradient.

    The assumed curvature, 1 at first, doubles until a step lowers the objective by what a parabola of that
    curvature promises.

    Args:
        start: weights w to start from, shape (n_anchors,).
        K: kernel, shape (n, n_anchors); in single precision the products with it take half the time.
        left_over: multiplies a vector by S_t.
        n_steps: most steps.
        tol: a step that changes the objective by no more than n times this is the last.

    Returns:
        Weights, shape (n_anchors,).
    """
    w = w_before = start
    u = u_before = (K @ start.astype(K.dtype)).astype(np.float64)
    value = objective(u, left_over)[0]
    momentum, curvature = (0.0, 1.0), 1.0
    for _ in range(n_steps):
        ahead = (momentum[0] - 1) / momentum[1]
        w_probe, u_probe = w + ahead * (w - w_before), u + ahead * (u - u_before)
        probe_value, slope = objective(u_probe, left_over)
        gradient = K.T @ slope.astype(K.dtype)
        K_gradient = K @ gradient
        for _doubling in range(DOUBLINGS + 1):
            reached = objective(u_probe - K_gradient / curvature, left_over)[0]
            if reached <= probe_value - gradient @ gradient / (2 * curvature):
                break
            curvature *= 2
        else:
            break
        w_before, w = w, w_probe - gradient / curvature
        u_before, u = u, u_probe - K_gradient / curvature
        momentum = momentum[1], (1 + np.sqrt(1 + 4 * momentum[1] ** 2)) / 2
        if abs(reached - value) <= tol * len(K):
            break
        value = reached
    return w
