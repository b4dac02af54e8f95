"""Random hyperplanes: the angle law, invariances, and products that depend on nothing but the row."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.classic.lsh import LSH, random_hyperplanes
from scipy.sparse import csr_array, issparse, random_array

PROJECTIONS = ["gaussian", "rademacher", "sparse"]
each_projection = pytest.mark.parametrize("projection", PROJECTIONS)


def documents(n=200, n_features=100, density=0.2, seed=0):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n, n_features), density=density, dtype=np.float32, rng=rng))


def dense_hyperplanes(lsh):
    return lsh.hyperplanes_.toarray() if issparse(lsh.hyperplanes_) else lsh.hyperplanes_


@pytest.mark.parametrize("angle", [0.1, np.pi / 4, np.pi / 2, 2.5])
def test_share_of_equal_bits_follows_the_angle(angle):
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((50, 2)))[0].T
    pair = np.array([[1, 0], [np.cos(angle), np.sin(angle)]]) @ basis
    codes = np.hstack([LSH(4096, random_state=seed).fit(pair).transform(pair) for seed in range(5)])
    expected = 1 - angle / np.pi
    standard_error = np.sqrt(expected * (1 - expected) / codes.shape[1])
    assert abs((codes[0] == codes[1]).mean() - expected) < 4 * standard_error


@each_projection
def test_bits_are_the_sides_of_the_hyperplanes(projection):
    X = documents()
    lsh = LSH(64, projection=projection, random_state=0).fit(X)
    sides = X.toarray().astype(np.float64) @ dense_hyperplanes(lsh).astype(np.float64)
    clear = np.abs(sides) > 1e-5
    np.testing.assert_array_equal(lsh.transform(X)[clear], (sides > 0)[clear])
    np.testing.assert_allclose(lsh.embed(X), sides, atol=1e-4)


@each_projection
def test_length_of_a_document_is_irrelevant(projection):
    X = documents()
    lsh = LSH(64, projection=projection, random_state=0).fit(X)
    lengths = np.random.default_rng(1).uniform(0.1, 10, size=(X.shape[0], 1)).astype(np.float32)
    np.testing.assert_array_equal(lsh.transform(X.toarray() * lengths), lsh.transform(X))


@each_projection
def test_opposite_document_has_the_complement_code(projection):
    X = documents()
    lsh = LSH(64, projection=projection, random_state=0).fit(X)
    off_plane = lsh.embed(X) != 0
    np.testing.assert_array_equal(lsh.transform(-X)[off_plane], 1 - lsh.transform(X)[off_plane])


@each_projection
def test_empty_document_has_only_zeros(projection):
    lsh = LSH(64, projection=projection, random_state=0).fit(documents())
    assert not lsh.transform(csr_array((1, 100), dtype=np.float32)).any()


@each_projection
def test_embedding_is_equal_to_the_last_bit_whatever_the_form_and_the_batch(projection):
    X = documents(n=1500)
    X.data[:] = 1 / np.sqrt(np.float32(20))  # equal weights bring sums that cancel up to rounding
    lsh = LSH(50, projection=projection, random_state=0).fit(X)
    embedding = lsh.embed(X)
    np.testing.assert_array_equal(lsh.embed(X.toarray()), embedding)
    np.testing.assert_array_equal(lsh.embed(X.astype(np.float64)), embedding)
    np.testing.assert_array_equal(np.vstack([lsh.embed(X[i : i + 1]) for i in range(40)]), embedding[:40])


@each_projection
def test_centering_equals_explicit_centring(projection):
    X = documents()
    implicit = LSH(64, projection=projection, center=True, random_state=0).fit(X)
    centred = X.toarray() - X.toarray().mean(axis=0)
    explicit = LSH(64, projection=projection, random_state=0).fit(centred)
    np.testing.assert_allclose(implicit.embed(X), explicit.embed(centred), atol=1e-4)


def test_median_threshold_halves_the_training_documents():
    X = documents(n=201)
    for center in (False, True):
        codes = LSH(32, center=center, threshold="median", random_state=0).fit_transform(X)
        np.testing.assert_array_equal(codes.sum(axis=0), 100)


@each_projection
def test_short_code_is_the_beginning_of_the_long_one(projection):
    X = documents()
    short, long = (LSH(n, projection=projection, random_state=7).fit(X) for n in (16, 64))
    np.testing.assert_array_equal(long.embed(X)[:, :16], short.embed(X))


@each_projection
def test_entries_of_directions_have_mean_zero_and_variance_one(projection):
    entries = random_hyperplanes(projection, 10_000, 40, np.random.RandomState(0))
    entries = entries.toarray() if issparse(entries) else entries
    assert entries.dtype == np.float32
    assert entries.shape == (10_000, 40)
    kurtosis = {"gaussian": 3, "rademacher": 1, "sparse": 100}[projection]
    assert abs(entries.mean()) < 4 / np.sqrt(entries.size)
    assert abs((entries**2).mean() - 1) < 4 * np.sqrt((kurtosis - 1) / entries.size) + 1e-6


def test_values_of_discrete_directions():
    rademacher = random_hyperplanes("rademacher", 400, 8, np.random.RandomState(0))
    sparse = random_hyperplanes("sparse", 625, 8, np.random.RandomState(0))
    assert set(np.unique(rademacher)) == {-1, 1}
    assert set(np.unique(sparse.data)) == {-5, 5}
    assert sparse.nnz < 0.1 * 625 * 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"projection": "uniform"}, "projection is one of gaussian, rademacher, sparse, got 'uniform'"),
        ({"center": "yes"}, "center is one of False, True, got 'yes'"),
        ({"threshold": "mean"}, "threshold is one of zero, median, got 'mean'"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LSH(**arguments).fit(documents())
