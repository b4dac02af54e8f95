"""Principal component hashing: agreement with a dense computation."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.classic.pcah import PCAH
from scipy.sparse import csr_array, random_array


def documents(n=300, n_features=120, seed=0):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n, n_features), density=0.1, dtype=np.float32, rng=rng))


@pytest.mark.parametrize("n_features", [120, 1500])
def test_bits_are_the_signs_of_the_components_of_a_dense_computation(n_features):
    X = documents(n_features=n_features)
    dense = X.toarray().astype(np.float64)
    U, singular_values, _ = np.linalg.svd(dense - dense.mean(axis=0), full_matrices=False)
    components = (U * singular_values)[:, :12]
    hasher = PCAH(12).fit(X)
    embedding = hasher.embed(X)
    flips = np.sign((embedding * components).sum(axis=0))
    np.testing.assert_allclose(embedding, flips * components, atol=1e-5)
    np.testing.assert_array_equal(hasher.transform(X), embedding > 0)


def test_unseen_documents_are_centred_on_the_mean_of_the_training_documents():
    X = documents()
    hasher = PCAH(12).fit(X)
    np.testing.assert_allclose(hasher.embed(X).mean(axis=0), 0, atol=1e-6)
    mean = X.mean(axis=0, dtype=np.float64)[None, :]
    np.testing.assert_allclose(hasher.embed(mean), 0, atol=1e-6)


def test_code_of_fewer_bits_is_the_beginning_of_the_longer_one():
    X = documents()
    np.testing.assert_array_equal(PCAH(5).fit(X).transform(X), PCAH(12).fit(X).transform(X)[:, :5])


def test_more_bits_than_directions_are_refused():
    with pytest.raises(ValueError, match="20 principal components need at least 21 documents"):
        PCAH(20).fit(documents(n=20))
