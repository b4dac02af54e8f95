"""A classifier on the code, for methods that learn from labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hashbench.hashing.nn.layers import SparseLinear


class LabelHead(nn.Module):
    """Scores of labels from a latent vector.

    Args:
        n_bits: length of the latent vector.
        n_labels: number of labels.
        hidden: width of the hidden layer, which has ReLU; 0 for a linear classifier.
        generator: source of the initial weights.
    """

    def __init__(self, n_bits: int, n_labels: int, *, hidden: int = 0, generator: torch.Generator) -> None:
        super().__init__()
        first = [SparseLinear(n_bits, hidden, generator=generator), nn.ReLU()] if hidden else []
        last = SparseLinear(hidden or n_bits, n_labels, generator=generator)
        self.layers = nn.Sequential(*first, last)

    def forward(self, z: Tensor) -> Tensor:
        """Return the scores of n documents, shape (n, n_labels)."""
        scores: Tensor = self.layers(z)
        return scores


def label_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each document, shape (n,).

    Args:
        scores: shape (n, n_labels).
        labels: int64 classes of shape (n,), for the cross-entropy of the softmax; or a float indicator of
            shape (n, n_labels), for the binary cross-entropies of all labels, added up.
    """
    if labels.ndim == 1:
        return functional.cross_entropy(scores, labels, reduction="none")
    return functional.binary_cross_entropy_with_logits(scores, labels, reduction="none").sum(dim=1)
