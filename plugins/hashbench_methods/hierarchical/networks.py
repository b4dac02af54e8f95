"""Encoder and decoder of dense documents, with the initial weights of the published code."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from hashbench.hashing.nn.layers import SparseLinear

ENCODERS = ("trunk", "two_layer")
TRUNK_WIDTH = 768
HEAD_RANGE = 0.05
LEAST_STD = 1e-4


class LatentEncoder(nn.Module):
    """``q(z | x) = N(mean, diag(std^2))`` (Zhang et al. 2024, equation 9).

    Args:
        n_features: width of a document.
        n_bits: length of z.
        kind: "trunk": mean and std each from a two-layer network on a shared vector of ``n_bits`` values that
            a two-layer network makes of the document, as in the published code. "two_layer": each from a
            two-layer network on the document, as in the paper.
        hidden: width of the hidden layers of mean and std.
        generator: source of the initial weights.
    """

    def __init__(
        self, n_features: int, n_bits: int, kind: str, hidden: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.trunk = nn.Sequential()
        width = n_features
        if kind == "trunk":
            self.trunk = two_layers(n_features, min(TRUNK_WIDTH, n_features), n_bits, generator=generator)
            width = n_bits
        self.mean = two_layers(width, hidden, n_bits, weight_range=HEAD_RANGE, generator=generator)
        self.std = two_layers(width, hidden, n_bits, weight_range=HEAD_RANGE, generator=generator)

    def forward(self, documents: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and logarithms of variances, shapes (n, n_bits)."""
        shared = self.trunk(documents)
        return self.mean(shared), 2 * softplus(self.std(shared)).clamp_min(LEAST_STD).log()


def two_layers(
    n_in: int, hidden: int, n_out: int, *, weight_range: float | None = None, generator: torch.Generator
) -> nn.Sequential:
    """Return two linear layers with ReLU between them.

    Args:
        n_in: width of the input.
        hidden: width between the layers.
        n_out: width of the output.
        weight_range: initial weights are uniform between minus and plus this, and the biases 0. None takes
            ``1 / sqrt(width of the input of the layer)``, for the biases as well.
        generator: source of the initial weights.
    """
    layers = [
        SparseLinear(n_in, hidden, generator=generator),
        SparseLinear(hidden, n_out, generator=generator),
    ]
    for layer in layers:
        bound = weight_range or 1 / math.sqrt(layer.weight.shape[0])
        nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
        if weight_range is None:
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1])
