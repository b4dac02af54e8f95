"""CorrSH: generative hashing with correlated bits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor
from torch.nn.functional import softplus

from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.random_values import standard_normal
from hashbench.hashing.nn.reconstruction import ReconstructingHasher
from hashbench.hashing.nn.sampling import straight_through_bits
from hashbench.hashing.nn.schedules import linear_path
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import Interval, Unless, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class CorrSH(ReconstructingHasher):
    """Generative hashing with a Boltzmann-machine posterior (Zheng, Su, Shen and Chen 2020).

    A Bernoulli variational autoencoder whose bits are correlated given the document. Their logits r are drawn
    from a Gaussian with a covariance of low rank and a diagonal, the bits s given the logits, and the
    decoder sees the bits with noise::

        r = mu + sigma e + U e',    s ~ Bernoulli(sigmoid(r)),    loss = -ln p(x | s + nu e'') + kl_weight KL

    with U of ``rank`` columns and e, e', e'' standard normal. The divergence of this posterior from
    ``Bernoulli(1/2)`` has no closed form. KL is a sample of that of a mixture of ``n_samples`` products of
    Bernoullis with logits drawn from the Gaussian, see ``mixture_divergence``; it converges to the posterior
    as their number grows. Bit j of a code is 1 iff ``mu_j > 0``.

    Args:
        rank: number of columns of U.
        n_samples: number of logits drawn for the divergence.
        kl_weight: weight of the divergence.
        kl_warmup_epochs: epochs over which that weight rises from 0.
        noise: nu at the beginning of training.
        least_noise: nu after ``noise_epochs``.
        noise_epochs: epochs over which nu changes linearly.

    The other parameters are those of ``ReconstructingHasher``.
    """

    rank: Annotated[int, Whole(1)] = 10
    n_samples: Annotated[int, Whole(1)] = 10
    kl_weight: Annotated[float, Interval(0)] = 0.1
    kl_warmup_epochs: Annotated[int, Whole(0), Unless("kl_weight", 0)] = 0
    noise: Annotated[float, Interval(0)] = 0.0
    least_noise: Annotated[float, Interval(0), Unless("noise", 0)] = 0.0
    noise_epochs: Annotated[int, Whole(0), Unless("noise", 0)] = 0

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        self.n_documents_ = len(data)
        self._build_encoder(data, {"sigma": self.n_bits, "U": self.rank * self.n_bits}, generator)
        self._build_decoder(data, self.n_bits, generator)

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        heads = self._encode(batch.documents, step)
        mu, sigma = heads["logits"], softplus(heads["sigma"])
        U = heads["U"].view(len(mu), self.rank, self.n_bits).tanh() / self.rank
        s = straight_through_bits(correlated_logits(mu, sigma, U, 1, step.generator)[:, 0], step.generator)
        r = correlated_logits(mu, sigma, U, self.n_samples, step.generator)
        seen, epoch = step.documents_seen, self.n_documents_
        nu = linear_path(seen, self.noise_epochs * epoch, first=self.noise, last=self.least_noise)
        noisy = s + nu * standard_normal(s, step.generator) if self.noise else s
        kl_weight = self.kl_weight * linear_path(seen, self.kl_warmup_epochs * epoch)
        return {
            "reconstruction": Term(self._reconstruction(noisy, batch.documents)),
            "kl": Term(mixture_divergence(r, step.generator), kl_weight),
        }


def correlated_logits(
    mu: Tensor, sigma: Tensor, U: Tensor, n_samples: int, generator: torch.Generator
) -> Tensor:
    """Draw ``r = mu + sigma e + U e'``, which has the covariance ``diag(sigma^2) + U U'``.

    Args:
        mu: means, shape (n, n_bits).
        sigma: standard deviations of the independent part, shape (n, n_bits).
        U: columns of the low-rank part as rows, shape (n, rank, n_bits).
        n_samples: number of draws, independent of each other.
        generator: source of randomness.

    Returns:
        Shape (n, n_samples, n_bits).
    """
    n, rank, n_bits = U.shape
    independent = standard_normal(mu.new_empty(n, n_samples, n_bits), generator)
    common = standard_normal(mu.new_empty(n, n_samples, rank), generator)
    return mu[:, None] + sigma[:, None] * independent + common @ U


def log_bernoulli(s: Tensor, logits: Tensor) -> Tensor:
    """Return ``ln q(s | r) = sum_l r_l s_l - softplus(r_l)`` of bits s, summed over the last dimension."""
    return (logits * s - softplus(logits)).sum(dim=-1)


def mixture_divergence(r: Tensor, generator: torch.Generator) -> Tensor:
    """Return a sample of ``KL(h || Bernoulli(1/2))`` with ``h(s) = sum_j q(s | r_j) / m``.

    One s is drawn from h, straight through, and ``ln h(s) + n_bits ln 2`` is the value. It can be negative
    for a document; its expectation is not.

    Args:
        r: logits of the m components of h, shape (n, m, n_bits).
        generator: source of randomness.

    Returns:
        Shape (n,).
    """
    n, m, n_bits = r.shape
    chosen = torch.randint(m, (n,), generator=generator)
    s = straight_through_bits(r[torch.arange(n), chosen], generator)
    log_h = log_bernoulli(s[:, None], r).logsumexp(dim=1) - math.log(m)
    return log_h + n_bits * math.log(2)
