"""How neural hashers are trained: the parameters that all of them have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from hashbench.ranges import Interval, OneOf, Unless, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class TrainingOptions:
    """The parameters of training; ``hashbench.hashing.nn.hasher.NeuralHasher`` says what they mean together.

    Args:
        epochs: largest number of passes over the training documents.
        batch_size: documents of a step.
        lr: learning rate of Adam.
        lr_schedule: "cosine" lets the learning rate fall to 0 over all epochs; "steps" multiplies it by 0.96
            after every ``lr_decay_docs`` documents.
        lr_decay_docs: see there; 0 for never.
        averaging: degree of the average of the weights of all steps, which is what is measured and kept, see
            ``hashbench.hashing.nn.trainer.AverageWeights``; 0 keeps the weights of the last step.
        grad_clip: largest norm of the gradient; longer ones are shortened to it.
        select_by: which weights are kept. "validation": those of the epoch with the best validation
            precision. "last": those after all ``epochs``; validation labels are never looked at.
        patience: epochs without better validation precision after which training stops.
        min_epochs: epochs before which it does not stop.
        eval_every: epochs from one measurement of the validation precision to the next.
        device: where it is trained, "cpu" or "cuda". A fitted hasher is on the CPU.
    """

    parameter_group: ClassVar[str] = "training"
    """The name under which ``hashbench list --parameters`` shows them."""

    epochs: Annotated[int, Whole(1)] = 30
    batch_size: Annotated[int, Whole(1)] = 100
    lr: Annotated[float, Interval(0, open_low=True)] = 1e-3
    lr_schedule: Annotated[str, OneOf("cosine", "steps")] = "cosine"
    lr_decay_docs: Annotated[int, Whole(0), Unless("lr_schedule", "cosine")] = 1_000_000
    averaging: Annotated[float, Interval(0)] = 0.0
    grad_clip: Annotated[float, Interval(0, open_low=True)] = 10.0
    select_by: Annotated[str, OneOf("validation", "last")] = "validation"
    patience: Annotated[int, Whole(0), Unless("select_by", "last")] = 10
    min_epochs: Annotated[int, Whole(0), Unless("select_by", "last")] = 1
    eval_every: Annotated[int, Whole(1), Unless("select_by", "last")] = 1
    device: str = "cpu"
