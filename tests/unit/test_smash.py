"""SMASH: the terms of its loss against sums over documents and bits, its memory, noise and codes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.memory_based.losses import (
    bit_correlation,
    bit_imbalance,
    copy_weights,
    relevance_difference,
)
from hashbench_methods.memory_based.memory import CodeMemory
from hashbench_methods.memory_based.noise import keep_rate, stacked
from hashbench_methods.memory_based.smash import SMASH
from scipy.sparse import csr_array, vstack

from hashbench import make_hasher
from hashbench.experiment.environment import limited_threads
from hashbench.hashing.nn.batches import as_rows
from hashbench.testing.toy_corpus import planted_corpus

SMALL = {"hidden": 64, "batch_size": 50, "lr": 3e-3}


@pytest.fixture(autouse=True)
def one_thread():
    with limited_threads(1):
        yield


def normal(*shape, seed=0):
    return torch.empty(shape).normal_(generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("sigma", [0.0, 0.3, 0.6, 0.9])
def test_the_rate_of_kept_terms_is_the_mean_of_the_clipped_normal(sigma):
    draws = np.abs((1 - sigma) * np.random.default_rng(0).standard_normal(400_000))
    assert keep_rate(sigma) == pytest.approx(np.minimum(1, draws).mean(), abs=2e-3)


def test_weights_of_copies_are_softmaxes_over_the_copies_of_one_document():
    codes, copies = normal(4, 8), normal(3, 4, 8, seed=1)
    weights = copy_weights(codes, copies.reshape(12, 8))
    for document in range(4):
        similarities = [copies[copy, document] @ codes[document] for copy in range(3)]
        torch.testing.assert_close(weights[:, document], torch.stack(similarities).softmax(dim=0))
    order = torch.tensor([2, 0, 3, 1])
    permuted = copy_weights(codes[order], copies[:, order].reshape(12, 8))
    torch.testing.assert_close(permuted, weights[:, order])


def test_relevance_is_compared_for_all_pairs_of_different_documents():
    short, long = normal(5, 4), normal(5, 16, seed=1)
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    expected = sum(abs(float(short[i] @ short[j] / 4 - long[i] @ long[j] / 16)) for i, j in pairs) / 20
    assert float(relevance_difference(short, long)) == pytest.approx(expected, rel=1e-5)
    assert float(relevance_difference(long, short)) == pytest.approx(expected, rel=1e-5)
    assert float(relevance_difference(short, short.repeat(1, 3))) == pytest.approx(0, abs=1e-6)
    assert float(relevance_difference(short[:1], long[:1])) == 0


def test_imbalance_and_correlation_are_weighted_by_the_memory():
    z, m = normal(6, 3), normal(7, 3, seed=1).sign()
    imbalance = m.sum(dim=0).abs().softmax(dim=0) @ z.sum(dim=0).abs() / 3
    assert float(bit_imbalance(z, m)) == pytest.approx(float(imbalance), rel=1e-5)
    expected = 0.0
    for i in range(3):
        weights = torch.stack([abs(m[:, i] @ m[:, j] / 7 - float(i == j)) for j in range(3)]).softmax(dim=0)
        expected += (
            sum(float((z[:, i] @ z[:, j] / 6 - float(i == j)) * weights[j]) ** 2 for j in range(3)) / 9
        )
    assert float(bit_correlation(z, m)) == pytest.approx(expected, rel=1e-5)


def test_balanced_and_orthogonal_codes_cost_nothing():
    hadamard = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    m = normal(7, 3).sign()
    assert float(bit_imbalance(hadamard, m)) == 0
    assert float(bit_correlation(hadamard, m)) == 0


def test_the_memory_holds_the_documents_of_the_last_half_epoch_while_the_loss_does_not_change():
    memory = CodeMemory(n_documents=8, n_bits=2, steps_per_epoch=4, fraction=0.5, device="cpu")
    codes = normal(8, 2).requires_grad_()
    for _ in range(2):
        for step in range(4):
            rows = torch.tensor([2 * step, 2 * step + 1])
            memory.store(rows, codes[rows])
            if not memory.epoch:
                assert len(memory.active()) == 8
            memory.note_loss(1.0)
    assert memory.lifetime() == pytest.approx(2, rel=1e-4)
    assert not memory.active().requires_grad
    torch.testing.assert_close(memory.active(), codes[4:].detach().sign())


def test_codes_stay_longer_in_the_memory_the_more_the_loss_has_fallen():
    memory = CodeMemory(n_documents=4, n_bits=2, steps_per_epoch=4, fraction=0.0, device="cpu")
    for loss in (8.0, 8.0, 8.0, 8.0, 2.0):
        memory.store(torch.tensor([0]), normal(1, 2))
        memory.note_loss(loss)
    assert memory.lifetime() == pytest.approx(4 * 0.75, rel=1e-4)


def test_documents_are_stacked_sparse_as_dense():
    X = planted_corpus(6, 40).X
    halves = [as_rows(csr_array(X[:2])), as_rows(csr_array(X[2:]))]
    torch.testing.assert_close(
        stacked([*halves, halves[0]]).to_dense(), torch.tensor(vstack([X, X[:2]]).toarray())
    )
    dense = [half.to_dense() for half in halves]
    torch.testing.assert_close(stacked(dense), torch.tensor(X.toarray()))


@pytest.mark.parametrize("n_bits", [16, 128])
def test_documents_of_one_cluster_have_near_codes(n_bits):
    train, unseen = planted_corpus(), planted_corpus(n=60, seed=2)
    hasher = make_hasher("smash", n_bits, 0, epochs=8, balance_start=2, **SMALL).fit(train.X)
    codes, queries = hasher.transform(train.X), hasher.transform(unseen.X)
    assert abs(codes.mean(axis=0) - 0.5).max() <= 0.1
    assert len(np.unique(codes, axis=0)) >= 20
    distances = (queries[:, None] != codes).sum(axis=2)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :20]
    assert (train.clusters[nearest] == unseen.clusters[:, None]).mean() > 0.9


def test_terms_of_the_loss_are_those_that_the_parameters_ask_for():
    X = planted_corpus(120).X

    def terms(**params):
        hasher = SMASH(n_bits=8, random_state=0, **{**SMALL, "epochs": 2, "balance_start": 1, **params})
        return [set(epoch.terms) for epoch in hasher.fit(X).history_]

    without, balanced = {"reconstruction", "noise", "relevance"}, {"balance", "decorrelation"}
    assert terms() == [without, without | balanced]
    assert terms(n_copies=0) == [without - {"noise"}, (without | balanced) - {"noise"}]


@pytest.mark.parametrize(
    "params",
    [
        {"sigma": 0.6},
        {"noise_weight": 0.3},
        {"n_copies": 1},
        {"relevance_weight": 3.0},
        {"balance_weight": 0.5},
        {"decorrelation_weight": 30.0},
        {"memory_fraction": 0.9},
        {"dropout": 0.5},
        {"target": "scaled"},
    ],
    ids=str,
)
def test_every_option_changes_the_codes_or_the_loss(params):
    X = planted_corpus(120).X
    base = {"n_bits": 8, "random_state": 0, "epochs": 4, "balance_start": 0, **SMALL}
    first, second = (SMASH(**{**base, **changed}).fit(X) for changed in ({}, params))
    assert first.history_[-1].loss != second.history_[-1].loss
