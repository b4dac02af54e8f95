"""DHIM: its information, convolutions and codes against sums over documents and tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hashbench_methods.contrastive.convolutions import TokenConvolutions
from hashbench_methods.contrastive.dhim import DHIM, mean_present
from hashbench_methods.contrastive.infomax import Discriminator, jensen_shannon_information
from torch.nn.functional import conv1d, softplus

from hashbench import make_hasher
from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Step
from hashbench.testing.toy_corpus import planted_corpus

WIDTH, N_TOKENS = 12, 6
SMALL = {"token_width": WIDTH, "batch_size": 50, "lr": 3e-3}


@pytest.fixture(autouse=True)
def one_thread():
    with limited_threads(1):
        yield


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.empty(shape).normal_(generator=generator(seed))


def planted_tokens(n, seed):
    """Return documents of three to six tokens near the vector of their cluster, after its mean as [CLS]."""
    rng = np.random.default_rng(seed)
    centres = 2 * np.random.default_rng(0).standard_normal((4, WIDTH))
    clusters = rng.integers(4, size=n)
    tokens = centres[clusters][:, None] + rng.standard_normal((n, N_TOKENS, WIDTH))
    tokens[np.arange(N_TOKENS) >= rng.integers(3, N_TOKENS + 1, size=n)[:, None]] = 0
    cls = tokens.sum(axis=1, keepdims=True) / 3
    return np.concatenate([cls, tokens], axis=1).reshape(n, -1).astype(np.float32), clusters


def test_information_is_a_mean_over_own_parts_and_those_of_all_others():
    scores = normal(3, 3, 4)
    present = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]], dtype=torch.bool)
    for i, information in enumerate(jensen_shannon_information(scores, present)):
        expected = (-softplus(-scores[i, i, present[i]])).mean()
        expected = expected - sum(softplus(scores[i, j, present[j]]).mean() for j in range(3) if j != i) / 2
        torch.testing.assert_close(information, expected)


def test_information_of_scores_of_0_and_of_perfect_scores():
    present = torch.ones(4, 2, dtype=torch.bool)
    zero = jensen_shannon_information(torch.zeros(4, 4, 2), present)
    torch.testing.assert_close(zero, torch.full((4,), -2 * math.log(2)))
    perfect = (200 * torch.eye(4) - 100).unsqueeze(2).expand(4, 4, 2)
    torch.testing.assert_close(jensen_shannon_information(perfect, present), torch.zeros(4))
    assert float(jensen_shannon_information(torch.zeros(1, 1, 2), present[:1])) == pytest.approx(-math.log(2))


def test_sigmoids_of_scores_confine_the_information():
    present = torch.ones(4, 1, dtype=torch.bool)
    perfect = (200 * torch.eye(4) - 100).unsqueeze(2)
    for scores in (perfect, -perfect):
        information = jensen_shannon_information(scores.sigmoid(), present)
        assert ((information > -2.01) & (information < -1.0)).all()


def test_a_discriminator_is_bilinear():
    discriminator, a, b = (
        Discriminator(3, generator=generator()).requires_grad_(False),
        normal(4, 3),
        normal(5, 3),
    )
    scores = discriminator(a, b)
    expected = a[2] @ discriminator.linear.weight @ b[1] + discriminator.linear.bias @ b[1]
    assert float(scores[2, 1]) == pytest.approx(float(expected), rel=1e-5)


def test_convolutions_are_those_of_torch():
    convolutions = TokenConvolutions(4, {1: 2, 3: 3, 5: 5}, generator=generator()).requires_grad_(False)
    tokens = normal(2, 7, 4)
    parts = [
        conv1d(tokens.mT, weights.view(window, 4, -1).permute(2, 1, 0), bias, padding=window // 2).mT
        for window, weights, bias in zip(
            convolutions.windows, convolutions.weights, convolutions.biases, strict=True
        )
    ]
    assert convolutions(tokens).shape == (2, 7, 10)
    torch.testing.assert_close(convolutions(tokens), torch.cat(parts, dim=2).relu(), atol=1e-5, rtol=1e-4)


def test_means_are_over_the_tokens_of_a_document():
    local = normal(3, 4, 2)
    present = torch.tensor([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)
    means = mean_present(local, present)
    torch.testing.assert_close(means[0], local[0].mean(dim=0))
    torch.testing.assert_close(means[1], local[1, 0])
    torch.testing.assert_close(means[2], torch.zeros(2))


def test_without_a_weight_the_regulariser_trains_nothing():
    X, _ = planted_tokens(60, seed=1)
    hasher = DHIM(n_bits=8, random_state=0, epochs=1, **SMALL).fit(X)
    for weight in (0.0, 1.0):
        hasher.regulariser_weight = weight
        parameter = hasher.cls_discriminator_.linear.weight.requires_grad_()
        terms = hasher._loss(TrainingData(X)[np.arange(20)], Step(0, generator()))
        loss = sum(term.weight * term.values.mean() for term in terms.values())
        (gradient,) = torch.autograd.grad(loss, parameter)
        assert bool(gradient.any()) == bool(weight)


@pytest.mark.parametrize("n_bits", [16, 128])
@pytest.mark.parametrize(
    "recipe", [{}, {"scores": "sigmoid", "threshold": "zero"}], ids=["ours", "published"]
)
def test_documents_of_one_cluster_have_near_codes(n_bits, recipe):
    X, clusters = planted_tokens(300, seed=1)
    unseen, expected = planted_tokens(60, seed=2)
    hasher = make_hasher("dhim", n_bits, 0, epochs=8, **SMALL, **recipe).fit(X)
    codes, queries = hasher.transform(X), hasher.transform(unseen)
    assert len(np.unique(codes, axis=0)) > 4
    nearest = np.argsort((queries[:, None] != codes).sum(axis=2), axis=1, kind="stable")[:, :20]
    assert (clusters[nearest] == expected[:, None]).mean() > 0.9


@pytest.mark.parametrize(
    "changed", [{"alpha": 1.0}, {"regulariser_weight": 0.1}, {"scores": "sigmoid"}], ids=str
)
def test_every_option_changes_the_loss(changed):
    X, _ = planted_tokens(60, seed=1)
    params = {"n_bits": 8, "random_state": 0, "epochs": 2, **SMALL}
    first, second = (DHIM(**{**params, **more}).fit(X) for more in ({}, changed))
    assert first.history_[-1].loss != second.history_[-1].loss


def test_rows_that_are_no_vectors_of_tokens_are_refused():
    X = planted_corpus(30, 160).X
    for width in (384, 160, 25):
        with pytest.raises(HashbenchError, match="use the features `tokens`"):
            DHIM(n_bits=8, token_width=width).fit(X)
