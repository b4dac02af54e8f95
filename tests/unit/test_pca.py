"""Implicitly centred PCA, against the singular value decomposition of the centred matrix."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from hashbench.errors import HashbenchError
from hashbench.hashing import pca
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import mean_row

SHAPES = {"scatter": (150, 90), "wide scatter": (60, 90), "operator": (250, 200), "wide operator": (90, 400)}


@pytest.fixture(autouse=True)
def _operator_from_101_features_on(monkeypatch):
    monkeypatch.setattr(pca, "SCATTER_FEATURES", 100)


def documents(shape, seed=0):
    rng = np.random.default_rng(seed)
    X = random_array(shape, density=0.1, format="csr", dtype=np.float32, rng=rng)
    X.data += 0.5
    return csr_array(X)


def centred_svd(X):
    dense = X.toarray().astype(np.float64)
    return np.linalg.svd(dense - dense.mean(axis=0), full_matrices=False)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_axes_are_the_leading_right_singular_vectors(shape):
    X = documents(shape)
    found = centred_pca(X, 12)
    _, values, axes = centred_svd(X)
    np.testing.assert_allclose(found.singular_values, values[:12], rtol=1e-9)
    np.testing.assert_allclose(np.abs(axes[:12] @ found.axes), np.eye(12), atol=1e-6)
    np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(12), atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_dense_documents_have_the_same_axes_as_sparse_ones(shape):
    X = documents(shape)
    np.testing.assert_allclose(centred_pca(X.toarray(), 5).axes, centred_pca(X, 5).axes, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_signs_are_fixed_by_the_largest_entry(shape):
    X = documents(shape)
    axes = centred_pca(X, 5).axes
    assert (axes.max(axis=0) == np.abs(axes).max(axis=0)).all()
    order = np.random.default_rng(1).permutation(X.shape[0])
    np.testing.assert_allclose(centred_pca(X[order], 5).axes, axes, atol=1e-9)


def test_projection_is_that_of_the_centred_documents():
    X = documents((90, 1500))
    found = centred_pca(X, 6)
    expected = (X.toarray() - X.toarray().mean(axis=0)) @ found.axes
    np.testing.assert_allclose(found.project(X), expected, atol=1e-5)
    assert found.project(X).dtype == np.float32


@pytest.mark.parametrize("shape", [(8, 5), (5, 8), (5, 2000), (2, 2000), (260, 220)])
def test_every_axis_that_exists_can_be_had(shape):
    n_components = min(shape[0] - 1, shape[1], 100)
    X = np.random.default_rng(0).random(shape, dtype=np.float32)
    values = np.linalg.svd(X - X.mean(axis=0, dtype=np.float64), compute_uv=False)
    np.testing.assert_allclose(centred_pca(X, n_components).singular_values, values[:n_components], rtol=1e-8)


@pytest.mark.parametrize(("shape", "n_components"), [((8, 5), 6), ((5, 8), 5), ((5, 2000), 5), ((1, 8), 1)])
def test_more_axes_than_exist_are_refused(shape, n_components):
    with pytest.raises(HashbenchError, match=f"{n_components} principal components need at least"):
        centred_pca(np.random.default_rng(0).random(shape, dtype=np.float32), n_components)


@pytest.mark.parametrize("n_features", [50, 2000])
@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_documents_that_differ_in_too_few_directions_are_refused(n_features, form):
    distinct = np.random.default_rng(0).random((3, n_features), dtype=np.float32)
    X = form(np.repeat(distinct, 30, axis=0))
    with pytest.raises(HashbenchError, match="the 90 documents differ in 2 directions, too few for 5"):
        centred_pca(X, 5)
    assert centred_pca(X, 2).axes.shape == (n_features, 2)


@pytest.mark.parametrize("n_features", [50, 2000])
@pytest.mark.parametrize("form", [np.asarray, csr_array])
@pytest.mark.parametrize("value", [0, 1, 0.1])
def test_equal_documents_are_refused(n_features, form, value):
    with pytest.raises(HashbenchError, match="the 31 documents are equal"):
        centred_pca(form(np.full((31, n_features), value, dtype=np.float32)), 2)


def test_mean_of_many_sparse_rows_is_summed_in_double_precision():
    X = csr_array(np.full((200_000, 1), 0.1, dtype=np.float32))
    np.testing.assert_allclose(mean_row(X), np.float32(0.1), rtol=1e-10)
    np.testing.assert_allclose(mean_row(X.toarray()), np.float32(0.1), rtol=1e-10)
