"""Mixture priors: clusters as components, weights and probabilities that stay in their ranges."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.generative.mixtures import BernoulliMixture, GaussianMixture, effective_number


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_kmeans_sets_components_to_the_clusters():
    rng = np.random.default_rng(0)
    centres = np.array([[-3, 3], [3, -3], [3, 3]])
    which = rng.permutation(np.repeat([0, 1, 2], [50, 100, 150]))
    values = torch.tensor(centres[which] + 0.2 * rng.standard_normal((300, 2)), dtype=torch.float32)
    log_variance = torch.full_like(values, np.log(0.5))
    gaussian = GaussianMixture(3, 2, generator=generator())
    bernoulli = BernoulliMixture(3, 2, generator=generator())
    gaussian.move_to_clusters(values, log_variance)
    bernoulli.move_to_clusters(values)
    for components in (gaussian, bernoulli):
        mixing_weights = components.log_pi().exp().detach().numpy()
        np.testing.assert_allclose(np.sort(mixing_weights), [1 / 6, 1 / 3, 1 / 2], rtol=1e-4)
    order = gaussian.scores.detach().argsort()
    np.testing.assert_allclose(gaussian.means.detach()[order], centres, atol=0.1)
    np.testing.assert_allclose(gaussian.log_variances().detach(), np.log(0.54), atol=0.05)
    expected = 1 / (1 + np.exp(-np.clip(centres, -np.log(19), np.log(19))))
    order = bernoulli.scores.detach().argsort()
    np.testing.assert_allclose(bernoulli.logits().sigmoid().detach()[order], expected, atol=0.02)


def test_probabilities_of_bits_stay_inside_under_heavy_training():
    components = BernoulliMixture(4, 6, generator=generator())
    optimiser = torch.optim.Adam(components.parameters(), lr=0.1)
    for _ in range(1000):
        optimiser.zero_grad()
        components.logits().sigmoid().sum().backward()
        optimiser.step()
    gamma = components.logits().sigmoid()
    assert ((gamma > 0) & (gamma < 1)).all()
    torch.testing.assert_close(components.log_pi().exp().sum(), torch.tensor(1.0))


def test_effective_number_is_that_of_equally_used_components():
    one_each = torch.eye(4).log()
    assert effective_number(one_each) == pytest.approx(4)
    assert effective_number(one_each[[1, 1, 1]]) == pytest.approx(1)
    assert effective_number(torch.full((3, 4), 0.25).log()) == pytest.approx(4)
