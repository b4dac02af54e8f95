"""Training in stages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import nn

from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.trainer import Epoch, Measurement, Plan, Step, Term, kept_epoch, train


@dataclass(frozen=True)
class Stage:
    """A stage of training, with its own Adam optimiser.

    Attributes:
        name: its name in reports.
        loss: see ``train``.
        plan: see ``train``.
        prepare: is called before it begins.
    """

    name: str
    loss: Callable[[Batch, Step], Mapping[str, Term]]
    plan: Plan
    prepare: Callable[[], None]


def train_in_stages(
    network: nn.Module,
    data: TrainingData,
    stages: Sequence[Stage],
    measure: Callable[[int], Measurement],
    adjust: Callable[[int], None] = lambda _: None,
) -> tuple[list[Epoch], str, Epoch]:
    """Train stage by stage, each from the best weights so far, and leave the network with the best of all.

    Without any measured precision each stage continues from the last weights, and those of the last stage
    are kept.

    Args:
        network: see ``train``.
        data: see ``train``.
        stages: in order, at least one.
        measure: see ``train``; epochs are counted from 1 in every stage.
        adjust: see ``train``.

    Returns:
        The history, with epochs numbered consecutively over all stages, and the name of the stage and the
        epoch whose weights are kept.
    """
    history: list[Epoch] = []
    stage_kept, epoch_kept, best = "", None, -math.inf
    for stage in stages:
        before = {name: value.clone() for name, value in network.state_dict().items()}
        stage.prepare()
        epochs = train(network, data, stage.loss, stage.plan, measure, adjust)
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
        if candidate.precision is not None and candidate.precision <= best:
            network.load_state_dict(before)
        else:
            stage_kept, epoch_kept = stage.name, candidate
            best = best if candidate.precision is None else candidate.precision
    assert epoch_kept is not None
    return history, stage_kept, epoch_kept
