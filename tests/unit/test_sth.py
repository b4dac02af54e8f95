"""Self-taught hashing: the graph, its eigenvectors, the bits and the classifiers that predict them."""

from __future__ import annotations

import hashbench_methods.classic.sth
import numpy as np
import pytest
from hashbench_methods.classic.sth import STH, laplacian_eigenmap, largest_component, neighbour_graph
from scipy.linalg import eigh
from scipy.sparse import csr_array, random_array
from sklearn.base import clone
from sklearn.svm import LinearSVC

from hashbench.hashing import nearest
from hashbench.hashing.projection import as_csr


def documents(n=200, n_features=60, seed=0, density=0.15):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n, n_features), density=density, dtype=np.float32, rng=rng))


def separate_topics(sizes, n_features=30, seed=0):
    """Return documents of topics that share no word and are not empty, and their topics."""
    rng = np.random.default_rng(seed)
    topics = np.repeat(np.arange(len(sizes)), sizes)
    words = rng.integers(n_features, size=(len(topics), 12)) + topics[:, None] * n_features
    rows = np.repeat(np.arange(len(topics)), 12)
    values = rng.uniform(0.5, 1.5, size=words.size).astype(np.float32)
    shape = (len(topics), n_features * len(sizes))
    return as_csr(csr_array((values, (rows, words.ravel())), shape=shape)), topics


def dense_graph(X, k):
    """Return the symmetric graph of the k largest cosines, by brute force."""
    rows = X.toarray().astype(np.float64)
    cosines = rows @ rows.T / np.outer(np.linalg.norm(rows, axis=1), np.linalg.norm(rows, axis=1))
    np.fill_diagonal(cosines, 0)
    chosen = np.zeros(cosines.shape, dtype=bool)
    np.put_along_axis(chosen, np.argsort(-cosines, axis=1)[:, :k], True, axis=1)
    return np.where((chosen | chosen.T) & (cosines > 0), cosines, 0)


@pytest.mark.parametrize("dense", [False, True])
def test_graph_is_that_of_brute_force_and_symmetric(dense):
    X = documents()
    graph = neighbour_graph(X.toarray() if dense else X, 7, "cosine")
    np.testing.assert_allclose(graph.toarray(), dense_graph(X, 7), atol=1e-6)
    assert (graph != graph.T).nnz == 0
    assert not graph.diagonal().any()
    assert np.diff(graph.indptr).min() >= 7


def test_binary_graph_has_the_edges_of_the_other_one():
    binary, cosine = (neighbour_graph(documents(), 7, weight) for weight in ("binary", "cosine"))
    np.testing.assert_array_equal(binary.toarray(), cosine.toarray() > 0)


@pytest.mark.parametrize("bandwidth", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("dense", [False, True])
def test_heat_kernel_is_that_of_the_distances_of_documents_of_length_one(bandwidth, dense):
    X = documents()
    rows = X.toarray().astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    squares = np.square(rows[:, None] - rows).sum(axis=2)
    expected = np.where(dense_graph(X, 7) > 0, np.exp(-squares / (2 * bandwidth**2)), 0)
    graph = neighbour_graph(X.toarray() if dense else X, 7, "heat", bandwidth)
    np.testing.assert_allclose(graph.toarray(), expected, atol=1e-6)


def test_edges_whose_heat_is_zero_are_left_out():
    graph = neighbour_graph(documents(), 7, "heat", 0.005)
    assert graph.nnz == 0


def test_wide_heat_kernel_gives_the_binary_graph():
    X = documents()
    heat = STH(8, n_neighbors=10, weight="heat", bandwidth=1e6).fit(X)
    binary = STH(8, n_neighbors=10, weight="binary").fit(X)
    np.testing.assert_allclose(heat.eigenvalues_, binary.eigenvalues_, atol=1e-9)


def test_documents_without_common_words_are_not_joined():
    X = csr_array(np.array([[1, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.float32))
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = 1
    graph = neighbour_graph(X, 3, "cosine")
    np.testing.assert_allclose(graph.toarray(), expected, atol=1e-6)
    assert graph.nnz == 2


def test_negative_cosines_are_no_edges():
    X = np.array([[1, 0], [-1, 0.1], [1, 0.1]], dtype=np.float32)
    graph = neighbour_graph(X, 2, "cosine").toarray()
    assert (graph != 0).tolist() == [[False, False, True], [False, False, False], [True, False, False]]


@pytest.mark.parametrize("block_values", [1, 1500])
def test_size_of_the_blocks_does_not_change_the_graph(block_values, monkeypatch):
    whole = neighbour_graph(documents(), 7, "cosine")
    monkeypatch.setattr(nearest, "BLOCK_VALUES", block_values)
    assert (neighbour_graph(documents(), 7, "cosine") != whole).nnz == 0


def test_eigenmap_solves_the_problem_of_the_laplacian():
    W = neighbour_graph(documents(), 10, "cosine")
    values, Y = laplacian_eigenmap(W, 12)
    D = np.diag(W.sum(axis=1))
    L = D - W.toarray()
    np.testing.assert_allclose(L @ Y, D @ Y * values, atol=1e-8)
    np.testing.assert_allclose(Y.T @ D @ Y, np.eye(12), atol=1e-8)
    expected, vectors = eigh(L, D)
    np.testing.assert_allclose(values, expected[1:13], atol=1e-10)
    np.testing.assert_allclose(np.abs(vectors[:, 1:13].T @ D @ Y).diagonal(), 1, atol=1e-6)
    np.testing.assert_allclose(W.sum(axis=1) @ Y, 0, atol=1e-8)
    assert (Y.max(axis=0) >= -Y.min(axis=0)).all()


def test_eigenvectors_are_found_up_to_the_last_one():
    W = neighbour_graph(documents(n=40), 5, "cosine")
    values, _ = laplacian_eigenmap(W, 39)
    D = np.diag(W.sum(axis=1))
    np.testing.assert_allclose(values, eigh(D - W.toarray(), D, eigvals_only=True)[1:], atol=1e-10)


def test_constant_eigenvector_is_left_out_of_a_graph_that_hangs_by_a_thread():
    W = np.kron(np.eye(2), np.ones((20, 20))) - np.eye(40)
    W[0, 20] = W[20, 0] = 1e-9
    values, Y = laplacian_eigenmap(csr_array(W), 1)
    assert values[0] < 1e-9
    assert len({*np.sign(Y[:20, 0]), *-np.sign(Y[20:, 0])}) == 1


def test_one_bit_tells_two_clusters_apart():
    X, topics = separate_topics([60, 60])
    bridge = csr_array(X[[0, 1]] + X[[60, 61]])
    X = as_csr(csr_array(np.vstack([X.toarray(), bridge.toarray()])))
    sth = STH(1, n_neighbors=15).fit(X)
    for bits in (sth.codes_[:120, 0], sth.transform(X[:120])[:, 0]):
        assert (bits == topics).all() or (bits != topics).all()


@pytest.mark.parametrize("n", [200, 201])
def test_spectral_bits_are_balanced(n):
    sth = STH(16, n_neighbors=10).fit(documents(n))
    np.testing.assert_array_equal(sth.codes_.sum(axis=0), n // 2)


def test_bits_outside_the_largest_component_are_predicted_and_none_tells_the_components_apart():
    X, topics = separate_topics([21, 100, 9])
    sth = STH(8, n_neighbors=8).fit(X)
    largest = topics == 1
    np.testing.assert_array_equal(largest_component(neighbour_graph(X, 8, "cosine")), largest)
    np.testing.assert_array_equal(sth.codes_[largest].sum(axis=0), 50)
    np.testing.assert_array_equal(sth.codes_[~largest], sth.transform(X[~largest]))
    alone = STH(8, n_neighbors=8).fit(X[largest])
    np.testing.assert_array_equal(sth.codes_[largest], alone.codes_)
    np.testing.assert_allclose(sth.eigenvalues_, alone.eigenvalues_, atol=1e-10)
    assert (sth.eigenvalues_ > 1e-3).all()


def test_empty_documents_among_the_training_documents_are_encoded():
    X = documents()
    with_empty = as_csr(csr_array(np.vstack([X.toarray(), np.zeros((2, X.shape[1]), dtype=np.float32)])))
    sth = STH(4, n_neighbors=10).fit(with_empty)
    np.testing.assert_array_equal(sth.codes_[:200], STH(4, n_neighbors=10).fit(X).codes_)
    np.testing.assert_array_equal(sth.codes_[200:], sth.transform(with_empty[200:]))


@pytest.mark.parametrize("C", [0.1, 1.0])
def test_transform_is_the_sign_of_a_support_vector_machine_a_bit(C):
    X = documents(300)
    sth = STH(6, n_neighbors=10, C=C).fit(X[:200])
    embedding = sth.embed(X[200:])
    np.testing.assert_array_equal(sth.transform(X[200:]), embedding > 0)
    for bit in range(6):
        machine = LinearSVC(C=C, dual=False).fit(X[:200].toarray(), sth.codes_[:, bit])
        np.testing.assert_allclose(embedding[:, bit], machine.decision_function(X[200:].toarray()), atol=1e-4)
        accuracy = (sth.transform(X[:200])[:, bit] == sth.codes_[:, bit]).mean()
        assert sth.accuracies_[bit] == pytest.approx(accuracy)


def test_classifiers_without_intercept_are_those_of_a_support_vector_machine_through_the_origin():
    X = documents(300)
    sth = STH(4, n_neighbors=10, intercept=False).fit(X[:200])
    embedding = sth.embed(X[200:])
    for bit in range(4):
        machine = LinearSVC(dual=False, fit_intercept=False).fit(X[:200].toarray(), sth.codes_[:, bit])
        np.testing.assert_allclose(embedding[:, bit], X[200:] @ machine.coef_[0], atol=1e-4)


def test_spectral_database_has_the_eigenvectors_cut_at_their_medians():
    X = documents()
    sth = STH(6, n_neighbors=10, C=0.01, database="spectral").fit(X)
    D = np.diag(dense_graph(X, 10).sum(axis=1))
    vectors = eigh(D - dense_graph(X, 10), D)[1][:, 1:7]
    bits = vectors > np.median(vectors, axis=0)
    assert sth.training_codes_.shape == (200, 6)
    assert sth.training_codes_.dtype == np.uint8
    for bit, found in zip(bits.T, sth.training_codes_.T, strict=True):
        assert (bit == found).all() or (bit != found).all()
    assert (sth.training_codes_ != sth.transform(X)).any()


def test_spectral_database_does_not_change_what_transform_and_fit_transform_return():
    X = documents()
    chosen = {"n_neighbors": 10, "C": 0.01}
    spectral, predicted = (
        STH(6, database=database, **chosen).fit(X) for database in ("spectral", "predicted")
    )
    np.testing.assert_array_equal(spectral.transform(X), predicted.transform(X))
    np.testing.assert_array_equal(
        STH(6, database="spectral", **chosen).fit_transform(X), predicted.transform(X)
    )
    assert not hasattr(predicted, "training_codes_")


def test_training_documents_are_predicted_by_fit_transform_too():
    X = documents()
    sth = STH(16, n_neighbors=10, C=0.01)
    codes = sth.fit_transform(X)
    np.testing.assert_array_equal(codes, sth.transform(X))
    assert (codes != sth.codes_).any()


def test_fits_of_equal_arguments_are_equal_to_the_last_bit():
    X = documents()
    first = STH(16, n_neighbors=10, weight="binary", C=0.5).fit(X)
    again = clone(first)
    assert again.get_params() == first.get_params()
    again.fit(X)
    np.testing.assert_array_equal(first.directions_, again.directions_)
    np.testing.assert_array_equal(first.codes_, again.codes_)


def test_more_documents_than_are_compared_exactly_are_announced_and_few_are_compared_exactly_after_all():
    X = documents()
    exact = STH(8, n_neighbors=10, exact_up_to=200).fit(X)
    with pytest.warns(UserWarning, match="neighbours of 200 documents are approximate.*exact_up_to = 199"):
        approximate = STH(8, n_neighbors=10, exact_up_to=199).fit(X)
    np.testing.assert_array_equal(exact.codes_, approximate.codes_)


def test_classifiers_that_guess_are_announced(monkeypatch):
    def guessing(X, bits, C, intercept):
        return np.zeros((X.shape[1], bits.shape[1]), dtype=np.float32), np.ones(bits.shape[1])

    monkeypatch.setattr(hashbench_methods.classic.sth, "train_classifiers", guessing)
    with pytest.warns(UserWarning, match="classifiers of 4 of 4 bits predict"):
        STH(4, n_neighbors=10).fit(documents())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_bits": 9}, "the largest group has 9 of n_samples = 18"),
        ({"n_neighbors": 0}, "n_neighbors is a whole number from 1 on, got 0"),
        ({"n_neighbors": 2.5}, r"n_neighbors is a whole number from 1 on, got 2\.5"),
        ({"weight": "warm"}, "weight is one of cosine, binary, heat, got 'warm'"),
        ({"bandwidth": 0.0}, "bandwidth is a number above 0, got 0.0"),
        ({"C": -1.0}, "C is a number above 0, got -1.0"),
        ({"exact_up_to": -1}, "exact_up_to is a whole number from 0 on, got -1"),
        ({"database": "svm"}, "database is one of predicted, spectral, got 'svm'"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    X, _ = separate_topics([9, 9], n_features=3)
    with pytest.raises(ValueError, match=message):
        STH(**{"n_bits": 2, "n_neighbors": 8, **arguments}).fit(X)
