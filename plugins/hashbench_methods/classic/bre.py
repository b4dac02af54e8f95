"""Binary reconstructive embedding."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numba
import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.preprocessing import normalize
from sklearn.utils import check_random_state

from hashbench.errors import HashbenchError
from hashbench.hashing import Hasher
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import Matrix, project
from hashbench.progress import track

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

WEIGHT_STD = 0.001
NARROWEST = 1e-9
"""Least width of an interval, relative to its borders; rounding could miss a narrower one."""
LEAST_GAIN = 1e-9


class BRE(Hasher):
    """Bits whose Hamming distances reproduce distances of documents (Kulis and Darrell 2009).

    Documents are put on their first principal axes and scaled to length 1. Bit b of a document z is 1 iff
    ``sum_q W_qb a_qb . z > 0``, where the a_qb are training documents drawn for each bit. The weights W shall
    minimise the squared error ``f = 1/2 sum (d_R - d_M)^2`` over pairs from a sample of the training
    documents. d_R is the Hamming distance divided by ``n_bits``. d_M is ``1/2 |z_i - z_j|^2``, divided by its
    maximum over the pairs; if supervised, it is 0 for documents that share a label and 1 for others.

    The search is exact in each coordinate, see ``CoordinateSearch``. A sweep moves one weight of each bit.

    Few axes rank best: the distances of documents on many axes differ so little that bits cannot follow.

    Args:
        n_bits: length of a code.
        supervised: reproduce labels instead of distances.
        n_samples: documents in the sample.
        n_anchors: training documents a bit is made of.
        pair_fraction: share of the other documents of the sample that each one is paired with.
        n_components: number of principal axes. At most min(n - 1, n_features) are used.
        max_sweeps: most sweeps.
        tol: sweeps end when one lowers f by no more than this share.
        n_init: number of searches from different weights; the one of least f counts.
        random_state: seed of all that is drawn.

    Attributes:
        directions_: the bits as hyperplanes, since they are linear in the document: their normals, float32
            of shape (n_features, n_bits).
        offset_: projection of the mean, float32 of shape (n_bits,).
        errors_: f at the start and after each sweep of the search that counts.
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        supervised: bool = False,
        n_samples: int = 3000,
        n_anchors: int = 50,
        pair_fraction: float = 0.02,
        n_components: int = 32,
        max_sweeps: int = 50,
        tol: float = 1e-4,
        n_init: int = 1,
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
        self.n_init = n_init
        self.random_state = random_state

    def _fit(self, X: Any, *, y: csr_array | None = None) -> None:
        self._check_search()
        rng = check_random_state(self.random_state)
        words = np.unique(X.nonzero()[1])
        occurring = X[:, words]
        pca = centred_pca(occurring, max(1, min(self.n_components, X.shape[0] - 1, len(words))))
        sample = rng.permutation(X.shape[0])[: self.n_samples]
        Z = normalize(pca.project(occurring[sample]).astype(np.float64))
        i, j = random_pairs(len(Z), self.pair_fraction, rng)
        d = reduced_distances(Z, i, j) if y is None else label_distances(y[sample], i, j)
        anchors = np.stack([rng.permutation(len(Z))[: self.n_anchors] for _ in range(self.n_bits)])
        kernel = Z @ Z.T
        searches = []
        for _ in range(self.n_init):
            weights = WEIGHT_STD * rng.standard_normal(anchors.shape)
            searches.append(CoordinateSearch(kernel, anchors, weights, i, j, d))
            searches[-1].run(self.max_sweeps, self.tol, rng)
        best = min(searches, key=lambda search: search.errors[-1])
        self.errors_ = best.errors
        normals = pca.axes @ np.einsum("bqk,bq->kb", Z[anchors], best.weights)
        self.directions_ = np.zeros((X.shape[1], self.n_bits), dtype=np.float32)
        self.directions_[words] = normals
        self.offset_ = (pca.mean @ normals).astype(np.float32)

    def _embed(self, X: Matrix) -> NDArray[np.floating[Any]]:
        return project(X, self.directions_) - self.offset_

    def _check_search(self) -> None:
        least = {"n_samples": 2, "n_anchors": 1, "n_components": 1, "max_sweeps": 0, "n_init": 1}
        for name, bound in least.items():
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < bound:
                raise HashbenchError(f"{name} is a whole number from {bound} on, got {value!r}")
        if not isinstance(self.pair_fraction, Real) or not 0 < self.pair_fraction <= 1:
            raise HashbenchError(f"pair_fraction is above 0 and at most 1, got {self.pair_fraction!r}")
        if not isinstance(self.tol, Real) or self.tol < 0:
            raise HashbenchError(f"tol is a number from 0 on, got {self.tol!r}")


class CoordinateSearch:
    """Lowers f one weight at a time, each to where f is least while the others stay.

    As a weight w of bit b varies, document i has bit 1 iff ``r_i + w k_i > 0``, with k_i its kernel with the
    anchor of w and r_i what the other anchors contribute. It flips once, at ``-r_i / k_i``, or never where
    k_i = 0. Hence f is constant between two flips, and w goes to the middle of the best interval.

    Args:
        kernel: inner products of the n documents of the sample, shape (n, n).
        anchors: documents each bit is made of, shape (n_bits, n_anchors).
        weights: W to start from, shape (n_bits, n_anchors); it is changed.
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
        self, kernel: Floats, anchors: Places, weights: Floats, i: Places, j: Places, d: Floats
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

    def run(self, max_sweeps: int, tol: float, rng: RandomState) -> None:
        """Move a random weight of each bit, sweep by sweep, until one lowers f by no more than ``tol f``."""
        for _ in track(range(max_sweeps), "Searching weights"):
            for b, q in enumerate(rng.randint(self.anchors.shape[1], size=len(self.bits))):
                self.move(b, q)
            self.errors.append(self.error())
            if self.errors[-2] - self.errors[-1] <= tol * self.errors[-2]:
                break

    def move(self, b: int, q: int) -> None:
        """Move weight q of bit b to the middle of its best interval, or leave it if none is better."""
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
    i: Places,
    j: Places,
    hamming: Places,
    d: Floats,
    bits: NDArray[np.bool_],
    start: NDArray[np.bool_],
    rank: Places,
    n_bits: int,
) -> Floats:
    """Return by how much f rises if one of the bits becomes what it is after a number of flips.

    The two documents of a pair begin to differ in the bit, or cease to, at the earlier of their flips, and
    the reverse happens at the later one.

    Args:
        i, j: the pairs.
        hamming: their Hamming distances.
        d: their d_M.
        bits: the bit of each document now.
        start: the bit of each document before any flip.
        rank: number of flips before that of each document; those that never flip have the largest number.
        n_bits: length of a code.

    Returns:
        The rise after 0, 1, 2, ... flips.
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
    hamming: Places, i: Places, j: Places, old: NDArray[np.bool_], new: NDArray[np.bool_]
) -> None:
    """Bring the Hamming distances of pairs up to date after one of the bits has changed."""
    for pair in range(len(i)):
        before = old[i[pair]] != old[j[pair]]
        hamming[pair] += int(new[i[pair]] != new[j[pair]]) - int(before)


def random_pairs(n: int, fraction: float, rng: RandomState) -> tuple[Places, Places]:
    """Pair each of n documents with a share of the others, at least one, drawn without replacement.

    Returns:
        The documents i, ascending, and their partners j, int64.
    """
    n_partners = max(1, round(fraction * (n - 1)))
    steps = np.concatenate([1 + rng.permutation(n - 1)[:n_partners] for _ in range(n)])
    i = np.repeat(np.arange(n), n_partners)
    return i, (i + steps) % n


def reduced_distances(Z: Floats, i: Places, j: Places) -> Floats:
    """Return ``1/2 |z_i - z_j|^2`` of pairs, divided by the largest."""
    d = 0.5 * np.square(Z[i] - Z[j]).sum(axis=1)
    return d / max(d.max(), np.finfo(d.dtype).tiny)


def label_distances(y: csr_array, i: Places, j: Places) -> Floats:
    """Return 0 for pairs that share a label and 1 for others, from a bool indicator (n, n_labels)."""
    return 1.0 - (y[i].multiply(y[j]).sum(axis=1) > 0)
