"""Samples: straight-through bits, Gaussian vectors, latent noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.sampling import LatentNoise, gaussian_sample, straight_through_bits


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("ste_scale", [1.0, 0.5])
@pytest.mark.parametrize("stochastic", [False, True])
def test_bits_are_exact_and_gradients_pass_straight_through(ste_scale, stochastic):
    logits = (3 * torch.randn(500, 8, generator=generator())).requires_grad_()
    bits = straight_through_bits(logits, generator(1) if stochastic else None, ste_scale=ste_scale)
    assert set(bits.unique().tolist()) == {0.0, 1.0}
    weights = torch.randn(500, 8, generator=generator(2))
    (bits * weights).sum().backward()
    probabilities = logits.detach().sigmoid()
    torch.testing.assert_close(logits.grad, ste_scale * weights * probabilities * (1 - probabilities))


def test_mean_of_the_bits_is_their_probability():
    logits = torch.tensor([-3.0, -0.5, 0.0, 2.0])
    bits = straight_through_bits(logits.expand(100_000, 4), generator())
    np.testing.assert_allclose(bits.mean(0), logits.sigmoid(), atol=0.0065)


def test_deterministic_bits_tell_the_sign():
    bits = straight_through_bits(torch.tensor([-80.0, -1e-6, 0.0, 1e-6, 80.0]))
    assert bits.tolist() == [0, 0, 0, 1, 1]


def test_gaussian_sample_has_mean_and_variance_and_gradients_of_both():
    mean = torch.tensor([[1.0, -2.0]]).requires_grad_()
    log_variance = torch.tensor([[0.0, np.log(4)]], dtype=torch.float32).requires_grad_()
    sample = gaussian_sample(mean.expand(100_000, 2), log_variance.expand(100_000, 2), generator())
    np.testing.assert_allclose(sample.mean(0).detach(), [1, -2], atol=0.03)
    np.testing.assert_allclose(sample.std(0).detach(), [1, 2], atol=0.03)
    once = gaussian_sample(mean, log_variance, generator(3))
    once.sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones(1, 2))
    torch.testing.assert_close(log_variance.grad, (once - mean).detach() / 2)


def test_without_noise_the_decoder_sees_the_bits():
    bits, logits = torch.ones(3, 4), torch.zeros(3, 4)
    assert LatentNoise("none", 4, generator=generator())(bits, logits, None, generator()) is bits


@pytest.mark.parametrize(("kind", "std"), [("fixed", 0.7), ("data", 0.5)])
def test_noise_adds_its_variance(kind, std):
    noise = LatentNoise(kind, 4, std=0.7, generator=generator())
    bits = torch.ones(50_000, 4)
    noisy = noise(bits, torch.zeros(50_000, 4), None, generator())
    np.testing.assert_allclose(noisy.mean(0).detach(), 1, atol=0.02)
    np.testing.assert_allclose(noisy.std(0).detach(), std, atol=0.01)


@pytest.mark.parametrize("hidden", [0, 6])
def test_data_dependent_noise_starts_at_one_half_and_learns(hidden):
    noise = LatentNoise("data", 5, hidden=hidden, generator=generator())
    logits = torch.randn(7, 5, generator=generator()).requires_grad_()
    torch.testing.assert_close(noise.scale(logits), torch.full((7, 5), 0.5), rtol=1e-4, atol=0)
    noise(torch.ones(7, 5), logits, None, generator()).square().sum().backward()
    assert all(parameter.grad is not None for parameter in noise.parameters())
    assert noise.log_variance[-1].bias.grad.abs().sum() > 0


def test_learnt_noise_stays_positive_and_finite():
    noise = LatentNoise("trunk", 2, generator=generator())
    for value in (-100.0, 100.0):
        scale = noise.scale(torch.zeros(1, 2), torch.full((1, 2), value))
        assert torch.isfinite(scale).all()
        assert (scale > 0).all()


def test_unknown_noise_is_refused():
    with pytest.raises(HashbenchError, match="noise is one of none, fixed, data, trunk"):
        LatentNoise("loud", 2, generator=generator())
