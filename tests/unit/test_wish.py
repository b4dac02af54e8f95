"""WISH: topic vectors, their penalty, and the schedule of the divergence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.bernoulli.wish import WISH, Topics

from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Step


def topics(n_bits, width, start="normal"):
    return Topics(n_bits, width, start, torch.Generator().manual_seed(0))


def built(**params):
    X = np.random.default_rng(0).random((12, 20)).astype(np.float32)
    method = WISH(n_bits=8, **params)
    method.sparse_, method.words_ = False, None
    data = TrainingData(X)
    method._build(data, torch.Generator().manual_seed(0))
    return method, data


def test_the_bits_that_are_1_select_the_topic_vectors_that_are_added():
    module = topics(4, 6)
    z = torch.tensor([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(module(z)[0], module.weight[1] + module.weight[3])
    assert not module(z)[1].any()


def test_the_penalty_is_0_for_orthonormal_topics_alone():
    module = topics(5, 8)
    assert module.penalty() > 0.01
    module.weight.data = torch.linalg.qr(torch.randn(8, 5, generator=torch.Generator().manual_seed(1)))[0].T
    assert module.penalty().item() == pytest.approx(0, abs=1e-10)


def test_the_penalty_of_more_topics_than_dimensions_is_at_least_their_difference():
    module = topics(8, 5)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(500):
        optimiser.zero_grad()
        module.penalty().backward()
        optimiser.step()
    assert module.penalty().item() == pytest.approx(3, abs=1e-3)


def test_the_gradient_of_the_penalty_is_that_of_finite_differences():
    module = topics(3, 4).double()
    assert torch.autograd.gradcheck(
        lambda weight: ((weight @ weight.T - torch.eye(3).double()) ** 2).sum(), [module.weight]
    )
    module.penalty().backward()
    T = module.weight.detach()
    torch.testing.assert_close(module.weight.grad, 4 * (T @ T.T - torch.eye(3)) @ T)


def test_topics_start_near_orthonormal_or_as_in_the_published_code():
    assert topics(16, 400).penalty() < 2
    uniform = topics(16, 400, "uniform").weight
    assert 0 <= uniform.min() < uniform.max() <= 1
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("n_bits", "width"), [(16, 100), (50, 100), (128, 256)])
def test_there_are_more_topic_dimensions_than_bits_by_default(n_bits, width):
    method = WISH(n_bits=n_bits)
    data = TrainingData(np.ones((3, 4), dtype=np.float32))
    method._build(data, torch.Generator().manual_seed(0))
    assert method.topics_.weight.shape == (n_bits, width)


def test_the_weight_of_the_divergence_rises_with_the_documents_seen():
    method, data = built(kl_weight=1.0, kl_warmup_docs=20_000_000)
    steps = 700
    terms = method._loss(data[np.arange(6)], Step(100 * steps, torch.Generator().manual_seed(0)))
    assert terms["kl"].weight == pytest.approx(5e-6 * steps)


def test_every_document_is_charged_the_penalty_once():
    method, data = built()
    terms = method._loss(data[np.arange(6)], Step(0, torch.Generator().manual_seed(0)))
    torch.testing.assert_close(terms["orthogonality"].values.mean(), method.topics_.penalty())
