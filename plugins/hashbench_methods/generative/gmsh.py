"""GMSH: semantic hashing with a Gaussian mixture prior."""

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
    GaussianMixture,
    effective_number,
)
from hashbench_methods.generative.vdsh import LOG_VARIANCES, log_variance
from torch import Tensor

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.divergences import mixture_kl
from hashbench.hashing.nn.sampling import gaussian_sample
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import OneOf, Unless, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class GMSH(VariationalHasher):
    """Semantic hashing with a Gaussian mixture prior (Dong et al. 2019, section 2.2).

    VDSH with the prior ``p(z) = sum_c pi_c N(mu_c, diag(sigma_c^2))`` (equation 3). The encoder gives
    ``q(z | x) = N(mu, diag(s^2))`` and ``q(c | x)``, and the loss is the negative of equation 6::

        -ln p(x | z) + kl_weight (KL(q(c | x) || p(c)) + E_q(c|x) KL(q(z | x) || p(z | c))),    z = mu + s e

    ``supervised`` adds the cross-entropy of a classifier of z (GMSH-S, equation 11). With one standard normal
    component it is VDSH. Bit j of a code is 1 iff mu_j exceeds its median over the training documents;
    with ``threshold="zero"``, iff it exceeds 0, its mean after batch normalisation.

    Args:
        logvar: how s^2 depends on the output of the encoder, see ``VDSH``.
        n_components: number of components, K.
        posterior_c: q(c | x). "network": predicted from the document. "analytic": the one that minimises the
            divergence, in proportion to ``pi_c exp(-KL(q(z | x) || p(z | c)))``.
        share_trunk: predict q(c | x) from the last hidden layer of the encoder of q(z | x); False gives it an
            encoder of its own.
        prior_init: components at the start: "random", or "kmeans" to set them to clusters of the documents
            after five epochs.

    The other parameters are those of ``VariationalHasher``.
    """

    threshold: str = "median"
    code_dropout: float = 0.3
    kl_warmup_docs: int = 5000
    logvar: Annotated[str, OneOf(*LOG_VARIANCES)] = "sigmoid"
    n_components: Annotated[int, Whole(1)] = 20
    posterior_c: Annotated[str, OneOf(*POSTERIORS)] = "network"
    share_trunk: Annotated[bool, OneOf(True, False), Unless("posterior_c", "analytic")] = True
    prior_init: Annotated[str, OneOf(*STARTS)] = "random"

    code_head = "mean"

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        m, components = self.n_bits, {"component": self.n_components}
        shared = self.posterior_c == "network" and self.share_trunk
        self._build_autoencoder(data, {"mean": m, "variance": m} | (components if shared else {}), generator)
        self.prior_ = GaussianMixture(self.n_components, m, generator=generator)
        if self.posterior_c == "network" and not self.share_trunk:
            self.component_encoder_ = self._new_encoder(data, components, generator)
        self._build_classifier(data, generator)

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        heads = self._encode(self._with_dropped_words(batch.documents, step), step.generator)
        z = gaussian_sample(*self._posterior(heads), step.generator)
        reconstruction = self._reconstruction(z, batch.documents, step)
        component_kl = self.prior_.kl(*self._posterior(heads))
        log_pi = self.prior_.log_pi()
        log_q_c = self.prior_.log_q_c(component_kl, heads.get("component"))
        return {
            "reconstruction": reconstruction,
            "kl": self._kl(mixture_kl(component_kl, log_pi, log_q_c), step),
            **self._label_terms(z, batch, step),
        }

    def _encode(self, documents: Rows, generator: torch.Generator | None = None) -> Heads:
        heads = super()._encode(documents, generator)
        if self.posterior_c == "network" and not self.share_trunk:
            heads |= self.component_encoder_(documents, generator)
        return heads

    def _posterior(self, heads: Heads) -> tuple[Tensor, Tensor]:
        """Return mu and ln s^2 of q(z | x), shapes (n, n_bits)."""
        return heads["mean"], log_variance(heads["variance"], self.logvar)

    def _after_epoch(self, number: int, sample: Rows) -> None:
        if self.prior_init == "kmeans" and number == KMEANS_EPOCHS:
            with torch.no_grad():
                self.prior_.move_to_clusters(*self._posterior(self._encode(sample)))

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:
        heads = self._encode(sample)
        component_kl = self.prior_.kl(*self._posterior(heads))
        log_q_c = self.prior_.log_q_c(component_kl, heads.get("component"))
        return {"effective_components": effective_number(log_q_c)}
