"""Noisy copies of documents, from which terms are dropped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from hashbench.hashing.nn.batches import Rows, SparseRows


def keep_rate(sigma: float) -> float:
    """Return the probability that a term is kept.

    It is the mean of ``min(1, |e|)`` with ``e ~ N(0, (1 - sigma)^2)``. SMASH draws ``min(1, |e|)``
    anew for every term of every copy, and then with that probability whether the term is kept. Both together
    are one draw with the mean.

    Args:
        sigma: from 0 to below 1.
    """
    std = 1 - sigma
    below_one = std * math.sqrt(2 / math.pi) * -math.expm1(-0.5 / std**2)
    return below_one + math.erfc(1 / (std * math.sqrt(2)))


def stacked(blocks: Sequence[Rows]) -> Rows:
    """Return the documents of several blocks of the same features as one, in their order."""
    if isinstance(blocks[0], Tensor):
        return torch.cat([block for block in blocks if isinstance(block, Tensor)])
    sparse = [block for block in blocks if isinstance(block, SparseRows)]
    starts, n_entries = [sparse[0].starts[:1]], 0
    for block in sparse:
        starts.append(block.starts[1:] + n_entries)
        n_entries += len(block.columns)
    return replace(
        sparse[0],
        columns=torch.cat([block.columns for block in sparse]),
        starts=torch.cat(starts),
        values=torch.cat([block.values for block in sparse]),
    )
