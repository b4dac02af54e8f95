"""Divergences beside torch.distributions, sums over probabilities, and Monte Carlo."""

from __future__ import annotations

import numpy as np
import torch
from torch.distributions import Bernoulli, Categorical, Independent, Normal, kl_divergence

from hashbench.hashing.nn import divergences as d

N, K, M = 6, 5, 8


def draw(*shape, seed=0, scale=1.0):
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussians(mean, log_variance):
    return Independent(Normal(mean, (log_variance / 2).exp()), 1)


def bernoullis(logits):
    return Independent(Bernoulli(logits=logits), 1)


def pairwise_kl(posterior, components):
    return torch.stack([kl_divergence(posterior, component) for component in components], dim=1)


def test_gaussian_divergence():
    mean, log_variance = draw(N, M), draw(N, M, seed=1)
    prior = gaussians(torch.zeros(M).double(), torch.zeros(M).double())
    expected = kl_divergence(gaussians(mean, log_variance), prior)
    torch.testing.assert_close(d.gaussian_kl(mean, log_variance), expected)
    torch.testing.assert_close(d.gaussian_kl(torch.zeros(1, M), torch.zeros(1, M)), torch.zeros(1))


def test_log_variances_of_a_sigmoid_cost_little_around_the_prior():
    log_variance = draw(200, 1, scale=10).sigmoid()
    kl = d.gaussian_kl(torch.zeros(200, 1), log_variance)
    assert kl.min() >= -1e-15
    assert kl.max() <= 0.3592


def test_divergence_to_gaussian_components():
    mean, log_variance = draw(N, M), draw(N, M, seed=1)
    means, log_variances = draw(K, M, seed=2), draw(K, M, seed=3)
    components = [gaussians(m, v) for m, v in zip(means, log_variances, strict=True)]
    expected = pairwise_kl(gaussians(mean, log_variance), components)
    torch.testing.assert_close(d.gaussian_component_kl(mean, log_variance, means, log_variances), expected)
    standard = torch.zeros(1, M).double()
    one = d.gaussian_component_kl(mean, log_variance, standard, standard)
    torch.testing.assert_close(one.squeeze(1), d.gaussian_kl(mean, log_variance))


def test_divergence_of_bits():
    logits = draw(N, M, scale=3)
    expected = kl_divergence(bernoullis(logits), bernoullis(torch.zeros(N, M).double()))
    torch.testing.assert_close(d.bernoulli_kl(logits), expected, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(d.bernoulli_kl(torch.zeros(1, M)), torch.zeros(1), atol=1e-6, rtol=0)


def test_divergence_to_bernoulli_components_is_the_double_sum_over_probabilities():
    logits, components = draw(N, M, scale=3), draw(K, M, seed=1, scale=3)
    alpha, gamma = logits.sigmoid().numpy(), components.sigmoid().numpy()
    expected = [
        [(a * np.log(a / g) + (1 - a) * np.log((1 - a) / (1 - g))).sum() for g in gamma] for a in alpha
    ]
    ours = d.bernoulli_component_kl(logits, components)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        ours, pairwise_kl(bernoullis(logits), [bernoullis(c.expand(N, M)) for c in components])
    )


def test_certain_bits_have_finite_divergences_and_gradients():
    for dtype in (torch.float32, torch.float64):
        logits = torch.tensor([[-80.0] * M, [80.0] * M], dtype=dtype).requires_grad_()
        components = torch.tensor([[80.0] * M, [-80.0] * M, [0.0] * M], dtype=dtype).requires_grad_()
        kl = d.bernoulli_component_kl(logits, components)
        expected = torch.tensor([[80 * M, 0, M * np.log(2)], [0, 80 * M, M * np.log(2)]], dtype=dtype)
        torch.testing.assert_close(kl, expected, atol=1e-3, rtol=1e-5)
        kl.sum().backward()
        assert torch.isfinite(logits.grad).all()
        assert torch.isfinite(components.grad).all()


def test_closed_forms_agree_with_monte_carlo():
    mean, log_variance = draw(1, M), draw(1, M, seed=1)
    logits, components = draw(1, M, seed=2), draw(1, M, seed=3)
    means, log_variances = draw(1, M, seed=4), draw(1, M, seed=5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for posterior, prior, closed in (
            (
                gaussians(mean[0], log_variance[0]),
                gaussians(means[0], log_variances[0]),
                d.gaussian_component_kl(mean, log_variance, means, log_variances),
            ),
            (
                bernoullis(logits[0]),
                bernoullis(components[0]),
                d.bernoulli_component_kl(logits, components),
            ),
        ):
            samples = posterior.sample((100_000,))
            ratio = posterior.log_prob(samples) - prior.log_prob(samples)
            assert abs(float(ratio.mean() - closed)) < 3 * float(ratio.std()) / np.sqrt(100_000)


def test_divergence_of_categorical_distributions():
    scores, prior = draw(N, K), draw(K, seed=1)
    log_q_c, log_pi = scores.log_softmax(1), prior.log_softmax(0)
    ours = d.categorical_kl(log_q_c, log_pi)
    expected = kl_divergence(Categorical(logits=scores), Categorical(logits=prior))
    torch.testing.assert_close(ours, expected)
    assert (ours >= 0).all()
    torch.testing.assert_close(d.categorical_kl(log_pi[None], log_pi), torch.zeros(1).double())
    uniform = d.categorical_kl(log_q_c, torch.zeros(K).double().log_softmax(0))
    assert not torch.allclose(ours, uniform)


def test_no_posterior_of_the_components_is_better_than_the_best_one():
    component_kl, log_pi = draw(N, K, scale=3) ** 2, draw(K, seed=1).log_softmax(0)
    best = d.mixture_kl(component_kl, log_pi, d.best_log_q_c(component_kl, log_pi))
    torch.testing.assert_close(best, -(log_pi - component_kl).logsumexp(1))
    for seed in range(20):
        any_log_q_c = draw(N, K, seed=seed, scale=2).log_softmax(1)
        assert (d.mixture_kl(component_kl, log_pi, any_log_q_c) >= best).all()


def test_order_of_the_components_does_not_matter():
    component_kl, log_pi = draw(N, K) ** 2, draw(K, seed=1).log_softmax(0)
    log_q_c = draw(N, K, seed=2).log_softmax(1)
    order = [3, 1, 4, 0, 2]
    torch.testing.assert_close(
        d.mixture_kl(component_kl[:, order], log_pi[order], log_q_c[:, order]),
        d.mixture_kl(component_kl, log_pi, log_q_c),
    )
