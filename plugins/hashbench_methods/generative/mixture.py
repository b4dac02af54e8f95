"""A mixture prior of the latent code (Dong et al. 2019)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn

from hashbench.hashing.nn.batches import Rows, TrainingData
from hashbench.hashing.nn.divergences import best_log_q_c, mixture_kl
from hashbench.ranges import OneOf, Unless, Whole

if TYPE_CHECKING:
    from hashbench_methods.generative.autoencoder import Heads
    from hashbench_methods.generative.autoencoder import VariationalHasher as _Base
else:
    _Base = object

Posterior = tuple[Tensor, ...]
"""The parameters of q(z | x) of n documents, each of shape (n, n_bits)."""


class Components(nn.Module, ABC):
    """The mixing weights and the components of a mixture; a subclass adds the parameters of the components.

    Args:
        n_components: number of components, of equal weight at first.
        learn_shares: train the mixing weights as well.

    Attributes:
        scores: logits of the mixing weights, shape (n_components,).
    """

    def __init__(self, n_components: int, *, learn_shares: bool) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(n_components), requires_grad=learn_shares)

    def log_pi(self) -> Tensor:
        """Return the logarithms of the mixing weights p(c), shape (n_components,)."""
        return self.scores.log_softmax(dim=0)

    @abstractmethod
    def kl(self, posterior: Posterior) -> Tensor:
        """Return ``KL(q(z | x) || p(z | c))``, shape (n, n_components)."""

    @abstractmethod
    def points(self, posterior: Posterior) -> Tensor:
        """Return the mean of q(z | x), shape (n, n_bits)."""

    @abstractmethod
    def move(self, component: int, members: Posterior) -> None:
        """Set a component to the one nearest to the q(z | x) of its members."""

    def move_to_clusters(self, posterior: Posterior) -> None:
        """Set the components to the clusters that k-means finds among the means of q(z | x)."""
        points = self.points(posterior).cpu().numpy()
        n_clusters = min(len(self.scores), len(np.unique(points, axis=0)))
        clusters = torch.tensor(KMeans(n_clusters, n_init=1, random_state=0).fit(points).labels_)
        for cluster in range(n_clusters):
            members = tuple(part[clusters == cluster] for part in posterior)
            self.scores.data[cluster] = math.log(len(members[0]) / len(points))
            self.move(cluster, members)


@dataclass(eq=False, repr=False, kw_only=True)
class MixturePrior(_Base):
    """A mixture ``p(z) = sum_c p(c) p(z | c)`` as the prior.

    With the posterior ``q(z | x) q(c | x)`` the divergence becomes
    ``KL(q(c | x) || p(c)) + E_q(c|x) KL(q(z | x) || p(z | c))`` (equation 6).

    Args:
        n_components: number of components.
        posterior_c: q(c | x). "network": predicted from the document (equation 9). "analytic": the one that
            minimises the divergence, in proportion to ``p(c) exp(-KL(q(z | x) || p(z | c)))``.
        share_trunk: predict q(c | x) from the last hidden layer of the encoder of q(z | x); False gives it an
            encoder of its own.
        learn_shares: train the mixing weights p(c); otherwise they are uniform, or the sizes of the clusters
            of k-means.
        prior_init: "random", or "kmeans" to set the components to clusters of the documents.
        kmeans_epochs: number of epochs before the components are set to clusters.
    """

    n_components: Annotated[int, Whole(1)] = 20
    posterior_c: Annotated[str, OneOf("network", "analytic")] = "network"
    share_trunk: Annotated[bool, OneOf(True, False), Unless("posterior_c", "analytic")] = True
    learn_shares: Annotated[bool, OneOf(True, False)] = True
    prior_init: Annotated[str, OneOf("random", "kmeans")] = "random"
    kmeans_epochs: Annotated[int, Whole(1), Unless("prior_init", "random")] = 5

    @abstractmethod
    def _new_components(self, generator: torch.Generator) -> Components:
        """Return the components at the start of training."""

    def _further_heads(self) -> dict[str, int]:
        shared = self.posterior_c == "network" and self.share_trunk
        return {"component": self.n_components} if shared else {}

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        super()._build(data, generator)
        self.prior_ = self._new_components(generator)
        if self.posterior_c == "network" and not self.share_trunk:
            self.component_encoder_ = self._new_encoder(data, {"component": self.n_components}, generator)

    def _encode(self, documents: Rows, generator: torch.Generator | None = None) -> Heads:
        heads = super()._encode(documents, generator)
        if self.posterior_c == "network" and not self.share_trunk:
            heads |= self.component_encoder_(documents, generator)
        return heads

    def _divergence(self, heads: Heads) -> Tensor:
        component_kl = self.prior_.kl(self._posterior(heads))
        return mixture_kl(component_kl, self.prior_.log_pi(), self._log_q_c(heads, component_kl))

    def _log_q_c(self, heads: Heads, component_kl: Tensor) -> Tensor:
        if self.posterior_c == "network":
            return heads["component"].log_softmax(dim=1)
        return best_log_q_c(component_kl, self.prior_.log_pi())

    def _after_epoch(self, number: int, sample: Rows) -> None:
        if self.prior_init == "kmeans" and number == self.kmeans_epochs:
            with torch.no_grad():
                self.prior_.move_to_clusters(self._posterior(self._encode(sample)))

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:
        heads = self._encode(sample)
        component_kl = self.prior_.kl(self._posterior(heads))
        mean = self._log_q_c(heads, component_kl).exp().mean(dim=0)
        effective = float((-torch.xlogy(mean, mean).sum()).exp())
        return {**super()._diagnostics(sample), "effective_components": effective}
