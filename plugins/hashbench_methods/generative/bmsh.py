"""BMSH: semantic hashing with a Bernoulli mixture prior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from hashbench_methods.generative.autoencoder import Heads, VariationalHasher
from hashbench_methods.generative.mixtures import (
    KMEANS_EPOCHS,
    POSTERIORS,
    STARTS,
    BernoulliMixture,
    effective_number,
)

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.divergences import mixture_kl
from hashbench.hashing.nn.sampling import NOISES, LatentNoise, start_noise_head, straight_through_bits
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import Interval, OneOf, Unless, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class BMSH(VariationalHasher):
    """Semantic hashing with a Bernoulli mixture prior (Dong et al. 2019, section 2.3).

    NASH with the prior ``p(z) = sum_c pi_c Bernoulli(gamma_c)`` (equation 7). The encoder gives
    ``alpha = sigmoid(g(x))`` of ``q(z | x) = Bernoulli(alpha)`` (equation 8) and
    ``q(c | x) = beta = softmax(h(x))`` (equation 9), and the loss is the negative of equation 6::

        -ln p(x | z') + kl_weight (sum_c beta_c ln(beta_c / pi_c) + sum_c beta_c KL(q(z | x) || p(z | c)))

    with ``z_i = (sign(alpha_i - xi_i) + 1) / 2``, trained straight through (equation 10), and
    ``z' ~ N(z, s^2)``. ``supervised`` adds the cross-entropy of a classifier of z (BMSH-S, equation 11). With
    one component of probabilities 1/2 it is NASH. Bit i of a code is 1 iff ``g_i(x) > 0``.

    The paper prints pi without its index in KL(q(c | x) || p(c)), and in figure 1 gives s the index of a
    component; we take both for errors. Its noise is data-dependent, here ``noise`` "data" or "trunk".

    Args:
        sampling: bits in training: "stochastic", or "deterministic" for the more probable value.
        ste_scale: factor of the straight-through gradient; 0.5 as the paper carries the 1/2 into it.
        noise: s, see ``NASH``.
        noise_std: standard deviation of fixed noise.
        noise_hidden: width of the hidden layer of the function for the noise "data"; 0 for none.
        n_components: number of components, K.
        posterior_c: q(c | x). "network": equation 9. "analytic": the one that minimises the divergence, in
            proportion to ``pi_c exp(-KL(q(z | x) || p(z | c)))``.
        share_trunk: predict q(c | x) from the last hidden layer of the encoder of q(z | x); False gives it an
            encoder of its own, whose input are always the values of a document.
        prior_init: components at the start: "random", or "kmeans" to set them to clusters of the documents
            after five epochs.

    The other parameters are those of ``VariationalHasher``.
    """

    n_layers: int = 0
    code_std: float | None = 4.0
    sampling: Annotated[str, OneOf("stochastic", "deterministic")] = "deterministic"
    ste_scale: Annotated[float, Interval(0, open_low=True)] = 1.0
    noise: Annotated[str, OneOf(*NOISES)] = "none"
    noise_std: Annotated[float, Interval(0), Unless("noise", "none", "data", "trunk")] = 0.5
    noise_hidden: Annotated[int, Whole(0), Unless("noise", "none", "fixed", "trunk")] = 0
    n_components: Annotated[int, Whole(1)] = 20
    posterior_c: Annotated[str, OneOf(*POSTERIORS)] = "network"
    share_trunk: Annotated[bool, OneOf(True, False), Unless("posterior_c", "analytic")] = True
    prior_init: Annotated[str, OneOf(*STARTS)] = "random"

    code_head = "logits"

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        m, components = self.n_bits, {"component": self.n_components}
        shared = self.posterior_c == "network" and self.share_trunk
        widths = {"logits": m} | (components if shared else {})
        self._build_autoencoder(data, widths | ({"noise": m} if self.noise == "trunk" else {}), generator)
        if self.noise == "trunk":
            start_noise_head(self.encoder_.heads["noise"])
        self.noise_ = LatentNoise(
            self.noise, m, std=self.noise_std, hidden=self.noise_hidden, generator=generator
        )
        self.prior_ = BernoulliMixture(self.n_components, m, generator=generator)
        if self.posterior_c == "network" and not self.share_trunk:
            self.component_encoder_ = self._new_encoder(data, components, generator)
        self._build_classifier(data, generator)

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        heads = self._encode(self._with_dropped_words(batch.documents, step), step.generator)
        g = heads["logits"]  # equation 8
        z = straight_through_bits(  # equation 10
            g, step.generator if self.sampling == "stochastic" else None, ste_scale=self.ste_scale
        )
        noisy = self.noise_(z, g, heads.get("noise"), step.generator)
        reconstruction = self._reconstruction(noisy, batch.documents, step)
        component_kl = self.prior_.kl(g)  # KL(q(z | x) || p(z | c)) for each c, equation 7
        log_pi = self.prior_.log_pi()
        log_beta = self.prior_.log_q_c(component_kl, heads.get("component"))  # equation 9
        return {  # equations 6 and 11
            "reconstruction": reconstruction,
            "kl": self._kl(mixture_kl(component_kl, log_pi, log_beta), step),
            **self._label_terms(z, batch, step),
        }

    def _encode(self, documents: Rows, generator: torch.Generator | None = None) -> Heads:
        heads = super()._encode(documents, generator)
        if self.posterior_c == "network" and not self.share_trunk:
            heads |= self.component_encoder_(documents, generator)
        return heads

    def _after_epoch(self, number: int, sample: Rows) -> None:
        if self.prior_init == "kmeans" and number == KMEANS_EPOCHS:
            with torch.no_grad():
                self.prior_.move_to_clusters(self._encode(sample)["logits"])

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:
        heads = self._encode(sample)
        component_kl = self.prior_.kl(heads["logits"])
        log_beta = self.prior_.log_q_c(component_kl, heads.get("component"))
        found = {"effective_components": effective_number(log_beta)}
        if self.noise in ("data", "trunk"):
            found["noise"] = float(self.noise_.scale(heads["logits"], heads.get("noise")).mean())
        return found
