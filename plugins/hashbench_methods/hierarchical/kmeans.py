"""Centres of k-means on latent vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

MAX_ITERATIONS = 30
WARM_ITERATIONS = 10
JITTER = 1e-4

Points = NDArray[np.float32]


def warm_centres(points: Points, start: Points, seed: int) -> Points:
    """Return the centres of k-means that starts from given ones, shape (n_centres, n_bits).

    Args:
        points: shape (n, n_bits), n >= n_centres. Noise is added where too few of them are distinct.
        start: shape (n_centres, n_bits).
        seed: of the noise.
    """
    return _fitted(points, KMeans(len(start), init=start, n_init=1, max_iter=WARM_ITERATIONS), seed)


def cold_centres(points: Points, n_centres: int, seed: int, *, init: str, n_starts: int = 1) -> Points:
    """Return the centres of k-means that starts from a draw, shape (n_centres, n_bits).

    Args:
        points: see ``warm_centres``.
        n_centres: number of centres.
        seed: of the draw.
        init: "random" starts from points drawn uniformly, "k-means++" as Arthur and Vassilvitskii (2007).
        n_starts: number of runs, of which the one with the smallest distances counts.
    """
    kmeans = KMeans(n_centres, init=init, n_init=n_starts, max_iter=MAX_ITERATIONS, random_state=seed)
    return _fitted(points, kmeans, seed)


def _fitted(points: Points, kmeans: KMeans, seed: int) -> Points:
    if len(np.unique(points, axis=0)) < kmeans.n_clusters:
        noise = np.random.default_rng(seed).standard_normal(points.shape, dtype=np.float32)
        points = points + JITTER * noise
    centres: Points = kmeans.fit(points).cluster_centers_.astype(np.float32)
    return centres
