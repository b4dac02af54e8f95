"""Convolutions over the tokens of documents."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from hashbench.hashing.nn.layers import SparseLinear


class TokenConvolutions(nn.Module):
    """Convolutions over tokens with several windows, side by side, and ReLU.

    Tokens outside a document count as zeros, so that there is a local feature vector a token.

    Args:
        width: length of a token vector.
        channels: number of filters by window, an odd number of tokens.
        generator: source of the initial weights.
    """

    def __init__(self, width: int, channels: Mapping[int, int], *, generator: torch.Generator) -> None:
        super().__init__()
        self.windows = tuple(channels)
        filters = {
            window: SparseLinear(window * width, n_filters, generator=generator)
            for window, n_filters in channels.items()
        }
        self.weights = nn.ParameterList(each.weight for each in filters.values())
        self.biases = nn.ParameterList(each.bias for each in filters.values())

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the local features, shape (n, n_tokens, number of all filters).

        Args:
            tokens: shape (n, n_tokens, width).
        """
        n_tokens, width = tokens.shape[1:]
        local = []
        for window, weights, bias in zip(self.windows, self.weights, self.biases, strict=True):
            reach = window // 2
            padded = pad(tokens, (0, 0, reach, reach))
            by_place = weights.view(window, width, -1)
            places = [padded[:, place : place + n_tokens] @ by_place[place] for place in range(window)]
            local.append(torch.stack(places).sum(dim=0) + bias)
        return torch.cat(local, dim=2).relu()
