"""NASH: a variational autoencoder with a Bernoulli latent code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from hashbench_methods.generative.autoencoder import Heads, VariationalHasher
from hashbench_methods.generative.supervision import WithLabels
from torch import Tensor

from hashbench.hashing.nn.batches import Rows, TrainingData
from hashbench.hashing.nn.divergences import bernoulli_kl
from hashbench.hashing.nn.sampling import NOISES, LatentNoise, straight_through_bits
from hashbench.hashing.nn.trainer import Step
from hashbench.ranges import Interval, OneOf, Unless, Whole


@dataclass(eq=False, repr=False)
class NASH(VariationalHasher):
    """End-to-end generative hashing (Shen et al. 2018).

    A Bernoulli variational autoencoder over term counts, trained with the straight-through estimator. The
    encoder gives logits a of the bits, ``q(z_j = 1 | x) = sigmoid(a_j)``, with prior ``p(z_j = 1) = 1/2``.
    The decoder is a log-linear softmax over the terms, given the bits or the bits with noise. Bit j of a code
    is 1 iff ``a_j > 0``.

    Args:
        sampling: bits in training: "stochastic", or "deterministic" for the more probable value.
        sampling_warmup_docs: number of documents during which stochastic bits are still deterministic.
        ste_scale: factor of the straight-through gradient, see
            ``hashbench.hashing.nn.sampling.straight_through_bits``.
        noise: on the bits before they are decoded: "none" (NASH), "fixed" (NASH-N), "data" (NASH-DN) or
            "anneal", see ``hashbench.hashing.nn.sampling.LatentNoise``.
        noise_std: standard deviation of fixed noise, and of annealed noise at its start.
        noise_docs: documents over which annealed noise falls.
        noise_hidden: width of the hidden layer of the function for data-dependent noise; 0 for none.

    The other parameters are those of ``VariationalHasher``.
    """

    n_layers: int = 0
    code_std: float | None = 4.0
    sampling: Annotated[str, OneOf("stochastic", "deterministic")] = "deterministic"
    sampling_warmup_docs: Annotated[int, Whole(0), Unless("sampling", "deterministic")] = 0
    ste_scale: Annotated[float, Interval(0, open_low=True)] = 1.0
    noise: Annotated[str, OneOf(*NOISES)] = "none"
    noise_std: Annotated[float, Interval(0), Unless("noise", "none", "data")] = 0.5
    noise_docs: Annotated[int, Whole(0), Unless("noise", "none", "data", "fixed")] = 100_000
    noise_hidden: Annotated[int, Whole(0), Unless("noise", "none", "fixed", "anneal")] = 0

    posterior_heads = ("logits",)

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        super()._build(data, generator)
        self.noise_ = LatentNoise(
            self.noise,
            self.n_bits,
            std=self.noise_std,
            anneal_docs=self.noise_docs,
            hidden=self.noise_hidden,
            generator=generator,
        )

    def _sample(self, heads: Heads, step: Step) -> Tensor:
        draws = self.sampling == "stochastic" and step.documents_seen >= self.sampling_warmup_docs
        return straight_through_bits(
            heads["logits"], step.generator if draws else None, ste_scale=self.ste_scale
        )

    def _decoded(self, z: Tensor, heads: Heads, step: Step) -> Tensor:
        decoded: Tensor = self.noise_(z, heads["logits"], step.documents_seen, step.generator)
        return decoded

    def _divergence(self, heads: Heads) -> Tensor:
        return bernoulli_kl(*self._posterior(heads))

    def _posterior(self, heads: Heads) -> tuple[Tensor]:
        return (heads["logits"],)

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:
        further = super()._diagnostics(sample)
        if self.noise != "data":
            return further
        return {**further, "noise": float(self.noise_.scale(self._values(sample), 0).mean())}


@dataclass(eq=False, repr=False)
class SupervisedNASH(WithLabels, NASH):
    """NASH with labels in the loss (Shen et al. 2018); its encoder has a hidden layer.

    The parameters are those of ``NASH`` and of ``WithLabels``.
    """

    n_layers: int = 1
