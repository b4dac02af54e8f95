"""The losses of HierHash on hand-made input: by double loops, closed forms and sampling."""

from __future__ import annotations

import math

import pytest
import torch
from hashbench_methods.hierarchical.coarse_loss import CoarseLoss, contrast, negative_masks
from hashbench_methods.hierarchical.fine_loss import FineLoss, information_of_views, mutual_information
from hashbench_methods.hierarchical.prototypes import Prototypes
from hashbench_methods.hierarchical.self_labelling import SelfLabelling, pseudo_label_loss
from hashbench_methods.hierarchical.vae_loss import HierarchicalVaeLoss, prototype_kl
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn.functional import normalize, one_hot

N, BITS, FINE, COARSE = 7, 5, 6, 3
LABELS = torch.tensor([0, 1, 0, 2, 1, 1, 0])
FINE_LABELS = torch.tensor([0, 5, 1, 2, 3, 1, 0])
ROWS = torch.arange(N)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed))


def prototypes(unit=False, **options):
    module = Prototypes(FINE, COARSE, BITS, generator=generator(), **options)
    if unit:
        for points in (module.fine, module.coarse):
            points.data = normalize(points.data)
    return module


def divergences(module, z, fine_temperature=0.6, coarse_temperature=0.2, unit_z=True):
    loss = HierarchicalVaeLoss(module, fine_temperature, coarse_temperature, unit_z)
    return loss(normal(N, BITS, seed=1), normal(N, BITS, seed=2), z, FINE_LABELS, LABELS)


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


@pytest.mark.parametrize("variance", [torch.tensor(0.7), torch.linspace(0.2, 2, N)[:, None]])
def test_divergence_from_a_prototype_is_that_of_the_distributions(variance):
    mean, log_variance, centres = normal(N, BITS), normal(N, BITS, seed=1), normal(N, BITS, seed=2)
    posterior = Independent(Normal(mean, (log_variance / 2).exp()), 1)
    prior = Independent(Normal(centres, variance.sqrt().expand(N, BITS)), 1)
    found = prototype_kl(mean, log_variance, centres, variance)
    torch.testing.assert_close(found, kl_divergence(posterior, prior), rtol=1e-4, atol=1e-4)
    assert (found > 0).all()
    at_prior = prototype_kl(centres, variance.log().expand(N, BITS), centres, variance)
    torch.testing.assert_close(at_prior, torch.zeros(N))


@pytest.mark.parametrize("learnt", [False, True])
def test_each_document_is_compared_with_its_prototype_and_its_variance(learnt):
    module = prototypes(variance=0.3, learnt_variance=learnt)
    if learnt:
        module.log_variance.data = torch.linspace(-1, 1, FINE)
    found = divergences(module, normal(N, BITS))["kl"]
    for i, s in enumerate(FINE_LABELS):
        variance = torch.linspace(-1, 1, FINE)[s].exp() if learnt else torch.tensor(0.3)
        posterior = Independent(Normal(normal(N, BITS, seed=1)[i], (normal(N, BITS, seed=2)[i] / 2).exp()), 1)
        prior = Independent(Normal(module.fine[s], variance.sqrt()), 1)
        torch.testing.assert_close(found[i], kl_divergence(posterior, prior), rtol=1e-4, atol=1e-4)
    if learnt:
        found.sum().backward()
        used = torch.bincount(FINE_LABELS, minlength=FINE) > 0
        assert torch.equal(module.log_variance.grad != 0, used)


def test_divergences_of_groups_are_negative_log_probabilities_by_distance_of_unit_vectors():
    module, z = prototypes(unit=True), 3 * normal(N, BITS)
    found, unit = divergences(module, z), normalize(z)
    torch.testing.assert_close(found["kl_fine"], -module.log_fine(unit, 0.6)[ROWS, FINE_LABELS])
    torch.testing.assert_close(found["kl_coarse"], -module.log_coarse(unit, FINE_LABELS, 0.2)[ROWS, LABELS])
    longer = prototypes(unit=True)
    longer.fine.data *= 2
    longer.coarse.data *= 3
    for name in ("kl_fine", "kl_coarse"):
        torch.testing.assert_close(divergences(longer, 5 * z)[name], found[name])


def test_as_in_the_published_code_the_length_of_z_counts_in_the_fine_term_alone():
    module, z = prototypes(unit=True), 3 * normal(N, BITS)
    found = divergences(module, z, unit_z=False)
    expected = -(2 * z @ module.fine.T / 0.6).log_softmax(dim=1)[ROWS, FINE_LABELS]
    torch.testing.assert_close(found["kl_fine"], expected)
    torch.testing.assert_close(found["kl_coarse"], divergences(module, z)["kl_coarse"])


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


def coarse_losses(vectors, y, **options):
    return CoarseLoss(prototypes(), 0.3, **options)(vectors, y)


def angular(vectors, y):
    return normalize(vectors) - normalize(prototypes().coarse)[y.repeat(2)]


def test_contrasts_are_those_of_a_double_loop():
    vectors = normal(2 * N, BITS)
    found = coarse_losses(vectors, LABELS)
    expected = contrast_by_loops(vectors, lambda i, j: LABELS[i] != LABELS[j], 0.3)
    torch.testing.assert_close(found["different"], torch.tensor(expected))
    expected = contrast_by_loops(angular(vectors, LABELS), lambda i, j: LABELS[i] == LABELS[j], 0.3)
    torch.testing.assert_close(found["same"], torch.tensor(expected))
    expected = contrast_by_loops(vectors, lambda i, j: True, 0.3)
    torch.testing.assert_close(
        coarse_losses(vectors, LABELS, split=False)["contrast"], torch.tensor(expected)
    )


def test_a_document_without_a_negative_costs_nothing():
    one_group, vectors = torch.zeros(N, dtype=torch.int64), normal(2 * N, BITS)
    found = coarse_losses(vectors, one_group)
    torch.testing.assert_close(found["different"], torch.zeros(N))
    every_pair = contrast_by_loops(angular(vectors, one_group), lambda i, j: True, 0.3)
    torch.testing.assert_close(found["same"], torch.tensor(every_pair))
    alone = torch.arange(COARSE)
    vectors = normal(2 * COARSE, BITS)
    found = coarse_losses(vectors, alone)
    torch.testing.assert_close(found["same"], torch.zeros(COARSE))
    every_pair = contrast_by_loops(vectors, lambda i, j: True, 0.3)
    torch.testing.assert_close(found["different"], torch.tensor(every_pair))


def test_contrasts_do_not_depend_on_lengths_nor_on_the_order_of_documents():
    vectors = normal(2 * N, BITS)
    losses = coarse_losses(vectors, LABELS)
    lengths = 1 + torch.arange(2 * N)[:, None]
    torch.testing.assert_close(coarse_losses(lengths * vectors, LABELS), losses)
    order = torch.randperm(N, generator=generator())
    shuffled = coarse_losses(vectors[torch.cat([order, order + N])], LABELS[order])
    torch.testing.assert_close(shuffled, {name: loss[order] for name, loss in losses.items()})


def test_a_document_on_its_prototype_has_finite_gradients():
    vectors = (2 * prototypes().coarse.detach())[LABELS.repeat(2)].requires_grad_()
    sum(coarse_losses(vectors, LABELS).values()).sum().backward()
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


def test_fine_loss_is_disagreement_less_information():
    first, second = ((3 * normal(N, FINE, seed=seed)).softmax(dim=1) for seed in range(2))
    found = FineLoss(0.1)(first, second)
    information = (mutual_information(first, 0.1) + mutual_information(second, 0.1)) / 2
    for i in range(N):
        agreement = math.fsum(float(first[i, k] * second[i, k]) for k in range(FINE))
        assert found[i].item() == pytest.approx(-math.log(agreement) - information.item(), rel=1e-4)


def test_equal_views_agree_more_than_shuffled_ones():
    q = (3 * normal(N, FINE)).softmax(dim=1)
    assert FineLoss(0.1)(q, q).mean() < FineLoss(0.1)(q, q.roll(1, dims=0)).mean()


def test_self_labels_count_confident_documents_only():
    log_q, labels = normal(N, FINE).log_softmax(dim=1), torch.arange(N) % FINE
    confident = torch.tensor([True, False, True, False, False, False, True])
    losses = pseudo_label_loss(log_q, labels, confident)
    expected = -sum(log_q[i, labels[i]] for i in range(N) if confident[i]) / 3
    torch.testing.assert_close(losses.mean(), expected)
    surer = log_q.clone()
    surer[0, labels[0]] += 1
    assert pseudo_label_loss(surer, labels, confident).mean() < losses.mean()


def test_no_confident_document_costs_nothing():
    scores = normal(N, FINE).requires_grad_()
    nobody = torch.zeros(N, dtype=torch.bool)
    losses = pseudo_label_loss(scores.log_softmax(dim=1), torch.zeros(N, dtype=torch.int64), nobody)
    losses.mean().backward()
    torch.testing.assert_close(losses.detach(), torch.zeros(N))
    torch.testing.assert_close(scores.grad, torch.zeros(N, FINE))


def self_labelling(confidences, information=False):
    return SelfLabelling(prototypes(), confidences, (0.5, 0.2), 2.0, information, entropy_weight=0.1)


def test_self_labelling_is_that_of_a_loop_over_documents():
    first, second = normal(N, BITS), normal(N, BITS, seed=1)
    module = prototypes()
    targets, predictions = module.log_groups(first, 0.5, 0.2), module.log_groups(second, 2.0, 2.0)
    confidences = tuple(float(target.exp().amax(dim=1).median()) for target in targets)
    terms = self_labelling(confidences, information=True)(first, second)
    for level, confidence, target, prediction in zip(
        ("fine", "coarse"), confidences, targets, predictions, strict=True
    ):
        best = target.exp().max(dim=1)
        confident = [i for i in range(N) if best.values[i] > confidence]
        assert 0 < len(confident) < N
        expected = -sum(prediction[i, best.indices[i]] for i in confident) / len(confident)
        torch.testing.assert_close(terms[f"self_{level}"].values.mean(), expected)
        information = information_of_views(target.exp(), prediction.exp(), 0.1)
        torch.testing.assert_close(terms[f"information_{level}"].values, -information.expand(N))
    assert {term.weight for term in terms.values()} == {0.5}


def test_pseudo_labels_pass_no_gradient_to_the_view_they_come_from():
    first, second = normal(N, BITS).requires_grad_(), normal(N, BITS, seed=1).requires_grad_()
    terms = self_labelling((0.01, 0.01))(first, second)
    assert set(terms) == {"self_fine", "self_coarse"}
    sum(term.values.sum() for term in terms.values()).backward()
    assert first.grad is None
    assert (second.grad.abs().sum(dim=1) > 0).all()


def test_the_confident_fraction_is_that_of_the_pseudo_labels_above_the_threshold():
    z = normal(N, BITS)
    best = [log_q.exp().amax(dim=1) for log_q in prototypes().log_groups(z, 0.5, 0.2)]
    thresholds = tuple(float(each.sort().values[2]) for each in best)
    found = self_labelling(thresholds).confident(z)
    assert found == {
        "confident_fine": pytest.approx((N - 3) / N),
        "confident_coarse": pytest.approx((N - 3) / N),
    }
