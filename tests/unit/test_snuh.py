"""SNUH: the divergence of edges, the correlation, and what its codes depend on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.neighbourhood.graph import Edges
from hashbench_methods.neighbourhood.snuh import SNUH, correlation, edge_kl
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Step


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def drawn():
    """Return means and logarithms of variances of both ends of four edges, and the correlations."""
    first, second = ((randn(4, 3, seed=s), randn(4, 3, seed=s + 1)) for s in (0, 2))
    return first, second, randn(4, 3, seed=5).tanh()


def test_the_divergence_of_an_edge_is_that_of_pairs_less_those_of_documents():
    (mean_i, log_i), (mean_j, log_j), gamma = drawn()
    tau = 0.7
    s_i, s_j = (log_i / 2).exp(), (log_j / 2).exp()
    rows = [torch.stack([s_i**2, gamma * s_i * s_j], -1), torch.stack([gamma * s_i * s_j, s_j**2], -1)]
    q = MultivariateNormal(torch.stack([mean_i, mean_j], -1), torch.stack(rows, -2))
    prior = MultivariateNormal(torch.zeros(2).double(), torch.tensor([[1, tau], [tau, 1]]).double())
    standard = Normal(torch.zeros(1).double(), torch.ones(1).double())
    expected = kl_divergence(q, prior) - sum(
        kl_divergence(Normal(mean, s), standard) for mean, s in ((mean_i, s_i), (mean_j, s_j))
    )
    torch.testing.assert_close(edge_kl((mean_i, log_i), (mean_j, log_j), gamma, tau), expected.sum(1))


def test_it_is_0_where_neither_prior_nor_posterior_correlates():
    first, second, gamma = drawn()
    assert edge_kl(first, second, torch.zeros_like(gamma), 0.0).abs().max() < 1e-12


def test_it_is_least_for_equal_means():
    (mean, log_variance), (other, _), gamma = drawn()
    same = edge_kl((mean, log_variance), (mean, log_variance), gamma, 0.99)
    apart = edge_kl((mean, log_variance), (other, log_variance), gamma, 0.99)
    assert (same < apart).all()


def test_the_correlation_is_symmetric_and_stays_inside_its_range():
    first, second = 100 * torch.randn(50, 3), 100 * torch.randn(50, 3)
    gamma = correlation(first, second)
    torch.testing.assert_close(gamma, correlation(second, first))
    assert torch.log1p(-(gamma**2)).isfinite().all()


@pytest.fixture
def fitted():
    X = np.random.default_rng(0).random((30, 12)).astype(np.float32)
    neighbours = np.argsort(np.random.default_rng(1).random((30, 29)), axis=1)
    neighbours += neighbours >= np.arange(30)[:, None]
    method = SNUH(n_bits=5, epochs=2, random_state=0, n_neighbours=3, word_dropout=0.0)
    return method.fit(X, neighbours=neighbours), X


def test_bits_are_1_where_the_mean_is_above_one_half(fitted):
    method, X = fitted
    heads = method._encode(torch.from_numpy(method._prepared(X)))
    mu, _ = method._posterior(heads)
    assert np.array_equal(method.transform(X), (mu > 0.5).numpy())


def test_edges_weigh_by_their_number_a_document(fitted):
    method, X = fitted
    data = TrainingData(method._prepared(X))
    edges = Edges(np.zeros(60, dtype=np.int64), np.ones(60, dtype=np.int64), np.ones(60, dtype=np.float32))
    step = Step(0, torch.Generator().manual_seed(0))
    terms = method._loss(data[np.arange(10)], step, data=data, edges=edges)
    assert terms["edge_kl"].weight == pytest.approx(method.kl_weight * 2)
    heads = [method._encode(data[np.array([i])].documents) for i in (0, 1)]
    gamma = correlation(*(head["gamma"] for head in heads))
    expected = edge_kl(*map(method._posterior, heads), gamma, method.tau)
    torch.testing.assert_close(terms["edge_kl"].values, expected.expand(10))
