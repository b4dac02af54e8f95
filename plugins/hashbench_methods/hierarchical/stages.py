"""Training in stages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import nn

from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.trainer import Epoch, Measurement, Plan, Step, Term, train


@dataclass(frozen=True)
class Stage:
    """A stage of training, with an Adam of its own.

    Attributes:
        name: what it is called in reports.
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
) -> tuple[list[Epoch], str]:
    """Train stage by stage, each from the best weights so far, and leave the network with the best of all.

    Without any measured precision each stage goes on from the last weights, and those of the last stage stay.

    Args:
        network: see ``train``.
        data: see ``train``.
        stages: in order.
        measure: see ``train``; epochs are counted from 1 in every stage.
        adjust: see ``train``.

    Returns:
        The history, with epochs numbered through, and the name of the stage that the weights are from.
    """
    history: list[Epoch] = []
    kept, best = "", -math.inf
    for stage in stages:
        before = {name: value.clone() for name, value in network.state_dict().items()}
        stage.prepare()
        epochs = train(network, data, stage.loss, stage.plan, measure, adjust)
        precision = max((epoch.precision for epoch in epochs if epoch.precision is not None), default=None)
        if precision is not None and precision <= best:
            network.load_state_dict(before)
        else:
            kept, best = stage.name, best if precision is None else precision
        done = len(history)
        history += [
            replace(
                epoch,
                number=done + epoch.number,
                documents_seen=done * len(data) + epoch.documents_seen,
            )
            for epoch in epochs
        ]
    return history, kept
