"""Spectral hashing: the choice of the eigenfunctions, and the codes of uniform and skewed documents."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.classic.sph import SpH, smoothest_modes
from scipy.sparse import csr_array, random_array

WIDTHS = [
    np.array([3.0, 1.0]),
    np.array([2.0]),
    np.array([0.7, 0.0, 0.31, 0.95]),
    np.random.default_rng(0).uniform(0.1, 1, 16),
]


def documents(n=300, n_features=120, seed=0):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n, n_features), density=0.1, dtype=np.float32, rng=rng))


def uniform_box(sides, n=20000, seed=0):
    return np.random.default_rng(seed).uniform(0, sides, size=(n, len(sides))).astype(np.float32)


def modes(hasher):
    return list(zip(hasher.axis_.tolist(), hasher.frequency_.tolist(), strict=True))


def dense_embedding(X, n_bits, percentiles=(0, 100)):
    """Return the embedding by the definition, the modes picked from a sorted list of candidates."""
    dense = X.toarray().astype(np.float64)
    centred = dense - dense.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:n_bits].T
    components = centred @ (axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(n_bits)]))
    low, high = np.percentile(components, percentiles, axis=0)
    r = high - low
    candidates = [(k / r[i], i, k) for i in range(n_bits) for k in range(1, n_bits + 1)]
    best = sorted(candidates)[:n_bits]
    columns = [np.sin(np.pi / 2 + k * np.pi / r[i] * (components[:, i] - low[i])) for _, i, k in best]
    return np.stack(columns, axis=1)


def test_box_three_times_as_long_as_wide_takes_its_long_side_first():
    found = modes(SpH(4).fit(uniform_box([3, 1])))
    assert found[:2] == [(0, 1), (0, 2)]
    assert set(found[2:]) == {(0, 3), (1, 1)}


def test_ties_go_to_the_earlier_axis():
    axis, frequency = smoothest_modes(np.array([2.0, 1.0, 2.0]), 5)
    assert axis.tolist() == [0, 2, 0, 1, 2]
    assert frequency.tolist() == [1, 1, 2, 1, 2]


@pytest.mark.parametrize("epsilon", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("widths", WIDTHS, ids=len)
def test_modes_are_those_of_least_eigenvalue_whatever_the_width_of_the_affinity(widths, epsilon):
    n_modes = 12
    axis, frequency = smoothest_modes(widths, n_modes)
    positive = widths[widths > 0]
    k = np.arange(4 * n_modes)
    eigenvalues = -np.expm1(-(epsilon**2) / 2 * (np.pi * k / positive[:, None]) ** 2)
    without_constants = np.sort(eigenvalues[:, 1:], axis=None)[:n_modes]
    chosen = -np.expm1(-(epsilon**2) / 2 * (np.pi * frequency / widths[axis]) ** 2)
    np.testing.assert_allclose(chosen, without_constants, rtol=1e-12)


@pytest.mark.parametrize("widths", WIDTHS, ids=len)
@pytest.mark.parametrize("n_modes", [1, 7, 64])
def test_modes_are_as_many_as_bits_all_different_and_none_constant(widths, n_modes):
    axis, frequency = smoothest_modes(widths, n_modes)
    assert len(set(zip(axis, frequency, strict=True))) == len(axis) == n_modes
    assert frequency.min() == 1
    assert (widths[axis] > 0).all()


def test_bits_of_uniform_documents_are_balanced_and_correlate_as_square_waves_do():
    X = uniform_box([3, 1])
    hasher = SpH(4).fit(X)
    codes = hasher.transform(X)
    np.testing.assert_allclose(codes.mean(axis=0), 0.5, atol=0.02)
    np.testing.assert_allclose(np.corrcoef(hasher.embed(X).T), np.eye(4), atol=0.03)
    first, third = modes(hasher).index((0, 1)), modes(hasher).index((0, 3))
    expected = np.eye(4)
    expected[first, third] = expected[third, first] = -1 / 3
    np.testing.assert_allclose(np.corrcoef(codes.T), expected, atol=0.03)


@pytest.mark.parametrize(("box", "percentiles"), [("minmax", (0, 100)), ("percentile", (5, 95))])
@pytest.mark.parametrize("n_features", [120, 1500])
def test_sparse_computation_equals_the_dense_one(n_features, box, percentiles):
    X = documents(n_features=n_features)
    expected = dense_embedding(X, 24, percentiles)
    hasher = SpH(24, box=box).fit(X)
    np.testing.assert_allclose(hasher.embed(X), expected, atol=1e-4)
    certain = np.abs(expected) > 1e-4
    np.testing.assert_array_equal(hasher.transform(X)[certain], (expected > 0)[certain])


def test_first_bit_changes_at_the_middle_of_the_range_not_at_the_median():
    skewed = np.random.default_rng(0).exponential(size=(1000, 1)).astype(np.float32)
    codes = SpH(1).fit(skewed).transform(skewed)[:, 0]
    low_half = skewed[:, 0] < (skewed.min() + skewed.max()) / 2
    assert low_half.mean() > 0.9
    np.testing.assert_array_equal(codes, low_half)


def test_median_balances_the_bits_of_skewed_documents():
    skewed = np.random.default_rng(0).exponential([3, 2, 1], size=(1000, 3)).astype(np.float32)
    official = SpH(6).fit(skewed)
    balanced = SpH(6, threshold="median").fit(skewed)
    np.testing.assert_array_equal(official.embed(skewed), balanced.embed(skewed))
    np.testing.assert_array_equal(balanced.transform(skewed).sum(axis=0), 500)
    assert np.abs(official.transform(skewed).mean(axis=0) - 0.5).max() > 0.3


@pytest.mark.parametrize("clip", [False, True])
def test_cosine_goes_on_outside_the_box_unless_documents_are_clipped(clip):
    X = np.linspace(0, 1, 101, dtype=np.float32)[:, None]
    hasher = SpH(2, clip=clip).fit(X)
    outside = np.array([[-0.75], [1.25], [4.0]], dtype=np.float32)
    place = outside.clip(0, 1) if clip else outside
    np.testing.assert_allclose(hasher.embed(outside), np.cos(np.pi * place * [1, 2]), atol=1e-5)


def test_more_bits_than_axes_are_taken_from_the_axes_there_are():
    X = documents(n=20)
    hasher = SpH(64).fit(X)
    assert hasher.directions_.shape == (120, 19)
    assert hasher.transform(X).shape == (20, 64)


def test_equal_documents_but_for_a_few_have_no_percentile_box():
    X = np.zeros((100, 2), dtype=np.float32)
    X[:3] = [[1, 0], [0, 2], [3, 1]]
    with pytest.raises(ValueError, match="no width.*use box = 'minmax'"):
        SpH(2, box="percentile").fit(X)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"box": "quartiles"}, "box is one of minmax, percentile, got 'quartiles'"),
        ({"clip": None}, "clip is one of False, True, got None"),
        ({"threshold": "mean"}, "threshold is one of zero, median, got 'mean'"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpH(2, **arguments).fit(documents())
