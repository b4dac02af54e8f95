"""VDSH: variational deep semantic hashing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from hashbench_methods.generative.autoencoder import Heads, VariationalHasher
from hashbench_methods.generative.supervision import WithLabels
from torch import Tensor
from torch.nn import functional

from hashbench.hashing.nn.batches import Rows, TrainingData
from hashbench.hashing.nn.divergences import gaussian_kl
from hashbench.hashing.nn.sampling import gaussian_sample
from hashbench.hashing.nn.trainer import Step
from hashbench.ranges import OneOf

LINEAR_RANGE = (-8.0, 4.0)
LEAST_STD = 1e-4


@dataclass(eq=False, repr=False)
class VDSH(VariationalHasher):
    """Variational deep semantic hashing (Chaidaroon and Fang 2017).

    A Gaussian variational autoencoder over term counts. The encoder gives mean and variance of ``q(z | x)``,
    with prior N(0, 1), and the decoder is a log-linear softmax over the terms, given a sample of z. Bit j of
    a code is 1 iff mean j exceeds its median over the training documents.

    Args:
        logvar: how the variance depends on the output u of the encoder. "sigmoid": its logarithm is
            sigmoid(u), as in the authors' code, so that it is never below that of the prior. "linear": its
            logarithm is u, between -8 and 4. "softplus": the standard deviation is softplus(u).

    The other parameters are those of ``VariationalHasher``.
    """

    threshold: str = "median"
    code_dropout: float = 0.3
    kl_warmup_docs: int = 5000
    logvar: Annotated[str, OneOf("sigmoid", "linear", "softplus")] = "sigmoid"

    posterior_heads = ("mean", "variance")

    def _posterior(self, heads: Heads) -> tuple[Tensor, Tensor]:
        return heads["mean"], log_variance(heads["variance"], self.logvar)

    def _sample(self, heads: Heads, step: Step) -> Tensor:
        return gaussian_sample(*self._posterior(heads), step.generator)

    def _divergence(self, heads: Heads) -> Tensor:
        return gaussian_kl(*self._posterior(heads))


def log_variance(outputs: Tensor, kind: str) -> Tensor:
    """Return the logarithm of a variance from an output of the encoder, see ``VDSH``."""
    if kind == "sigmoid":
        return outputs.sigmoid()
    if kind == "linear":
        return outputs.clamp(*LINEAR_RANGE)
    return 2 * functional.softplus(outputs).clamp_min(LEAST_STD).log()


@dataclass(eq=False, repr=False)
class SupervisedVDSH(WithLabels, VDSH):
    """VDSH with labels in the loss (VDSH-S), predicted by a linear classifier.

    The parameters are those of ``VDSH`` and of ``WithLabels``.
    """

    classifier_hidden: int = 0


@dataclass(eq=False, repr=False)
class PrivateVDSH(SupervisedVDSH):
    """VDSH-S with a second, private latent vector v (VDSH-SP).

    The input of the decoder is ``z + v``. The labels are predicted from z alone, and the code is thresholded
    from the mean of z, so that v holds what the labels do not explain.

    The parameters are those of ``SupervisedVDSH``.
    """

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        super()._build(data, generator)
        widths = {"private_mean": self.n_bits, "private_variance": self.n_bits}
        self.private_encoder_ = self._new_encoder(data, widths, generator)

    def _encode(self, documents: Rows, generator: torch.Generator | None = None) -> Heads:
        return super()._encode(documents, generator) | self.private_encoder_(documents, generator)

    def _decoded(self, z: Tensor, heads: Heads, step: Step) -> Tensor:
        return z + gaussian_sample(*self._private_posterior(heads), step.generator)

    def _divergence(self, heads: Heads) -> Tensor:
        return super()._divergence(heads) + gaussian_kl(*self._private_posterior(heads))

    def _private_posterior(self, heads: Heads) -> tuple[Tensor, Tensor]:
        return heads["private_mean"], log_variance(heads["private_variance"], self.logvar)
