"""The contrastive losses on two views of documents, with negatives by coarse group."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hashbench_methods.hierarchical.prototypes import NORM_FLOOR, Prototypes
from torch import Tensor
from torch.nn.functional import normalize


@dataclass(frozen=True)
class CoarseLoss:
    """``L_coarse = L_diff + L_same`` (Zhang et al. 2024, section 3.3, equations 13 to 17).

    In L_diff documents of other coarse groups are the negatives, compared by their directions; in L_same
    those of the same group, compared by their directions relative to its prototype (equation 16). The
    positive pair is the two views of a document in both.

    Attributes:
        prototypes: of both levels.
        temperature: tau, divisor of the cosines.
        split: False replaces the two by one contrastive loss over all pairs (Chen et al. 2020).
    """

    prototypes: Prototypes
    temperature: float
    split: bool = True

    def __call__(self, vectors: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return "different" and "same", which are L_diff and L_same, or "contrast", shapes (n,).

        Args:
            vectors: first views of n documents and then the second ones, shape (2n, n_bits).
            y: coarse group of each document, shape (n,).
        """
        if not self.split:
            every_other = negative_masks(torch.arange(len(y), device=y.device))[0]
            return {"contrast": contrast(vectors, every_other, self.temperature)}
        different, same = negative_masks(y)
        units = normalize(vectors, eps=NORM_FLOOR)
        angular = units - self.prototypes.unit_coarse()[y.repeat(2)]
        return {
            "different": contrast(units, different, self.temperature),
            "same": contrast(angular, same, self.temperature),
        }


def negative_masks(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the negative pairs of the two losses (equations 13 and 14).

    Args:
        y: coarse group of n documents, shape (n,). Both views of a document have it.

    Returns:
        Pairs of different groups, and pairs of the same group but of different documents, two bool tensors of
        shape (2n, 2n), for the first views of all documents and then the second ones.
    """
    groups = y.repeat(2)
    documents = torch.arange(len(y), device=y.device).repeat(2)
    same_group = groups[:, None] == groups
    return ~same_group, same_group & (documents[:, None] != documents)


def contrast(vectors: Tensor, negatives: Tensor, temperature: float) -> Tensor:
    """Return ``-ln(e^sim(i,i+) / (e^sim(i,i+) + sum_j e^sim(i,j)))`` with ``sim = cosine / temperature``.

    It is 0 for a vector without negatives. Equations 15 and 17 print the minus sign inside the logarithm and
    the vector itself in the denominator.

    Args:
        vectors: first views of n documents and then the second ones, shape (2n, n_bits).
        negatives: the j of each i, bool of shape (2n, 2n).
        temperature: divisor of the cosines.

    Returns:
        The mean over the two views of each document, shape (n,).
    """
    n = len(vectors) // 2
    units = normalize(vectors, eps=NORM_FLOOR)
    similarities = units @ units.T / temperature
    positive = torch.eye(n, dtype=torch.bool, device=vectors.device).repeat(2, 2).fill_diagonal_(False)
    allowed = similarities.masked_fill(~(negatives | positive), -torch.inf)
    losses = allowed.logsumexp(dim=1) - similarities[positive]
    return losses.view(2, n).mean(dim=0)
