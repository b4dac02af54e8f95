"""The training loop: steps, clipping, schedules, divergence, early stopping."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch import nn

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Epoch, Measurement, Plan, Term, kept_epoch, train

PLAN = {
    "epochs": 1,
    "batch_size": 4,
    "lr": 0.1,
    "lr_schedule": "steps",
    "lr_decay_docs": 0,
    "grad_clip": 1e9,
    "patience": 100,
    "min_epochs": 0,
    "seed": 0,
}


def plan(**changes):
    return Plan(**{**PLAN, **changes})


class Weights(nn.Module):
    def __init__(self, *values):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(values))


def data(n=10):
    return TrainingData(csr_array(np.eye(n, 3, dtype=np.float32)))


def linear_loss(network, slopes):
    """A loss whose gradient with respect to the weights is ``slopes``."""
    return lambda batch, step: {
        "slope": Term((network.w * torch.tensor(slopes)).sum().expand(len(batch.rows)))
    }


def test_steps_are_those_of_adam_on_the_weighted_mean_of_the_terms():
    network = Weights(1.0, -2.0)
    target = torch.tensor([0.3, 0.7])

    def loss(batch, step):
        values = (network.w - target).square().sum().expand(len(batch.rows))
        return {"near": Term(values, 2.0), "small": Term(network.w.abs().sum().expand(len(batch.rows)), 0.5)}

    history = train(network, data(), loss, plan(epochs=3))
    w, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    losses = []
    for t in range(1, 10):
        losses.append(2 * ((w - target.numpy()) ** 2).sum() + 0.5 * np.abs(w).sum())
        gradient = 4 * (w - target.numpy()) + 0.5 * np.sign(w)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w = w - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(network.w.detach(), w, rtol=1e-4)
    assert [epoch.documents_seen for epoch in history] == [10, 20, 30]
    first = (4 * losses[0] + 4 * losses[1] + 2 * losses[2]) / 10
    assert history[0].loss == pytest.approx(first, rel=1e-5)
    assert set(history[0].terms) == {"near", "small"}


@pytest.mark.parametrize("batch_size", [1, 3, 10])
def test_losses_are_told_the_documents_seen(batch_size):
    network, seen = Weights(0.0), []

    def loss(batch, step):
        seen.append(step.documents_seen)
        return {"any": Term(network.w.square().expand(len(batch.rows)))}

    train(network, data(), loss, plan(epochs=2, batch_size=batch_size))
    starts = list(range(0, 10, batch_size))
    assert seen == starts + [10 + start for start in starts]


def test_documents_come_in_a_new_order_every_epoch_and_the_same_for_a_seed():
    def orders(seed):
        network, rows = Weights(0.0), []

        def loss(batch, step):
            rows.append(batch.rows)
            return {"any": Term(network.w.square().expand(len(batch.rows)))}

        train(network, data(), loss, plan(epochs=2, batch_size=10, seed=seed))
        return np.array(rows)

    first = orders(0)
    np.testing.assert_array_equal(np.sort(first, axis=1), [np.arange(10)] * 2)
    assert (first[0] != first[1]).any()
    np.testing.assert_array_equal(first, orders(0))
    assert (first != orders(1)).any()


def test_gradients_are_shortened_at_every_step(monkeypatch):
    network, norms = Weights(0.0, 0.0), []
    step = torch.optim.Adam.step

    def watching(self, *args, **kwargs):
        norms.append(float(network.w.grad.norm()))
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", watching)
    train(network, data(), linear_loss(network, [30.0, 40.0]), plan(epochs=2, grad_clip=5.0))
    np.testing.assert_allclose(norms, [5.0] * 6, rtol=1e-5)
    norms.clear()
    train(network, data(), linear_loss(network, [0.3, 0.4]), plan(grad_clip=5.0))
    np.testing.assert_allclose(norms, [0.5] * 3, rtol=1e-5)


def test_nothing_is_trained_without_an_epoch():
    network = Weights(1.0, 2.0)
    options = plan(epochs=0, averaging=6.0)
    assert train(network, data(), linear_loss(network, [1.0, 1.0]), options) == []
    assert network.w.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [("steps", [1, 1, 0.96, 0.96**2]), ("cosine", [1, (1 + np.cos(np.pi * 0.3)) / 2, 0.5, 0])],
)
def test_learning_rate_follows_its_schedule_in_documents(schedule, factors):
    rates = plan(lr=2.0, lr_schedule=schedule, lr_decay_docs=10, epochs=2)
    seen = [0, 6, 10, 20]
    np.testing.assert_allclose([rates.lr_after(k, 10) / 2 for k in seen], factors, atol=1e-12)


def test_divergence_says_what_to_change():
    network = Weights(1.0)

    def loss(batch, step):
        return {"logarithm": Term((network.w - 2).log().expand(len(batch.rows)))}

    with pytest.raises(HashbenchError, match=r"diverged in epoch 1.*logarithm nan.*smaller lr \(now 0.1\)"):
        train(network, data(), loss, plan())


def test_infinite_gradient_of_a_finite_loss_stops_as_well():
    network = Weights(0.0)

    def loss(batch, step):
        return {"root": Term(network.w.sqrt().expand(len(batch.rows)))}

    with pytest.raises(HashbenchError, match="gradient is not finite"):
        train(network, data(), loss, plan())
    assert float(network.w.detach()) == 0


def measured(precisions):
    return lambda number: Measurement(precisions[number - 1])


def test_best_weights_come_back_and_patience_ends_training():
    network, after = Weights(0.0), []

    def measure(number):
        after.append(float(network.w.detach()))
        return Measurement([0.1, 0.5, 0.5, 0.4, 0.2, 0.9][number - 1], {"number": number})

    history = train(network, data(), linear_loss(network, [1.0]), plan(epochs=6, patience=3), measure)
    assert len(history) == 5
    assert float(network.w.detach()) == after[1]
    assert [epoch.precision for epoch in history] == [0.1, 0.5, 0.5, 0.4, 0.2]
    assert history[-1].diagnostics == {"number": 5}


def test_training_does_not_end_before_the_least_number_of_epochs():
    network = Weights(0.0)
    precisions = [0.5, 0.1, 0.1, 0.1, 0.1, 0.1]
    loss = linear_loss(network, [1.0])
    history = train(network, data(), loss, plan(epochs=6, patience=1, min_epochs=4), measured(precisions))
    assert len(history) == 4


def test_without_measurements_the_last_weights_stay():
    network = Weights(0.0)
    history = train(network, data(), linear_loss(network, [1.0]), plan(epochs=4, patience=1))
    assert len(history) == 4
    assert float(network.w.detach()) == pytest.approx(-1.2, rel=1e-4)


@pytest.mark.parametrize(
    ("precisions", "number"),
    [
        ([0.1, 0.5, 0.5, 0.4], 2),
        ([None, 0.3, None, 0.4, None], 4),
        ([None, 0.0, None], 2),
        ([None, None, None], 3),
    ],
)
def test_the_epoch_kept_is_the_one_whose_weights_stay(precisions, number):
    network, after = Weights(0.0), []

    def measure(epoch):
        after.append(float(network.w.detach()))
        return Measurement(precisions[epoch - 1])

    history = train(network, data(), linear_loss(network, [1.0]), plan(epochs=len(precisions)), measure)
    kept = kept_epoch(history)
    assert isinstance(kept, Epoch)
    assert kept.number == number
    assert float(network.w.detach()) == after[number - 1]


def averages(weights, degree):
    """The averages after every step, from the weight of each step in each of them."""
    fractions = [(degree + 1) / (t + degree) for t in range(1, len(weights) + 1)]
    return [
        sum(fractions[k] * np.prod([1 - f for f in fractions[k + 1 : t]]) * weights[k] for k in range(t))
        for t in range(1, len(weights) + 1)
    ]


@pytest.mark.parametrize("degree", [0.5, 3.0, 8.0])
def test_averages_are_measured_and_kept_while_steps_go_on_from_the_weights(degree):
    network, measured = Weights(1.0), []

    def measure(number):
        measured.append(network.w.item())
        return Measurement()

    changes = {"epochs": 4, "averaging": degree}
    train(network, data(), linear_loss(network, [1.0]), plan(**changes), measure)
    steps = [1.0 - 0.1 * t for t in range(1, 13)]
    expected = averages(steps, degree)
    np.testing.assert_allclose(measured, expected[2::3], rtol=1e-5)
    assert network.w.item() == pytest.approx(expected[-1], rel=1e-5)


def test_the_average_of_the_best_epoch_comes_back():
    network, precisions = Weights(1.0), [0.2, 0.9, 0.4]
    train(
        network,
        data(),
        linear_loss(network, [1.0]),
        plan(epochs=3, averaging=2.0),
        lambda number: Measurement(precisions[number - 1]),
    )
    steps = [1.0 - 0.1 * t for t in range(1, 10)]
    assert network.w.item() == pytest.approx(averages(steps, 2.0)[5], rel=1e-5)


def test_a_high_degree_keeps_the_last_weights():
    network = Weights(1.0)
    train(network, data(), linear_loss(network, [1.0]), plan(averaging=1e9))
    assert network.w.item() == pytest.approx(0.7, abs=1e-6)


@pytest.mark.parametrize("degree", [0.0, 1e9])
def test_training_goes_on_from_adjusted_weights(degree):
    network = Weights(1.0)

    def adjust(number):
        network.w.data += 5 * (number == 1)

    loss = linear_loss(network, [1.0])
    train(network, data(), loss, plan(epochs=2, averaging=degree), adjust=adjust)
    assert network.w.item() == pytest.approx(1.0 + 5.0 - 0.6, abs=1e-5)
