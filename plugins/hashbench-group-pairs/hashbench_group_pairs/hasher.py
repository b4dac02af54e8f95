"""The method."""

from typing import Annotated

import numpy as np
from hashbench.hashing import Hasher
from hashbench.ranges import Whole
from sklearn.utils import check_random_state


class GroupPairs(Hasher):
    """Each bit says which of two random groups of training documents a document is nearer to.

    Bit j is 1 iff the inner product of the document with the difference of the two group means exceeds its
    median over the training documents.

    Args:
        n_bits: length of a code.
        group_size: training documents in a group.
        random_state: seed.

    Attributes:
        directions_: differences of the group means, float32 of shape (n_features, n_bits).
    """

    threshold = "median"

    def __init__(self, n_bits=32, *, group_size: Annotated[int, Whole(1)] = 5, random_state=None):
        self.n_bits = n_bits
        self.group_size = group_size
        self.random_state = random_state

    def _fit(self, X):
        generator = check_random_state(self.random_state)
        directions = np.empty((self.n_bits, X.shape[1]), dtype=np.float32)
        for direction in directions:
            groups = generator.randint(X.shape[0], size=(2, self.group_size))
            first, second = (np.asarray(X[group].mean(axis=0)).ravel() for group in groups)
            direction[:] = first - second
        self.directions_ = directions.T.copy()

    def _embed(self, X):
        return X @ self.directions_
