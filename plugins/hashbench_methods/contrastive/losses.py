"""Losses that compare documents of a batch with one another."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def nt_xent(vectors: Tensor, temperature: float) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy of two views (Chen et al. 2020), shape (n,).

    For each of the 2n vectors it is ``-ln softmax(cosines / temperature)`` at the other view of its document,
    over the 2n - 1 other vectors; and for a document the mean of its two views.

    Args:
        vectors: first views of n documents and then the second ones, shape (2n, width).
        temperature: divisor of the cosines.
    """
    n = len(vectors) // 2
    units = normalize(vectors)
    similarities = (units @ units.T / temperature).fill_diagonal_(-torch.inf)
    others = torch.arange(2 * n, device=units.device).roll(n)
    return cross_entropy(similarities, others, reduction="none").view(2, n).mean(dim=0)


def mutual_information(q: Tensor, entropy_weight: float) -> Tensor:
    """Return ``H(mean_i q_i) - entropy_weight mean_i H(q_i)`` in nats.

    Args:
        q: probabilities of n documents, shape (n, ..., n_groups).
        entropy_weight: weight of the second term.

    Returns:
        Shape (...), a scalar for probabilities of shape (n, n_groups).
    """
    return entropy(q.mean(dim=0)) - entropy_weight * entropy(q).mean(dim=0)


def entropy(q: Tensor) -> Tensor:
    """Return the entropy of probabilities along the last dimension, in nats."""
    return -torch.xlogy(q, q.clamp_min(torch.finfo(q.dtype).tiny)).sum(dim=-1)
