"""Terms of HierHash: by double loops, closed forms and sampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hashbench_methods.hierarchical.losses import (
    agreement_loss,
    contrast,
    mutual_information,
    negative_masks,
    plain_contrast,
    prototype_kl,
    sample_labels,
    self_label_loss,
    split_contrast,
)
from hashbench_methods.hierarchical.prototypes import Prototypes, effective_number
from scipy.stats import chisquare
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn.functional import normalize, one_hot

N, BITS, FINE, COARSE = 7, 5, 6, 3
LABELS = torch.tensor([0, 1, 0, 2, 1, 1, 0])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed))


def prototypes(seed=0, learnt=True):
    return Prototypes(FINE, COARSE, BITS, learnt=learnt, generator=generator(seed))


def contrast_by_loops(vectors, is_negative, temperature):
    """Return the loss of each document; ``is_negative`` is asked with two documents."""
    n = len(vectors) // 2
    units = (vectors / vectors.norm(dim=1, keepdim=True)).tolist()
    losses = [0.0] * n
    for i in range(2 * n):
        similarity = [math.fsum(a * b for a, b in zip(units[i], unit, strict=True)) for unit in units]
        positive = math.exp(similarity[(i + n) % (2 * n)] / temperature)
        total = positive
        for j in range(2 * n):
            if j % n != i % n and is_negative(i % n, j % n):
                total += math.exp(similarity[j] / temperature)
        losses[i % n] -= math.log(positive / total) / 2
    return losses


def test_divergence_from_a_prototype_is_that_of_the_distributions():
    mean, log_variance, centres = normal(N, BITS), normal(N, BITS, seed=1), normal(N, BITS, seed=2)
    posterior = Independent(Normal(mean, (log_variance / 2).exp()), 1)
    prior = Independent(Normal(centres, 0.7**0.5), 1)
    found = prototype_kl(mean, log_variance, centres, 0.7)
    torch.testing.assert_close(found, kl_divergence(posterior, prior), rtol=1e-4, atol=1e-4)
    assert (found > 0).all()
    at_prior = prototype_kl(centres, torch.full((N, BITS), math.log(0.7)), centres, 0.7)
    torch.testing.assert_close(at_prior, torch.zeros(N))


def test_distances_of_unit_vectors_are_cosines():
    z, centres, temperature = normalize(normal(N, BITS)), normalize(normal(FINE, BITS, seed=1)), 0.6
    by_distance = (-(torch.cdist(z, centres) ** 2) / temperature).softmax(dim=1)
    torch.testing.assert_close(by_distance, (2 * z @ centres.T / temperature).softmax(dim=1))


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
    prior = (-(torch.cdist(coarse, fine) ** 2)).log_softmax(dim=1)
    torch.testing.assert_close(module.log_fine_of_coarse(), prior)


def test_drawn_groups_have_the_frequencies_of_the_softmax():
    n_draws = 20_000
    log_q = normal(FINE).log_softmax(dim=0)
    relaxed, drawn = sample_labels(log_q.expand(n_draws, -1), 0.5, generator(3))
    expected = n_draws * log_q.double().softmax(dim=0).numpy()
    assert chisquare(np.bincount(drawn, minlength=FINE), expected).pvalue > 0.01
    torch.testing.assert_close(relaxed.sum(dim=1), torch.ones(n_draws))
    assert torch.equal(relaxed.argmax(dim=1), drawn)


def test_every_pair_of_documents_repels_in_exactly_one_of_the_two_losses():
    different, same = negative_masks(LABELS)
    for mask in (different, same):
        assert torch.equal(mask, mask.T)
        assert not mask.diagonal().any()
    for i in range(2 * N):
        for j in range(2 * N):
            if i % N == j % N:
                assert not different[i, j]
                assert not same[i, j]
            else:
                assert different[i, j] == (LABELS[i % N] != LABELS[j % N])
                assert same[i, j] == (LABELS[i % N] == LABELS[j % N])


def test_contrasts_are_those_of_a_double_loop():
    vectors, coarse = normal(2 * N, BITS), normal(COARSE, BITS, seed=1)
    different, same = split_contrast(vectors, LABELS, coarse, 0.3)
    expected = contrast_by_loops(vectors, lambda i, j: LABELS[i] != LABELS[j], 0.3)
    torch.testing.assert_close(different, torch.tensor(expected))
    angular = normalize(vectors) - normalize(coarse)[LABELS.repeat(2)]
    expected = contrast_by_loops(angular, lambda i, j: LABELS[i] == LABELS[j], 0.3)
    torch.testing.assert_close(same, torch.tensor(expected))
    expected = contrast_by_loops(vectors, lambda i, j: True, 0.3)
    torch.testing.assert_close(plain_contrast(vectors, 0.3), torch.tensor(expected))


@pytest.mark.parametrize("alone", [True, False])
def test_a_document_without_a_negative_costs_nothing(alone):
    vectors, coarse = normal(2 * N, BITS), normal(N, BITS, seed=1)
    y = torch.arange(N) if alone else torch.zeros(N, dtype=torch.int64)
    different, same = split_contrast(vectors, y, coarse, 0.3)
    angular = normalize(vectors) - normalize(coarse)[y.repeat(2)]
    if alone:
        torch.testing.assert_close(different, plain_contrast(vectors, 0.3))
        torch.testing.assert_close(same, torch.zeros(N))
    else:
        torch.testing.assert_close(different, torch.zeros(N))
        torch.testing.assert_close(same, plain_contrast(angular, 0.3))


def test_contrasts_do_not_depend_on_lengths_nor_on_the_order_of_documents():
    vectors, coarse = normal(2 * N, BITS), normal(COARSE, BITS, seed=1)
    losses = split_contrast(vectors, LABELS, coarse, 0.3)
    lengths = 1 + torch.arange(2 * N)[:, None]
    torch.testing.assert_close(split_contrast(lengths * vectors, LABELS, coarse, 0.3), losses)
    order = torch.randperm(N, generator=generator())
    shuffled = split_contrast(vectors[torch.cat([order, order + N])], LABELS[order], coarse, 0.3)
    torch.testing.assert_close(shuffled, tuple(loss[order] for loss in losses))


def test_a_document_on_its_prototype_has_finite_gradients():
    coarse = normal(COARSE, BITS)
    vectors = (2 * coarse)[LABELS.repeat(2)].requires_grad_()
    different, same = split_contrast(vectors, LABELS, coarse, 0.3)
    (different + same).sum().backward()
    assert vectors.grad.isfinite().all()


def test_cold_contrasts_stay_finite():
    losses = contrast(normal(2 * N, BITS), negative_masks(LABELS)[0], 1e-3)
    assert losses.isfinite().all()


@pytest.mark.parametrize("eta", [0.1, 0.5])
def test_mutual_information_has_its_closed_forms(eta):
    spread = one_hot(torch.arange(FINE)).float()
    assert mutual_information(spread, eta).item() == pytest.approx(math.log(FINE), abs=1e-5)
    constant = spread[:1].expand(N, -1)
    assert mutual_information(constant, eta).item() == pytest.approx(0, abs=1e-6)
    uniform = torch.full((N, FINE), 1 / FINE)
    assert mutual_information(uniform, eta).item() == pytest.approx((1 - eta) * math.log(FINE), abs=1e-5)


def test_mutual_information_has_finite_gradients_at_certainty():
    q = one_hot(torch.arange(FINE)).float().requires_grad_()
    mutual_information(q, 0.1).backward()
    assert q.grad.isfinite().all()


def test_equal_views_agree_more_than_shuffled_ones():
    q = (3 * normal(N, FINE)).softmax(dim=1)
    loss = agreement_loss(q, q)
    torch.testing.assert_close(loss, -(q**2).sum(dim=1).log())
    assert loss.mean() < agreement_loss(q, q.roll(1, dims=0)).mean()


def test_self_labels_count_confident_documents_only():
    log_q, labels = normal(N, FINE).log_softmax(dim=1), torch.arange(N) % FINE
    confident = torch.tensor([True, False, True, False, False, False, True])
    losses = self_label_loss(log_q, labels, confident)
    expected = -sum(log_q[i, labels[i]] for i in range(N) if confident[i]) / 3
    torch.testing.assert_close(losses.mean(), expected)
    surer = log_q.clone()
    surer[0, labels[0]] += 1
    assert self_label_loss(surer, labels, confident).mean() < losses.mean()


def test_no_confident_document_costs_nothing():
    scores = normal(N, FINE).requires_grad_()
    nobody = torch.zeros(N, dtype=torch.bool)
    losses = self_label_loss(scores.log_softmax(dim=1), torch.zeros(N, dtype=torch.int64), nobody)
    losses.mean().backward()
    torch.testing.assert_close(losses.detach(), torch.zeros(N))
    torch.testing.assert_close(scores.grad, torch.zeros(N, FINE))


def test_clusters_move_the_same_parameters_and_warm_starts_stay():
    module = prototypes()
    fine, coarse = module.fine, module.coarse
    centres = 5 * normal(FINE, BITS, seed=1)
    points = (centres.repeat(20, 1) + 0.1 * normal(20 * FINE, BITS, seed=2)).numpy()
    module.cluster(points, seed=0)
    assert module.fine is fine
    assert module.coarse is coarse
    members = torch.cdist(torch.from_numpy(points), module.fine.detach()).argmin(dim=1)
    means = np.stack([points[members.numpy() == each].mean(axis=0) for each in range(FINE)])
    np.testing.assert_allclose(module.fine.detach(), means, atol=1e-4)
    before = module.fine.detach().clone()
    module.cluster(points, seed=1)
    torch.testing.assert_close(module.fine.detach(), before)


def test_the_owner_of_a_fine_prototype_is_the_nearest_coarse_one():
    module = prototypes()
    module.cluster(normal(100, BITS).numpy(), seed=0)
    distances = [[(f - c).norm().item() for c in module.coarse] for f in module.fine]
    assert module.owners().tolist() == np.argmin(distances, axis=1).tolist()
    assert np.bincount(module.owners(), minlength=COARSE).sum() == FINE
    means = [module.fine[module.owners() == y].mean(dim=0) for y in range(COARSE)]
    torch.testing.assert_close(module.coarse, torch.stack(means), rtol=1e-4, atol=1e-4)


def test_documents_that_coincide_still_make_clusters():
    module = prototypes()
    module.cluster(np.ones((20, BITS), dtype=np.float32), seed=0)
    torch.testing.assert_close(module.fine.detach(), torch.ones(FINE, BITS), rtol=0, atol=1e-2)


def test_effective_number_of_groups():
    even = torch.full((N, FINE), 1 / FINE).log()
    assert effective_number(even) == pytest.approx(FINE, rel=1e-5)
    one = one_hot(torch.zeros(N, dtype=torch.int64), FINE).float().clamp_min(1e-30).log()
    assert effective_number(one) == pytest.approx(1)
