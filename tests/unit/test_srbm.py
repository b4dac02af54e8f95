"""Stacked restricted Boltzmann machines: the machines, the unrolled autoencoder, its noise and its codes."""

from __future__ import annotations

from itertools import pairwise, product

import hashbench_methods.classic.srbm
import numpy as np
import pytest
import torch
from hashbench_methods.classic.rbm import (
    RBM,
    CountRBM,
    contrastive_step,
    optimiser_of,
    row_sums,
    scaled_rows,
)
from hashbench_methods.classic.srbm import SRBM, most_frequent_terms
from scipy.sparse import csr_array
from scipy.special import expit, logit, logsumexp
from sklearn.base import clone

from hashbench.codes import Codes
from hashbench.hashing.nn.batches import Batch, TrainingData, as_rows
from hashbench.hashing.nn.epoch_selection import precision_within, selection_depth
from hashbench.hashing.nn.trainer import Step

CHEAP = {"hidden": 24, "pretrain_epochs": 8, "epochs": 8, "batch_size": 32, "word_lr": 0.02, "lr": 5e-3}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def documents(n=200, n_words=60, seed=0):
    """Return word counts of documents of four topics, and the topics."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(4, size=n)
    words = 1.0 + 12 * (np.arange(n_words) % 4 == np.arange(4)[:, None])
    shares = words / words.sum(axis=1, keepdims=True)
    counts = [rng.multinomial(rng.integers(10, 40), shares[topic]) for topic in topics]
    return csr_array(np.array(counts, dtype=np.float32)), topics


def prepared(hasher, X):
    """Return the hasher as it is between pre-training and fine-tuning, and the training documents."""
    hasher._choose_features(X)
    data = TrainingData(X)
    hasher._build(data, generator())
    return hasher, data


def hamming(codes):
    return (codes[:, None] != codes).mean(axis=2)


def arrays_of(machine):
    """Return W, b and c of a machine."""
    return tuple(p.detach().numpy() for p in (machine.weight, machine.visible_bias, machine.hidden_bias))


def exact_log_likelihood(machine, V):
    """Return the mean of ln p(v), the partition function summed over all states."""
    W, b, c = (
        p.detach().double().numpy() for p in (machine.weight, machine.visible_bias, machine.hidden_bias)
    )
    states = [np.array(list(product([0, 1], repeat=size))) for size in W.shape]
    energies = -(states[0] @ b)[:, None] - states[1] @ c - states[0] @ W @ states[1].T
    unnormalised = (V @ b)[:, None] + states[1] @ c + V @ W @ states[1].T
    return float(np.mean(logsumexp(unnormalised, axis=1)) - logsumexp(-energies))


def test_free_energy_sums_over_the_hidden_states():
    machine = RBM(6, 3, generator=generator())
    for parameter in machine.parameters():
        parameter.data.normal_(generator=generator(1))
    W, b, c = arrays_of(machine)
    V = np.random.default_rng(0).integers(2, size=(5, 6)).astype(np.float32)
    H = np.array(list(product([0, 1], repeat=3)))
    expected = -logsumexp((V @ b)[:, None] + H @ c + V @ W @ H.T, axis=1)
    np.testing.assert_allclose(machine.free_energy(torch.tensor(V)).detach(), expected, rtol=1e-5)


def test_contrastive_divergence_raises_the_exact_likelihood():
    rng = np.random.default_rng(0)
    half = rng.integers(2, size=(200, 1))
    V = (rng.random((200, 6)) < np.where(np.arange(6) < 3, 0.9 * half + 0.05, 0.95 - 0.9 * half)) * 1.0
    machine = RBM(6, 2, generator=generator())
    optimiser = optimiser_of(machine, 0.1, 2e-4)
    before = exact_log_likelihood(machine, V)
    source = generator()
    for _ in range(600):
        contrastive_step(machine, torch.tensor(V, dtype=torch.float32), optimiser, source)
    after = exact_log_likelihood(machine, V)
    independent = 6 * np.log(0.5)
    assert before == pytest.approx(independent, abs=0.05)
    assert after > independent + 1


def test_step_is_the_difference_of_correlations_of_documents_and_fantasies():
    machine = RBM(8, 3, generator=generator())
    machine.weight.data.mul_(50)
    V = torch.bernoulli(torch.full((20, 8), 0.4), generator=generator())
    old = machine.weight.detach().clone()
    hidden = machine(V).detach()
    states = (torch.rand(20, 3, generator=generator(5)) < hidden).float()
    fantasies = torch.sigmoid(states @ old.T)
    expected = (V.T @ hidden - fantasies.T @ machine(fantasies).detach()) / 20
    contrastive_step(machine, V, torch.optim.SGD(machine.parameters(), lr=1.0), generator(5))
    np.testing.assert_allclose(machine.weight.detach() - old, expected, atol=1e-5)


@pytest.mark.parametrize("visible", ["replicated_softmax", "constrained_poisson"])
@pytest.mark.parametrize("sparse", [True, False])
def test_expected_counts_add_up_to_the_length_of_each_document(visible, sparse):
    X, _ = documents()
    rows = as_rows(X if sparse else X.toarray())
    machine = CountRBM(torch.tensor(X.mean(axis=0)), 5, visible=visible, generator=generator())
    expected = machine.expected_visible(torch.rand(200, 5, generator=generator()), rows)
    np.testing.assert_allclose(expected.detach().sum(dim=1), X.sum(axis=1), rtol=1e-5)


def test_expected_counts_without_hidden_units_are_those_of_the_corpus():
    X, _ = documents()
    machine = CountRBM(torch.tensor(X.mean(axis=0)), 5, visible="constrained_poisson", generator=generator())
    expected = machine.expected_visible(torch.zeros(200, 5), as_rows(X)).detach()
    shares = X.sum(axis=0) / X.sum()
    np.testing.assert_allclose(expected, np.outer(X.sum(axis=1), shares), rtol=1e-3)


def test_hidden_biases_grow_with_the_length_in_the_replicated_softmax_alone():
    X, _ = documents()
    W = 0.1 * np.random.default_rng(0).standard_normal((60, 5)).astype(np.float32)
    c = np.linspace(-1, 1, 5, dtype=np.float32)
    N = X.sum(axis=1)[:, None]
    for visible, scale in [("replicated_softmax", N / N.mean()), ("constrained_poisson", 1)]:
        machine = CountRBM(torch.tensor(X.mean(axis=0)), 5, visible=visible, generator=generator())
        machine.weight.data, machine.hidden_bias.data = torch.tensor(W), torch.tensor(c)
        np.testing.assert_allclose(machine.hidden_inputs(as_rows(X)).detach(), X @ W + scale * c, atol=1e-4)


@pytest.mark.parametrize("sparse", [True, False])
def test_rows_are_scaled_to_a_length_and_empty_ones_stay_empty(sparse):
    X = np.array([[1, 3, 0], [0, 0, 0], [0, 0, 5]], dtype=np.float32)
    scaled = scaled_rows(as_rows(csr_array(X) if sparse else X), 8.0)
    dense = scaled.to_dense() if sparse else scaled
    np.testing.assert_allclose(dense, [[2, 6, 0], [0, 0, 0], [0, 0, 8]])
    np.testing.assert_allclose(row_sums(scaled), [[8], [0], [8]])


@pytest.mark.parametrize("visible", ["replicated_softmax", "constrained_poisson"])
def test_unrolled_autoencoder_is_the_stack_of_machines_before_fine_tuning(visible):
    X, _ = documents()
    hasher, _ = prepared(SRBM(8, visible=visible, document_length=0, **CHEAP), X)
    W, b, c = zip(*map(arrays_of, hasher.encoder_), strict=True)
    N = X.sum(axis=1)[:, None]
    units = expit(X @ W[0] + (N / N.mean() if visible == "replicated_softmax" else 1) * c[0])
    entering = expit(units @ W[1] + c[1]) @ W[2] + c[2]
    np.testing.assert_allclose(hasher._values(as_rows(X)).detach(), entering, atol=1e-4)
    down = expit(expit(expit(entering) @ W[2].T + b[2]) @ W[1].T + b[1]) @ W[0].T + b[0]
    down -= logsumexp(down, axis=1, keepdims=True)
    batch = Batch(as_rows(X), np.arange(200))
    hasher.noise_std = 0.0
    loss = hasher._loss(batch, Step(0, generator()))["reconstruction"].values.detach()
    np.testing.assert_allclose(loss, -((X / N) * down).sum(axis=1), atol=1e-4)


def test_decoder_has_weights_of_its_own():
    hasher, _ = prepared(SRBM(8, **CHEAP), documents()[0])
    up, down = hasher.encoder_[2].weight, hasher.decoder_[0].machine.weight
    np.testing.assert_array_equal(up.detach(), down.detach())
    assert up.data_ptr() != down.data_ptr()
    assert hasher.encoder_[0].weight.data_ptr() != hasher.word_decoder_.weight.data_ptr()


def test_noise_belongs_to_the_document_whatever_the_batch_and_is_redrawn_on_request():
    X, _ = documents()
    hasher, data = prepared(SRBM(8, **CHEAP), X)
    order = np.random.default_rng(1).permutation(200)
    noise = hasher._noise(data[np.arange(200)], Step(0, generator()))
    for start in (0, 50):
        rows = order[start : start + 50]
        np.testing.assert_array_equal(hasher._noise(data[rows], Step(9, generator(3))), noise[rows])
    assert noise.std() == pytest.approx(1, abs=0.1)
    hasher.noise = "resample"
    step = Step(0, generator())
    first, second = (hasher._noise(data[order], step) for _ in range(2))
    assert (first != second).all()


def test_noise_drives_code_units_to_be_on_or_off():
    X, _ = documents(400)

    def share_decided(noise_std):
        hasher = SRBM(8, noise_std=noise_std, random_state=0, **{**CHEAP, "epochs": 40, "lr": 0.02}).fit(X)
        return (np.abs(expit(hasher.embed(X)) - 0.5) > 0.4).mean()

    assert share_decided(4.0) > share_decided(0.0) + 0.2


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_codes_tell_topics_apart_whatever_the_scale_of_the_documents(scale):
    X, topics = documents(400)
    hasher = SRBM(16, random_state=0, **CHEAP).fit(scale * X[:300])
    distances = hamming(hasher.transform(scale * X[300:]))
    same = topics[300:, None] == topics[300:]
    np.fill_diagonal(same, False)
    assert distances[same].mean() < 0.5 * distances[topics[300:, None] != topics[300:]].mean()


def test_median_balances_the_bits():
    X, _ = documents()
    np.testing.assert_array_equal(SRBM(8, random_state=0, **CHEAP).fit_transform(X).sum(axis=0), 100)


def test_encoding_draws_no_noise():
    X, _ = documents()
    hasher = SRBM(8, random_state=0, **CHEAP).fit(X)
    np.testing.assert_array_equal(hasher.embed(X), hasher.embed(X))


def test_step_with_momentum_and_weight_decay_is_that_of_the_definition():
    machine = RBM(8, 3, generator=generator())
    machine.weight.data.mul_(50)
    V = torch.bernoulli(torch.full((20, 8), 0.4), generator=generator())
    optimiser = optimiser_of(machine, 0.3, weight_decay=0.01)
    for group in optimiser.param_groups:
        group["momentum"] = 0.7
    W, c, change_of_W, change_of_c = machine.weight.detach().clone(), torch.zeros(3), 0, 0
    for seed in range(3):
        hidden = torch.sigmoid(V @ W + c)
        states = (torch.rand(20, 3, generator=generator(seed)) < hidden).float()
        fantasies = machine.expected_visible(states, V).detach()
        hidden_of_fantasies = torch.sigmoid(fantasies @ W + c)
        change_of_W = 0.7 * change_of_W + (V.T @ hidden - fantasies.T @ hidden_of_fantasies) / 20 - 0.01 * W
        change_of_c = 0.7 * change_of_c + (hidden - hidden_of_fantasies).mean(dim=0)
        W, c = W + 0.3 * change_of_W, c + 0.3 * change_of_c
        contrastive_step(machine, V, optimiser, generator(seed))
        np.testing.assert_allclose(machine.weight.detach(), W, atol=1e-5)
        np.testing.assert_allclose(machine.hidden_bias.detach(), c, atol=1e-5)


def test_momentum_is_one_half_at_most_in_the_first_five_epochs(monkeypatch):
    found = []

    def step(machine, visible, optimiser, source):
        found.append({group["momentum"] for group in optimiser.param_groups})
        assert optimiser.param_groups[0]["weight_decay"] == 0.02

    monkeypatch.setattr(hashbench_methods.classic.srbm, "contrastive_step", step)
    for momentum, first in [(0.8, 0.5), (0.3, 0.3)]:
        found.clear()
        chosen = {**CHEAP, "pretrain_epochs": 7, "batch_size": 200, "hidden": []}
        prepared(SRBM(8, momentum=momentum, weight_decay=0.02, **chosen), documents()[0])
        assert found == 5 * [{first}] + 2 * [{momentum}]


def test_initial_weights_have_the_standard_deviation_asked_for():
    hasher, _ = prepared(SRBM(8, weight_std=0.1, **{**CHEAP, "pretrain_epochs": 0}), documents()[0])
    for machine in hasher.encoder_:
        assert machine.weight.detach().std() == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize("hidden", [[30, 12], [20], [14, 13, 12], []])
def test_hidden_layers_have_the_widths_of_the_list(hidden):
    X, _ = documents()
    hasher = SRBM(8, random_state=0, **{**CHEAP, "hidden": hidden}).fit(X)
    widths = [60, *hidden, 8]
    assert [machine.weight.shape for machine in hasher.encoder_] == list(pairwise(widths))
    assert [layer.machine.weight.shape for layer in hasher.decoder_] == list(pairwise(widths))[:0:-1]
    assert hasher.word_decoder_.weight.shape == (60, widths[1])
    assert hasher.transform(X).shape == (200, 8)


def test_two_equal_widths_are_one_number():
    X, _ = documents()
    one, two = (SRBM(8, random_state=0, **{**CHEAP, "hidden": hidden}).fit(X) for hidden in (24, [24, 24]))
    np.testing.assert_array_equal(one.embed(X), two.embed(X))


@pytest.mark.parametrize("activation", [0.1, 0.5, 0.93])
def test_numeric_threshold_cuts_the_activation_of_a_unit(activation):
    X, _ = documents()
    chosen = {"random_state": 0, **CHEAP}
    plain = SRBM(8, threshold="zero", **chosen).fit(X)
    cut = SRBM(8, threshold=activation, **chosen).fit(X)
    activations = expit(plain.embed(X))
    clear = np.abs(activations - activation) > 1e-4
    np.testing.assert_array_equal(cut.transform(X)[clear], (activations > activation)[clear])
    assert clear.mean() > 0.99
    np.testing.assert_allclose(expit(cut.embed(X) + logit(activation)), activations, atol=1e-5)


def test_epochs_are_selected_with_the_bits_of_the_numeric_threshold():
    X, topics = documents()
    hasher = SRBM(8, threshold=0.2, random_state=0, **CHEAP).fit(X[:150], X_val=X[150:], y_val=topics[150:])
    codes = Codes.pack(hasher.transform(X[150:]))
    labels = csr_array(topics[150:, None] == np.arange(4))
    n = selection_depth(50, 150)
    assert max(epoch.precision for epoch in hasher.history_) == precision_within(codes, labels, n, 1)


@pytest.mark.parametrize("sparse", [True, False])
def test_terms_of_highest_document_frequency_are_kept(sparse):
    X = np.array([[1, 0, 0, 9, 1], [1, 2, 0, 0, 1], [1, 1, 0, 0, 0]], dtype=np.float32)
    X = csr_array(X) if sparse else X
    assert most_frequent_terms(X, 1).tolist() == [0]
    assert most_frequent_terms(X, 2).tolist() == [0, 1]
    assert most_frequent_terms(X, 4).tolist() == [0, 1, 3, 4]


def test_other_words_than_the_kept_ones_do_not_matter():
    X, _ = documents()
    rare = csr_array(np.random.default_rng(0).random((200, 30)) < 0.02, dtype=np.float32)
    wide = csr_array(np.hstack([rare.toarray(), X.toarray()]))
    chosen = {"n_words": 60, "random_state": 0, **CHEAP}
    hasher = SRBM(8, **chosen).fit(wide)
    assert hasher.words_.tolist() == list(range(30, 90))
    np.testing.assert_array_equal(hasher.embed(wide), SRBM(8, **chosen).fit(X).embed(X))


def test_fits_of_equal_arguments_are_equal_to_the_last_bit():
    X, _ = documents()
    first = SRBM(8, random_state=3, **CHEAP).fit(X)
    again = clone(first)
    assert again.get_params() == first.get_params()
    np.testing.assert_array_equal(again.fit(X).embed(X), first.embed(X))


def test_diverging_machines_are_announced():
    with pytest.raises(ValueError, match="pre-training diverged: use a smaller word_lr or unit_lr"):
        SRBM(8, random_state=0, **{**CHEAP, "word_lr": 1e30}).fit(documents()[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"visible": "gaussian"}, "visible is one of replicated_softmax, constrained_poisson, got"),
        ({"noise": "none"}, "noise is one of fixed, resample, got 'none'"),
        ({"hidden": 0}, "hidden is a whole number from 1 on or a list of values, .*, got 0"),
        ({"hidden": [24, 0]}, r"hidden is a whole number from 1 on or a list of values, .*, got \[24, 0\]"),
        ({"n_words": -1}, "n_words is a whole number from 0 on, got -1"),
        ({"noise_std": -1}, "noise_std is a number at least 0, got -1"),
        ({"word_lr": 0}, "word_lr is a number above 0, got 0"),
        ({"momentum": 1}, "momentum is a number at least 0 and below 1, got 1"),
        ({"weight_decay": -0.1}, "weight_decay is a number at least 0, got -0.1"),
        ({"threshold": 1.0}, "threshold is one of zero, median or a number above 0 and below 1, got 1.0"),
        ({"threshold": "mean"}, "threshold is one of zero, median or a number above 0"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SRBM(8, **arguments).fit(documents()[0])
