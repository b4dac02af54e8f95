"""Directions in which the training documents differ most, for training to start from."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from torch import Tensor, nn
from torch.nn.functional import normalize

from hashbench.hashing.nn.batches import Rows, TrainingData
from hashbench.hashing.projection import Matrix


def principal_directions(data: TrainingData, n_directions: int, generator: torch.Generator) -> Tensor:
    """Return the leading singular directions of documents under a random rotation.

    The rotation spreads what they explain over all of them, as each bit of a code counts the same. Where
    there are fewer singular directions than are asked for, those returned are combinations of all there are.

    Args:
        data: n documents.
        n_directions: how many.
        generator: source of the rotation.

    Returns:
        Float32 of shape (n_features, n_directions), columns of norm 1.
    """
    X = _matrix(data[np.arange(len(data))].documents)
    n_components = min(*X.shape, n_directions)
    axes = TruncatedSVD(n_components, random_state=0).fit(X).components_
    rotation = nn.init.orthogonal_(torch.empty(n_components, n_directions), generator=generator)
    return normalize(torch.tensor(axes.T, dtype=torch.float32) @ rotation, dim=0)


def _matrix(documents: Rows) -> Matrix:
    if isinstance(documents, Tensor):
        return documents.cpu().numpy()
    parts = (documents.values, documents.columns, documents.starts)
    return csr_array(tuple(part.cpu().numpy() for part in parts), shape=(len(documents), documents.n_columns))
