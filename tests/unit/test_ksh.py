"""Kernel-based supervised hashing: the pairs, the sample, the descent, and bits that tell labels apart."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.classic.ksh import (
    KSH,
    LabelPairs,
    descend,
    learn_weights,
    mean_squared_distance,
    objective,
    stratified_sample,
    uniform_sample,
)
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array, random_array
from sklearn.base import clone

from hashbench.hashing.projection import as_csr


def topics(n=400, n_topics=4, n_features=160, seed=0):
    """Return sparse documents that take most words from those of their topic, and the topics."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(n_topics, size=n)
    own = rng.integers(n_features // n_topics, size=(n, 12)) * n_topics + topic[:, None]
    words = np.hstack([own, rng.integers(n_features, size=(n, 8))])
    entries = rng.uniform(0.5, 1.5, words.size).astype(np.float32)
    rows = np.repeat(np.arange(n), words.shape[1])
    return as_csr(csr_array((entries, (rows, words.ravel())), shape=(n, n_features))), topic


def several_labels(n=120, n_labels=5, seed=0):
    """Return an indicator matrix in which every document has a label, some several."""
    rng = np.random.default_rng(seed)
    y = rng.random((n, n_labels)) < 0.3
    y[np.arange(n), rng.integers(n_labels, size=n)] = True
    return csr_array(y)


def pair_matrix(y):
    return np.where((y.astype(int) @ y.T.astype(int)).toarray() > 0, 1.0, -1.0)


def problem(n_anchors=20, seed=0):
    """Return a centred kernel, the pairs of its documents, and their matrix."""
    y = several_labels(seed=seed)
    rng = np.random.default_rng(seed)
    K = rng.standard_normal((y.shape[0], n_anchors)) + 2 * y.toarray() @ rng.standard_normal((5, n_anchors))
    return K - K.mean(axis=0), LabelPairs.of(y), pair_matrix(y)


def learn(K, pairs, n_bits, n_steps=500):
    return learn_weights(K, pairs, n_bits, ridge=1e-6, n_steps=n_steps, tol=1e-2)


def bits_of(K, W):
    return np.where(K @ W > 0, 1.0, -1.0)


def agreement_with_labels(codes, labels):
    """Return the mean precision of the ten nearest other documents, ties in a random order."""
    distances = (codes[:, None] != codes).sum(axis=2) + np.random.default_rng(0).random((len(codes),) * 2) / 2
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :10]
    return (labels[nearest] == labels[:, None]).mean()


@pytest.mark.parametrize("labels", [several_labels(), csr_array(np.eye(4, dtype=bool)[topics()[1]])])
def test_products_with_the_pairs_are_those_of_their_matrix(labels):
    v = np.random.default_rng(0).standard_normal((labels.shape[0], 3))
    pairs = LabelPairs.of(labels)
    np.testing.assert_allclose(pairs @ v, pair_matrix(labels) @ v, atol=1e-10)
    np.testing.assert_allclose(pairs @ v[:, 0], pair_matrix(labels) @ v[:, 0], atol=1e-10)


def test_pairs_of_single_labels_need_no_more_than_the_labels():
    pairs = LabelPairs.of(csr_array(np.eye(4, dtype=bool)[topics()[1]]))
    np.testing.assert_array_equal(pairs.signs, 2 * np.eye(4) - 1)


def test_slope_of_the_objective_is_that_of_finite_differences():
    K, _, S = problem()
    residual = (7 * S).__matmul__
    w = np.random.default_rng(1).standard_normal(K.shape[1]) / 5
    value, slope = objective(K @ w, residual)
    phi = 2 / (1 + np.exp(-K @ w)) - 1
    assert value == pytest.approx(-7 * phi @ S @ phi)
    numerical = approx_fprime(w, lambda v: objective(K @ v, residual)[0], 1e-7)
    np.testing.assert_allclose(K.T @ slope, numerical, rtol=1e-4, atol=1e-2 * np.abs(numerical).max())


def test_descent_ends_where_the_objective_is_flat_and_far_below_its_start():
    K, _, S = problem()
    residual = (7 * S).__matmul__
    start = np.random.default_rng(1).standard_normal(K.shape[1]) / 100
    before, at_start = objective(K @ start, residual)
    w = descend(start, K, residual, 2000, 1e-12)
    after, at_end = objective(K @ w, residual)
    assert after < before - 0.1 * 7 * len(K) ** 2
    assert np.linalg.norm(K.T @ at_end) < 1e-2 * np.linalg.norm(K.T @ at_start)


def test_descent_without_steps_stays_where_it_is():
    K, pairs, _ = problem()
    start = np.ones(K.shape[1])
    np.testing.assert_array_equal(descend(start, K, pairs.__matmul__, 0, 1e-2), start)


def test_first_start_is_the_largest_generalised_eigenvector_scaled_to_the_number_of_documents():
    K, pairs, S = problem()
    w = learn(K, pairs, 1, n_steps=0)[:, 0]
    assert w @ K.T @ K @ w == pytest.approx(len(K))
    quotients = np.linalg.eigvals(np.linalg.solve(K.T @ K, K.T @ S @ K)).real
    assert w @ K.T @ S @ K @ w / len(K) == pytest.approx(quotients.max(), rel=1e-4)


def test_descended_bits_are_never_worse_than_their_start():
    K, pairs, S = problem()
    H = bits_of(K, learn(K, pairs, 6))
    for bit in range(6):
        residual = 6 * S - H[:, :bit] @ H[:, :bit].T
        start = np.linalg.eig(
            np.linalg.solve(K.T @ K + 1e-6 * np.trace(K.T @ K) / 20 * np.eye(20), K.T @ residual @ K)
        )
        first = bits_of(K, start[1][:, start[0].real.argmax()].real)
        assert H[:, bit] @ residual @ H[:, bit] >= first @ residual @ first


def test_each_bit_brings_the_codes_nearer_to_the_pairs():
    K, pairs, S = problem(n_anchors=60)
    H = bits_of(K, learn(K, pairs, 8))
    errors = [np.linalg.norm(H[:, :t] @ H[:, :t].T / 8 - S) for t in range(9)]
    assert (np.diff(errors) < 0).all()


def test_one_bit_is_the_class_of_two_separate_ones():
    X, topic = topics(n_topics=2)
    codes = KSH(1, random_state=0).fit(X[:300], topic[:300]).transform(X[300:])[:, 0]
    assert max((codes == topic[300:]).mean(), (codes != topic[300:]).mean()) > 0.98


def test_codes_are_learnt_from_the_labels():
    X, topic = topics(600)
    permuted = np.random.default_rng(3).permutation(topic)
    right, wrong = (
        KSH(16, random_state=0).fit(X[:400], y[:400]).transform(X[400:]) for y in (topic, permuted)
    )
    assert agreement_with_labels(right, topic[400:]) > 0.95
    assert agreement_with_labels(wrong, permuted[400:]) == pytest.approx(0.25, abs=0.05)


def test_every_form_of_labels_gives_the_same_codes():
    X, topic = topics()
    names = np.array(["aa", "bb", "cc", "dd"])[topic]
    indicator = np.eye(4, dtype=int)[topic]
    codes = [
        KSH(8, n_anchors=50, random_state=0).fit(X, y).transform(X)
        for y in (topic, names, indicator, csr_array(indicator))
    ]
    for same in codes[1:]:
        np.testing.assert_array_equal(same, codes[0])


def test_documents_without_labels_are_not_learnt_from_but_count_for_the_mean():
    X, topic = topics()
    y = csr_array(np.eye(4, dtype=bool)[topic] & (np.arange(400) < 300)[:, None])
    hasher = KSH(4, n_anchors=400, n_labeled=300, n_steps=20, random_state=0).fit(X, y)
    d = np.square(X.toarray()[:, None].astype(np.float64) - X.toarray()).sum(axis=2)
    assert hasher.sigma_ == pytest.approx(d.mean(), rel=1e-5)
    kernel = np.exp(-d / (2 * d.mean()))
    np.testing.assert_allclose(hasher.mean_, kernel.mean(axis=0), rtol=1e-5)
    K = (kernel - kernel.mean(axis=0))[:300]
    W = learn_weights(K, LabelPairs.of(y[:300]), 4, ridge=0.1, n_steps=20, tol=1e-2)
    np.testing.assert_array_equal(hasher.transform(X[:300]), K @ W > 0)


def test_linear_kernel_is_the_inner_product_with_the_anchors():
    X, topic = topics()
    hasher = KSH(4, n_anchors=30, kernel="linear", random_state=0).fit(X, topic)
    products = (X @ hasher.anchors_.T).toarray()
    expected = (products - products.mean(axis=0)) @ hasher.weights_
    np.testing.assert_allclose(hasher.embed(X), expected, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("dense", [False, True])
def test_mean_squared_distance_is_that_of_all_pairs(dense):
    rng = np.random.default_rng(0)
    X, A = (csr_array(random_array((n, 30), density=0.2, dtype=np.float32, rng=rng)) for n in (50, 7))
    expected = np.square(X.toarray()[:, None] - A.toarray()).sum(axis=2).mean()
    given = (X.toarray(), A.toarray()) if dense else (X, A)
    assert mean_squared_distance(*given) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("size", [1, 37, 119])
def test_sample_keeps_the_share_of_every_set_of_labels(size):
    y = several_labels()
    sample = stratified_sample(y, size, np.random.RandomState(0))
    assert len(set(sample)) == size
    sets, group = np.unique(y.toarray(), axis=0, return_inverse=True)
    drawn = np.bincount(group[sample], minlength=len(sets))
    assert (np.abs(drawn - size * np.bincount(group) / y.shape[0]) < 1).all()


def test_sample_is_uniform_within_a_set_of_labels_and_no_larger_than_the_documents():
    y = csr_array(np.repeat(np.eye(2, dtype=bool), [10, 30], axis=0))
    rng = np.random.RandomState(0)
    drawn = np.bincount(np.concatenate([stratified_sample(y, 8, rng) for _ in range(4000)]), minlength=40)
    np.testing.assert_allclose(drawn / 4000, 0.2, atol=0.03)
    np.testing.assert_array_equal(stratified_sample(y, 99, rng), np.arange(40))


def test_uniform_sample_draws_every_document_with_the_same_probability():
    y = csr_array(np.repeat(np.eye(2, dtype=bool), [10, 30], axis=0))
    rng = np.random.RandomState(0)
    samples = [uniform_sample(y, 8, rng) for _ in range(4000)]
    drawn = np.bincount(np.concatenate(samples), minlength=40)
    np.testing.assert_allclose(drawn / 4000, 0.2, atol=0.03)
    from_first_set = [(sample < 10).sum() for sample in samples]
    hypergeometric = 8 * 0.25 * 0.75 * (40 - 8) / 39
    assert np.var(from_first_set) == pytest.approx(hypergeometric, rel=0.1)
    np.testing.assert_array_equal(uniform_sample(y, 99, rng), np.arange(40))


def test_uniform_sampling_draws_the_anchors_and_the_labelled_documents():
    X, topic = topics()
    y = csr_array(np.eye(4, dtype=bool)[topic] & (np.arange(400) < 300)[:, None])
    hasher = KSH(3, n_anchors=20, n_labeled=50, sampling="uniform", n_steps=0, random_state=3).fit(X, y)
    rng = np.random.RandomState(3)
    anchors = np.sort(rng.permutation(400)[:20])
    labelled = np.sort(rng.permutation(300)[:50])
    np.testing.assert_array_equal(hasher.anchors_.toarray(), X[anchors].toarray())
    K = hasher._kernel(X[labelled]) - hasher.mean_
    W = learn_weights(K, LabelPairs.of(y[labelled]), 3, ridge=0.1, n_steps=0, tol=1e-2)
    np.testing.assert_array_equal(hasher.weights_, W)


def test_fits_of_one_seed_are_equal_to_the_last_bit():
    X, topic = topics()
    first = KSH(6, n_anchors=40, n_labeled=100, random_state=5).fit(X, topic)
    again = clone(first).fit(X, topic)
    np.testing.assert_array_equal(first.weights_, again.weights_)
    other = clone(first).set_params(random_state=6).fit(X, topic)
    assert (other.anchors_ != first.anchors_).nnz


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernel": "cosine"}, "kernel is one of rbf, linear, got 'cosine'"),
        ({"n_anchors": 0}, "n_anchors is a whole number from 1 on, got 0"),
        ({"n_labeled": 2.5}, r"n_labeled is a whole number from 1 on, got 2\.5"),
        ({"sigma": 0.0}, "sigma is a number above 0, or None, got 0.0"),
        ({"sampling": "random"}, "sampling is one of stratified, uniform, got 'random'"),
        ({"ridge": -1.0}, "ridge is a number at least 0, got -1.0"),
        ({"tol": "small"}, "tol is a number at least 0, got 'small'"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        KSH(4, **arguments).fit(*topics())


def test_documents_that_teach_nothing_are_refused():
    X, topic = topics()
    with pytest.raises(ValueError, match="no training document has a label"):
        KSH(4).fit(X, csr_array((400, 3), dtype=bool))
    with pytest.raises(ValueError, match="the n_samples = 400 documents are all equal"):
        KSH(4).fit(np.ones((400, 3)), topic)
    with pytest.raises(ValueError, match="does not tell n_samples = 400 documents apart"):
        KSH(4, sigma=1.0).fit(np.ones((400, 3)), topic)
    with pytest.raises(ValueError, match="requires y"):
        KSH(4).fit(X)
