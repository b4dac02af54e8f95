"""Two views of documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Batch, Rows
from hashbench.hashing.nn.layers import drop_units

Views = NDArray[np.float32]
"""Two views of each document, shape (n_documents, 2, n_features)."""


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
    pairs = torch.tensor(given[batch.rows], device=generator.device)
    if norm is not None:
        pairs = norm * normalize(pairs, dim=2)
    return pairs[:, 0], pairs[:, 1]


def checked_views(
    views: Views | None, shape: tuple[int, int, int], features: NDArray[np.integer[Any]] | None
) -> Views | None:
    """Return given views, None for none, of the features that are used.

    Args:
        views: of all training documents.
        shape: that they should have.
        features: those that are used; None for all.

    Raises:
        HashbenchError: they are of another shape.
    """
    if views is not None and views.shape != shape:
        raise HashbenchError(f"views have shape {views.shape}, expected {shape}")
    return views if views is None or features is None else views[:, :, features]


def _dropped(documents: Rows, rate: float, generator: torch.Generator) -> Rows:
    if isinstance(documents, Tensor):
        return drop_units(documents, rate, generator)
    return documents.with_values(drop_units(documents.values, rate, generator))
