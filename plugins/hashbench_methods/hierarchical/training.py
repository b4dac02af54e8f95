"""The stages of training of HierHash, and k-means on the latent means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from hashbench_methods.hierarchical.parameters import HierHashParameters
from hashbench_methods.hierarchical.prototypes import Prototypes
from hashbench_methods.hierarchical.stages import Stage, nothing
from numpy.typing import NDArray
from torch import Tensor

from hashbench.hashing.base import BLOCK_ROWS
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.trainer import Plan, Step, Term

Loss = Callable[[Batch, Step], Mapping[str, Term]]


def training_stages(
    params: HierHashParameters,
    plan: Plan,
    loss: Loss,
    self_labelling_loss: Loss,
    place_prototypes: Callable[[], None],
) -> list[Stage]:
    """Return the stages (Zhang et al. 2024, section 4.2): "warm-up", "training" and "self-labelling".

    The first is only there with prototypes that are trained by gradients, the last with ``self_epochs``.

    Args:
        params: the parameters.
        plan: of the stage "training".
        loss: of the first two stages.
        self_labelling_loss: of the last one.
        place_prototypes: sets the prototypes by k-means.
    """
    every_epoch = place_prototypes if params.prototype_update == "kmeans_epoch" else nothing
    stages = [Stage("training", loss, plan, place_prototypes, every_epoch)]
    if params.prototype_update == "grad_reinit":
        epochs, selects = params.warmup_epochs, params.keep_stage == "best"
        warmup = replace(plan, epochs=epochs, patience=epochs)
        stages = [
            Stage("warm-up", loss, warmup, place_prototypes, selects=selects),
            Stage("training", loss, replace(plan, seed=plan.seed + 1), place_prototypes),
        ]
    if params.self_epochs:
        last = replace(
            plan,
            epochs=params.self_epochs,
            lr=params.self_lr,
            patience=params.self_patience,
            min_epochs=1,
            seed=plan.seed + 2,
        )
        stages.append(Stage("self-labelling", self_labelling_loss, last, after_epoch=every_epoch))
    return stages


def set_prototypes(
    prototypes: Prototypes | None, values: Callable[[Rows], Tensor], data: TrainingData, seed: int
) -> None:
    """Set the prototypes, where there are any, by k-means on the latent means of the training documents.

    Args:
        prototypes: of both levels; None with a Gaussian prior.
        values: returns the latent means of some documents.
        data: the training documents.
        seed: of k-means.
    """
    if prototypes is not None:
        prototypes.cluster(latent_means(values, data), seed)


def latent_means(values: Callable[[Rows], Tensor], data: TrainingData) -> NDArray[np.float32]:
    """Return the latent means of all training documents, shape (n_train, n_bits).

    Args:
        values: returns those of some documents.
        data: the training documents.
    """
    with torch.inference_mode():
        blocks = [values(block.documents) for block in data.batches(np.arange(len(data)), BLOCK_ROWS)]
        means: NDArray[np.float32] = torch.cat(blocks).cpu().numpy()
    return means
