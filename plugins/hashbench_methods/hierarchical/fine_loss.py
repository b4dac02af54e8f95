"""The loss on the fine groups of two views of documents."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

PROBABILITY_FLOOR = 1e-9


@dataclass(frozen=True)
class FineLoss:
    """``L_fine = -ln <Q, Q+> - I(S; Z)`` (Zhang et al. 2024, section 3.3, equations 18 and 19).

    The two views of a document should have the same fine group, and all groups should be used.

    Attributes:
        entropy_weight: eta, see ``mutual_information``.
    """

    entropy_weight: float

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the loss of each document, shape (n,).

        Args:
            first: Q, probabilities of the fine groups given the first view, shape (n, n_fine).
            second: Q+, those given the second one, the same shape.
        """
        agreement = (first * second).sum(dim=1) + PROBABILITY_FLOOR
        return -agreement.log() - information_of_views(first, second, self.entropy_weight)


def information_of_views(first: Tensor, second: Tensor, entropy_weight: float) -> Tensor:
    """Return the mean over two views of the mutual information of groups and documents, a scalar."""
    return (mutual_information(first, entropy_weight) + mutual_information(second, entropy_weight)) / 2


def mutual_information(q: Tensor, entropy_weight: float) -> Tensor:
    """Return ``H(mean_i Q_i) - eta mean_i H(Q_i)`` in nats (equation 19), a scalar.

    The paper prints a sum where the second mean is.

    Args:
        q: Q, probabilities of shape (n, n_groups).
        entropy_weight: eta.
    """
    return _entropy(q.mean(dim=0)) - entropy_weight * _entropy(q).mean()


def _entropy(q: Tensor) -> Tensor:
    return -torch.xlogy(q, q.clamp_min(torch.finfo(q.dtype).tiny)).sum(dim=-1)
