"""NASH: a variational autoencoder with a Bernoulli latent code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from hashbench_methods.generative.autoencoder import VariationalHasher
from hashbench_methods.generative.mixtures import BernoulliMixture

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.divergences import bernoulli_kl
from hashbench.hashing.nn.sampling import NOISES, LatentNoise, start_noise_head, straight_through_bits
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import Interval, OneOf, Unless, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class NASH(VariationalHasher):
    """End-to-end generative hashing (Shen et al. 2018).

    A Bernoulli variational autoencoder over term counts, trained with the straight-through estimator. The
    encoder gives logits a of the bits, ``q(z_j = 1 | x) = alpha_j = sigmoid(a_j)``, the prior is
    ``p(z_j = 1) = gamma_j``, and the decoder is a log-linear softmax over the terms::

        loss = -ln p(x | z') + kl_weight KL(q(z | x) || p(z)),    z ~ Bernoulli(alpha),    z' ~ N(z, s^2)

    NASH has s = 0, NASH-N a fixed s, and NASH-DN one that depends on the document, see ``noise``. NASH-DN-S,
    ``supervised``, adds the cross-entropy of a classifier of z. Bit j of a code is 1 iff ``a_j > 0``.

    Args:
        sampling: bits in training: "stochastic", or "deterministic" for the more probable value.
        ste_scale: factor of the straight-through gradient, see
            ``hashbench.hashing.nn.sampling.straight_through_bits``.
        noise: s of the bits before they are decoded: "none" (NASH), "fixed" (NASH-N), and for NASH-DN "data",
            from the bit probabilities, or "trunk", from the last hidden layer of the encoder, see
            ``hashbench.hashing.nn.sampling.LatentNoise``.
        noise_std: standard deviation of fixed noise.
        noise_hidden: width of the hidden layer of the function for the noise "data"; 0 for none.
        learn_prior: train gamma, which starts at 1/2; otherwise it stays there.

    The other parameters are those of ``VariationalHasher``.
    """

    n_layers: int = 0
    code_std: float | None = 4.0
    sampling: Annotated[str, OneOf("stochastic", "deterministic")] = "deterministic"
    ste_scale: Annotated[float, Interval(0, open_low=True)] = 1.0
    noise: Annotated[str, OneOf(*NOISES)] = "none"
    noise_std: Annotated[float, Interval(0), Unless("noise", "none", "data", "trunk")] = 0.5
    noise_hidden: Annotated[int, Whole(0), Unless("noise", "none", "fixed", "trunk")] = 0
    learn_prior: Annotated[bool, OneOf(False, True)] = False

    code_head = "logits"

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        m = self.n_bits
        self._build_autoencoder(
            data, {"logits": m} | ({"noise": m} if self.noise == "trunk" else {}), generator
        )
        if self.noise == "trunk":
            start_noise_head(self.encoder_.heads["noise"])
        self.noise_ = LatentNoise(
            self.noise, m, std=self.noise_std, hidden=self.noise_hidden, generator=generator
        )
        if self.learn_prior:
            self.prior_ = BernoulliMixture(1, m, generator=generator)
            self.prior_.free_logits.data.zero_()
        self._build_classifier(data, generator)

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        heads = self._encode(self._with_dropped_words(batch.documents, step), step.generator)
        a = heads["logits"]
        z = straight_through_bits(
            a, step.generator if self.sampling == "stochastic" else None, ste_scale=self.ste_scale
        )
        noisy = self.noise_(z, a, heads.get("noise"), step.generator)
        reconstruction = self._reconstruction(noisy, batch.documents, step)
        kl = self.prior_.kl(a).squeeze(1) if self.learn_prior else bernoulli_kl(a)
        return {
            "reconstruction": reconstruction,
            "kl": self._kl(kl, step),
            **self._label_terms(z, batch, step),
        }

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:
        if self.noise not in ("data", "trunk"):
            return {}
        heads = self._encode(sample)
        return {"noise": float(self.noise_.scale(heads["logits"], heads.get("noise")).mean())}
