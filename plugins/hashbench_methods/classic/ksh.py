"""Kernel-based supervised hashing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

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
from hashbench.ranges import Interval, OneOf, Unless, Whole

Floats = NDArray[np.floating[Any]]

BLOCK_ROWS = 1024
DOUBLINGS = 50
"""How often one step of the descent may double the assumed curvature."""


class KSH(Hasher):
    """Kernel-based supervised hashing (Liu et al. 2012).

    Bit j is 1 iff ``(k(x) - mean) . w_j > 0``, where k(x) is the kernel of a document with the anchors, a
    sample of the training documents, and mean is its mean over all training documents. H in {-1, 1} are the
    codes of a sample of labelled documents, and S is 1 for two of them that share a label and -1 for others.
    The weights minimise ``||H H^T / n_bits - S||^2`` (equation 7) greedily: bit t maximises ``h^T S_t h`` for
    the residual ``S_t = n_bits S - H_t H_t^T``, where H_t are the bits before it.

    Args:
        n_bits: length of a code.
        n_anchors: number of anchors; all training documents if there are fewer.
        n_labeled: number of documents whose pairs are learnt from; all labelled ones if there are fewer.
        sampling: how the anchors and the labelled documents are drawn. "stratified": every set of labels
            keeps its share. "uniform": uniformly at random.
        kernel: "rbf": ``exp(-||x - a||^2 / (2 sigma))``; "linear": ``x . a``.
        sigma: width of the kernel "rbf"; None: the mean squared distance of a document from an anchor.
        n_steps: maximum number of steps of the descent for a bit.
        tol: it stops when a step changes its objective by no more than ``tol`` per labelled document.
        ridge: added to the diagonal of the kernel's scatter matrix, relative to the mean of the diagonal. If
            it is too small and there are many anchors, the initial weights overfit.
        random_state: seed of the anchors and the labelled documents.

    Attributes:
        anchors_: the anchors, in the form of the training documents, shape (n_anchors, n_features).
        sigma_: width of the kernel "rbf".
        mean_: mean of k(x) over all training documents, float64 of shape (n_anchors,).
        weights_: one column per bit, float64 of shape (n_anchors, n_bits).
    """

    supervised = True

    def __init__(
        self,
        n_bits: int = 32,
        *,
        n_anchors: Annotated[int, Whole(1)] = 1000,
        n_labeled: Annotated[int, Whole(1)] = 2000,
        sampling: Annotated[str, OneOf("stratified", "uniform")] = "stratified",
        kernel: Annotated[str, OneOf("rbf", "linear")] = "rbf",
        sigma: Annotated[float | None, Interval(0, open_low=True), Unless("kernel", "linear")] = None,
        n_steps: Annotated[int, Whole(0)] = 500,
        tol: Annotated[float, Interval(0), Unless("n_steps", 0)] = 1e-2,
        ridge: Annotated[float, Interval(0)] = 0.1,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.n_anchors = n_anchors
        self.n_labeled = n_labeled
        self.sampling = sampling
        self.kernel = kernel
        self.sigma = sigma
        self.n_steps = n_steps
        self.tol = tol
        self.ridge = ridge
        self.random_state = random_state

    def _fit(self, X: Matrix, *, y: csr_array) -> None:
        labelled = np.flatnonzero(y.sum(axis=1))
        if len(labelled) == 0:
            raise HashbenchError("no training document has a label")
        rng = check_random_state(self.random_state)
        sample = stratified_sample if self.sampling == "stratified" else uniform_sample
        self.anchors_ = X[sample(y, self.n_anchors, rng)]
        chosen = labelled[sample(y[labelled], self.n_labeled, rng)]
        self.sigma_ = mean_squared_distance(X, self.anchors_) if self.sigma is None else self.sigma
        if not self.sigma_ > 0:
            raise HashbenchError(
                f"the n_samples = {X.shape[0]} documents are all equal, so that sigma would be 0: set sigma"
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

    def _kernel(self, X: Matrix) -> Floats:
        """Return the kernel of documents with the anchors, float64 of shape (n, n_anchors)."""
        gamma = {"gamma": 1 / (2 * self.sigma_)} if self.kernel == "rbf" else {}
        return pairwise_kernels(X, self.anchors_, metric=self.kernel, **gamma).astype(np.float64)


@dataclass(frozen=True, eq=False)
class LabelPairs:
    """The matrix S of 1 for two documents that share a label and -1 for others, as a product of small ones.

    Documents with the same labels have the same row, so that one row per distinct set of labels suffices.

    Attributes:
        members: 1 where a document has a set of labels, float64 of shape (n, n_sets).
        signs: S between the sets, float64 of shape (n_sets, n_sets).
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
    """Draw documents so that each set of labels keeps its share, give or take one document.

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
    indices = (np.arange(size) + rng.uniform()) * len(group) / size
    return np.sort(by_group[indices.astype(np.intp)])


def uniform_sample(y: csr_array, size: int, rng: RandomState) -> NDArray[np.intp]:
    """Draw documents uniformly at random, without replacement; see ``stratified_sample``."""
    return np.sort(rng.permutation(y.shape[0])[:size])


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
        n_steps: maximum number of steps of the descent for a bit.
        tol: smallest change of the objective per document that the descent goes on after.

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

    def residual(v: Floats) -> Floats:
        return n_bits * (pairs @ v) - H @ (H.T @ v)

    for bit in track(range(n_bits), "Learning bits"):
        start = eigh(left, right, subset_by_index=(n_anchors - 1, n_anchors - 1))[1][:, 0]
        start *= np.sqrt(n / (start @ scatter @ start))
        candidates = [start, descend(start, K_single, residual, n_steps, tol)]
        signs = [np.where(K @ w > 0, 1.0, -1.0) for w in candidates]
        best = int(np.argmax([h @ residual(h) for h in signs]))
        W[:, bit], H[:, bit] = candidates[best], signs[best]
        projected = K.T @ H[:, bit]
        left -= np.outer(projected, projected)
    return W


def objective(u: Floats, residual: Callable[[Floats], Floats]) -> tuple[float, Floats]:
    """Return ``-phi^T S_t phi`` for the smooth bits ``phi = tanh(u / 2)``, and its gradient by u."""
    phi = np.tanh(u / 2)
    product = residual(phi)
    return float(-phi @ product), -product * (1 - phi**2)


def descend(
    start: Floats, K: Floats, residual: Callable[[Floats], Floats], n_steps: int, tol: float
) -> Floats:
    """Minimise the objective of ``K w`` by Nesterov's accelerated gradient.

    The assumed curvature, 1 at first, doubles until a step lowers the objective by at least what a parabola
    of that curvature predicts.

    Args:
        start: weights w to start from, shape (n_anchors,).
        K: kernel, shape (n, n_anchors); in single precision the products with it take half the time.
        residual: multiplies a vector by S_t.
        n_steps: maximum number of steps.
        tol: the descent stops when a step changes the objective by no more than n times this.

    Returns:
        Weights, shape (n_anchors,).
    """
    w = w_before = start
    u = u_before = (K @ start.astype(K.dtype)).astype(np.float64)
    value = objective(u, residual)[0]
    momentum, curvature = (0.0, 1.0), 1.0
    for _ in range(n_steps):
        ahead = (momentum[0] - 1) / momentum[1]
        w_probe, u_probe = w + ahead * (w - w_before), u + ahead * (u - u_before)
        probe_value, slope = objective(u_probe, residual)
        gradient = K.T @ slope.astype(K.dtype)
        K_gradient = K @ gradient
        for _doubling in range(DOUBLINGS + 1):
            reached = objective(u_probe - K_gradient / curvature, residual)[0]
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
