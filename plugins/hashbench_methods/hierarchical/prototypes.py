"""Prototypes of fine and coarse groups in the latent space, and the probabilities of the groups."""

from __future__ import annotations

import math

import numpy as np
import torch
from hashbench_methods.hierarchical.kmeans import Points, cold_centres, warm_centres
from torch import Tensor, nn
from torch.nn.functional import normalize

COARSE_STARTS = 5
NORM_FLOOR = 1e-6


class Prototypes(nn.Module):
    """Fine prototypes ``mu_s`` and coarse prototypes ``mu_y``, points of the latent space.

    All probabilities are softmaxes of negative squared distances, divided by a temperature.

    Args:
        n_fine: number of fine prototypes, K.
        n_coarse: number of coarse prototypes, M.
        n_bits: length of z.
        learnt: the prototypes are trained by gradients, as well as set by ``cluster``.
        variance: ``sigma_s^2``, the variance of z around a fine prototype.
        learnt_variance: each fine prototype has a variance of its own, trained by gradients; ``variance`` is
            its value after every ``cluster``.
        start: how k-means starts. "warm": from the prototypes, and the first time by k-means++. "cold": every
            time from documents drawn anew, as in the published code.
        generator: source of the initial values of prototypes, until the first ``cluster``.

    Attributes:
        fine: shape (n_fine, n_bits).
        coarse: shape (n_coarse, n_bits).
    """

    def __init__(
        self,
        n_fine: int,
        n_coarse: int,
        n_bits: int,
        *,
        learnt: bool = False,
        variance: float = 0.5,
        learnt_variance: bool = False,
        start: str = "warm",
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.fine = nn.Parameter(torch.empty(n_fine, n_bits), requires_grad=learnt)
        self.coarse = nn.Parameter(torch.empty(n_coarse, n_bits), requires_grad=learnt)
        for points in (self.fine, self.coarse):
            bound = math.sqrt(6 / (len(points) + n_bits))
            nn.init.uniform_(points, -bound, bound, generator=generator)
        self.variance = variance
        self.log_variance = (
            nn.Parameter(torch.full((n_fine,), math.log(variance))) if learnt_variance else None
        )
        self.start = start
        self._n_clusterings = 0

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

    def variance_of(self, s: Tensor) -> Tensor:
        """Return ``sigma_s^2``, shape (n, 1), or a scalar where all prototypes have the same."""
        if self.log_variance is None:
            return self.fine.new_tensor(self.variance)
        return self.log_variance[s, None].exp()

    def unit_fine(self) -> Tensor:
        """Return the fine prototypes scaled to norm 1."""
        return normalize(self.fine, eps=NORM_FLOOR)

    def unit_coarse(self) -> Tensor:
        """Return the coarse prototypes scaled to norm 1."""
        return normalize(self.coarse, eps=NORM_FLOOR)

    def owners(self) -> Tensor:
        """Return the coarse prototype nearest to each fine one, int64 of shape (n_fine,)."""
        return torch.cdist(self.fine.detach(), self.coarse.detach()).argmin(dim=1)

    def cluster(self, points: Points, seed: int) -> None:
        """Set the fine prototypes to the k-means centres of points, and the coarse ones to those of the fine.

        Args:
            points: latent vectors of the training documents, shape (n, n_bits), n >= n_fine.
            seed: of the draws; later calls draw anew.
        """
        fine = self._centres(points, self.fine, 1, seed)
        coarse = self._centres(fine, self.coarse, COARSE_STARTS, seed)
        self._n_clusterings += 1
        self.fine.data.copy_(torch.from_numpy(fine))
        self.coarse.data.copy_(torch.from_numpy(coarse))
        if self.log_variance is not None:
            self.log_variance.data.fill_(math.log(self.variance))

    def _centres(self, points: Points, before: Tensor, n_starts: int, seed: int) -> Points:
        if self.start == "cold":
            return cold_centres(points, len(before), seed + self._n_clusterings, init="random")
        if self._n_clusterings:
            return warm_centres(points, before.detach().cpu().numpy().astype(np.float32), seed)
        return cold_centres(points, len(before), seed, init="k-means++", n_starts=n_starts)


def _nearness(points: Tensor, centres: Tensor) -> Tensor:
    """Return the negative squared distances, plus the squared norm of each point, which cancels out."""
    return 2 * points @ centres.T - (centres**2).sum(dim=1)
