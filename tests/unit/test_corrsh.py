"""CorrSH: correlated logits and the divergence of a mixture."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
from hashbench_methods.bernoulli.corrsh import (
    CorrSH,
    correlated_logits,
    log_bernoulli,
    mixture_divergence,
)
from torch.distributions import Bernoulli, LowRankMultivariateNormal
from torch.nn.functional import binary_cross_entropy_with_logits

from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.divergences import bernoulli_kl
from hashbench.hashing.nn.trainer import Step


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed))


def test_logits_have_the_mean_and_covariance_of_a_low_rank_gaussian():
    mu, sigma, U = randn(1, 4), randn(1, 4, seed=1).abs(), randn(1, 2, 4, seed=2)
    r = correlated_logits(mu, sigma, U, 200_000, generator())[0]
    exact = LowRankMultivariateNormal(mu[0], U[0].T, sigma[0] ** 2)
    torch.testing.assert_close(r.mean(dim=0), exact.mean, atol=0.03, rtol=0)
    torch.testing.assert_close(r.T.cov(), exact.covariance_matrix, atol=0.08, rtol=0.02)


def test_documents_are_drawn_independently():
    r = correlated_logits(torch.zeros(2, 3), torch.ones(2, 3), torch.ones(2, 1, 3), 50_000, generator())
    across = torch.corrcoef(torch.stack([r[0, :, 0], r[1, :, 0]]))[0, 1]
    assert abs(across) < 0.02


def test_the_log_probability_of_bits_is_the_negative_cross_entropy():
    logits, s = 3 * randn(5, 6), Bernoulli(0.5 * torch.ones(5, 6)).sample()
    torch.testing.assert_close(
        log_bernoulli(s, logits), -binary_cross_entropy_with_logits(logits, s, reduction="none").sum(1)
    )


def exact_divergence(r):
    """Return KL(h || Bernoulli(1/2)) of one document by summing over all codes."""
    m, n_bits = r.shape
    codes = torch.tensor(list(product([0.0, 1.0], repeat=n_bits)))
    log_h = log_bernoulli(codes[:, None], r).logsumexp(1) - math.log(m)
    return (log_h.exp() * (log_h + n_bits * math.log(2))).sum()


@pytest.mark.parametrize("m", [1, 4])
def test_its_expectation_is_the_divergence_of_the_mixture(m):
    r = 2 * randn(m, 5)
    samples = mixture_divergence(r.expand(40_000, m, 5), generator(1))
    assert samples.mean().item() == pytest.approx(exact_divergence(r).item(), abs=0.03)


def test_one_component_gives_its_log_probability():
    """The only codes of three bits give these eight values."""
    r = randn(1, 3)
    codes = torch.tensor(list(product([0.0, 1.0], repeat=3)))
    possible = log_bernoulli(codes, r) + 3 * math.log(2)
    found = mixture_divergence(r.expand(200, 1, 3), generator())
    assert all((found_one - possible).abs().min() < 1e-5 for found_one in found)


def test_without_variance_it_is_the_divergence_of_independent_bits():
    mu = randn(1, 6)
    r = correlated_logits(mu, torch.zeros(1, 6), torch.zeros(1, 2, 6), 10, generator())
    samples = mixture_divergence(r.expand(40_000, 10, 6), generator(1))
    assert samples.mean().item() == pytest.approx(bernoulli_kl(mu).item(), abs=0.03)


def test_more_components_do_not_raise_it_on_average():
    """The mean over components is a convex combination, and the divergence is convex."""
    r = 3 * randn(200, 8, 4)
    few = torch.stack([exact_divergence(each[:1]) for each in r]).mean()
    more = torch.stack([exact_divergence(each) for each in r]).mean()
    assert more < few


def method_and_data(**params):
    X = np.random.default_rng(0).random((20, 12)).astype(np.float32)
    method = CorrSH(n_bits=4, rank=3, **params)
    method.sparse_, method.words_ = False, None
    data = TrainingData(X)
    method._build(data, generator())
    return method, data[np.arange(20)]


@pytest.mark.parametrize("term", ["reconstruction", "kl"])
def test_the_low_rank_part_is_trained_through_both_terms(term):
    method, batch = method_and_data()
    method._loss(batch, Step(0, generator()))[term].values.sum().backward()
    assert method.encoder_.heads["U"].weight.grad.abs().sum() > 0


def test_schedules_are_counted_in_epochs():
    method, batch = method_and_data(kl_weight=1.0, kl_warmup_epochs=1000)
    assert method._loss(batch, Step(0, generator()))["kl"].weight == 0
    after_50_epochs = method._loss(batch, Step(50 * 20, generator()))["kl"].weight
    assert after_50_epochs == pytest.approx(0.05)
