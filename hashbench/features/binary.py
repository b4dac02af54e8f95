"""Term occurrences."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from hashbench.features.bag_of_words import BagOfWords


class Binary(BagOfWords):
    """1 for each term that occurs in a document, float32 CSR of shape (n, n_terms)."""

    def _weigh(self, counts: csr_array) -> csr_array:
        return (counts > 0).astype(np.float32)
