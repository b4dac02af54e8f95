"""AMMI: entropies by brute force over all codes, and the inner steps of the prior."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from hashbench_methods.adversarial.ammi import AMMI, bernoulli_entropy
from hashbench_methods.adversarial.markov import MarkovPrior, window_probabilities
from torch.distributions import Bernoulli

from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Step


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def probabilities(n, n_bits, seed=0):
    return torch.rand(n, n_bits, generator=generator(seed), dtype=torch.float64)


def prior(n_bits, order, **others):
    return MarkovPrior(n_bits, order, weight_range=2.0, generator=generator(), **others).double()


def codes(n_bits):
    return torch.tensor(list(product([0.0, 1.0], repeat=n_bits)), dtype=torch.float64)


def log_prior(q, z, order):
    """Return ln q(z) of codes, bit by bit."""
    log_q = q()
    padded = torch.cat([z.new_zeros(len(z), order), z], dim=1).long()
    total = z.new_zeros(len(z))
    for i in range(z.shape[1]):
        place = sum(padded[:, i + j] * 2 ** (order - j) for j in range(order + 1))
        total = total + log_q[i, place]
    return total


def test_the_entropy_of_independent_bits_is_the_sum_of_theirs():
    a = 4 * torch.randn(6, 5, generator=generator())
    torch.testing.assert_close(bernoulli_entropy(a), Bernoulli(logits=a).entropy().sum(1))


def test_the_entropy_of_certain_bits_is_0():
    assert bernoulli_entropy(torch.tensor([[500.0, -500.0]])).item() == 0


@pytest.mark.parametrize("order", [0, 1, 3, 5])
def test_windows_are_distributions_of_consecutive_bits(order):
    windows = window_probabilities(probabilities(3, 6), order)
    assert windows.shape == (3, 6, 2 ** (order + 1))
    torch.testing.assert_close(windows.sum(2), torch.ones(3, 6).double())
    p_of_bit = windows.unflatten(2, (2**order, 2))[..., 1].sum(2)
    torch.testing.assert_close(p_of_bit, probabilities(3, 6))


@pytest.mark.parametrize("order", [0, 2, 5])
@pytest.mark.parametrize("n_layers", [None, 1])
def test_the_cross_entropy_is_that_over_all_codes(order, n_layers):
    p, q = probabilities(4, 6), prior(6, order, n_layers=n_layers)
    found = -(window_probabilities(p, order) * q()).sum(dim=(1, 2))
    z = codes(6)
    mass = Bernoulli(p[:, None]).log_prob(z).sum(2).exp()
    torch.testing.assert_close(found, -(mass * log_prior(q, z, order)).sum(1))


@pytest.mark.parametrize("order", [0, 3])
def test_the_prior_is_a_distribution(order):
    total = log_prior(prior(5, order), codes(5), order).exp().sum()
    assert total.item() == pytest.approx(1)


def aggregate_entropy(p):
    mass = Bernoulli(p[:, None]).log_prob(codes(p.shape[1])).sum(2).exp().mean(0)
    return -(mass * mass.log()).sum()


@pytest.mark.parametrize("order", [0, 2, 4])
def test_the_cross_entropy_is_at_least_the_entropy_and_equal_where_the_prior_can_represent_it(order):
    """A chain of order n_bits - 1 is any distribution, and the best table holds the conditionals."""
    p = probabilities(3, 5)
    windows = window_probabilities(p, order).mean(0).unflatten(1, (2**order, 2))
    q = prior(5, order)
    q.vectors.data = (windows[..., 1] / windows[..., 0]).log().nan_to_num(0.0)
    best = -(window_probabilities(p, order) * q()).sum(dim=(1, 2)).mean()
    assert best >= aggregate_entropy(p) - 1e-9
    assert (best - aggregate_entropy(p) < 1e-9) == (order == 4)


@pytest.fixture
def method_and_data():
    X = np.random.default_rng(0).random((40, 12)).astype(np.float32)
    method = AMMI(n_bits=6, lr=0.01, prior_steps=20)
    method.sparse_, method.words_ = False, None
    data = TrainingData(X)
    method._build(data, generator())
    return method, data


def test_inner_steps_lower_the_cross_entropy_and_leave_the_encoder_alone(method_and_data):
    method, _ = method_and_data
    windows = window_probabilities(probabilities(20, 6).float() ** 3, 3).mean(0)
    before = -(windows * method.prior_()).sum()
    method._improve_prior(windows)
    assert -(windows * method.prior_()).sum() < before
    assert all(weight.grad is None for weight in method.encoder_.parameters())


def test_the_loss_trains_the_encoder_alone(method_and_data):
    method, data = method_and_data
    terms = method._loss(data[np.arange(40)], Step(0, generator()))
    method.prior_.zero_grad()
    sum(term.weight * term.values.mean() for term in terms.values()).backward()
    assert method.encoder_.weight.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in method.prior_.parameters())
