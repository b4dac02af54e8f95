"""Differentiable samples: bits with the straight-through estimator, Gaussian vectors, latent noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.layers import SparseLinear
from hashbench.hashing.nn.schedules import linear_path

NOISES = ("none", "fixed", "data", "anneal")
START_LOG_VARIANCE = -1.3863
"""Logarithm of 1/4: data-dependent noise starts with a standard deviation of one half."""

LOG_VARIANCE_RANGE = (-10.0, 4.0)
LAST_NOISE = 0.05


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
    if generator is None:
        bits = logits > 0
    else:
        thresholds = torch.empty_like(logits).uniform_(generator=generator)
        bits = probabilities > thresholds
    return ste_scale * (probabilities - probabilities.detach()) + bits


def gaussian_sample(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """Draw ``mean + s e`` with e standard normal (Kingma and Welling 2014), in the shape of the mean."""
    return mean + (log_variance / 2).exp() * standard_normal(mean, generator)


def standard_normal(like: Tensor, generator: torch.Generator) -> Tensor:
    """Draw standard normal values in the shape, and on the device, of another tensor."""
    return torch.empty_like(like).normal_(generator=generator)


class LatentNoise(nn.Module):
    """Gaussian noise on the bits before they are decoded: ``z + s e`` (Shen et al. 2018, section 3.2).

    Args:
        kind: how s is set. "none": s = 0. "fixed": s is ``std``. "anneal": s falls linearly from ``std`` to
            0.05 over ``anneal_docs`` documents (a smaller ``std`` stays). "data": the logarithm of s^2 is a
            learnt function of the bit probabilities of the document, with s = 1/2 at the start; no term of
            the loss keeps s from shrinking.
        n_bits: number of bits.
        std: standard deviation of "fixed" noise, and of "anneal" at its start.
        anneal_docs: see "anneal".
        hidden: width of the hidden layer of the function for "data"; 0 for a linear function.
        generator: source of the initial weights.

    Raises:
        HashbenchError: the kind is unknown.
    """

    def __init__(
        self,
        kind: str,
        n_bits: int,
        *,
        std: float = 1.0,
        anneal_docs: int = 0,
        hidden: int = 0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        if kind not in NOISES:
            raise HashbenchError(f"noise is one of {', '.join(NOISES)}, got {kind!r}")
        self.kind = kind
        self.std = std
        self.anneal_docs = anneal_docs
        if kind == "data":
            last = SparseLinear(hidden or n_bits, n_bits, generator=generator)
            nn.init.zeros_(last.weight)
            nn.init.constant_(last.bias, START_LOG_VARIANCE)
            first = [SparseLinear(n_bits, hidden, generator=generator), nn.ReLU()] if hidden else []
            self.log_variance = nn.Sequential(*first, last)

    def scale(self, logits: Tensor, documents_seen: int) -> Tensor:
        """Return s, shape (n, n_bits).

        Args:
            logits: of the bits, shape (n, n_bits).
            documents_seen: how far training is.
        """
        if self.kind == "data":
            low, high = LOG_VARIANCE_RANGE
            scale: Tensor = (self.log_variance(logits.sigmoid()).clamp(low, high) / 2).exp()
            return scale
        if self.kind == "anneal":
            last = min(LAST_NOISE, self.std)
            std = linear_path(documents_seen, self.anneal_docs, first=self.std, last=last)
        else:
            std = self.std if self.kind == "fixed" else 0.0
        return torch.full_like(logits, std)

    def forward(
        self, bits: Tensor, logits: Tensor, documents_seen: int, generator: torch.Generator
    ) -> Tensor:
        """Return the bits with noise, shape (n, n_bits)."""
        if self.kind == "none":
            return bits
        return bits + self.scale(logits, documents_seen) * standard_normal(bits, generator)
