"""NASH: variational hashing with bits as the latent code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from hashbench_methods.generative.autoencoder import Heads, VariationalHasher
from hashbench_methods.generative.supervision import WithLabels
from torch import Tensor

from hashbench.hashing.nn.batches import Rows, TrainingData
from hashbench.hashing.nn.checks import check_choice, check_not_negative, check_positive, check_whole
from hashbench.hashing.nn.divergences import bernoulli_kl
from hashbench.hashing.nn.sampling import NOISES, LatentNoise, straight_through_bits
from hashbench.hashing.nn.trainer import Step

SAMPLINGS = ("stochastic", "deterministic")


@dataclass(eq=False, repr=False)
class NASH(VariationalHasher):
    """End-to-end generative hashing (Shen et al. 2018).

    The encoder gives logits a of the bits, ``q(z_j = 1 | x) = sigmoid(a_j)``, with prior
    ``p(z_j = 1) = 1/2``. Bits are drawn, gradients pass straight through, and a log-linear softmax decodes
    words from the bits, on which there may be noise. Bit j is 1 iff ``a_j > 0``.

    Args:
        sampling: bits in training: "stochastic", or "deterministic" for the more probable value.
        sampling_warmup_docs: documents before which stochastic bits are deterministic as well.
        ste_scale: factor of the straight-through gradient, see
            ``hashbench.hashing.nn.sampling.straight_through_bits``.
        noise: on the bits before they are decoded: "none" (NASH), "fixed" (NASH-N), "data" (NASH-DN) or
            "anneal", see ``hashbench.hashing.nn.sampling.LatentNoise``.
        noise_std: standard deviation of fixed noise, and of annealed noise at its start.
        noise_docs: documents over which annealed noise falls.
        noise_hidden: width of the hidden layer behind data-dependent noise; 0 for none.

    The other parameters are those of ``VariationalHasher``.
    """

    n_layers: int = 0
    code_std: float | None = 4.0
    sampling: str = "deterministic"
    sampling_warmup_docs: int = 0
    ste_scale: float = 1.0
    noise: str = "none"
    noise_std: float = 0.5
    noise_docs: int = 100_000
    noise_hidden: int = 0

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

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("sampling", self.sampling, SAMPLINGS)
        check_whole("sampling_warmup_docs", self.sampling_warmup_docs, 0)
        check_positive("ste_scale", self.ste_scale)
        check_choice("noise", self.noise, NOISES)
        check_not_negative("noise_std", self.noise_std)
        check_whole("noise_docs", self.noise_docs, 0)
        check_whole("noise_hidden", self.noise_hidden, 0)


@dataclass(eq=False, repr=False)
class SupervisedNASH(WithLabels, NASH):
    """NASH with labels in the loss and a hidden layer, which the labels make good use of.

    The parameters are those of ``NASH`` and of ``WithLabels``.
    """

    n_layers: int = 1
