"""Labels in the loss of a variational hasher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from torch import Tensor

from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.labels import LabelHead, label_loss
from hashbench.hashing.nn.schedules import linear_path
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import Interval, Unless, Whole

if TYPE_CHECKING:
    from hashbench_methods.generative.autoencoder import VariationalHasher as _Base
else:
    _Base = object


@dataclass(eq=False, repr=False, kw_only=True)
class WithLabels(_Base):
    """Adds the loss of a classifier that predicts the labels from the latent code (equation 11).

    The input of the classifier is the sampled code, without noise.

    Args:
        label_weight: weight of its loss.
        label_warmup_docs: documents over which that weight rises from 0.
        classifier_hidden: width of its hidden layer; 0 for a linear classifier.
    """

    label_weight: Annotated[float, Interval(0)] = 100.0
    label_warmup_docs: Annotated[int, Whole(0), Unless("label_weight", 0)] = 0
    classifier_hidden: Annotated[int, Whole(0)] = 500

    supervised = True

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        super()._build(data, generator)
        self.classifier_ = LabelHead(
            self.n_bits, data.n_labels, hidden=self.classifier_hidden, generator=generator
        )

    def _further_terms(self, z: Tensor, batch: Batch, step: Step) -> Mapping[str, Term]:
        assert batch.labels is not None
        weight = self.label_weight * linear_path(step.documents_seen, self.label_warmup_docs)
        return {"labels": Term(label_loss(self.classifier_(z), batch.labels), weight)}
