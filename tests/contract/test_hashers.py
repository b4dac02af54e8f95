"""The contract of a hasher, over every registered one: scikit-learn's estimator checks and our own.

A check is a function of an unfitted estimator with parameters ``n_bits`` and, where it draws randomness,
``random_state``; it uses nothing but the contract.
"""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import sklearn
from hashbench_classic.hashbench_plugin import hashbench_hashers as classic
from hashbench_references.hashbench_plugin import hashbench_hashers as references
from scipy.sparse import csr_array, csr_matrix, random_array
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from hashbench.hashing import Hasher

ESTIMATOR_CHECKS = 46
HASHERS = {spec.name: spec for spec in [*classic(), *references()] if not spec.ranker}


class PlainHyperplanes(TransformerMixin, BaseEstimator):
    """A hasher without the base class."""

    def __init__(self, n_bits=8, random_state=None):
        self.n_bits = n_bits
        self.random_state = random_state

    def fit(self, X, y=None):
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        normals = check_random_state(self.random_state).standard_normal((X.shape[1], self.n_bits))
        self.normals_ = normals
        return self

    def transform(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return (csr_array(X) @ self.normals_ > 0).astype(np.uint8)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = []
        return tags


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


def make(name, n_bits=None):
    if name == "plain":
        return PlainHyperplanes(n_bits or 8, random_state=0)
    spec = HASHERS[name]
    estimator = spec.load()(n_bits=n_bits or spec.check_bits, **spec.params)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    return estimator


def planted_clusters(n=400, n_features=160, n_clusters=4, seed=0):
    """Return sparse documents that take most words from the vocabulary of their cluster, and the clusters."""
    rng = np.random.default_rng(seed)
    clusters = rng.integers(n_clusters, size=n)
    own = rng.integers(n_features // n_clusters, size=(n, 20)) * n_clusters + clusters[:, None]
    words = np.hstack([own, rng.integers(n_features, size=(n, 8))])
    weights = rng.uniform(0.5, 1.5, size=words.shape).astype(np.float32)
    rows = np.repeat(np.arange(n), words.shape[1])
    return csr_array((weights.ravel(), (rows, words.ravel())), shape=(n, n_features)), clusters


def check_codes_have_the_promised_form(estimator):
    """Codes are uint8 of 0 and 1, with exactly ``n_bits`` bits, for many lengths."""
    X, _ = planted_clusters()
    for n_bits in (8, 16, 32, 64, 128):
        codes = clone(estimator).set_params(n_bits=n_bits).fit(X).transform(X[:50])
        assert codes.dtype == np.uint8
        assert codes.shape == (50, n_bits)
        assert set(np.unique(codes)) == {0, 1}


def check_code_is_independent_of_the_batch(estimator):
    """A document has the same code alone, among seven and among all."""
    X, _ = planted_clusters()
    estimator.fit(X)
    codes = estimator.transform(X)
    for size in (1, 7):
        batches = [estimator.transform(X[start : start + size]) for start in range(0, X.shape[0], size)]
        np.testing.assert_array_equal(np.vstack(batches), codes)


def check_code_is_independent_of_the_order(estimator):
    """Permuting the documents permutes their codes, also where they fill more than one block."""
    X, _ = planted_clusters(n=2500)
    estimator.fit(X[:500])
    order = np.random.default_rng(1).permutation(X.shape[0])
    np.testing.assert_array_equal(estimator.transform(X[order]), estimator.transform(X)[order])


def check_form_of_the_matrix_is_irrelevant(estimator):
    """CSR arrays and matrices, dense arrays, float32 and float64, sorted or not, give the same codes."""
    X, _ = planted_clusters()
    codes = estimator.fit(X).transform(X)
    backwards = np.lexsort((-X.indices, np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))))
    unsorted = csr_array((X.data[backwards], X.indices[backwards], X.indptr), shape=X.shape)
    for same in (
        csr_matrix(X),
        X.astype(np.float64),
        X.toarray(),
        np.asfortranarray(X.toarray()),
        unsorted,
    ):
        np.testing.assert_array_equal(estimator.transform(same), codes)
    np.testing.assert_array_equal(clone(estimator).fit(X.toarray()).transform(X), codes)


def check_arguments_stay_unchanged(estimator):
    """Neither fitting nor encoding writes to its input."""
    X, _ = planted_clusters()
    unsorted = csr_array((X.data, X.indices[::-1].copy(), X.indptr), shape=X.shape)
    before = unsorted.copy()
    estimator.fit(unsorted).transform(unsorted)
    np.testing.assert_array_equal(unsorted.data, before.data)
    np.testing.assert_array_equal(unsorted.indices, before.indices)


def check_seed_decides(estimator):
    """Equal fits give the same codes, another seed, where there is one, others."""
    X, _ = planted_clusters()
    codes = clone(estimator).fit(X).transform(X)
    np.testing.assert_array_equal(clone(estimator).fit(X).transform(X), codes)
    if "random_state" in estimator.get_params():
        other = clone(estimator).set_params(random_state=4).fit(X)
        assert (other.transform(X) != codes).any()


def check_pickled_hasher_encodes_the_same(estimator):
    """A fitted hasher survives pickling."""
    X, _ = planted_clusters()
    estimator.fit(X)
    copy = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(copy.transform(X), estimator.transform(X))


def check_global_random_states_stay_untouched(estimator):
    """Seeded hashers draw from generators of their own."""
    X, _ = planted_clusters()
    before = random.getstate(), pickle.dumps(np.random.get_state())  # noqa: NPY002 - it is what we guard
    estimator.fit(X).transform(X)
    assert (random.getstate(), pickle.dumps(np.random.get_state())) == before  # noqa: NPY002


def check_empty_documents_have_a_code(estimator):
    """A document without words is encoded, and all of them alike."""
    X, _ = planted_clusters()
    codes = estimator.fit(X).transform(csr_array((3, X.shape[1]), dtype=np.float32))
    assert codes.shape == (3, estimator.n_bits)
    assert (codes == codes[0]).all()
    assert set(np.unique(codes)) <= {0, 1}


def check_other_number_of_features_is_refused(estimator):
    """Documents of another vocabulary raise a ValueError."""
    X, _ = planted_clusters()
    estimator.fit(X)
    with pytest.raises(ValueError, match="features"):
        estimator.transform(X[:, 1:])


def check_labels_are_not_used(estimator):
    """An unsupervised hasher gives the same codes whatever labels it is handed."""
    X, clusters = planted_clusters()
    codes = clone(estimator).fit(X).transform(X)
    np.testing.assert_array_equal(clone(estimator).fit(X, clusters).transform(X), codes)


def check_near_documents_have_near_codes(estimator):
    """Unseen documents of one cluster are nearer in Hamming distance than those of different ones."""
    X, clusters = planted_clusters()
    codes = estimator.set_params(n_bits=32).fit(X[:200]).transform(X[200:])
    distances = (codes[:, None] != codes).sum(axis=2)
    same = clusters[200:, None] == clusters[200:]
    np.fill_diagonal(same, False)
    assert distances[same].mean() < 0.9 * distances[clusters[200:, None] != clusters[200:]].mean()


def check_memory_is_far_below_documents_times_words(estimator):
    """Two million words with few of them used need no documents x words array, not even of bytes."""
    shape = (600, 2_000_000)
    X = random_array(shape, density=2e-5, format="csr", dtype=np.float32, rng=np.random.default_rng(0))
    estimator.set_params(n_bits=8)
    tracemalloc.start()
    try:
        codes = estimator.fit(X).transform(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert codes.shape == (600, 8)
    assert peak < shape[0] * shape[1]


CHECKS = [
    check_codes_have_the_promised_form,
    check_code_is_independent_of_the_batch,
    check_code_is_independent_of_the_order,
    check_form_of_the_matrix_is_irrelevant,
    check_arguments_stay_unchanged,
    check_seed_decides,
    check_pickled_hasher_encodes_the_same,
    check_global_random_states_stay_untouched,
    check_empty_documents_have_a_code,
    check_other_number_of_features_is_refused,
    check_labels_are_not_used,
]


@parametrize_with_checks([*(make(name) for name in HASHERS), make("plain"), Centroids()])
def test_estimator_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", HASHERS)
def test_no_estimator_check_is_left_out(name):
    collected = len(list(estimator_checks_generator(make(name))))
    if sklearn.__version__ == "1.9.1":
        assert collected == ESTIMATOR_CHECKS
    else:
        assert collected >= 40


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("name", [*HASHERS, "plain"])
def test_contract(name, check):
    check(make(name))


@pytest.mark.parametrize("name", HASHERS)
def test_near_documents_have_near_codes(name):
    if HASHERS[name].reference:
        pytest.skip("a reference promises no neighbourhoods")
    check_near_documents_have_near_codes(make(name))


@pytest.mark.parametrize("name", HASHERS)
def test_memory_is_far_below_documents_times_words(name):
    check_memory_is_far_below_documents_times_words(make(name))


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
        make("lsh").set_params(n_bits=n_bits).fit(planted_clusters()[0])


def test_unknown_threshold_rule_is_refused():
    with pytest.raises(ValueError, match="zero, median, got 'mean'"):
        make("lsh").set_params(threshold="mean").fit(planted_clusters()[0])


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
    names = make("lsh", n_bits=3).fit(planted_clusters()[0]).get_feature_names_out()
    assert names.tolist() == ["lsh0", "lsh1", "lsh2"]


def test_contract_and_plugin_modules_import_light():
    modules = "hashbench.hashing, hashbench_classic.hashbench_plugin, hashbench_references.hashbench_plugin"
    heavy = "{'sklearn', 'scipy', 'torch', 'pandas', 'gensim'}"
    script = f"import sys, {modules}; print({heavy} & set(sys.modules))"
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "set()"
