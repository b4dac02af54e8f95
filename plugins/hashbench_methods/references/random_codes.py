"""Random codes, the floor of the scale."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import shake_256
from itertools import pairwise

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils import check_random_state

from hashbench.hashing import Hasher
from hashbench.hashing.projection import Matrix


class RandomCodes(Hasher):
    """Codes that tell documents apart but not how near they are: the bits of a hash of a document's vector.

    Equal vectors have equal codes, in every batch, sparse or dense, and the bits of different vectors are
    independent coin tosses. The training documents play no part.

    Args:
        n_bits: length of a code.
        random_state: seed. The code of fewer bits is the beginning of the code of more bits.
    """

    def __init__(self, n_bits: int = 32, *, random_state: int | RandomState | None = None) -> None:
        self.n_bits = n_bits
        self.random_state = random_state

    def _fit(self, X: Matrix) -> None:  # noqa: ARG002 - nothing is learnt
        self.key_ = check_random_state(self.random_state).bytes(16)

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        n_bytes = -(-self._n_features_out // 8)
        digests = [shake_256(self.key_ + content).digest(n_bytes) for content in _contents(X)]
        octets = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(len(digests), n_bytes)
        bits = np.unpackbits(octets, axis=1, count=self._n_features_out)
        return np.where(bits, np.float32(1), np.float32(-1))


def _contents(X: Matrix) -> Iterator[bytes]:
    """Yield columns and values of each row's non-zero entries, the same bytes on every machine."""
    nonzero = csr_array(X, copy=True)
    nonzero.eliminate_zeros()
    columns, values = nonzero.indices.astype("<i8"), nonzero.data.astype("<f4")
    for start, stop in pairwise(nonzero.indptr):
        yield columns[start:stop].tobytes() + values[start:stop].tobytes()
