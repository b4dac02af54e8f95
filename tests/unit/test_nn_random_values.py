"""Random values of neural methods: the same whatever the device, and of the right distribution."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Gumbel, Normal, Uniform

from hashbench.hashing.nn.random_values import bernoulli, gumbel, standard_normal, uniform

N = 200_000
DRAWS = {
    "standard_normal": (standard_normal, Normal(0.0, 1.0)),
    "uniform": (uniform, Uniform(0.0, 1.0)),
    "bernoulli": (lambda like, generator: bernoulli(like, 0.3, generator), Bernoulli(0.3)),
    "gumbel": (gumbel, Gumbel(0.0, 1.0)),
}
every_draw = pytest.mark.parametrize(("draw", "distribution"), DRAWS.values(), ids=DRAWS)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@every_draw
def test_the_draws_have_the_mean_and_variance_of_the_distribution(draw, distribution):
    values = draw(torch.empty(N), generator())
    error = 5 * distribution.stddev / math.sqrt(N)
    assert abs(values.mean() - distribution.mean) < error
    assert values.var() == pytest.approx(float(distribution.variance), rel=0.05)


@every_draw
def test_shape_and_dtype_are_those_of_the_other_tensor(draw, distribution):
    values = draw(torch.empty(3, 5, dtype=torch.float64), generator())
    assert values.shape == (3, 5)
    assert values.dtype == torch.float64


@every_draw
def test_another_device_takes_the_same_numbers_from_the_generator(draw, distribution):
    here, elsewhere = generator(), generator()
    draw(torch.empty(7), here)
    values = draw(torch.empty(7, device="meta"), elsewhere)
    assert values.device.type == "meta"
    assert torch.equal(here.get_state(), elsewhere.get_state())


def test_the_smallest_exponential_gives_a_finite_gumbel_value(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "exponential_", lambda values, generator: values.zero_())
    assert torch.isfinite(gumbel(torch.ones(4), generator())).all()
