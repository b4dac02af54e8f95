"""Where generative hashers start: the directions of iterative quantisation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.generative.directions import itq_directions
from hashbench_methods.generative.nash import NASH
from scipy.sparse import csr_array, random_array

from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.rotation import learn_rotation


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def documents(n=60, n_words=40, density=0.3):
    X = random_array((n, n_words), density=density, dtype=np.float32, rng=np.random.default_rng(0))
    return csr_array(X * np.linspace(1, 5, n_words, dtype=np.float32))


def singular_directions(X, n):
    return np.linalg.svd(X.toarray().astype(np.float64))[2][:n].T


@pytest.mark.parametrize("dense", [False, True])
def test_they_are_a_rotation_of_the_leading_singular_directions(dense):
    X = documents()
    D = itq_directions(TrainingData(X.toarray() if dense else X), 6, generator()).numpy()
    axes = singular_directions(X, 6)
    np.testing.assert_allclose(D.T @ D, np.eye(6), atol=1e-5)
    np.testing.assert_allclose(D @ D.T, axes @ axes.T, atol=1e-3)


def test_no_further_rotation_lowers_the_error_of_taking_signs():
    X = documents()
    V = X @ itq_directions(TrainingData(X), 6, generator()).numpy()
    V -= V.mean(axis=0)
    errors = learn_rotation(V, np.eye(6), n_iter=100)[1]
    assert errors[0] - errors[-1] < 1e-3 * errors[0]
    elsewhere = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0]
    assert learn_rotation(V, elsewhere, n_iter=1)[1][0] > 1.01 * errors[0]


def test_the_generator_draws_the_start_of_the_rotation():
    data = TrainingData(documents())
    first, same, other = (itq_directions(data, 6, generator(seed)) for seed in (0, 0, 1))
    torch.testing.assert_close(first, same, rtol=0, atol=0)
    assert (first - other).abs().max() > 0.01


@pytest.mark.parametrize(("n", "n_words"), [(5, 40), (60, 5)])
def test_more_than_there_are_lie_in_the_space_of_all(n, n_words):
    X = documents(n, n_words, density=0.9)
    D = itq_directions(TrainingData(X), 16, generator()).numpy()
    assert D.shape == (n_words, 16)
    np.testing.assert_allclose(np.linalg.norm(D, axis=0), 1, rtol=1e-5)
    axes = singular_directions(X, 5)
    np.testing.assert_allclose(axes @ (axes.T @ D), D, atol=1e-4)
    assert len(np.unique(D.round(3), axis=1).T) == 16


@pytest.mark.parametrize("n_layers", [0, 1])
def test_decoder_and_linear_encoder_start_there(n_layers):
    data = TrainingData(documents())
    hashers = [NASH(6, n_layers=n_layers, hidden=9, start=start) for start in ("itq", "random")]
    for hasher in hashers:
        hasher._build(data, generator())
    started, drawn = (hasher.decoder_.weight.detach() for hasher in hashers)
    D = started / started.norm(dim=0)
    axes = torch.tensor(singular_directions(documents(), 6), dtype=torch.float32)
    torch.testing.assert_close(axes @ (axes.T @ D), D, rtol=0, atol=1e-3)
    assert not torch.allclose(axes @ (axes.T @ drawn), drawn, atol=1e-3)
    weights = [hasher.encoder_.heads["logits"].weight.detach() for hasher in hashers]
    if n_layers:
        torch.testing.assert_close(*weights)
    else:
        torch.testing.assert_close(weights[0], D)
