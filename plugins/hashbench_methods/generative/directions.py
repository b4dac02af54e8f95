"""The directions of iterative quantisation, as initial weights."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import RandomState
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from torch import Tensor

from hashbench.hashing.nn.batches import Rows, TrainingData
from hashbench.hashing.projection import Matrix
from hashbench.hashing.rotation import learn_rotation, random_rotation

N_ITER = 50


def itq_directions(data: TrainingData, n_directions: int, generator: torch.Generator) -> Tensor:
    """Return the rotated singular directions of iterative quantisation (Gong et al. 2013).

    The leading singular directions come from a randomised SVD. They are rotated so that the quantisation
    error between the centred projections and their signs is least. Where there are fewer singular directions
    than requested, several rotations of all of them are concatenated, from different initial rotations.

    Args:
        data: n documents.
        n_directions: number of directions.
        generator: source of the initial rotations.

    Returns:
        Float32 of shape (n_features, n_directions), columns of norm 1.
    """
    X = _matrix(data[np.arange(len(data))].documents)
    n_components = min(*X.shape, n_directions)
    axes = TruncatedSVD(n_components, random_state=0).fit(X).components_.T
    V = (X @ axes).astype(np.float32)
    V -= V.mean(axis=0)
    rng = RandomState(int(torch.randint(2**31, (1,), generator=generator)))
    rotations = [
        learn_rotation(V, random_rotation(n_components, rng), N_ITER)[0]
        for _ in range(0, n_directions, n_components)
    ]
    return torch.tensor(axes @ np.hstack(rotations)[:, :n_directions], dtype=torch.float32)


def _matrix(documents: Rows) -> Matrix:
    if isinstance(documents, Tensor):
        return documents.cpu().numpy()
    parts = (documents.values, documents.columns, documents.starts)
    return csr_array(tuple(part.cpu().numpy() for part in parts), shape=(len(documents), documents.n_columns))
