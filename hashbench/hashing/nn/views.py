"""Two views of documents that a fit is given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.errors import HashbenchError

Views = NDArray[np.float32]
"""Two views of each document, shape (n_documents, 2, n_features)."""


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
