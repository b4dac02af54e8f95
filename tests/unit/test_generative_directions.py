"""Where generative hashers start: principal directions of the documents under a random rotation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_generative.directions import principal_directions
from hashbench_generative.nash import NASH
from scipy.sparse import csr_array, random_array

from hashbench.hashing.nn.batches import TrainingData


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def documents(n=60, n_words=40, density=0.3):
    X = random_array((n, n_words), density=density, dtype=np.float32, rng=np.random.default_rng(0))
    return csr_array(X * np.linspace(1, 5, n_words, dtype=np.float32))


@pytest.mark.parametrize("dense", [False, True])
def test_they_are_a_rotation_of_the_leading_singular_directions(dense):
    X = documents()
    found = principal_directions(TrainingData(X.toarray() if dense else X), 6, generator()).numpy()
    axes = np.linalg.svd(X.toarray().astype(np.float64))[2][:6].T
    np.testing.assert_allclose(found.T @ found, np.eye(6), atol=1e-5)
    np.testing.assert_allclose(found @ found.T, axes @ axes.T, atol=1e-3)


def test_the_rotation_spreads_what_they_explain():
    X = documents()
    D = principal_directions(TrainingData(X), 6, generator()).numpy()
    axes = np.linalg.svd(X.toarray())[2][:6].T
    explained, of_axes = (np.sort(((X @ A) ** 2).sum(axis=0)) for A in (D, axes))
    assert explained.sum() == pytest.approx(of_axes.sum(), rel=1e-3)
    assert explained[-1] / explained[0] < 0.5 * of_axes[-1] / of_axes[0]


def test_the_generator_draws_the_rotation():
    data = TrainingData(documents())
    first, same, other = (principal_directions(data, 6, generator(seed)) for seed in (0, 0, 1))
    torch.testing.assert_close(first, same, rtol=0, atol=0)
    assert (first - other).abs().max() > 0.01


@pytest.mark.parametrize(("n", "n_words"), [(5, 40), (60, 5)])
def test_more_than_there_are_lie_in_the_space_of_all(n, n_words):
    X = documents(n, n_words, density=0.9)
    D = principal_directions(TrainingData(X), 16, generator()).numpy()
    assert D.shape == (n_words, 16)
    np.testing.assert_allclose(np.linalg.norm(D, axis=0), 1, rtol=1e-5)
    assert np.linalg.matrix_rank(D, tol=1e-4) == 5
    axes = np.linalg.svd(X.toarray())[2][:5].T
    np.testing.assert_allclose(axes @ (axes.T @ D), D, atol=1e-4)


@pytest.mark.parametrize("n_layers", [0, 1])
def test_decoder_and_linear_encoder_start_there(n_layers):
    data = TrainingData(documents())
    hashers = [NASH(6, n_layers=n_layers, hidden=9, start=start) for start in ("components", "random")]
    for hasher in hashers:
        hasher._build(data, generator())
    started, drawn = hashers
    D = started.decoder_.weight.detach() / started.decoder_.weight.detach().norm(dim=0)
    space = np.linalg.svd(documents().toarray())[2][:6].T
    np.testing.assert_allclose(space @ (space.T @ D.numpy()), D, atol=1e-3)
    assert not np.allclose(
        space @ (space.T @ drawn.decoder_.weight.detach().numpy()), drawn.decoder_.weight.detach()
    )
    weights = [hasher.encoder_.heads["logits"].weight for hasher in hashers]
    if n_layers:
        torch.testing.assert_close(*weights)
    else:
        torch.testing.assert_close(weights[0].detach(), D)
