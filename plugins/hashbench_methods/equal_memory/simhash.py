"""SimHash of weighted terms."""

from __future__ import annotations

from hashlib import shake_256

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils import check_random_state

from hashbench.hashing import Hasher
from hashbench.hashing.projection import Matrix, as_csr, project


class SimHash(Hasher):
    """Sign of a weighted vote of terms: bit j is 1 iff ``sum_t x_t s_j(t) > 0``.

    A hash function gives each term t the signs ``s_1(t), ..., s_n(t)``, -1 or 1, which stand for the random
    vectors of Charikar (2002), section 3. A term is a feature, and what is hashed is its number: documents
    have to be of one vocabulary. Nothing is learnt.

    Args:
        n_bits: length of a code.
        random_state: seed of the hash function. The code of fewer bits is the beginning of the code of more.

    Attributes:
        key_: what is hashed with each term, 16 bytes.
    """

    def __init__(self, n_bits: int = 32, *, random_state: int | RandomState | None = None) -> None:
        self.n_bits = n_bits
        self.random_state = random_state

    def _fit(self, X: Matrix) -> None:  # noqa: ARG002 - nothing is learnt
        self.key_ = check_random_state(self.random_state).bytes(16)

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        weights = as_csr(X)
        terms, places = np.unique(weights.indices, return_inverse=True)
        if not len(terms):
            return np.zeros((X.shape[0], self._n_features_out), dtype=np.float32)
        columns = places.astype(weights.indptr.dtype)
        votes = csr_array((weights.data, columns, weights.indptr), shape=(X.shape[0], len(terms)))
        return project(votes, self._signs(terms))

    def _signs(self, terms: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the signs of terms, float32 of -1 and 1, shape (n_terms, n_bits)."""
        n_bytes = -(-self._n_features_out // 8)
        digests = [shake_256(self.key_ + int(term).to_bytes(8, "little")).digest(n_bytes) for term in terms]
        octets = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(len(terms), n_bytes)
        bits = np.unpackbits(octets, axis=1, count=self._n_features_out)
        return np.where(bits, np.float32(1), np.float32(-1))
