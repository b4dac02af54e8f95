"""What the base class gives to every hasher derived from it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hashbench_methods.classic.lsh import LSH
from scipy.sparse import csr_array
from sklearn.utils.estimator_checks import parametrize_with_checks

from hashbench.hashing import Hasher
from hashbench.testing.document_checks import with_unsorted_indices
from hashbench.testing.toy_corpus import planted_corpus


class Centroids(Hasher):
    """A supervised hasher that also takes validation documents and an extra input."""

    supervised = True
    validation = True

    def __init__(self, n_bits=1, threshold="median"):
        self.n_bits = n_bits
        self.threshold = threshold

    def _fit(self, X, *, y, X_val, y_val, weights=None):
        self.received_ = {"y": y, "X_val": X_val, "y_val": y_val, "weights": weights}
        centroids = y.T.astype(np.float64) @ X
        centroids = centroids.toarray() if hasattr(centroids, "toarray") else centroids
        self.centroids_ = np.resize(centroids, (self.n_bits, X.shape[1]))

    def _embed(self, X):
        return X @ self.centroids_.T


def planted_clusters(n=400):
    corpus = planted_corpus(n)
    return corpus.X, corpus.clusters


@parametrize_with_checks([Centroids()])
def test_estimator_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_unsorted_indices_are_sorted_in_a_copy():
    X = with_unsorted_indices(planted_clusters()[0])
    before = X.copy()
    LSH(random_state=0).fit(X).transform(X)
    np.testing.assert_array_equal(X.data, before.data)
    np.testing.assert_array_equal(X.indices, before.indices)


def test_supervised_hasher_receives_labels_and_validation_as_announced():
    X, clusters = planted_clusters()
    labels = clusters + 10
    hasher = Centroids().fit(X, labels, X_val=X[:20], y_val=np.array([10, 99] * 10), weights=[1, 2])
    received = hasher.received_
    np.testing.assert_array_equal(received["y"].toarray(), clusters[:, None] == np.arange(4))
    np.testing.assert_array_equal(received["y_val"].toarray()[:2], [[True, False, False, False], [False] * 4])
    assert received["X_val"].shape == (20, X.shape[1])
    assert received["weights"] == [1, 2]
    indicator = csr_array(clusters[:, None] == np.arange(4))
    codes = Centroids().fit(X, indicator, X_val=None).transform(X)
    np.testing.assert_array_equal(codes, Centroids().fit(X, labels).transform(X))


def test_supervised_hasher_without_labels_is_refused():
    with pytest.raises(ValueError, match="requires y"):
        Centroids().fit(planted_clusters()[0])


@pytest.mark.parametrize("n_bits", [0, 4097, 8.0, "8", True, None])
def test_impossible_number_of_bits_is_refused(n_bits):
    with pytest.raises(ValueError, match="n_bits is a whole number from 1 to 4096"):
        LSH(n_bits=n_bits).fit(planted_clusters()[0])


def test_unknown_threshold_rule_is_refused():
    with pytest.raises(ValueError, match="zero, median, got 'mean'"):
        LSH(threshold="mean").fit(planted_clusters()[0])


def test_embedding_of_another_length_is_refused():
    class TooShort(Centroids):
        def _embed(self, X):
            return super()._embed(X)[:, 1:]

    with pytest.raises(ValueError, match=r"TooShort._embed returned shape \(1024, 3\)"):
        TooShort(n_bits=4).fit(*planted_clusters())


def test_embedding_that_is_not_finite_is_refused():
    class Diverged(Centroids):
        def _embed(self, X):
            return super()._embed(X) * np.nan

    with pytest.raises(ValueError, match="NaN or infinite"):
        Diverged().fit(*planted_clusters())


def test_codes_are_the_embedding_cut_at_the_thresholds():
    X, clusters = planted_clusters(n=1500)
    hasher = Centroids(n_bits=4).fit(X, clusters)
    np.testing.assert_array_equal(hasher.transform(X), hasher.embed(X) > hasher.threshold_)
    np.testing.assert_array_equal(hasher.transform(X).sum(axis=0), 750)


def test_products_of_a_matrix_library_are_equal_to_the_last_bit_whatever_the_batch():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1500, 200), dtype=np.float32)
    hasher = Centroids(n_bits=24).fit(X, rng.integers(24, size=1500))
    embedding = hasher.embed(X)
    for size in (1, 7, 700):
        for start in range(0, 1500, max(size, 100)):
            rows = slice(start, start + size)
            np.testing.assert_array_equal(hasher.embed(X[rows]), embedding[rows])


def test_features_out_are_named_after_the_class():
    names = LSH(n_bits=3).fit(planted_clusters()[0]).get_feature_names_out()
    assert names.tolist() == ["lsh0", "lsh1", "lsh2"]


def test_the_package_of_hashers_imports_light():
    heavy = "{'sklearn', 'scipy', 'torch', 'pandas', 'gensim'}"
    script = f"import sys, hashbench.hashing; print({heavy} & set(sys.modules))"
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "set()"
