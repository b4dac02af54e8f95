"""Decoders: probabilities, targets, the loss from the words that occur, and that of dense vectors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import as_rows
from hashbench.hashing.nn.decoder import VectorDecoder, WordDecoder, reconstruction_target


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def documents(n=9, n_features=30):
    X = csr_array(random_array((n, n_features), density=0.3, dtype=np.float32, rng=np.random.default_rng(0)))
    X.sort_indices()
    return X


def decoder(n_words=30, n_bits=4, std=1.0):
    return WordDecoder(torch.linspace(0, 1, n_words), n_bits, std=std, generator=generator())


def test_word_probabilities_add_up_to_one():
    probabilities = decoder()(torch.randn(6, 4, generator=generator())).exp()
    torch.testing.assert_close(probabilities.sum(1), torch.ones(6))


def test_bias_starts_at_the_logarithm_of_the_document_share():
    model = decoder(std=1e-9)
    shares = torch.linspace(0, 1, 30) + 1e-6
    torch.testing.assert_close(model(torch.zeros(1, 4))[0].exp(), shares / shares.sum())


def test_initial_weights_have_the_deviation_asked_for():
    shares = torch.full((5000,), 0.1)
    assert (
        abs(float(WordDecoder(shares, 20, std=0.3, generator=generator()).weight.detach().std()) - 0.3)
        < 0.005
    )
    glorot = WordDecoder(shares, 20, generator=generator()).weight.detach()
    assert glorot.abs().max() <= np.sqrt(6 / 5020)


@pytest.mark.parametrize("equal_norms", [False, True])
def test_columns_start_in_given_directions_with_the_mean_norm(equal_norms):
    directions = torch.randn(30, 4, generator=generator(1))
    made = WordDecoder(
        torch.full((30,), 0.1), 4, equal_norms=equal_norms, directions=directions, generator=generator()
    )
    drawn = WordDecoder(torch.full((30,), 0.1), 4, generator=generator())
    expected = drawn.weight.norm(dim=0).mean() * directions / directions.norm(dim=0)
    torch.testing.assert_close(made.matrix(), expected)


def test_equal_norms_hold_whatever_is_learnt_and_start_at_their_mean():
    model = WordDecoder(torch.full((30,), 0.1), 4, std=1.0, equal_norms=True, generator=generator())
    free = WordDecoder(torch.full((30,), 0.1), 4, std=1.0, generator=generator())
    mean = free.weight.norm(dim=0).mean()
    torch.testing.assert_close(model.matrix().norm(dim=0), mean.expand(4))
    model.weight.data *= torch.tensor([0.1, 1.0, 7.0, 100.0])
    model.log_norm.data += 1.0
    torch.testing.assert_close(model.matrix().norm(dim=0), (np.e * mean).expand(4))
    torch.testing.assert_close(
        model.matrix() / model.matrix().norm(dim=0), free.weight / free.weight.norm(dim=0)
    )


@pytest.mark.parametrize("mode", ["binary", "scaled", "values"])
def test_loss_and_gradients_are_those_of_the_dense_computation(mode):
    X = as_rows(documents().astype(np.float64))
    z = torch.randn(9, 4, generator=generator(1))
    weights = torch.rand(9, generator=generator(2))
    results = []
    for target in (reconstruction_target(X, mode), reconstruction_target(X.to_dense(), mode)):
        model, code = decoder().double(), z.double().requires_grad_()
        loss = model.loss(code, target)
        (loss * weights).sum().backward()
        results.append((loss.detach(), code.grad, model.weight.grad, model.bias.grad))
    dense_target = reconstruction_target(X.to_dense(), mode)
    model = decoder().double()
    by_hand = -(dense_target * torch.log_softmax(z.double() @ model.weight.T + model.bias, 1)).sum(1)
    torch.testing.assert_close(results[0][0], by_hand.detach(), rtol=1e-6, atol=1e-6)
    for ours, dense in zip(*results, strict=True):
        torch.testing.assert_close(ours, dense, rtol=1e-5, atol=1e-6)


def test_gradients_agree_with_finite_differences():
    target = reconstruction_target(as_rows(documents(3, 12).astype(np.float64)), "values")
    model = decoder(12, 2).double()
    z = torch.randn(3, 2, generator=generator(), dtype=torch.float64).requires_grad_()
    model.loss(z, target).sum().backward()
    for values in (z, model.weight, model.bias):
        for place in np.ndindex(*values.shape):
            with torch.no_grad():
                start = float(values[place])
                ends = []
                for value in (start + 1e-6, start - 1e-6):
                    values[place] = value
                    ends.append(float(model.loss(z, target).sum()))
                values[place] = start
            assert abs((ends[0] - ends[1]) / 2e-6 - float(values.grad[place])) < 1e-6


def test_second_differentiation_of_a_loss_is_refused():
    z = torch.randn(9, 4, generator=generator()).requires_grad_()
    loss = decoder().loss(z, reconstruction_target(as_rows(documents()), "binary")).sum()
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="differentiated only once"):
        loss.backward()


def test_loss_is_stable_for_extreme_codes():
    loss = decoder().loss(torch.full((9, 4), 1e4), reconstruction_target(as_rows(documents()), "binary"))
    assert torch.isfinite(loss).all()


def test_document_without_words_costs_nothing():
    X = as_rows(csr_array((2, 30), dtype=np.float32))
    for mode in ("binary", "scaled", "values"):
        loss = decoder().loss(torch.ones(2, 4), reconstruction_target(X, mode))
        torch.testing.assert_close(loss, torch.zeros(2))


@pytest.mark.parametrize("dense", [False, True])
def test_targets_by_hand(dense):
    X = np.array([[0.5, 0, 1.5, 0], [0, 0, 0, 0], [2, -1, 1, 1]], dtype=np.float32)
    rows = as_rows(X if dense else csr_array(X))
    expected = {
        "binary": [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 1]],
        "scaled": [[0.5, 0, 1.5, 0], [0, 0, 0, 0], [1.5, 0, 0.75, 0.75]],
        "values": [[0.5, 0, 1.5, 0], [0, 0, 0, 0], [2, 0, 1, 1]],
    }
    for mode, values in expected.items():
        target = reconstruction_target(rows, mode)
        torch.testing.assert_close(target if dense else target.to_dense(), torch.tensor(values).float())


@pytest.mark.parametrize("dense", [False, True])
def test_powers_of_the_values_are_scaled_to_the_number_of_words(dense):
    X = np.array([[4, 0, 1, 1], [0, 0, 0, 0], [-4, 9, 0, 1]], dtype=np.float32)
    target = reconstruction_target(as_rows(X if dense else csr_array(X)), "scaled", 0.5)
    expected = torch.tensor([[1.5, 0, 0.75, 0.75], [0, 0, 0, 0], [0, 1.5, 0, 0.5]])
    torch.testing.assert_close(target if dense else target.to_dense(), expected)


def test_scale_of_the_documents_does_not_change_binary_and_scaled_targets():
    X = documents()
    for mode in ("binary", "scaled"):
        once, thrice = (reconstruction_target(as_rows(X * factor), mode).values for factor in (1, 3))
        torch.testing.assert_close(once, thrice)


def test_unknown_target_is_refused():
    with pytest.raises(HashbenchError, match="binary, scaled, values, got 'tfidf'"):
        reconstruction_target(as_rows(documents()), "tfidf")


@pytest.mark.parametrize("equal_norms", [False, True])
def test_loss_of_dense_vectors_is_that_of_a_gaussian_of_variance_one(equal_norms):
    mean = torch.linspace(-1, 1, 12)
    model = VectorDecoder(mean, 4, std=1.0, equal_norms=equal_norms, generator=generator())
    z, x = torch.randn(9, 4, generator=generator(1)), torch.randn(9, 12, generator=generator(2))
    expected = torch.distributions.Normal(z @ model.matrix().T + mean, 1.0)
    constant = 12 * np.log(2 * np.pi) / 2
    torch.testing.assert_close(model.loss(z, x), -expected.log_prob(x).sum(1) - constant)
