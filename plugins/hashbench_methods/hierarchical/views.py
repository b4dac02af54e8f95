"""Dense documents, scaled, and the two views of each."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import issparse
from torch import Tensor
from torch.nn.functional import normalize

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Batch, Rows
from hashbench.hashing.nn.layers import drop_units
from hashbench.hashing.nn.views import Views
from hashbench.hashing.projection import Matrix

WIDEST_SPARSE = 4096
LEAST_NORM = 2.0


def dense_vectors(documents: Rows, norm: float | None) -> Tensor:
    """Return n documents scaled to a norm, None for no scaling, shape (n, n_features)."""
    vectors = documents if isinstance(documents, Tensor) else documents.to_dense()
    return vectors if norm is None else norm * normalize(vectors)


def seen(
    batch: Batch,
    n_views: int,
    given: Views | None,
    norm: float | None,
    dropout: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return one or two views of n documents, and what is to be reconstructed of them.

    Args:
        batch: n documents.
        n_views: 1 or 2.
        given: the views of all training documents; None for the vectors with dropout, drawn anew.
        norm: that they are scaled to, None for no scaling.
        dropout: rate of the dropout.
        generator: source of the dropout.

    Returns:
        All first views before all second ones, shape (n_views * n, n_features). The target, shape
        (n, n_features), is the vector itself or, where views are given, the first of them.
    """
    if given is None:
        whole = dense_vectors(batch.documents, norm)
        return drop_units(whole.repeat(n_views, 1), dropout, generator), whole
    pairs = torch.tensor(given[batch.rows], device=batch.documents.device)
    first, second = (dense_vectors(pairs[:, view], norm) for view in range(2))
    return (first if n_views == 1 else torch.cat([first, second])), first


def check_vectors(X: Matrix, norm: float | None, method: str) -> None:
    """Refuse documents that the loss does not suit.

    The reconstruction error grows with the square of the norm, the divergence with the number of bits: on
    vectors of norm 1 the divergence dominates, and the codes collapse to a few.

    Args:
        X: documents, shape (n, n_features).
        norm: that they are scaled to, None for no scaling.
        method: its name, for the message.

    Raises:
        HashbenchError: wide sparse documents, or vectors of small norm.
    """
    if issparse(X) and X.shape[1] > WIDEST_SPARSE:
        raise HashbenchError(
            f"{method} reconstructs dense vectors and was given sparse ones of {X.shape[1]} terms "
            f"(most: {WIDEST_SPARSE}): use the features `lsa`, or vectors of a sentence encoder"
        )
    squares = float((X.data**2).sum() if issparse(X) else np.einsum("ij,ij->", X, X, dtype=np.float64))
    scaled = norm or (squares / X.shape[0]) ** 0.5
    if scaled < LEAST_NORM:
        raise HashbenchError(
            f"{method}: the vectors have norm {scaled:.3g}, which is too small for its loss: the codes would "
            "collapse into a few; set its parameter norm to 15"
        )
