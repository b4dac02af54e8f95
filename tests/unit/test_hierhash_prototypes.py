"""Prototypes of HierHash, the groups drawn from them, and k-means."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hashbench_methods.hierarchical.groups import draw_groups, effective_number, gumbel_sample
from hashbench_methods.hierarchical.prototypes import Prototypes
from scipy.stats import chisquare
from torch.nn.functional import one_hot

N, BITS, FINE, COARSE = 7, 5, 6, 3


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed))


def prototypes(**options):
    return Prototypes(FINE, COARSE, BITS, generator=generator(), **options)


def separated(per_centre=20):
    """Return points around 6 distant centres."""
    centres = 5 * normal(FINE, BITS, seed=1)
    return (centres.repeat(per_centre, 1) + 0.1 * normal(per_centre * FINE, BITS, seed=2)).numpy()


def test_probabilities_of_groups_are_softmaxes_of_squared_distances():
    module, z = prototypes(), normal(N, BITS)
    fine, coarse = module.fine.detach(), module.coarse.detach()
    squares = torch.cdist(z, fine) ** 2
    torch.testing.assert_close(module.log_fine(z, 0.8), (-squares / 0.8).log_softmax(dim=1))
    s = squares.argmin(dim=1)
    both = (torch.cdist(z, coarse) ** 2 + torch.cdist(fine[s], coarse) ** 2) / 2
    expected = (-both / 0.2).log_softmax(dim=1)
    torch.testing.assert_close(module.log_coarse(z, s, 0.2), expected)
    torch.testing.assert_close(module.log_groups(z, 0.8, 0.2), (module.log_fine(z, 0.8), expected))


def test_drawn_groups_have_the_frequencies_of_the_softmax():
    n_draws = 20_000
    log_q = normal(FINE).log_softmax(dim=0)
    relaxed, drawn = gumbel_sample(log_q.expand(n_draws, -1), 0.5, generator(3))
    expected = n_draws * log_q.double().softmax(dim=0).numpy()
    assert chisquare(np.bincount(drawn, minlength=FINE), expected).pvalue > 0.01
    torch.testing.assert_close(relaxed.sum(dim=1), torch.ones(n_draws))
    assert torch.equal(relaxed.argmax(dim=1), drawn)


def test_fine_and_coarse_groups_are_drawn_from_their_joint_posterior():
    n, module, z = 20_000, prototypes(), 0.3 * normal(1, BITS)
    second_view = 10 + z
    rows = torch.cat([z.expand(n, -1), second_view.expand(n, -1)])
    drawn = draw_groups(module, rows, n, 0.8, 0.5, 1.0, generator(3))
    q_fine = module.log_fine(z, 0.8).exp()[0]
    joint = [
        q_fine[s] * module.log_coarse(z, torch.tensor([s]), 0.5).exp()[0, y]
        for s in range(FINE)
        for y in range(COARSE)
    ]
    expected = np.array([float(q) for q in joint])
    found = np.bincount(drawn.s * COARSE + drawn.y, minlength=FINE * COARSE)
    assert chisquare(found, n * expected / expected.sum()).pvalue > 0.01
    assert drawn.log_fine.shape == drawn.relaxed.shape == (2 * n, FINE)
    torch.testing.assert_close(drawn.log_fine[[0, n]], module.log_fine(rows[[0, n]], 0.8))


@pytest.mark.parametrize("learnt", [True, False])
def test_prototypes_have_gradients_only_where_they_are_learnt(learnt):
    module = prototypes(learnt=learnt, learnt_variance=True)
    assert {name for name, each in module.named_parameters() if each.requires_grad} == (
        {"fine", "coarse", "log_variance"} if learnt else {"log_variance"}
    )


def test_clusters_move_the_same_parameters_and_warm_starts_stay():
    module, points = prototypes(), separated()
    before = dict(module.named_parameters())
    module.cluster(points, seed=0)
    assert all(each is before[name] for name, each in module.named_parameters())
    members = torch.cdist(torch.from_numpy(points), module.fine.detach()).argmin(dim=1)
    means = np.stack([points[members.numpy() == each].mean(axis=0) for each in range(FINE)])
    np.testing.assert_allclose(module.fine.detach(), means, atol=1e-4)
    found = module.fine.detach().clone()
    module.cluster(points, seed=1)
    torch.testing.assert_close(module.fine.detach(), found)


def test_cold_starts_forget_the_prototypes_and_are_drawn_anew():
    found = []
    for start in ("warm", "cold"):
        for _ in range(2):
            module = prototypes(start=start)
            for _ in range(2):
                module.cluster(normal(200, BITS).numpy(), seed=0)
                found.append(module.fine.detach().clone())
    once_warm, twice_warm, _, _, once, twice, again_once, again_twice = found
    assert torch.cdist(once_warm, twice_warm).diagonal().max() < 1
    assert torch.cdist(once, twice).diagonal().max() > 1
    torch.testing.assert_close((once, twice), (again_once, again_twice), rtol=0, atol=0)


def test_the_centres_of_a_cold_start_are_means_of_their_members():
    module, points = prototypes(start="cold"), separated()
    module.cluster(points, seed=0)
    members = torch.cdist(torch.from_numpy(points), module.fine.detach()).argmin(dim=1).numpy()
    means = np.stack([points[members == each].mean(axis=0) for each in range(FINE)])
    np.testing.assert_allclose(module.fine.detach(), means, atol=1e-4)


def test_variances_start_anew_with_the_prototypes():
    module = prototypes(variance=0.3, learnt_variance=True)
    module.log_variance.data += torch.arange(FINE)
    torch.testing.assert_close(
        module.variance_of(torch.tensor([2, 0]))[:, 0], 0.3 * torch.tensor([math.e**2, 1])
    )
    module.cluster(separated(), seed=0)
    torch.testing.assert_close(module.variance_of(torch.arange(FINE)), torch.full((FINE, 1), 0.3))


def test_the_owner_of_a_fine_prototype_is_the_nearest_coarse_one():
    module = prototypes()
    module.cluster(normal(100, BITS).numpy(), seed=0)
    distances = [[(f - c).norm().item() for c in module.coarse] for f in module.fine]
    assert module.owners().tolist() == np.argmin(distances, axis=1).tolist()
    means = [module.fine[module.owners() == y].mean(dim=0) for y in range(COARSE)]
    torch.testing.assert_close(module.coarse, torch.stack(means), rtol=1e-4, atol=1e-4, check_stride=False)


@pytest.mark.parametrize("start", ["warm", "cold"])
def test_documents_that_coincide_still_make_clusters(start):
    module = prototypes(start=start)
    module.cluster(np.ones((20, BITS), dtype=np.float32), seed=0)
    torch.testing.assert_close(module.fine.detach(), torch.ones(FINE, BITS), rtol=0, atol=1e-2)


def test_effective_number_of_groups():
    even = torch.full((N, FINE), 1 / FINE).log()
    assert effective_number(even) == pytest.approx(FINE, rel=1e-5)
    one = one_hot(torch.zeros(N, dtype=torch.int64), FINE).float().clamp_min(1e-30).log()
    assert effective_number(one) == pytest.approx(1)
