"""Markov chains over the bits of a code."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from hashbench.hashing.nn.layers import SparseLinear


def window_probabilities(p: Tensor, order: int) -> Tensor:
    """Return the distribution of every bit with the bits before it, where bits are independent.

    Args:
        p: probabilities of 1, shape (n, n_bits).
        order: number of bits before; those before the first bit are 0.

    Returns:
        Probabilities, shape (n, n_bits, 2 ** (order + 1)). The last axis counts the values of the bits as a
        binary number, the earliest bit first and the bit itself last.
    """
    n, n_bits = p.shape
    padded = torch.cat([p.new_zeros(n, order), p], dim=1)
    windows = p.new_ones(n, n_bits, 1)
    for start in range(order + 1):
        ones = padded[:, start : start + n_bits]
        values = torch.stack([1 - ones, ones], dim=2)
        windows = (windows.unsqueeze(3) * values.unsqueeze(2)).flatten(2)
    return windows


class MarkovPrior(nn.Module):
    """``q(z) = prod_i q(z_i | z_i-r ... z_i-1)``, where bits before the first are 0.

    Args:
        n_bits: length of z.
        order: r.
        n_layers: None for a table of logits; otherwise these are computed by a network with this many hidden
            layers, from a learnt vector for each bit.
        hidden: width of the layers and of the vectors.
        weight_range: the initial weights are uniform between minus and plus this.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        n_bits: int,
        order: int,
        *,
        n_layers: int | None = None,
        hidden: int = 24,
        weight_range: float = 0.5,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        n_contexts = 2**order
        self.vectors = nn.Parameter(torch.empty(n_bits, n_contexts if n_layers is None else hidden))
        nn.init.uniform_(self.vectors, -weight_range, weight_range, generator=generator)
        widths = [] if n_layers is None else [hidden] * (n_layers + 1) + [n_contexts]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(widths):
            layers += [SparseLinear(n_in, n_out, weight_range=weight_range, generator=generator), nn.ReLU()]
        self.network = nn.Sequential(*layers[:-1])

    def forward(self) -> Tensor:
        """Return ``ln q(z_i | bits before)`` in the order of ``window_probabilities``.

        Returns:
            Shape (n_bits, 2 ** (order + 1)).
        """
        logits = self.network(self.vectors)
        return torch.stack([logsigmoid(-logits), logsigmoid(logits)], dim=2).flatten(1)
