"""SNUH: hashing that unifies semantics and neighbourhood."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import torch
from hashbench_methods.neighbourhood import graph
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.divergences import gaussian_kl
from hashbench.hashing.nn.reconstruction import ReconstructingHasher
from hashbench.hashing.nn.sampling import gaussian_sample
from hashbench.hashing.nn.trainer import Epoch, Measurement, Step, Term, kept_epoch, train
from hashbench.ranges import Interval, OneOf, Unless, Whole

LEAST_STD = 1e-4
LARGEST_CORRELATION = 1 - 1e-6


@dataclass(eq=False, repr=False, kw_only=True)
class SNUH(ReconstructingHasher):
    """Hashing with a prior over the graph of nearest neighbours (Ou et al. 2021).

    A variational autoencoder with ``q(z | x) = N(mu, sigma^2)`` and ``mu = sigmoid(a / T)``, whose prior is a
    Gaussian over all documents: latent vectors have variance 1, and those of neighbours the covariance tau.
    Along random forests of the graph, the divergence is one of documents and one of edges::

        loss = -ln p(x | z) + kl_weight (node_weight KL(q(z) || N(0, 1))
                                         + n_edges / n_documents  mean over edges w_ij KL_ij)
        KL_ij = KL(q(z_i, z_j) || p(z_i, z_j)) - KL(q(z_i) || p(z_i)) - KL(q(z_j) || p(z_j))

    w_ij is the fraction of the forests with that edge, and gamma, the correlation of z_i and z_j in
    ``q(z_i, z_j)``, is predicted from both documents, see ``edge_kl``. As many edges as documents are drawn
    in every step. Bit l of a code is 1 iff ``mu_l > 1/2``, that is ``a_l > 0``.

    Args:
        n_neighbours: neighbours of a document in the graph, of those by cosine.
        forests: "spanning" or "stars", see ``hashbench_methods.neighbourhood.graph``.
        n_forests: number of forests.
        graph_temperature: of the probabilities with which neighbours are chosen.
        temperature: T.
        tau: prior correlation of neighbours.
        kl_weight: weight of the divergence.
        node_weight: weight of its part of documents beside that of edges; 1 for the divergence as it is.

    The other parameters are those of ``ReconstructingHasher``.
    """

    lr: float = 0.01
    code_std: float | None = None
    n_neighbours: Annotated[int, Whole(1)] = 10
    forests: Annotated[str, OneOf(*graph.FORESTS)] = "spanning"
    n_forests: Annotated[int, Whole(1)] = 10
    graph_temperature: Annotated[float, Interval(0, open_low=True), Unless("forests", "stars")] = 0.1
    temperature: Annotated[float, Interval(0, open_low=True)] = 0.3
    tau: Annotated[float, Interval(0, 1, open_high=True)] = 0.99
    kl_weight: Annotated[float, Interval(0)] = 0.1
    node_weight: Annotated[float, Interval(0), Unless("kl_weight", 0)] = 1.0

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        self._build_encoder(data, {"sigma": self.n_bits, "gamma": self.n_bits}, generator)
        self._build_decoder(data, self.n_bits, generator)

    def _loss(
        self, batch: Batch, step: Step, data: TrainingData | None = None, edges: graph.Edges | None = None
    ) -> Mapping[str, Term]:
        assert data is not None
        assert edges is not None
        heads = self._encode(batch.documents, step)
        mu, log_variance = self._posterior(heads)
        z = gaussian_sample(mu, log_variance, step.generator)
        terms = {
            "reconstruction": Term(self._reconstruction(z, batch.documents)),
            "kl": Term(gaussian_kl(mu, log_variance), self.kl_weight * self.node_weight),
        }
        if len(edges.weight):
            drawn = torch.randint(len(edges.weight), (len(mu),), generator=step.generator)
            ends = [self._encode(data[side[drawn.numpy()]].documents, step) for side in edges[:2]]
            gamma = correlation(ends[0]["gamma"], ends[1]["gamma"])
            weight = torch.from_numpy(edges.weight)[drawn].to(mu.device)
            kl = weight * edge_kl(self._posterior(ends[0]), self._posterior(ends[1]), gamma, self.tau)
            terms["edge_kl"] = Term(kl, self.kl_weight * len(edges.weight) / len(data))
        return terms

    def _posterior(self, heads: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return mu and ln sigma^2, shapes (n, n_bits)."""
        sigma = softplus(heads["sigma"]).clamp_min(LEAST_STD)
        return (heads["logits"] / self.temperature).sigmoid(), 2 * sigma.log()

    def _train(
        self,
        network: nn.Module,
        data: TrainingData,
        seed: int,
        measure: Callable[[int], Measurement],
        adjust: Callable[[int], None],
        *,
        neighbours: NDArray[np.int64] | None = None,
    ) -> None:
        nearest = graph.first_neighbours(neighbours, len(data), self.n_neighbours)
        edges = graph.random_forests(
            nearest,
            graph.neighbour_cosines(data, nearest),
            kind=self.forests,
            n_forests=self.n_forests,
            temperature=self.graph_temperature,
            rng=np.random.default_rng(seed),
        )
        loss = partial(self._loss, data=data, edges=edges)
        self.history_ = train(network, data, loss, self._plan(seed), measure, adjust)
        self.kept_epoch_: Epoch | None = kept_epoch(self.history_)


def correlation(first: Tensor, second: Tensor) -> Tensor:
    """Return gamma between -1 and 1 from a head of the encoder for both ends of edges, symmetric in them."""
    return LARGEST_CORRELATION * ((first + second) / 4).tanh()


def edge_kl(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor], gamma: Tensor, tau: float) -> Tensor:
    """Return ``KL(q(z_i, z_j) || p(z_i, z_j)) - KL(q(z_i) || p(z_i)) - KL(q(z_j) || p(z_j))``, shape (n,).

    All are Gaussian, p with means 0, variances 1 and correlation tau, independent between dimensions.

    Args:
        first: means and logarithms of the variances of z_i, shapes (n, n_bits).
        second: those of z_j.
        gamma: correlation of z_i and z_j in q, shape (n, n_bits).
        tau: from 0 to below 1.
    """
    (mean_i, log_variance_i), (mean_j, log_variance_j) = first, second
    squares = mean_i**2 + mean_j**2 + log_variance_i.exp() + log_variance_j.exp()
    products = mean_i * mean_j + gamma * ((log_variance_i + log_variance_j) / 2).exp()
    quadratic = (squares - 2 * tau * products) / (1 - tau**2) - squares
    return 0.5 * (quadratic - torch.log1p(-(gamma**2)) + math.log1p(-(tau**2))).sum(dim=1)
