"""Training in stages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.trainer import Epoch, Measurement, Plan, Step, Term, kept_epoch, train


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Stage:
    """A stage of training, with its own Adam optimiser.

    Attributes:
        name: its name in reports.
        loss: see ``train``.
        plan: see ``train``.
        prepare: is called before it begins.
        after_epoch: is called after every epoch.
        selects: whether its epochs compete by validation precision; else its last weights are kept.
    """

    name: str
    loss: Callable[[Batch, Step], Mapping[str, Term]]
    plan: Plan
    prepare: Callable[[], None] = nothing
    after_epoch: Callable[[], None] = nothing
    selects: bool = True


def train_in_stages(
    network: nn.Module,
    data: TrainingData,
    stages: Sequence[Stage],
    measure: Callable[[int], Measurement],
    adjust: Callable[[int], None] = lambda _: None,
    *,
    keep: str = "best",
) -> tuple[list[Epoch], str, Epoch]:
    """Train stage by stage, each from the weights that are kept of those before it.

    Of a stage, the weights of the epoch with the best precision are kept, or those of its last epoch where no
    precision is measured.

    Args:
        network: see ``train``.
        data: see ``train``.
        stages: in order, at least one.
        measure: see ``train``; epochs are counted from 1 in every stage.
        adjust: see ``train``.
        keep: "best" undoes a stage that did not raise the precision; "last" keeps what it leaves.

    Returns:
        The history, with epochs numbered consecutively over all stages, and the name of the stage and the
        epoch whose weights are kept.
    """
    history: list[Epoch] = []
    stage_kept, epoch_kept, best = "", None, -math.inf
    for stage in stages:
        before = {name: value.clone() for name, value in network.state_dict().items()}
        stage.prepare()
        measured = measure if stage.selects else partial(_without_precision, measure)
        adjusted = partial(_adjusted, adjust, stage.after_epoch)
        epochs = train(network, data, stage.loss, stage.plan, measured, adjusted)
        done = len(history)
        history += [
            replace(
                epoch,
                number=done + epoch.number,
                documents_seen=done * len(data) + epoch.documents_seen,
            )
            for epoch in epochs
        ]
        candidate = kept_epoch(history[done:])
        if keep == "best" and candidate.precision is not None and candidate.precision <= best:
            network.load_state_dict(before)
        else:
            stage_kept, epoch_kept = stage.name, candidate
            best = best if candidate.precision is None else candidate.precision
    assert epoch_kept is not None
    return history, stage_kept, epoch_kept


def _without_precision(measure: Callable[[int], Measurement], number: int) -> Measurement:
    return replace(measure(number), precision=None)


def _adjusted(adjust: Callable[[int], None], after_epoch: Callable[[], None], number: int) -> None:
    adjust(number)
    after_epoch()
