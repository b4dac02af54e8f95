"""Binary reconstructive embedding."""

from __future__ import annotations

from typing import Annotated, Any

import numba
import numpy as np
from hashbench_methods.classic.bre_vectors import CentredVectors, PrincipalVectors
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils import check_random_state

from hashbench.hashing import Hasher
from hashbench.hashing.projection import Matrix, project
from hashbench.progress import track
from hashbench.ranges import Interval, OneOf, Unless, Whole

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

WEIGHT_STD = 0.001
NARROWEST = 1e-9
"""Smallest width of an interval, relative to its borders; rounding could miss a narrower one."""
LEAST_GAIN = 1e-9


class BRE(Hasher):
    """Binary reconstructive embedding (Kulis and Darrell 2009).

    The Hamming distances of the codes reproduce distances of documents. Documents are centred, projected to
    their first principal axes and scaled to length 1. Bit b of such a document z is 1 iff
    ``sum_q W_qb a_qb . z > 0``, where the anchors a_qb are training documents drawn for each bit. The weights
    W minimise the squared error ``f = 1/2 sum (d_R - d_M)^2`` over pairs from a sample of the training
    documents. d_R is the Hamming distance divided by ``n_bits``. d_M is ``1/2 |z_i - z_j|^2`` divided by its
    maximum over the pairs; if supervised, it is 0 for documents that share a label and 1 for others.

    The search is exact in each coordinate, see ``CoordinateSearch``. A sweep updates one weight of each bit.

    The default has few axes: distances in many dimensions hardly differ, and bits cannot reproduce them.

    Args:
        n_bits: length of a code.
        supervised: reproduce labels instead of distances.
        n_samples: number of documents in the sample.
        n_anchors: number of anchors of a bit.
        pair_fraction: share of the other documents of the sample that each one is paired with.
        n_components: number of principal axes, of which at most min(n - 1, n_features) are used; 0 for the
            centred documents themselves, as published.
        max_sweeps: maximum number of sweeps.
        tol: the search stops when a sweep lowers f by no more than this share of f ...
        atol: ... or by no more than this.
        n_init: number of searches from different initial weights; the one of smallest f is kept.
        random_state: seed of the sample, the pairs, the anchors and the weights.

    Attributes:
        directions_: normals of the hyperplanes that the bits are, float32 of shape (n_features, n_bits).
        offset_: projection of the mean, float32 of shape (n_bits,).
        errors_: f at the start and after each sweep of the search that is kept.
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        supervised: Annotated[bool, OneOf(False, True)] = False,
        n_samples: Annotated[int, Whole(2)] = 3000,
        n_anchors: Annotated[int, Whole(1)] = 50,
        pair_fraction: Annotated[float, Interval(0, 1, open_low=True)] = 0.02,
        n_components: Annotated[int, Whole(0)] = 32,
        max_sweeps: Annotated[int, Whole(0)] = 50,
        tol: Annotated[float, Interval(0), Unless("max_sweeps", 0)] = 1e-4,
        atol: Annotated[float, Interval(0), Unless("max_sweeps", 0)] = 0.0,
        n_init: Annotated[int, Whole(1)] = 1,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.supervised = supervised
        self.n_samples = n_samples
        self.n_anchors = n_anchors
        self.pair_fraction = pair_fraction
        self.n_components = n_components
        self.max_sweeps = max_sweeps
        self.tol = tol
        self.atol = atol
        self.n_init = n_init
        self.random_state = random_state

    def _fit(self, X: Any, *, y: csr_array | None = None) -> None:
        rng = check_random_state(self.random_state)
        used = np.unique(X.nonzero()[1])
        occurring = X[:, used]
        sample = rng.permutation(X.shape[0])[: self.n_samples]
        n = len(sample)
        vectors: PrincipalVectors | CentredVectors = (
            PrincipalVectors(occurring, sample, self.n_components)
            if self.n_components
            else CentredVectors(occurring, sample)
        )
        i, j = random_pairs(n, self.pair_fraction, rng)
        d = scaled(vectors.distances(i, j)) if y is None else label_distances(y[sample], i, j)
        anchors = np.stack([rng.permutation(n)[: self.n_anchors] for _ in range(self.n_bits)])
        searches = []
        for _ in range(self.n_init):
            weights = WEIGHT_STD * rng.standard_normal(anchors.shape)
            searches.append(CoordinateSearch(vectors.kernel, anchors, weights, i, j, d))
            searches[-1].run(self.max_sweeps, self.tol, self.atol, rng)
        best = min(searches, key=lambda search: search.errors[-1])
        self.errors_ = best.errors
        normals = vectors.normals(anchors, best.weights)
        self.directions_ = np.zeros((X.shape[1], self.n_bits), dtype=np.float32)
        self.directions_[used] = normals
        self.offset_ = (vectors.mean @ normals).astype(np.float32)

    def _embed(self, X: Matrix) -> NDArray[np.floating[Any]]:
        return project(X, self.directions_) - self.offset_


class CoordinateSearch:
    """Lowers f one weight at a time: each is set to where f is smallest given the others.

    As a weight w of bit b varies, document i has bit 1 iff ``r_i + w k_i > 0``, with k_i its kernel with the
    anchor of w and r_i the contribution of the other anchors. It flips once, at ``-r_i / k_i``, or never if
    k_i = 0. Hence f is constant between two flips, and w is set to the middle of the best interval.

    Args:
        kernel: inner products of the n documents of the sample, shape (n, n).
        anchors: anchors of each bit, as documents of the sample, shape (n_bits, n_anchors).
        weights: initial W, shape (n_bits, n_anchors); changed in place.
        i, j: the pairs, shape (n_pairs,).
        d: their d_M, shape (n_pairs,).

    Attributes:
        weights: W.
        sums: ``sum_q W_qb a_qb . z_i``, shape (n_bits, n).
        bits: whether the sums are positive.
        hamming: Hamming distances of the pairs, shape (n_pairs,).
        errors: f at the start and after each sweep.
    """

    def __init__(
        self, kernel: Floats, anchors: Indices, weights: Floats, i: Indices, j: Indices, d: Floats
    ) -> None:
        self.kernel = kernel
        self.anchors = anchors
        self.weights = weights
        self.i = i
        self.j = j
        self.d = d
        self.sums = np.stack([w @ kernel[a] for w, a in zip(weights, anchors, strict=True)])
        self.bits = self.sums > 0
        self.hamming = sum((bits[i] != bits[j]).astype(np.int64) for bits in self.bits)
        self.errors = [self.error()]

    def error(self) -> float:
        """Return f."""
        return 0.5 * float(np.square(self.hamming / len(self.bits) - self.d).sum())

    def run(self, max_sweeps: int, tol: float, atol: float, rng: RandomState) -> None:
        """Update a random weight of each bit, until a sweep lowers f by at most ``tol f`` or ``atol``."""
        for _ in track(range(max_sweeps), "Searching weights"):
            for b, q in enumerate(rng.randint(self.anchors.shape[1], size=len(self.bits))):
                self.move(b, q)
            self.errors.append(self.error())
            if self.errors[-2] - self.errors[-1] <= max(tol * self.errors[-2], atol):
                break

    def move(self, b: int, q: int) -> None:
        """Set weight q of bit b to the middle of its best interval, or leave it if none is better."""
        k = self.kernel[self.anchors[b, q]]
        flipping = np.flatnonzero(k)
        flips = self.weights[b, q] - self.sums[b, flipping] / k[flipping]
        order = np.argsort(flips, kind="stable")
        flips = flips[order]
        rank = np.full(len(k), len(flips))
        rank[flipping[order]] = np.arange(len(flips))
        at_minus_infinity = np.where(k == 0, self.bits[b], k < 0)
        rises = rises_of_f(
            self.i, self.j, self.hamming, self.d, self.bits[b], at_minus_infinity, rank, len(self.bits)
        )[: len(flips) + 1]
        too_narrow = np.diff(flips) <= NARROWEST * np.maximum(np.abs(flips[:-1]), np.abs(flips[1:]))
        rises[1:-1][too_narrow] = np.inf
        best = int(np.argmin(rises))
        if rises[best] > -LEAST_GAIN:
            return
        borders = np.concatenate([[flips[0] - 1], flips, [flips[-1] + 1]])
        self._set(b, q, (borders[best] + borders[best + 1]) / 2)

    def _set(self, b: int, q: int, weight: float) -> None:
        self.sums[b] += (weight - self.weights[b, q]) * self.kernel[self.anchors[b, q]]
        self.weights[b, q] = weight
        bits = self.sums[b] > 0
        update_hamming(self.hamming, self.i, self.j, self.bits[b], bits)
        self.bits[b] = bits


@numba.njit(cache=True)
def rises_of_f(
    i: Indices,
    j: Indices,
    hamming: Indices,
    d: Floats,
    bits: NDArray[np.bool_],
    start: NDArray[np.bool_],
    rank: Indices,
    n_bits: int,
) -> Floats:
    """Return by how much f rises if one of the bits becomes what it is after 0, 1, 2, ... flips.

    Whether the two documents of a pair differ in the bit changes at the earlier of their flips, and changes
    back at the later one.

    Args:
        i, j: the pairs.
        hamming: their Hamming distances.
        d: their d_M.
        bits: the bit of each document now.
        start: the bit of each document before any flip.
        rank: number of flips before that of each document; those that never flip have the largest number.
        n_bits: length of a code.

    Returns:
        The rises.
    """
    rises = np.zeros(len(rank) + 2)
    for pair in range(len(i)):
        one, other = i[pair], j[pair]
        differ_now = bits[one] != bits[other]
        residual = (hamming[pair] - differ_now) / n_bits - d[pair]
        cost_of_difference = (residual + 0.5 / n_bits) / n_bits
        differ = start[one] != start[other]
        rises[0] += cost_of_difference * (int(differ) - int(differ_now))
        step = -cost_of_difference if differ else cost_of_difference
        rises[min(rank[one], rank[other]) + 1] += step
        rises[max(rank[one], rank[other]) + 1] -= step
    return np.cumsum(rises)


@numba.njit(cache=True)
def update_hamming(
    hamming: Indices, i: Indices, j: Indices, old: NDArray[np.bool_], new: NDArray[np.bool_]
) -> None:
    """Update the Hamming distances of pairs after one of the bits has changed."""
    for pair in range(len(i)):
        before = old[i[pair]] != old[j[pair]]
        hamming[pair] += int(new[i[pair]] != new[j[pair]]) - int(before)


def random_pairs(n: int, fraction: float, rng: RandomState) -> tuple[Indices, Indices]:
    """Pair each of n documents with a share of the others, at least one, drawn without replacement.

    Returns:
        The documents i, ascending, and their partners j, int64.
    """
    n_partners = max(1, round(fraction * (n - 1)))
    steps = np.concatenate([1 + rng.permutation(n - 1)[:n_partners] for _ in range(n)])
    i = np.repeat(np.arange(n), n_partners)
    return i, (i + steps) % n


def scaled(d: Floats) -> Floats:
    """Return distances divided by the largest."""
    return d / max(d.max(), np.finfo(d.dtype).tiny)


def label_distances(y: csr_array, i: Indices, j: Indices) -> Floats:
    """Return 0 for pairs that share a label and 1 for others, from a bool indicator (n, n_labels)."""
    return 1.0 - (y[i].multiply(y[j]).sum(axis=1) > 0)
