"""The classifier on the code, and schedules."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hashbench.hashing.nn.labels import LabelHead, label_loss
from hashbench.hashing.nn.schedules import cosine_fall, linear_path, step_decay


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_classes_have_the_cross_entropy_of_the_softmax():
    scores, classes = torch.randn(5, 3, generator=generator()), torch.tensor([0, 2, 1, 1, 0])
    expected = [-scores[i].log_softmax(0)[c] for i, c in enumerate(classes)]
    torch.testing.assert_close(label_loss(scores, classes), torch.stack(expected))


def test_indicators_have_the_binary_cross_entropies_added_up():
    scores = torch.randn(2, 3, generator=generator())
    indicator = torch.tensor([[1.0, 0, 1], [0, 0, 0]])
    p = scores.sigmoid()
    expected = -(indicator * p.log() + (1 - indicator) * (1 - p).log()).sum(1)
    torch.testing.assert_close(label_loss(scores, indicator), expected)


@pytest.mark.parametrize(("hidden", "n_layers"), [(0, 1), (7, 3)])
def test_label_head_is_linear_or_has_one_hidden_layer(hidden, n_layers):
    head = LabelHead(4, 3, hidden=hidden, generator=generator())
    assert len(head.layers) == n_layers
    z = torch.randn(6, 4, generator=generator())
    first, last = head.layers[0], head.layers[-1]
    values = torch.relu(z @ first.weight + first.bias) if hidden else z
    torch.testing.assert_close(head(z), values @ last.weight + last.bias)


def test_linear_path():
    assert [linear_path(seen, 100) for seen in (0, 25, 100, 900)] == [0, 0.25, 1, 1]
    assert linear_path(0, 0) == 1
    assert linear_path(50, 100, first=1.0, last=0.5) == 0.75


def test_step_decay_is_a_staircase_in_documents():
    rates = [step_decay(seen, 1000, 0.96) for seen in (0, 999, 1000, 2500)]
    np.testing.assert_allclose(rates, [1, 1, 0.96, 0.96**2])
    assert step_decay(10**9, 0, 0.96) == 1


def test_cosine_fall():
    np.testing.assert_allclose(
        [cosine_fall(seen, 100) for seen in (0, 50, 100, 300)], [1, 0.5, 0, 0], atol=1e-12
    )
