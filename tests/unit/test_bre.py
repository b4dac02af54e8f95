"""Binary reconstructive embedding: the objective, the exact coordinate search and the codes it gives."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.classic.bre import BRE, CoordinateSearch, label_distances, random_pairs, scaled
from hashbench_methods.classic.bre_vectors import CentredVectors, PrincipalVectors
from scipy.sparse import csr_array, random_array
from sklearn.base import clone
from sklearn.utils import check_random_state


def documents(n=200, n_features=60, seed=0):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n, n_features), density=0.2, dtype=np.float32, rng=rng))


def classes_of_documents(sizes=(60, 60), n_features=40, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(sizes)), sizes)
    words = rng.random((len(y), n_features)) * (rng.random((len(y), n_features)) < 0.3)
    words[:, : len(sizes)] += 2 * (y[:, None] == np.arange(len(sizes)))
    return words.astype(np.float32), y


def small_search(n=30, n_bits=5, n_anchors=4, seed=0, kernel=None):
    rng = check_random_state(seed)
    Z = rng.standard_normal((n, 6))
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    i, j = random_pairs(n, 0.3, rng)
    anchors = np.stack([rng.permutation(n)[:n_anchors] for _ in range(n_bits)])
    weights = rng.standard_normal(anchors.shape)
    d = scaled(0.5 * np.square(Z[i] - Z[j]).sum(axis=1))
    return CoordinateSearch(Z @ Z.T if kernel is None else kernel, anchors, weights, i, j, d)


def brute_force_f(search, weights):
    sums = np.array([w @ search.kernel[a] for w, a in zip(weights, search.anchors, strict=True)])
    codes = sums > 0
    pairs = zip(search.i, search.j, search.d, strict=True)
    return 0.5 * sum((np.mean(codes[:, i] != codes[:, j]) - d) ** 2 for i, j, d in pairs)


def least_f_over_one_weight(search, b, q):
    """Return the least f over a grid with a point in every interval between two flips."""
    k = search.kernel[search.anchors[b, q]]
    others = search.sums[b] - search.weights[b, q] * k
    flips = np.sort(-others[k != 0] / k[k != 0])
    grid = np.concatenate([[flips[0] - 1], (flips[:-1] + flips[1:]) / 2, [flips[-1] + 1]])
    values = []
    for w in grid:
        weights = search.weights.copy()
        weights[b, q] = w
        values.append(brute_force_f(search, weights))
    return min(values)


@pytest.mark.parametrize("seed", range(4))
def test_every_move_reaches_the_least_f_of_brute_force_and_never_raises_it(seed):
    search = small_search(seed=seed)
    for b in range(5):
        for q in range(4):
            expected = least_f_over_one_weight(search, b, q)
            before = search.error()
            search.move(b, q)
            assert search.error() == pytest.approx(expected, abs=1e-9)
            assert search.error() <= before
    assert search.error() < search.errors[0]


def test_sums_bits_and_distances_equal_their_recomputation_after_ten_sweeps():
    search = small_search()
    search.run(10, 0.0, 0.0, check_random_state(1))
    sums = [w @ search.kernel[a] for w, a in zip(search.weights, search.anchors, strict=True)]
    np.testing.assert_allclose(search.sums, sums, atol=1e-9)
    np.testing.assert_array_equal(search.bits, np.array(sums) > 0)
    np.testing.assert_array_equal(
        search.hamming, (search.bits[:, search.i] != search.bits[:, search.j]).sum(0)
    )
    assert search.error() == pytest.approx(brute_force_f(search, search.weights))
    assert search.errors == sorted(search.errors, reverse=True)
    assert search.errors[-1] < 0.9 * search.errors[0]


def test_documents_flip_in_the_direction_of_the_sign_of_their_kernel_and_never_where_it_is_zero():
    kernel = np.array([[1.0, -1.0, 0.0, 0.5], [-1.0, 1, 0, 0], [0.0, 0, 1, 0], [0.5, 0, 0, 1]])
    i, j = np.array([0, 0, 0]), np.array([1, 2, 3])
    for d in ([1.0, 1, 0], [1.0, 0, 1], [0.0, 0, 0]):
        search = CoordinateSearch(kernel, np.array([[0]]), np.array([[-0.1]]), i, j, np.array(d))
        np.testing.assert_array_equal(search.bits, [[False, True, False, False]])
        search.move(0, 0)
        np.testing.assert_array_equal(search.bits, search.weights[0, 0] * kernel[:1] > 0)
        assert not search.bits[0, 2]
        assert search.error() == pytest.approx(min(brute_force_f(search, [[w]]) for w in (-1.0, 1.0)))


def test_kernel_of_zeros_moves_nothing():
    search = small_search(kernel=np.zeros((30, 30)))
    search.run(3, 0.0, 0.0, check_random_state(0))
    assert not search.bits.any()
    assert search.errors[-1] == search.errors[0]


def test_sweeps_end_at_the_tolerance():
    search = small_search()
    search.run(50, 0.05, 0.0, check_random_state(1))
    drops = -np.diff(search.errors) / search.errors[:-1]
    assert (drops[:-1] > 0.05).all()
    assert drops[-1] <= 0.05
    assert len(drops) < 50


def test_sweeps_end_at_the_absolute_tolerance():
    search = small_search()
    search.run(50, 0.0, 0.3, check_random_state(1))
    drops = -np.diff(search.errors)
    assert (drops[:-1] > 0.3).all()
    assert drops[-1] <= 0.3
    assert len(drops) < 50


@pytest.mark.parametrize(("fraction", "partners"), [(0.05, 5), (1.0, 99), (1e-6, 1)])
def test_pairs_are_of_different_documents_and_not_drawn_twice(fraction, partners):
    i, j = random_pairs(100, fraction, check_random_state(0))
    np.testing.assert_array_equal(np.bincount(i), np.full(100, partners))
    assert (i != j).all()
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == 100 * partners


def test_distances_of_labels_are_0_and_1_and_others_are_divided_by_the_largest():
    np.testing.assert_allclose(scaled(np.array([1, 2, 0.4])), [0.5, 1, 0.2])
    np.testing.assert_array_equal(scaled(np.zeros(3)), 0)
    labels = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=bool))
    expected = [0, 1, 1, 0, 1]
    np.testing.assert_array_equal(
        label_distances(labels, np.array([0, 0, 0, 1, 2]), np.array([1, 2, 3, 2, 3])), expected
    )


def unit_rows(Z):
    lengths = np.linalg.norm(Z, axis=1, keepdims=True)
    return np.divide(Z, lengths, out=np.zeros_like(Z), where=lengths > 0)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("n_components", [0, 5])
def test_vectors_are_those_of_a_dense_computation(n_components, dense):
    X = documents()
    rows = X.toarray().astype(np.float64)
    centred = rows - rows.mean(axis=0)
    sample = np.random.default_rng(0).permutation(200)[:80]
    given = X.toarray() if dense else X
    if n_components:
        vectors = PrincipalVectors(given, sample, n_components)
        axes = np.linalg.svd(centred, full_matrices=False)[2][:n_components].T
    else:
        vectors = CentredVectors(given, sample)
        axes = np.eye(60)
    Z = unit_rows(centred[sample] @ axes)
    np.testing.assert_allclose(vectors.mean, rows.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(vectors.kernel, Z @ Z.T, atol=1e-5)
    i, j = random_pairs(80, 0.2, check_random_state(0))
    expected = 0.5 * np.square(Z[i] - Z[j]).sum(axis=1)
    np.testing.assert_allclose(vectors.distances(i, j), expected, atol=1e-5)
    rng = np.random.default_rng(1)
    anchors, weights = rng.integers(80, size=(4, 6)), rng.standard_normal((4, 6))
    sums = np.einsum("bq,bqk->kb", weights, Z[anchors])
    np.testing.assert_allclose(
        (rows - rows.mean(axis=0)) @ vectors.normals(anchors, weights), centred @ axes @ sums, atol=1e-4
    )


def test_document_that_is_the_mean_is_the_origin():
    X = documents().toarray()
    X = np.vstack([X, X.mean(axis=0, dtype=np.float64)]).astype(np.float32)
    vectors = CentredVectors(X, np.arange(201))
    np.testing.assert_array_equal(vectors.kernel[200], 0)
    np.testing.assert_allclose(vectors.kernel.diagonal()[:200], 1)
    np.testing.assert_allclose(vectors.distances(np.array([200, 3]), np.array([4, 200])), 0.5)


def test_equal_documents_are_refused_without_axes_too():
    with pytest.raises(ValueError, match="all documents of the sample are equal, of n_samples = 30"):
        BRE(4, n_components=0).fit(np.ones((30, 5)))


@pytest.mark.parametrize("n_bits", [1, 2, 3, 4])
def test_supervised_codes_of_two_classes_reach_the_least_error(n_bits):
    X, y = classes_of_documents()
    hasher = BRE(n_bits, supervised=True, pair_fraction=0.5, n_init=3, random_state=0).fit(X, y)
    codes = hasher.transform(X)
    assert hasher.errors_[-1] < 0.01 * hasher.errors_[0]
    for bit in codes.T:
        assert (bit == y).all() or (bit != y).all()


def test_supervised_codes_follow_the_labels_and_others_do_not():
    X, topics = classes_of_documents([40, 40, 40, 40])
    y = topics % 2
    chosen = {"pair_fraction": 0.5, "random_state": 0}

    def gap(hasher):
        codes = hasher.fit(X, y).transform(X)
        distances = (codes[:, None] != codes).mean(axis=2)
        differ = y[:, None] != y
        return distances[differ].mean() - distances[~differ].mean()

    assert gap(BRE(8, supervised=True, **chosen)) > 0.5
    assert gap(BRE(8, **chosen)) < 0.35


def test_hamming_distances_follow_those_of_the_documents():
    X = documents()
    hasher = BRE(64, n_components=10, pair_fraction=0.3, random_state=0).fit(X)
    centred = X.toarray() - X.toarray().mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:10].T
    Z = centred @ axes
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    codes = hasher.transform(X)
    pairs = np.triu_indices(200, 1)
    hamming = (codes[:, None] != codes).mean(axis=2)[pairs]
    assert np.corrcoef(hamming, (1 - Z @ Z.T)[pairs])[0, 1] > 0.9


@pytest.mark.parametrize("n_components", [0, 32])
@pytest.mark.parametrize("n_features", [60, 1500])
def test_codes_are_the_bits_of_the_search(n_features, n_components, monkeypatch):
    found = []
    run = CoordinateSearch.run

    def recorded(self, *arguments):
        run(self, *arguments)
        found.append(self)

    monkeypatch.setattr(CoordinateSearch, "run", recorded)
    X = documents(n_features=n_features)
    hasher = BRE(16, n_samples=200, n_components=n_components, random_state=0).fit(X)
    order = check_random_state(0).permutation(200)
    certain = np.abs(found[0].sums.T) > 1e-5 * np.abs(found[0].sums).max()
    assert certain.mean() > 0.95
    np.testing.assert_array_equal(hasher.transform(X)[order][certain], found[0].bits.T[certain])


@pytest.mark.parametrize("n_components", [0, 32])
def test_words_without_documents_change_nothing(n_components):
    X = documents()
    spread = np.zeros((200, 130), dtype=np.float32)
    spread[:, 5:125:2] = X.toarray()
    narrow, wide = (BRE(8, n_components=n_components, random_state=0).fit(M) for M in (X, csr_array(spread)))
    np.testing.assert_array_equal(narrow.directions_, wide.directions_[5:125:2])
    assert not wide.directions_[::2].any()


def test_best_of_several_searches_counts():
    X = documents()
    one, several = (BRE(8, n_init=n, random_state=0).fit(X).errors_ for n in (1, 5))
    assert several[-1] <= one[-1]


@pytest.mark.parametrize("supervised", [False, True])
def test_fits_of_equal_arguments_are_equal_to_the_last_bit(supervised):
    X, y = classes_of_documents()
    first = BRE(8, supervised=supervised, n_samples=80, random_state=3).fit(X, y)
    again = clone(first)
    assert again.get_params() == first.get_params()
    np.testing.assert_array_equal(again.fit(X, y).directions_, first.directions_)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_samples": 1}, "n_samples is a whole number from 2 on, got 1"),
        ({"n_anchors": 0.5}, "n_anchors is a whole number from 1 on, got 0.5"),
        ({"pair_fraction": 0}, "pair_fraction is a number above 0 and at most 1, got 0"),
        ({"tol": -1}, "tol is a number at least 0, got -1"),
        ({"atol": -1}, "atol is a number at least 0, got -1"),
        ({"n_components": -1}, "n_components is a whole number from 0 on, got -1"),
        ({"supervised": 1}, "supervised is one of False, True, got 1"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        BRE(4, **arguments).fit(documents())
