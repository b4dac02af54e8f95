"""Hashing with tags and topics: the two updates, the topics, the regression, and bits that tell labels."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.classic.shttm import (
    SHTTM,
    Factorisation,
    inverse_document_frequencies,
    ridge_directions,
    term_counts,
    tfidf_rows,
    topic_proportions,
)
from scipy.sparse import csr_array, random_array
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfTransformer

from hashbench.hashing.projection import as_csr


def documents(n=300, n_topics=4, n_words=120, seed=0, several=False):
    """Return word counts, most words of the topic of a document, and the topics as an indicator matrix."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(n_topics, size=n)
    own = rng.integers(n_words // n_topics, size=(n, 30)) * n_topics + topic[:, None]
    words = np.hstack([own, rng.integers(n_words, size=(n, 10))])
    counts = csr_array((np.ones(words.size, np.float32), (np.repeat(np.arange(n), 40), words.ravel())))
    labels = np.eye(n_topics, dtype=bool)[topic]
    if several:
        labels |= rng.random(labels.shape) < 0.2
        labels[:5] = False
    return as_csr(counts), csr_array(labels)


def weighted(counts):
    """Return the counts with a weight a word, rows of norm 1."""
    X = counts.toarray() * np.random.default_rng(1).uniform(0.5, 2, counts.shape[1])
    return csr_array((X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32))


def factorisation(missing_weight=0.05, alpha=0.7, gamma=0.3, n_bits=6):
    _, T = documents(several=True)
    theta = np.random.default_rng(2).dirichlet(np.ones(n_bits), size=T.shape[0])
    return Factorisation(T, theta, missing_weight, alpha, gamma)


def dense_objective(factors, Y, U):
    T = factors.T.toarray()
    C = np.where(T, 1, factors.missing_weight)
    distance = factors.gamma * np.sum((Y - factors.theta) ** 2)
    return np.sum(C * (T - Y @ U.T) ** 2) + factors.alpha * np.sum(U**2) + distance


def weighted_least_squares(A, targets, weights, strength, centre):
    """Solve ``min sum w (t - A x)^2 + strength ||x - centre||^2`` by a generic solver."""
    size = A.shape[1]
    left = np.vstack([A * np.sqrt(weights)[:, None], np.sqrt(strength) * np.eye(size)])
    right = np.concatenate([targets * np.sqrt(weights), np.sqrt(strength) * centre])
    return np.linalg.lstsq(left, right, rcond=None)[0]


def nearest_share_a_label(codes, labels):
    distances = (codes[:, None] != codes).sum(axis=2) + np.random.default_rng(0).random((len(codes),) * 2) / 2
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :10]
    return np.take_along_axis(share_a_label(labels), nearest, axis=1).mean()


def share_a_label(labels):
    return (labels.astype(int) @ labels.T.astype(int)).toarray() > 0


def test_label_vectors_are_those_of_a_generic_solver():
    factors = factorisation()
    Y = np.random.default_rng(0).standard_normal(factors.theta.shape)
    U = factors.label_vectors(Y)
    T = factors.T.toarray()
    for label, found in enumerate(U):
        weights = np.where(T[:, label], 1, factors.missing_weight)
        expected = weighted_least_squares(Y, T[:, label], weights, factors.alpha, np.zeros(6))
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_document_vectors_are_those_of_a_generic_solver():
    factors = factorisation()
    U = np.random.default_rng(0).standard_normal((4, 6))
    Y = factors.document_vectors(U)
    T = factors.T.toarray()
    for document in range(40):
        weights = np.where(T[document], 1, factors.missing_weight)
        expected = weighted_least_squares(U, T[document], weights, factors.gamma, factors.theta[document])
        np.testing.assert_allclose(Y[document], expected, atol=1e-9)


def test_neither_update_raises_the_objective():
    factors = factorisation()
    Y, values = factors.theta, []
    for _ in range(8):
        U = factors.label_vectors(Y)
        values.append(dense_objective(factors, Y, U))
        Y = factors.document_vectors(U)
        values.append(dense_objective(factors, Y, U))
        assert factors.objective(Y, U) == pytest.approx(values[-1])
    assert (np.diff(values) <= 1e-9).all()
    assert values[-1] < 0.9 * values[0]
    objectives = factors.minimise(8)[1]
    np.testing.assert_allclose(objectives, values[1 : 2 * len(objectives) : 2])
    assert len(objectives) == 8 or objectives[-2] - objectives[-1] <= 1e-4 * objectives[-2]


def test_strong_pull_leaves_the_documents_at_their_topics():
    Y, _ = factorisation(gamma=1e9).minimise(30)
    np.testing.assert_allclose(Y, factorisation().theta, atol=1e-6)


def test_without_pull_and_weights_the_labels_are_factorised():
    factors = factorisation(missing_weight=1.0, alpha=1e-6, gamma=1e-9)
    Y, _ = factors.minimise(30)
    U = factors.label_vectors(Y)
    np.testing.assert_allclose(Y @ U.T, factors.T.toarray(), atol=1e-3)


def test_topics_are_those_that_the_words_were_drawn_from():
    counts, T = documents()
    theta = topic_proportions(counts.astype(np.float64), 4, 3, np.random.RandomState(0))
    np.testing.assert_allclose(theta.sum(axis=1), 1)
    pairs = np.stack([theta[T.indices == topic].mean(axis=0) for topic in range(4)])
    assert sorted(pairs.argmax(axis=1)) == [0, 1, 2, 3]
    assert (pairs.max(axis=1) > 0.6).all()


def test_counts_are_taken_as_they_are_and_weights_at_a_mean_of_one():
    counts, _ = documents()
    assert (term_counts(counts) != counts).nnz == 0
    scaled = term_counts(weighted(counts))
    np.testing.assert_allclose(scaled.sum(axis=1), np.diff(counts.indptr))
    row = weighted(counts).toarray()[7]
    np.testing.assert_allclose(scaled.toarray()[7], row / row[row > 0].mean(), rtol=1e-6)


def test_weights_of_empty_and_dense_documents_are_scaled_alike():
    X = weighted(documents()[0]).toarray()
    X[3] = 0
    scaled = term_counts(X)
    np.testing.assert_array_equal(scaled.toarray(), term_counts(as_csr(csr_array(X))).toarray())
    assert np.diff(scaled.indptr)[3] == 0
    assert np.isfinite(scaled.data).all()


@pytest.mark.parametrize("n_features", [40, 500])
def test_regression_is_that_of_the_closed_form(n_features):
    rng = np.random.default_rng(0)
    X = csr_array(random_array((200, n_features), density=0.1, dtype=np.float32, rng=rng))
    target = rng.standard_normal((200, 5))
    dense = X.toarray().astype(np.float64)
    expected = np.linalg.solve(dense.T @ dense + 2 * np.eye(n_features), dense.T @ target)
    np.testing.assert_allclose(ridge_directions(X, target, 2.0), expected, atol=2e-3)


@pytest.mark.parametrize("target", ["codes", "latent"])
def test_bits_of_the_training_documents_are_balanced(target):
    counts, T = documents(301)
    hasher = SHTTM(6, target=target, random_state=0).fit(weighted(counts), T)
    assert hasher.codes_.shape == (301, 6)
    np.testing.assert_array_equal(hasher.codes_.sum(axis=0), 150)
    np.testing.assert_array_equal(hasher.transform(weighted(counts)).sum(axis=0), 150)


def test_regression_learns_what_the_target_says():
    counts, T = documents()
    X = weighted(counts)
    hasher = SHTTM(5, random_state=0).fit(X, T)
    expected = ridge_directions(X, 2.0 * hasher.codes_ - 1, 1.0)
    np.testing.assert_allclose(hasher.directions_, expected, atol=1e-6)
    theta = topic_proportions(term_counts(X), 5, 1, np.random.RandomState(0))
    Y, objectives = Factorisation(T, theta, 0.01, 1.0, 0.01).minimise(5)
    latent = SHTTM(5, target="latent", random_state=0).fit(X, T)
    np.testing.assert_allclose(latent.directions_, ridge_directions(X, Y, 1.0), atol=1e-6)
    np.testing.assert_array_equal(latent.codes_, hasher.codes_)
    assert latent.objectives_ == objectives


@pytest.mark.parametrize("form", [csr_array.toarray, lambda counts: counts])
def test_tfidf_weights_are_those_of_scikit_learn(form):
    counts, _ = documents()
    counts = counts[[0, 0, 1, 2, 3, 4]] + counts[[5, 6, 7, 8, 9, 9]]
    expected = TfidfTransformer(sublinear_tf=True).fit_transform(counts).toarray()
    found = tfidf_rows(form(counts), inverse_document_frequencies(term_counts(form(counts))))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.toarray(), expected, atol=1e-6)


def test_regression_on_tfidf_weights_has_topics_of_counts():
    counts, T = documents()
    hasher = SHTTM(5, weighting="tfidf", random_state=0).fit(counts[:250], T[:250])
    plain = SHTTM(5, random_state=0).fit(counts[:250], T[:250])
    np.testing.assert_array_equal(hasher.codes_, plain.codes_)
    transformer = TfidfTransformer(sublinear_tf=True).fit(counts[:250])
    X = csr_array(transformer.transform(counts[:250]))
    expected = ridge_directions(X, 2.0 * plain.codes_ - 1, 1.0)
    np.testing.assert_allclose(hasher.directions_, expected, atol=1e-3)
    unseen = transformer.transform(counts[250:]) @ hasher.directions_
    np.testing.assert_allclose(hasher.embed(counts[250:]), unseen, atol=1e-5)
    with pytest.raises(ValueError, match="weighting = 'tfidf' needs term counts"):
        SHTTM(5, weighting="tfidf").fit(weighted(counts), T)


def test_latent_database_has_the_latent_vectors_cut_at_their_medians():
    counts, T = documents(301, several=True)
    hasher = SHTTM(5, gamma=0.5, n_sweeps=3, database="latent", random_state=0).fit(counts, T)
    Y = topic_proportions(counts.astype(np.float64), 5, 1, np.random.RandomState(0))
    theta, tags = Y, T.toarray()
    for _ in range(3):
        U = [weighted_least_squares(Y, t, np.where(t, 1, 0.01), 1.0, np.zeros(5)) for t in tags.T]
        Y = np.array(
            [
                weighted_least_squares(np.array(U), t, np.where(t, 1, 0.01), 0.5, centre)
                for t, centre in zip(tags, theta, strict=True)
            ]
        )
    assert hasher.training_codes_.shape == (301, 5)
    assert hasher.training_codes_.dtype == np.uint8
    clear = np.abs(Y - np.median(Y, axis=0)) > 1e-9
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(hasher.training_codes_[clear], (np.median(Y, axis=0) < Y)[clear])
    assert (hasher.training_codes_ != hasher.transform(counts)).any()
    predicted = SHTTM(5, gamma=0.5, n_sweeps=3, random_state=0).fit(counts, T)
    np.testing.assert_array_equal(hasher.transform(counts), predicted.transform(counts))
    assert not hasattr(predicted, "training_codes_")


@pytest.mark.parametrize("form", [weighted, lambda counts: counts])
def test_codes_tell_labels_that_the_topics_do_not(form):
    counts, _ = documents(600)
    rng = np.random.default_rng(3)
    T = csr_array(rng.random((600, 4)) < 0.3)
    markers = csr_array((T.toarray()[:, :, None] & (rng.random((600, 4, 6)) < 0.7)).reshape(600, 24))
    X = form(as_csr(csr_array(np.hstack([counts.toarray(), markers.toarray()]).astype(np.float32))))
    right, wrong = (
        SHTTM(16, random_state=0).fit(X[:400], y).transform(X[400:])
        for y in (T[:400], T[rng.permutation(400)])
    )
    chance = share_a_label(T[400:])[~np.eye(200, dtype=bool)].mean()
    assert nearest_share_a_label(wrong, T[400:]) == pytest.approx(chance, abs=0.06)
    assert nearest_share_a_label(right, T[400:]) > chance + 0.2


def test_every_form_of_labels_gives_the_same_codes():
    counts, T = documents()
    topic = T.indices
    codes = [
        SHTTM(8, random_state=0).fit(counts, y).transform(counts)
        for y in (T, T.toarray().astype(int), topic, np.array(list("abcd"))[topic])
    ]
    for same in codes[1:]:
        np.testing.assert_array_equal(same, codes[0])


def test_fits_of_one_seed_are_equal_to_the_last_bit():
    counts, T = documents()
    first = SHTTM(6, random_state=5).fit(counts, T)
    np.testing.assert_array_equal(clone(first).fit(counts, T).directions_, first.directions_)
    other = clone(first).set_params(random_state=6).fit(counts, T)
    assert (other.directions_ != first.directions_).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": "bits"}, "target is one of codes, latent, got 'bits'"),
        ({"missing_weight": 0}, "missing_weight is a number above 0 and below 1, got 0"),
        ({"missing_weight": 1}, "missing_weight is a number above 0 and below 1, got 1"),
        ({"alpha": 0}, "alpha is a number above 0, got 0"),
        ({"gamma": -1}, "gamma is a number above 0, got -1"),
        ({"ridge": 0}, "ridge is a number above 0, got 0"),
        ({"weighting": "binary"}, "weighting is one of none, tfidf, got 'binary'"),
        ({"database": "spectral"}, "database is one of predicted, latent, got 'spectral'"),
        ({"n_passes": 0}, "n_passes is a whole number from 1 on, got 0"),
        ({"n_sweeps": 2.5}, r"n_sweeps is a whole number from 1 on, got 2\.5"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SHTTM(4, **arguments).fit(*documents())


def test_documents_without_words_or_labels_are_refused():
    counts, T = documents()
    with pytest.raises(ValueError, match="use a featurizer of words, such as counts or tfidf"):
        SHTTM(4).fit(-counts, T)
    with pytest.raises(ValueError, match="no training document has a label"):
        SHTTM(4).fit(counts, csr_array(T.shape, dtype=bool))
    with pytest.raises(ValueError, match="requires y"):
        SHTTM(4).fit(counts)
