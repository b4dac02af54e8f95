"""Mixtures as the prior of a latent code (Dong et al. 2019, equations 3 and 7)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn

from hashbench.hashing.nn.divergences import (
    bernoulli_component_kl,
    best_log_q_c,
    gaussian_component_kl,
)

POSTERIORS = ("network", "analytic")
"""How q(c | x) is found: predicted from the document, or the one that minimises the divergence."""

STARTS = ("random", "kmeans")
KMEANS_EPOCHS = 5
"""Epochs before the components are set to clusters, with the start "kmeans"."""

GAUSSIAN_START_STD = 0.5
LOG_VARIANCE_RANGE = (-6.0, 4.0)
BERNOULLI_START_STD = 0.1
LARGEST_LOGIT = 8.0
CENTRE_RANGE = (0.05, 0.95)


class Mixture(nn.Module, ABC):
    """``p(z) = sum_c pi_c p(z | c)`` with learnt mixing weights; a subclass has the components.

    The parameters of q(z | x) of n documents are tensors of shape (n, n_bits), the posterior below.

    Args:
        n_components: number of components, of equal weight at first.

    Attributes:
        scores: logits of the mixing weights, shape (n_components,).
    """

    def __init__(self, n_components: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(n_components))

    def log_pi(self) -> Tensor:
        """Return the logarithms of the mixing weights, shape (n_components,)."""
        return self.scores.log_softmax(dim=0)

    def log_q_c(self, component_kl: Tensor, head: Tensor | None) -> Tensor:
        """Return the logarithms of the posterior q(c | x), shape (n, n_components).

        Args:
            component_kl: what ``kl`` returns.
            head: scores of the components, shape (n, n_components), whose softmax it is (equation 9); None
                for the q(c | x) that minimises the divergence, ``pi_c exp(-KL(q(z | x) || p(z | c)))`` up to
                a factor.
        """
        return best_log_q_c(component_kl, self.log_pi()) if head is None else head.log_softmax(dim=1)

    @abstractmethod
    def kl(self, *posterior: Tensor) -> Tensor:
        """Return ``KL(q(z | x) || p(z | c))``, shape (n, n_components)."""

    @abstractmethod
    def points(self, *posterior: Tensor) -> Tensor:
        """Return the mean of q(z | x), shape (n, n_bits)."""

    @abstractmethod
    def move(self, component: int, *members: Tensor) -> None:
        """Set a component to the one nearest to the q(z | x) of its members."""

    @torch.no_grad()
    def move_to_clusters(self, *posterior: Tensor) -> None:
        """Set the components to the clusters that k-means finds among the means of q(z | x)."""
        points = self.points(*posterior).cpu().numpy()
        n_clusters = min(len(self.scores), len(np.unique(points, axis=0)))
        clusters = torch.tensor(KMeans(n_clusters, n_init=1, random_state=0).fit(points).labels_)
        for cluster in range(n_clusters):
            members = [part[clusters == cluster] for part in posterior]
            self.scores.data[cluster] = math.log(len(members[0]) / len(points))
            self.move(cluster, *members)


class GaussianMixture(Mixture):
    """``p(z | c) = N(means_c, diag(variances_c))`` (equation 3); the posterior is mean and log-variance.

    Args:
        n_components: number of components.
        n_bits: length of z.
        generator: source of the initial means.

    Attributes:
        means: shape (n_components, n_bits).
        free_log_variances: logarithms of the variances, shape (n_components, n_bits), used within -6 and 4.
    """

    def __init__(self, n_components: int, n_bits: int, *, generator: torch.Generator) -> None:
        super().__init__(n_components)
        self.means = nn.Parameter(torch.empty(n_components, n_bits))
        self.free_log_variances = nn.Parameter(torch.zeros(n_components, n_bits))
        nn.init.normal_(self.means, std=GAUSSIAN_START_STD, generator=generator)

    def log_variances(self) -> Tensor:
        """Return the logarithms of the variances, shape (n_components, n_bits)."""
        return self.free_log_variances.clamp(*LOG_VARIANCE_RANGE)

    def kl(self, *posterior: Tensor) -> Tensor:
        mean, log_variance = posterior
        return gaussian_component_kl(mean, log_variance, self.means, self.log_variances())

    def points(self, *posterior: Tensor) -> Tensor:
        return posterior[0]

    def move(self, component: int, *members: Tensor) -> None:
        mean, log_variance = members
        centre = mean.mean(dim=0)
        variance = (log_variance.exp() + (mean - centre) ** 2).mean(dim=0)
        self.means.data[component] = centre
        self.free_log_variances.data[component] = variance.log().clamp(*LOG_VARIANCE_RANGE)


class BernoulliMixture(Mixture):
    """``p(z_j = 1 | c) = gamma_cj = sigmoid(G_cj)`` (equation 7); the posterior is the logits of the bits.

    Args:
        n_components: number of components.
        n_bits: length of z.
        generator: source of the initial logits.

    Attributes:
        free_logits: G, shape (n_components, n_bits), used within -8 and 8.
    """

    def __init__(self, n_components: int, n_bits: int, *, generator: torch.Generator) -> None:
        super().__init__(n_components)
        self.free_logits = nn.Parameter(torch.empty(n_components, n_bits))
        nn.init.normal_(self.free_logits, std=BERNOULLI_START_STD, generator=generator)

    def logits(self) -> Tensor:
        """Return the logits of the bits of each component, shape (n_components, n_bits)."""
        return self.free_logits.clamp(-LARGEST_LOGIT, LARGEST_LOGIT)

    def kl(self, *posterior: Tensor) -> Tensor:
        (logits,) = posterior
        return bernoulli_component_kl(logits, self.logits())

    def points(self, *posterior: Tensor) -> Tensor:
        return posterior[0].sigmoid()

    def move(self, component: int, *members: Tensor) -> None:
        self.free_logits.data[component] = self.points(*members).mean(dim=0).clamp(*CENTRE_RANGE).logit()


def effective_number(log_q_c: Tensor) -> float:
    """Return exp of the entropy of the mean of q(c | x): how many components are used."""
    mean = log_q_c.exp().mean(dim=0)
    return float((-torch.xlogy(mean, mean).sum()).exp())
