"""The sparse linear layer beside ``nn.Linear``, encoders, dropout, batch normalisation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array
from torch import nn

from hashbench.hashing.nn.batches import as_rows
from hashbench.hashing.nn.layers import BatchNormalisation, Encoder, SparseLinear, drop_units


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def documents(n=20, n_features=40):
    X = csr_array(random_array((n, n_features), density=0.2, dtype=np.float32, rng=np.random.default_rng(0)))
    X.sort_indices()
    X.data[X.indptr[3] : X.indptr[4]] = 0
    return X


def linear_like(layer):
    linear = nn.Linear(*layer.weight.shape)
    linear.load_state_dict({"weight": layer.weight.T.clone(), "bias": layer.bias.clone()})
    return linear


@pytest.mark.parametrize("dense", [False, True])
def test_values_and_gradients_are_those_of_linear_on_written_out_documents(dense):
    X = documents()
    layer = SparseLinear(40, 6, generator=generator())
    nn.init.normal_(layer.bias, generator=generator(1))
    linear = linear_like(layer)
    ours, theirs = layer(as_rows(X.toarray() if dense else X)), linear(torch.tensor(X.toarray()))
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn(ours.shape, generator=generator(2))
    (ours * weights).sum().backward()
    (theirs * weights).sum().backward()
    torch.testing.assert_close(layer.weight.grad, linear.weight.grad.T)
    torch.testing.assert_close(layer.bias.grad, linear.bias.grad)
    assert not layer.weight.grad.is_sparse


def test_document_without_words_gets_the_offset():
    layer = SparseLinear(5, 3, generator=generator())
    nn.init.normal_(layer.bias, generator=generator())
    values = layer(as_rows(csr_array((2, 5), dtype=np.float32)))
    torch.testing.assert_close(values, layer.bias.detach().expand(2, 3))


def test_initial_weights_are_those_of_glorot_and_come_from_the_generator():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    weights = SparseLinear(300, 200, generator=generator()).weight.detach()
    limit = np.sqrt(6 / 500)
    assert weights.abs().max() <= limit
    assert abs(float(weights.std()) - limit / np.sqrt(3)) < 0.01 * limit
    torch.testing.assert_close(weights, SparseLinear(300, 200, generator=generator()).weight.detach())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("n_layers", [0, 1, 2])
@pytest.mark.parametrize("dense", [False, True])
def test_encoder_is_the_composition_of_its_layers(n_layers, dense):
    X = documents()
    heads = {"one": 3, "other": 2}
    encoder = Encoder(
        40, heads, hidden=7, n_layers=n_layers, dropout=0.5, activation=nn.Tanh, generator=generator()
    )
    outputs = encoder(as_rows(X.toarray() if dense else X))
    values = torch.tensor(X.toarray())
    for layer in encoder.layers:
        values = torch.tanh(values @ layer.weight + layer.bias)
    assert len(encoder.layers) == n_layers
    for name, width in heads.items():
        head = encoder.heads[name]
        assert outputs[name].shape == (20, width)
        torch.testing.assert_close(outputs[name], values @ head.weight + head.bias)


def test_only_the_last_hidden_layer_is_dropped_from():
    X = as_rows(documents())
    encoder = Encoder(40, {"a": 2}, hidden=9, n_layers=2, dropout=0.5, generator=generator())
    values = X
    for layer in encoder.layers:
        values = torch.relu(layer(values))
    head = encoder.heads["a"]
    expected = drop_units(values, 0.5, generator(5)) @ head.weight + head.bias
    torch.testing.assert_close(encoder(X, generator(5))["a"], expected)


def test_dropped_units_keep_the_mean_and_the_global_random_state():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    dropped = drop_units(torch.ones(100_000), 0.25, generator())
    assert set(dropped.unique().tolist()) == {0.0, float(torch.tensor(1.0) / 0.75)}
    assert abs(float((dropped == 0).float().mean()) - 0.25) < 0.006
    assert torch.equal(torch.get_rng_state(), state)


def test_batch_normalisation_standardises_batches_and_averages_them_for_later():
    values = 3 + 2 * torch.randn(400, 5, generator=generator())
    normalisation = BatchNormalisation(5, 0.5)
    normalised = normalisation(values, training=True)
    torch.testing.assert_close(normalised.mean(0), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(normalised.std(0, correction=0), torch.full((5,), 0.5), atol=1e-4, rtol=0)
    for _ in range(300):
        normalisation(values, training=True)
    torch.testing.assert_close(normalisation(values, training=False), normalised, atol=4e-3, rtol=0)
    alone = torch.cat([normalisation(row[None], training=False) for row in values])
    torch.testing.assert_close(alone, normalisation(values, training=False))


def test_batch_of_one_is_normalised_by_the_averages():
    normalisation = BatchNormalisation(2, 1.0)
    row = torch.tensor([[2.0, -1.0]])
    torch.testing.assert_close(normalisation(row, training=True), row, atol=1e-4, rtol=0)
