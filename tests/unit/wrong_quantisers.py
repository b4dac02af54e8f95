"""Quantisers that each break one rule of the contract."""

from __future__ import annotations

import numpy as np

from hashbench.hashing import Quantiser
from hashbench.hashing.projection import project


class TablesOfABatch(Quantiser):
    """Its tables are less the mean of those that are asked for with them."""

    def __init__(self, n_bits=32, *, n_centroids=16):
        self.n_bits = n_bits
        self.n_centroids = n_centroids

    def _fit(self, X):
        planes = np.random.default_rng(0).standard_normal((X.shape[1], 3 * self.n_books))
        self.planes_ = planes.astype(np.float32)
        parts = self._embed(X[: self.n_centroids]).reshape(self.n_centroids, self.n_books, 3)
        self.codebooks_ = np.ascontiguousarray(parts.transpose(1, 0, 2))

    def _embed(self, X):
        return project(X, self.planes_)

    def query_tables(self, X):
        tables = super().query_tables(X)
        return tables - tables.mean(axis=0)


class TablesInWholeNumbers(TablesOfABatch):
    """Its tables are integers."""

    def query_tables(self, X):
        return np.rint(Quantiser.query_tables(self, X)).astype(np.int64)
