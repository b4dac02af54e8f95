"""Differentiable samples: bits with the straight-through estimator, Gaussian vectors, latent noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.layers import SparseLinear
from hashbench.hashing.nn.random_values import standard_normal, uniform

NOISES = ("none", "fixed", "data", "trunk")
START_LOG_VARIANCE = -1.3863
"""Logarithm of 1/4: data-dependent noise starts with a standard deviation of one half."""

LOG_VARIANCE_RANGE = (-10.0, 4.0)


def straight_through_bits(
    logits: Tensor, generator: torch.Generator | None = None, *, ste_scale: float = 1.0
) -> Tensor:
    """Draw bits with probabilities ``sigmoid(logits)``, with the straight-through estimator.

    The value is exactly 0 or 1. The gradient with respect to the probabilities is ``ste_scale`` times that of
    the bits (Bengio, Leonard and Courville 2013).

    Args:
        logits: any shape.
        generator: source of randomness; None takes the more probable value, 0 at a logit of 0.
        ste_scale: 1 as in NASH (Shen et al. 2018); Dong et al. (2019) carry the factor 1/2 of their
            equation 10 into the gradient.
    """
    probabilities = logits.sigmoid()
    bits = logits > 0 if generator is None else probabilities > uniform(logits, generator)
    return ste_scale * (probabilities - probabilities.detach()) + bits


def gaussian_sample(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """Draw ``mean + s e`` with e standard normal (Kingma and Welling 2014), in the shape of the mean."""
    return mean + (log_variance / 2).exp() * standard_normal(mean, generator)


class LatentNoise(nn.Module):
    """Gaussian noise on the bits before they are decoded: ``z + s e`` (Shen et al. 2018, section 3.2).

    No term of a loss keeps a learnt s from shrinking.

    Args:
        kind: how s is set. "none": s = 0. "fixed": s is ``std``. "data": the logarithm of s^2 is a learnt
            function of the bit probabilities of the document, with s = 1/2 at the start. "trunk": it is the
            output of a head of the encoder, see ``start_noise_head``.
        n_bits: number of bits.
        std: standard deviation of "fixed" noise.
        hidden: width of the hidden layer of the function for "data"; 0 for a linear function.
        generator: source of the initial weights.

    Raises:
        HashbenchError: the kind is unknown.
    """

    def __init__(
        self, kind: str, n_bits: int, *, std: float = 1.0, hidden: int = 0, generator: torch.Generator
    ) -> None:
        super().__init__()
        if kind not in NOISES:
            raise HashbenchError(f"noise is one of {', '.join(NOISES)}, got {kind!r}")
        self.kind = kind
        self.std = std
        if kind == "data":
            last = SparseLinear(hidden or n_bits, n_bits, generator=generator)
            start_noise_head(last)
            first = [SparseLinear(n_bits, hidden, generator=generator), nn.ReLU()] if hidden else []
            self.log_variance = nn.Sequential(*first, last)

    def scale(self, logits: Tensor, head: Tensor | None = None) -> Tensor:
        """Return s, shape (n, n_bits).

        Args:
            logits: of the bits, shape (n, n_bits).
            head: logarithms of s^2 from the encoder, for "trunk", shape (n, n_bits).
        """
        if self.kind in ("none", "fixed"):
            return torch.full_like(logits, self.std if self.kind == "fixed" else 0.0)
        low, high = LOG_VARIANCE_RANGE
        log_variance = self.log_variance(logits.sigmoid()) if self.kind == "data" else head
        assert log_variance is not None, "the noise of the trunk needs its head"
        scale: Tensor = (log_variance.clamp(low, high) / 2).exp()
        return scale

    def forward(
        self, bits: Tensor, logits: Tensor, head: Tensor | None, generator: torch.Generator
    ) -> Tensor:
        """Return the bits with noise, shape (n, n_bits); the arguments are those of ``scale``."""
        if self.kind == "none":
            return bits
        return bits + self.scale(logits, head) * standard_normal(bits, generator)


def start_noise_head(layer: nn.Module) -> None:
    """Set a linear layer that gives the logarithm of s^2 to s = 1/2 for every input."""
    nn.init.zeros_(layer.get_parameter("weight"))
    nn.init.constant_(layer.get_parameter("bias"), START_LOG_VARIANCE)
