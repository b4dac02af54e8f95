"""Random values that are the same on every device: they are drawn where the generator is, and copied."""

from __future__ import annotations

import torch
from torch import Tensor


def standard_normal(like: Tensor, generator: torch.Generator) -> Tensor:
    """Draw standard normal values in the shape, and on the device, of another tensor."""
    return _blank(like, generator).normal_(generator=generator).to(like.device)


def uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    """Draw values between 0 and 1 in the shape, and on the device, of another tensor."""
    return _blank(like, generator).uniform_(generator=generator).to(like.device)


def bernoulli(like: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Draw ones with a probability, and zeros, in the shape, and on the device, of another tensor."""
    return _blank(like, generator).bernoulli_(probability, generator=generator).to(like.device)


def gumbel(like: Tensor, generator: torch.Generator) -> Tensor:
    """Draw values of the standard Gumbel distribution in the shape, and on the device, of another tensor."""
    exponentials = _blank(like, generator).exponential_(generator=generator)
    return -exponentials.clamp_min(torch.finfo(like.dtype).tiny).log().to(like.device)


def _blank(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.empty_like(like, device=generator.device)
