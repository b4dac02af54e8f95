"""Two views of documents."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from hashbench.hashing.nn.batches import Batch, Rows
from hashbench.hashing.nn.layers import drop_units
from hashbench.hashing.nn.views import Views


def two_views(
    batch: Batch, given: Views | None, norm: float | None, dropout: float, generator: torch.Generator
) -> tuple[Rows, Rows]:
    """Return two views of n documents.

    Args:
        batch: n documents, scaled to the norm.
        given: the views of all training documents; None for the documents with dropout, drawn anew.
        norm: that given views are scaled to, None for no scaling.
        dropout: rate of the dropout.
        generator: source of the dropout.
    """
    if given is None:
        first, second = (_dropped(batch.documents, dropout, generator) for _ in range(2))
        return first, second
    pairs = torch.tensor(given[batch.rows], device=batch.documents.device)
    if norm is not None:
        pairs = norm * normalize(pairs, dim=2)
    return pairs[:, 0], pairs[:, 1]


def _dropped(documents: Rows, rate: float, generator: torch.Generator) -> Rows:
    if isinstance(documents, Tensor):
        return drop_units(documents, rate, generator)
    return documents.with_values(drop_units(documents.values, rate, generator))
