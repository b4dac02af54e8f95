"""Estimates of mutual information from scores of pairs that belong together and pairs that do not."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from hashbench.hashing.nn.layers import SparseLinear


class Discriminator(nn.Module):
    """Scores of pairs of codes, ``(a W + c) . b``.

    Args:
        n_bits: length of a code.
        generator: source of the initial W; c starts at 0.
    """

    def __init__(self, n_bits: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = SparseLinear(n_bits, n_bits, generator=generator)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the score of each of n codes with each of m others, shape (n, m).

        Args:
            first: shape (n, n_bits).
            second: shape (m, n_bits).
        """
        scores: Tensor = self.linear(first) @ second.T
        return scores


def jensen_shannon_information(scores: Tensor, present: Tensor) -> Tensor:
    """Return Jensen-Shannon estimates of the mutual information of documents and their parts, shape (n,).

    It is ``mean_t -softplus(-s_iit) - mean_{j != i} mean_t softplus(s_ijt)`` for document i (Hjelm et al.
    2019, equation 4), at most 0. The second term is 0 for a single document.

    Args:
        scores: s, of each document with each part of each document, shape (n, n, n_parts).
        present: which parts each document has, bool of shape (n, n_parts).
    """
    n = len(scores)
    own = torch.eye(n, dtype=torch.bool, device=scores.device)
    weights = present / present.sum(dim=1, keepdim=True).clamp_min(1)
    positive = (-softplus(-scores[own]) * weights).sum(dim=1)
    negative = (softplus(scores) * weights).sum(dim=2).masked_fill(own, 0.0).sum(dim=1)
    return positive - negative / max(1, n - 1)
