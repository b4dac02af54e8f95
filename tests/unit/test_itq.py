"""Iterative quantisation: the error, the rotation, and agreement with a dense computation."""

from __future__ import annotations

import hashbench_methods.classic.itq
import numpy as np
import pytest
from hashbench_methods.classic.itq import ITQ
from scipy.sparse import csr_array, random_array

from hashbench.hashing.pca import centred_pca
from hashbench.hashing.rotation import learn_rotation, random_rotation


def documents(n=300, n_features=120, seed=0):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n, n_features), density=0.1, dtype=np.float32, rng=rng))


def centred_axes(X, n_bits):
    """Return the centred documents and their leading axes, computed densely."""
    dense = X.toarray().astype(np.float64)
    centred = dense - dense.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:n_bits].T
    return centred, axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(n_bits)])


def quantisation_error(V, R):
    rotated = V.astype(np.float64) @ R
    return np.square(np.where(rotated < 0, -1, 1) - rotated).sum()


def test_error_is_that_of_the_definition_and_never_rises():
    V = 3 * centred_pca(documents(), 16).project(documents())
    start = random_rotation(16, np.random.RandomState(0))
    R, errors = learn_rotation(V, start, n_iter=50)
    assert errors[0] == pytest.approx(quantisation_error(V, start), rel=1e-6)
    for n_iter in (1, 2, 5):
        stopped, _ = learn_rotation(V, start, n_iter)
        assert errors[n_iter] == pytest.approx(quantisation_error(V, stopped), rel=1e-6)
    assert errors[-1] < 0.99 * errors[0]
    assert (np.diff(errors) <= 1e-7 * errors[0]).all()
    np.testing.assert_allclose(R.T @ R, np.eye(16), atol=1e-6)


@pytest.mark.parametrize("size", [1, 2, 64])
def test_start_rotation_is_orthogonal(size):
    R = random_rotation(size, np.random.RandomState(0))
    np.testing.assert_allclose(R.T @ R, np.eye(size), atol=1e-12)


def test_iterations_end_when_the_error_stands_still():
    V = centred_pca(documents(), 4).project(documents())
    _, errors = learn_rotation(V, np.eye(4), n_iter=1000)
    steps = -np.diff(errors) / errors[:-1]
    assert len(errors) < 1000
    assert steps[-1] < 1e-6
    assert (steps[:-1] >= 1e-6).all()


def test_rotated_vertices_of_the_cube_are_found_again_from_several_starts():
    vertices = np.random.default_rng(0).choice([-1.0, 1.0], size=(2000, 6))
    V = (vertices @ random_rotation(6, np.random.RandomState(99))).astype(np.float32)
    starts = [random_rotation(6, np.random.RandomState(seed)) for seed in range(10)]
    found = [
        R for R, errors in (learn_rotation(V, start, 50) for start in starts) if errors[-1] < 1e-5 * V.size
    ]
    assert len(found) >= 4
    for R in found:
        np.testing.assert_allclose(np.abs(V @ R), 1, atol=1e-5)


def test_without_iterations_and_rotation_bits_are_the_signs_of_the_components(monkeypatch):
    monkeypatch.setattr(hashbench_methods.classic.itq, "random_rotation", lambda size, _: np.eye(size))
    X = documents()
    itq = ITQ(10, n_iter=0, random_state=0).fit(X)
    centred, axes = centred_axes(X, 10)
    np.testing.assert_allclose(itq.embed(X), centred @ axes, atol=1e-5)
    assert itq.errors_ == []


@pytest.mark.parametrize("n_features", [120, 1500])
def test_sparse_computation_equals_the_dense_one(n_features):
    X = documents(n_features=n_features)
    itq = ITQ(12, random_state=5).fit(X)
    centred, axes = centred_axes(X, 12)
    start = random_rotation(12, np.random.RandomState(5))
    R, _ = learn_rotation(centred @ axes, start, n_iter=50)
    np.testing.assert_allclose(itq.embed(X), centred @ axes @ R, atol=1e-4)


def test_rotation_lowers_the_error_of_unseen_documents():
    X = documents(n=2000)
    X = csr_array(X.multiply(np.geomspace(5, 0.1, X.shape[1], dtype=np.float32)[None, :]))
    unrotated = ITQ(8, n_iter=0, random_state=0).fit(X[:1000])
    rotated = ITQ(8, random_state=0).fit(X[:1000])
    assert np.abs(rotated.embed(X[1000:])).sum() > np.abs(unrotated.embed(X[1000:])).sum()


def test_common_offset_of_all_documents_changes_nothing():
    X = documents().toarray()
    offset = np.random.default_rng(1).uniform(-1, 1, X.shape[1]).astype(np.float32)
    embedding = ITQ(8, random_state=0).fit(X).embed(X)
    moved = ITQ(8, random_state=0).fit(X + offset).embed(X + offset)
    np.testing.assert_allclose(moved, embedding, atol=1e-4)


def test_more_bits_than_directions_are_refused():
    with pytest.raises(ValueError, match="20 principal components need at least 21 documents"):
        ITQ(20).fit(documents(n=20))


@pytest.mark.parametrize("n_iter", [-5, 2.5, True])
def test_impossible_number_of_iterations_is_refused(n_iter):
    with pytest.raises(ValueError, match=f"n_iter is a whole number from 0 on, got {n_iter}"):
        ITQ(4, n_iter=n_iter).fit(documents())
