"""VDSH: variational deep semantic hashing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from hashbench_methods.generative.autoencoder import Heads, VariationalHasher
from torch import Tensor
from torch.nn import functional

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.divergences import gaussian_kl
from hashbench.hashing.nn.sampling import gaussian_sample
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import OneOf

LOG_VARIANCES = ("sigmoid", "linear", "softplus")
LINEAR_RANGE = (-8.0, 4.0)
LEAST_STD = 1e-4


@dataclass(eq=False, repr=False, kw_only=True)
class VDSH(VariationalHasher):
    """Variational deep semantic hashing (Chaidaroon and Fang 2017).

    A Gaussian variational autoencoder over term counts. The encoder gives mean mu and variance s^2 of
    ``q(z | x)``, the prior is ``p(z) = N(0, 1)``, and the decoder is a log-linear softmax over the terms::

        loss = -ln p(x | z) + kl_weight KL(q(z | x) || p(z)),    z = mu + s e,    e ~ N(0, 1)

    VDSH-S, ``supervised``, adds the cross-entropy of a classifier of z. VDSH-SP, ``private``, has a second
    latent vector v of the same kind. The decoder is given ``z + v``, the labels are predicted from z alone,
    and so v holds what the labels do not explain. Bit j of a code is 1 iff mu_j exceeds its median over the
    training documents; with ``threshold="zero"``, iff it exceeds 0, its mean after batch normalisation.

    Args:
        private: add v; its divergence is that of z.
        logvar: how the variance depends on the output u of the encoder. "sigmoid": its logarithm is
            sigmoid(u), as in the authors' code, so that it is never below that of the prior. "linear": its
            logarithm is u, between -8 and 4. "softplus": the standard deviation is softplus(u).

    The other parameters are those of ``VariationalHasher``.
    """

    threshold: str = "median"
    code_dropout: float = 0.3
    kl_warmup_docs: int = 5000
    private: Annotated[bool, OneOf(False, True)] = False
    logvar: Annotated[str, OneOf(*LOG_VARIANCES)] = "sigmoid"

    code_head = "mean"

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        m = self.n_bits
        self._build_autoencoder(data, {"mean": m, "variance": m}, generator)
        self._build_classifier(data, generator)
        if self.private:
            self.private_encoder_ = self._new_encoder(
                data, {"private_mean": m, "private_variance": m}, generator
            )

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        heads = self._encode(self._with_dropped_words(batch.documents, step), step.generator)
        z = gaussian_sample(*self._posterior(heads), step.generator)
        v = gaussian_sample(*self._private_posterior(heads), step.generator) if self.private else None
        reconstruction = self._reconstruction(z if v is None else z + v, batch.documents, step)
        kl = gaussian_kl(*self._posterior(heads))
        if self.private:
            kl = kl + gaussian_kl(*self._private_posterior(heads))
        return {
            "reconstruction": reconstruction,
            "kl": self._kl(kl, step),
            **self._label_terms(z, batch, step),
        }

    def _encode(self, documents: Rows, generator: torch.Generator | None = None) -> Heads:
        heads = super()._encode(documents, generator)
        return heads | self.private_encoder_(documents, generator) if self.private else heads

    def _posterior(self, heads: Heads) -> tuple[Tensor, Tensor]:
        """Return mu and ln s^2 of q(z | x), shapes (n, n_bits)."""
        return heads["mean"], log_variance(heads["variance"], self.logvar)

    def _private_posterior(self, heads: Heads) -> tuple[Tensor, Tensor]:
        """Return mu and ln s^2 of q(v | x), shapes (n, n_bits)."""
        return heads["private_mean"], log_variance(heads["private_variance"], self.logvar)


def log_variance(outputs: Tensor, kind: str) -> Tensor:
    """Return the logarithm of a variance from an output of the encoder, see ``VDSH``."""
    if kind == "sigmoid":
        return outputs.sigmoid()
    if kind == "linear":
        return outputs.clamp(*LINEAR_RANGE)
    return 2 * functional.softplus(outputs).clamp_min(LEAST_STD).log()
