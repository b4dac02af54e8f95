"""Restricted Boltzmann machines of binary units and of term counts, and a step of contrastive divergence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Rows
from hashbench.hashing.nn.layers import weighted_sums
from hashbench.hashing.nn.random_values import uniform

SMALLEST_FREQUENCY = 1e-6


class RBM(nn.Module):
    """A restricted Boltzmann machine of binary units, ``p(v, h) ~ exp(v.b + h.c + v W h)``.

    Args:
        n_visible: number of visible units.
        n_hidden: number of hidden units.
        std: standard deviation of the initial W, which is normal with mean 0. The initial biases are 0.
        generator: source of the initial W.

    Attributes:
        weight: W, shape (n_visible, n_hidden).
        visible_bias: b, shape (n_visible,).
        hidden_bias: c, shape (n_hidden,).
    """

    def __init__(self, n_visible: int, n_hidden: int, *, std: float = 0.01, generator: Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(std * torch.randn(n_visible, n_hidden, generator=generator))
        self.visible_bias = nn.Parameter(torch.zeros(n_visible))
        self.hidden_bias = nn.Parameter(torch.zeros(n_hidden))

    def forward(self, visible: Rows) -> Tensor:
        """Return the probabilities ``p(h = 1 | v)`` of n rows, shape (n, n_hidden)."""
        return torch.sigmoid(self.hidden_inputs(visible))

    def hidden_inputs(self, visible: Rows) -> Tensor:
        """Return ``v W + c``, shape (n, n_hidden)."""
        return product(visible, self.weight) + self.hidden_bias

    def visible_inputs(self, hidden: Tensor) -> Tensor:
        """Return ``W h + b``, shape (n, n_visible)."""
        return torch.addmm(self.visible_bias, hidden, self.weight.T)

    def expected_visible(self, hidden: Tensor, like: Rows) -> Tensor:  # noqa: ARG002
        """Return the expectation of v given h, shape (n, n_visible).

        Args:
            hidden: hidden units, shape (n, n_hidden).
            like: documents whose lengths the v have, for machines of term counts.
        """
        return torch.sigmoid(self.visible_inputs(hidden))

    def free_energy(self, visible: Rows) -> Tensor:
        """Return ``-ln sum_h exp(-E(v, h)) = -v.b - sum_j ln(1 + exp((v W + c)_j))``, shape (n,)."""
        linear = product(visible, self.visible_bias[:, None]).squeeze(1)
        return -linear - functional.softplus(self.hidden_inputs(visible)).sum(dim=1)


class CountRBM(RBM):
    """A machine whose visible units are the term counts of a document of given length N.

    The expected counts are ``N softmax(W h + b)``. They are those of a multinomial distribution for the
    replicated softmax (Hinton and Salakhutdinov 2009) and of Poisson ones for the constrained Poisson model.

    Args:
        mean: mean of the documents, shape (n_terms,). The initial b is the logarithm of the frequencies of
            the terms.
        n_hidden: number of hidden units.
        visible: "replicated_softmax" multiplies the hidden biases by N / N', where N' is the mean length;
            "constrained_poisson" does not.
        std: see ``RBM``, as ``generator``.
        generator: see there.
    """

    def __init__(
        self, mean: Tensor, n_hidden: int, *, visible: str, std: float = 0.01, generator: Generator
    ) -> None:
        super().__init__(len(mean), n_hidden, std=std, generator=generator)
        self.mean_length = float(mean.sum())
        self.replicated = visible == "replicated_softmax" and self.mean_length > 0
        frequencies = mean / self.mean_length if self.mean_length else mean
        with torch.no_grad():
            self.visible_bias.copy_((frequencies + SMALLEST_FREQUENCY).log())

    def hidden_inputs(self, visible: Rows) -> Tensor:
        """Return ``v W + c``, or ``v W + c N / N'``, shape (n, n_hidden)."""
        scale = row_sums(visible) / self.mean_length if self.replicated else 1.0
        return product(visible, self.weight) + scale * self.hidden_bias

    def expected_visible(self, hidden: Tensor, like: Rows) -> Tensor:
        """Return ``N softmax(W h + b)``, where N are the lengths of the documents ``like``."""
        return row_sums(like) * self.visible_inputs(hidden).softmax(dim=1)


class Downwards(nn.Module):
    """A machine from its hidden units to its visible ones."""

    def __init__(self, machine: RBM) -> None:
        super().__init__()
        self.machine = machine

    def forward(self, hidden: Tensor) -> Tensor:
        """Return the probabilities ``p(v = 1 | h)``, shape (n, n_visible)."""
        return torch.sigmoid(self.machine.visible_inputs(hidden))


def optimiser_of(machine: RBM, lr: float, weight_decay: float) -> torch.optim.SGD:
    """Return gradient descent on a machine, with weight decay on W, not on the biases."""
    biases = [machine.visible_bias, machine.hidden_bias]
    weights = [machine.weight]
    groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": weight_decay}, {"params": biases}]
    return torch.optim.SGD(groups, lr=lr)


def contrastive_step(
    machine: RBM, visible: Rows, optimiser: torch.optim.Optimizer, generator: Generator
) -> None:
    """Take a step of contrastive divergence with one Gibbs step (Hinton 2002).

    Hidden units h are drawn given the documents v, and v' is the expectation of the visible units given h.
    The step in W, ``v p(h | v) - v' p(h | v')``, is the gradient of ``F(v') - F(v)`` for the free energy F.

    Args:
        machine: the machine to be trained.
        visible: v, n rows.
        optimiser: updates the parameters of the machine.
        generator: source of h, on the CPU.

    Raises:
        HashbenchError: the difference is no longer finite.
    """
    with torch.no_grad():
        probabilities = machine(visible)
        hidden = (uniform(probabilities, generator) < probabilities).float()
        fantasy = machine.expected_visible(hidden, visible)
    difference = (machine.free_energy(visible) - machine.free_energy(fantasy)).mean()
    if not torch.isfinite(difference):
        raise HashbenchError("pre-training diverged: use a smaller word_lr or unit_lr")
    optimiser.zero_grad()
    difference.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def product(rows: Rows, table: Tensor) -> Tensor:
    """Return ``X T`` for sparse or dense rows X."""
    return rows @ table if isinstance(rows, Tensor) else weighted_sums(rows, table)


def row_sums(rows: Rows) -> Tensor:
    """Return the sum of each row, shape (n, 1)."""
    return (rows.sum(dim=1) if isinstance(rows, Tensor) else rows.row_sums())[:, None]


def mean_row(batches: Iterable[Rows], n: int) -> Tensor:
    """Return the mean of n rows that arrive in batches, shape (n_columns,)."""
    total = torch.zeros(())
    for rows in batches:
        if isinstance(rows, Tensor):
            total = total.to(rows.device) + rows.sum(dim=0)
        else:
            sums = rows.values.new_zeros(rows.n_columns)
            total = total.to(sums.device) + sums.index_add_(0, rows.columns, rows.values)
    return total / n


def scaled_rows(rows: Rows, length: float) -> Rows:
    """Return non-negative rows scaled so that each adds up to ``length``; empty rows stay empty."""
    sums = row_sums(rows)
    factors = torch.where(sums > 0, length / sums, 0.0)
    if isinstance(rows, Tensor):
        return rows * factors
    return replace(rows, values=rows.values * factors[rows.row_of_entry(), 0])
