"""The training loop of neural hashers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.schedules import cosine_fall, step_decay
from hashbench.progress import track

LR_DECAY = 0.96


class Term(NamedTuple):
    """A term of the loss: its value for each document of a batch, shape (n,), and its weight."""

    values: Tensor
    weight: float = 1.0


class Step(NamedTuple):
    """The state of training: the documents seen so far, and the source of randomness, on the CPU."""

    documents_seen: int
    generator: torch.Generator


@dataclass(frozen=True)
class Measurement:
    """What is measured after an epoch.

    Attributes:
        precision: precision of the codes on the validation documents; None where it was not measured.
        diagnostics: numbers that describe the codes and the model, by name.
    """

    precision: float | None = None
    diagnostics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Epoch:
    """A line of a training history.

    Attributes:
        number: 1 for the first epoch.
        documents_seen: at the end of the epoch.
        loss: the weighted sum of its terms, mean over the documents of the epoch.
        terms: the terms without their weights, means as well, by name.
        precision: see ``Measurement``; None where nothing was measured.
        diagnostics: see ``Measurement``.
        seconds: wall time, the measurement included.
    """

    number: int
    documents_seen: int
    loss: float
    terms: Mapping[str, float]
    precision: float | None
    diagnostics: Mapping[str, float]
    seconds: float


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        epochs: largest number of epochs; 0 leaves the initial weights.
        batch_size: documents of a step.
        lr: learning rate of Adam.
        lr_schedule: "cosine" from lr to 0 over all epochs, or "steps".
        lr_decay_docs: documents after which "steps" multiplies the rate by 0.96; 0 for never.
        grad_clip: largest norm of the gradient of all weights; longer ones are shortened to it.
        patience: epochs without a better measurement after which training stops.
        min_epochs: epochs before which it does not stop.
        seed: of the order of the documents and of the samples of the loss.
        averaging: see ``AverageWeights``; 0 measures and keeps the weights of the last step instead.
    """

    epochs: int
    batch_size: int
    lr: float
    lr_schedule: str
    lr_decay_docs: int
    grad_clip: float
    patience: int
    min_epochs: int
    seed: int
    averaging: float = 0.0

    def lr_after(self, documents_seen: int, n_documents: int) -> float:
        """Return the learning rate after some documents, of a training set of ``n_documents``."""
        if self.lr_schedule == "cosine":
            return self.lr * cosine_fall(documents_seen, self.epochs * n_documents)
        return self.lr * step_decay(documents_seen, self.lr_decay_docs, LR_DECAY)


def train(
    network: nn.Module,
    data: TrainingData,
    loss: Callable[[Batch, Step], Mapping[str, Term]],
    plan: Plan,
    measure: Callable[[int], Measurement] = lambda _: Measurement(),
    adjust: Callable[[int], None] = lambda _: None,
) -> list[Epoch]:
    """Minimise a loss with Adam, and leave the network with the weights of the epoch of best precision.

    Where no precision is measured, all epochs are trained and the last weights are kept.

    Args:
        network: all modules that are trained, on the device of the batches.
        data: the training documents.
        loss: returns the terms of the loss of a batch.
        plan: how to train.
        measure: is called with the number of each epoch at its end, and must not change the weights. With
            averaging it sees the averages, and training continues from the weights.
        adjust: is called with that number before ``measure``, and may change the weights.

    Returns:
        The history.

    Raises:
        HashbenchError: the loss or its gradient is not finite any more.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=plan.lr, fused=True)
    generator = torch.Generator().manual_seed(plan.seed)
    shuffle = np.random.default_rng(plan.seed)
    average = AverageWeights(network, plan.averaging) if plan.averaging else None
    best = _BestWeights(network)
    history: list[Epoch] = []
    for number in track(range(1, plan.epochs + 1), "Training"):
        start = time.perf_counter()
        totals: dict[str, float] = {}
        seen = len(data) * (number - 1)
        for batch in data.batches(shuffle.permutation(len(data)), plan.batch_size):
            for group in optimiser.param_groups:
                group["lr"] = plan.lr_after(seen, len(data))
            terms = loss(batch, Step(seen, generator))
            _descend(network, optimiser, terms, plan, number, totals)
            if average:
                average.update()
            seen += len(batch.rows)
        adjust(number)
        with average.in_place() if average else nullcontext():
            measurement = measure(number)
            best.offer(number, measurement.precision)
        means = {name: total / len(data) for name, total in totals.items()}
        seconds = time.perf_counter() - start
        history.append(
            Epoch(
                number,
                seen,
                means.pop("loss"),
                means,
                measurement.precision,
                measurement.diagnostics,
                seconds,
            )
        )
        if number >= plan.min_epochs and best.age(number) >= plan.patience:
            break
    if average and history:
        average.swap()
    best.restore()
    return history


def kept_epoch(history: Sequence[Epoch]) -> Epoch:
    """Return the epoch whose weights ``train`` keeps: the first of highest precision, else the last.

    Args:
        history: at least one epoch.
    """
    precisions = [-math.inf if epoch.precision is None else epoch.precision for epoch in history]
    best = max(precisions)
    return history[-1] if best == -math.inf else history[precisions.index(best)]


def _descend(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    terms: Mapping[str, Term],
    plan: Plan,
    epoch: int,
    totals: dict[str, float],
) -> None:
    """Take a step, and add the loss and its terms, summed over documents, to the totals."""
    total = torch.stack([term.weight * term.values.mean() for term in terms.values()]).sum()
    optimiser.zero_grad()
    total.backward()  # type: ignore[no-untyped-call]
    norm = float(nn.utils.get_total_norm([p.grad for p in network.parameters() if p.grad is not None]))
    if norm > plan.grad_clip:
        nn.utils.clip_grads_with_norm_(network.parameters(), plan.grad_clip, torch.tensor(norm))
    n = len(next(iter(terms.values())).values)
    sums = {name: float(term.values.detach().sum()) for name, term in terms.items()}
    if not (math.isfinite(float(total.detach())) and math.isfinite(norm)):
        parts = ", ".join(f"{name} {value / n:.4g}" for name, value in sums.items())
        raise HashbenchError(
            f"training diverged in epoch {epoch}: the loss or its gradient is not finite ({parts}); "
            f"use a smaller lr (now {plan.lr:g}) or grad_clip (now {plan.grad_clip:g})"
        )
    optimiser.step()
    sums["loss"] = float(total.detach()) * n
    for name, value in sums.items():
        totals[name] = totals.get(name, 0.0) + value


class AverageWeights:
    """Polynomial-decay averaging of the weights of all steps (Shamir and Zhang 2013).

    After step t the average moves towards the weights by the fraction ``(degree + 1) / (t + degree)`` of the
    difference: it covers about the last ``1 / (degree + 1)`` of all steps.

    Args:
        network: what is trained.
        degree: above 0; the higher, the fewer steps are averaged.
    """

    def __init__(self, network: nn.Module, degree: float) -> None:
        self._weights = [weight for weight in network.parameters() if weight.requires_grad]
        self._averages = [torch.zeros_like(weight) for weight in self._weights]
        self._degree = degree
        self._steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights after another step into account."""
        self._steps += 1
        fraction = (self._degree + 1) / (self._steps + self._degree)
        for average, weight in zip(self._averages, self._weights, strict=True):
            average.lerp_(weight, fraction)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Use the averages as the weights, inside the block."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def swap(self) -> None:
        """Exchange the weights and the averages."""
        for index, weight in enumerate(self._weights):
            weight.data, self._averages[index] = self._averages[index], weight.data


class _BestWeights:
    """The weights of the epoch of highest precision, the earliest of equal ones."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._precision = -math.inf
        self._epoch = 0
        self._weights: dict[str, Tensor] | None = None

    def offer(self, epoch: int, precision: float | None) -> None:
        if precision is not None and precision > self._precision:
            self._precision, self._epoch = precision, epoch
            self._weights = {name: value.clone() for name, value in self._network.state_dict().items()}

    def age(self, epoch: int) -> float:
        return -math.inf if self._weights is None else epoch - self._epoch

    def restore(self) -> None:
        if self._weights is not None:
            self._network.load_state_dict(self._weights)
