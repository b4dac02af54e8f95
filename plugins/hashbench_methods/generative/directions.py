"""The directions of iterative quantisation, for training to start from."""

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
    """Return directions of documents whose signs tell most about them (Gong et al. 2013).

    The leading singular directions, found by randomised iterations, are rotated until the signs of the
    centred documents on them lose least. Where there are fewer singular directions than are asked for, all
    of them are rotated several times, from different starts.

    Args:
        data: n documents.
        n_directions: how many.
        generator: source of the rotations to start from.

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
