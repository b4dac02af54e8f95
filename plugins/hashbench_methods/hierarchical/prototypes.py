"""Prototypes of fine and coarse groups in the latent space, and the probabilities of the groups."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn.functional import normalize

MAX_ITERATIONS = 30
WARM_ITERATIONS = 10
COARSE_STARTS = 5
JITTER = 1e-4
NORM_FLOOR = 1e-6


class Prototypes(nn.Module):
    """Fine and coarse prototypes.

    All probabilities are softmaxes of negative squared distances, divided by a temperature.

    Args:
        n_fine: number of fine prototypes.
        n_coarse: number of coarse prototypes.
        n_bits: length of z.
        learnt: the prototypes are trained by gradients, as well as set by ``cluster``.
        generator: source of their initial values, until the first ``cluster``.

    Attributes:
        fine: shape (n_fine, n_bits).
        coarse: shape (n_coarse, n_bits).
    """

    def __init__(
        self, n_fine: int, n_coarse: int, n_bits: int, *, learnt: bool, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.fine = nn.Parameter(torch.empty(n_fine, n_bits), requires_grad=learnt)
        self.coarse = nn.Parameter(torch.empty(n_coarse, n_bits), requires_grad=learnt)
        for points in (self.fine, self.coarse):
            bound = math.sqrt(6 / (len(points) + n_bits))
            nn.init.uniform_(points, -bound, bound, generator=generator)
        self._placed = False

    def log_fine(self, z: Tensor, temperature: float) -> Tensor:
        """Return ``ln q(s | z)`` (Zhang et al. 2024, equation 11), shape (n, n_fine)."""
        return (_nearness(z, self.fine) / temperature).log_softmax(dim=1)

    def log_coarse(self, z: Tensor, s: Tensor, temperature: float) -> Tensor:
        """Return ``ln q(y | s, z)`` (equation 12), shape (n, n_coarse).

        Args:
            z: latent vectors, shape (n, n_bits).
            s: fine prototype of each, shape (n,).
            temperature: divisor of the distances.
        """
        nearness = (_nearness(z, self.coarse) + _nearness(self.fine[s], self.coarse)) / 2
        return (nearness / temperature).log_softmax(dim=1)

    def log_groups(
        self, z: Tensor, fine_temperature: float, coarse_temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Return ``ln q(s | z)``, and ``ln q(y | s, z)`` for the most probable s, shapes (n, n_groups)."""
        log_fine = self.log_fine(z, fine_temperature)
        return log_fine, self.log_coarse(z, log_fine.argmax(dim=1), coarse_temperature)

    def log_fine_of_coarse(self) -> Tensor:
        """Return ``ln p(s | y)`` (equation 3), shape (n_coarse, n_fine)."""
        distances = torch.cdist(self.coarse, self.fine) ** 2
        return (-distances).log_softmax(dim=1)

    def unit_fine(self) -> Tensor:
        """Return the fine prototypes scaled to norm 1."""
        return normalize(self.fine, eps=NORM_FLOOR)

    def unit_coarse(self) -> Tensor:
        """Return the coarse prototypes scaled to norm 1."""
        return normalize(self.coarse, eps=NORM_FLOOR)

    def owners(self) -> Tensor:
        """Return the coarse prototype nearest to each fine one, int64 of shape (n_fine,)."""
        return torch.cdist(self.fine.detach(), self.coarse.detach()).argmin(dim=1)

    def cluster(self, points: NDArray[np.float32], seed: int) -> None:
        """Set the fine prototypes to the k-means centres of points, and the coarse ones to those of the fine.

        k-means starts from the prototypes, and the first time from random centres.

        Args:
            points: latent vectors of the training documents, shape (n, n_bits), n >= n_fine.
            seed: of the draw.
        """
        centres = _centres(points, self.fine, 1, seed, warm=self._placed)
        groups = _centres(centres, self.coarse, COARSE_STARTS, seed, warm=self._placed)
        self._placed = True
        self.fine.data.copy_(torch.from_numpy(centres))
        self.coarse.data.copy_(torch.from_numpy(groups))


def effective_number(log_q: Tensor) -> float:
    """Return the exponential of the entropy of the mean of distributions, from 1 to the number of groups.

    Args:
        log_q: logarithms of the probabilities, shape (n, n_groups).
    """
    mean = log_q.exp().mean(dim=0)
    return float((-torch.xlogy(mean, mean).sum()).exp())


def _nearness(points: Tensor, centres: Tensor) -> Tensor:
    """Return the negative squared distances, plus the squared norm of each point, which cancels out."""
    return 2 * points @ centres.T - (centres**2).sum(dim=1)


def _centres(
    points: NDArray[np.float32], before: Tensor, n_starts: int, seed: int, *, warm: bool
) -> NDArray[np.float32]:
    """Return the centres of k-means; noise is added to the points where too few of them are distinct."""
    n_centres = len(before)
    if len(np.unique(points, axis=0)) < n_centres:
        noise = np.random.default_rng(seed).standard_normal(points.shape, dtype=np.float32)
        points = points + JITTER * noise
    if warm:
        start = before.detach().cpu().numpy()
        kmeans = KMeans(n_centres, init=start, n_init=1, max_iter=WARM_ITERATIONS)
    else:
        kmeans = KMeans(n_centres, n_init=n_starts, max_iter=MAX_ITERATIONS, random_state=seed)
    centres: NDArray[np.float32] = kmeans.fit(points).cluster_centers_.astype(np.float32)
    return centres
