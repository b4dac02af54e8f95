"""Methods without the base class, right and wrong."""

import os
import signal
import time
from typing import Annotated

import numpy as np

from hashbench.hashing import Hasher, Quantiser
from hashbench.ranges import Interval


def wait_at_the_gate(seed):
    """Hold seeds from 4 on back for a minute, where TOY_GATE is closed."""
    end = time.monotonic() + 60
    while os.environ.get("TOY_GATE") == "closed" and seed >= 4 and time.monotonic() < end:
        time.sleep(0.05)


class Sign:
    def __init__(
        self,
        n_bits=16,
        sleep: Annotated[float, Interval(0)] = 0.0,
        scale: Annotated[float, Interval(0, open_low=True)] = 1.0,
        random_state=None,
    ):
        self.n_bits, self.sleep, self.scale, self.random_state = n_bits, sleep, scale, random_state

    def fit(self, X, y=None):
        assert y is None
        time.sleep(self.sleep)
        wait_at_the_gate(self.random_state)
        generator = np.random.default_rng(self.random_state)
        self.planes_ = self.scale * generator.standard_normal((X.shape[1], self.n_bits))
        return self

    def transform(self, X):
        return (X @ self.planes_ > 0).astype(np.uint8)


class Right(Hasher):
    """Keeps the contract of hashers."""

    def __init__(self, n_bits=16, *, random_state=None):
        self.n_bits, self.random_state = n_bits, random_state

    def _fit(self, X):
        generator = np.random.default_rng(self.random_state)
        self.planes_ = generator.standard_normal((X.shape[1], self.n_bits))

    def _embed(self, X):
        return X @ self.planes_


class RandomBooks(Quantiser):
    """Keeps the contract of quantisers: each book holds parts of some projected training documents."""

    def __init__(self, n_bits=16, *, n_centroids=16, random_state=None):
        self.n_bits, self.n_centroids, self.random_state = n_bits, n_centroids, random_state

    def _fit(self, X):
        generator = np.random.default_rng(self.random_state)
        self.planes_ = generator.standard_normal((X.shape[1], 3 * self.n_books)).astype(np.float32)
        rows = generator.integers(X.shape[0], size=self.n_centroids)
        parts = self._embed(X[rows]).reshape(self.n_centroids, self.n_books, 3)
        self.codebooks_ = np.ascontiguousarray(parts.transpose(1, 0, 2)).astype(np.float32)

    def _embed(self, X):
        return X @ self.planes_


class Rounded:
    """A ranker with a code length: projections rounded to 8 bits each."""

    def __init__(self, n_bits=16, random_state=None):
        self.n_bits, self.random_state = n_bits, random_state

    def fit(self, X):
        generator = np.random.default_rng(self.random_state)
        self.planes_ = generator.standard_normal((X.shape[1], self.n_bits // 8))
        self.database_ = np.rint(8 * (X @ self.planes_)).clip(-128, 127)
        self.bits_per_document_ = 8 * self.database_.shape[1]
        return self

    def similarities(self, X):
        yield -np.square((8 * (X @ self.planes_))[:, None] - self.database_).sum(axis=2)


class Blas(Sign):
    def fit(self, X, y=None):
        super().fit(X, y)
        dense = np.asarray((X @ self.planes_), dtype=np.float32)
        for _ in range(50):
            dense, _ = np.linalg.qr(dense @ (dense.T @ dense))
        self.planes_ = X.T @ dense
        return self


class Labels:
    def __init__(self, n_bits=16):
        self.n_bits = n_bits

    def fit(self, X, y):
        self.centroids_ = np.stack([X[y == label].mean(axis=0) for label in np.unique(y)])
        return self

    def transform(self, X):
        nearest = np.argmax(X @ self.centroids_.T, axis=1)
        return (nearest[:, None] >> np.arange(self.n_bits) & 1).astype(np.uint8)


class Validated(Sign):
    def fit(self, X, y=None, *, X_val, y_val=None):
        super().fit(X, y)
        self.planes_ = self.planes_ if y_val is None else self.planes_[::-1].copy()
        return self


class Neighbours(Sign):
    def fit(self, X, y=None, *, neighbours):
        assert neighbours.shape[0] == X.shape[0]
        assert not (neighbours == np.arange(X.shape[0])[:, None]).any()
        return super().fit(X, y)


class Raises(Sign):
    def fit(self, X, y=None):
        raise RuntimeError("no convergence\nafter 7 steps")


class Ternary(Sign):
    def transform(self, X):
        return np.sign(X @ self.planes_).astype(np.int8)


class Half(Sign):
    def transform(self, X):
        return super().transform(X)[:, : self.n_bits // 2]


class Dies(Sign):
    def fit(self, X, y=None):
        os.kill(os.getpid(), signal.SIGKILL)


class RaisingFeaturizer:
    def fit(self, documents):
        raise RuntimeError("no vectors today")

    def transform(self, documents):
        raise NotImplementedError


def share_of_ones(evaluation):
    return {"share-of-ones": float(evaluation.database_codes.unpack().mean())}
