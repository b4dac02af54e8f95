"""Semantic hashing with stacked restricted Boltzmann machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from math import log
from typing import Annotated, Any, cast

import numpy as np
import torch
from hashbench_methods.classic.rbm import (
    RBM,
    CountRBM,
    Downwards,
    contrastive_step,
    mean_row,
    optimiser_of,
    scaled_rows,
)
from numpy.typing import NDArray
from scipy.sparse import issparse
from torch import Generator, Tensor, nn

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.decoder import WordDecoder, reconstruction_target
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.hashing.projection import Matrix
from hashbench.progress import track
from hashbench.ranges import Either, Interval, ListOf, OneOf, Unless, Whole

FIRST_MOMENTUM = 0.5
FIRST_EPOCHS = 5
"""Epochs of pre-training with the first momentum."""


@dataclass(eq=False, repr=False)
class SRBM(NeuralHasher):
    """Semantic hashing with stacked restricted Boltzmann machines (Salakhutdinov and Hinton 2009).

    Training has two stages. Pre-training: a machine from terms to hidden units, one from these to the next
    hidden units and one to the code units are trained one after the other by contrastive divergence, each on
    the hidden probabilities of the one below. Fine-tuning: the stack is unrolled into an autoencoder, whose
    decoder starts with the transposed weights, and trained to predict the term frequencies of a document.
    Gaussian noise is added to the inputs of the code units, so that only units which are nearly on or off
    transmit information. Documents are encoded without noise.

    Documents may be scaled to a common length, so that tf-idf weights can be used as well as term counts.
    Features below 0 are treated as 0.

    Args:
        hidden: units of each of the two hidden layers, or a list with the units of each hidden layer, of any
            number.
        n_words: number of terms that are kept, those of highest document frequency; 0 for all.
        document_length: sum of the values of each document after scaling; 0 leaves documents as they are.
        visible: role of the document length in the first machine. "replicated_softmax": the biases of the
            hidden units are multiplied by it. "constrained_poisson": they are not. They are equivalent for
            documents of a common length.
        pretrain_epochs: epochs of pre-training of each machine; 0 leaves small random weights.
        word_lr: learning rate of the first machine.
        unit_lr: learning rate of the other machines.
        momentum: momentum of pre-training; 0.5 in the first five epochs, if that is less.
        weight_decay: weight decay of pre-training, not applied to the biases.
        weight_std: standard deviation of the initial weights.
        noise_std: standard deviation of the noise.
        noise: "fixed" draws it once for each training document, "resample" in each epoch.
        threshold: "median" or "zero" of the input of a code unit, or a number between 0 and 1: the activation
            above which a unit counts as 1. "zero" is an activation of 0.5. ``embed`` returns the inputs,
            minus that of the given activation.

    The other arguments and attributes are those of ``NeuralHasher``; they concern fine-tuning.

    Attributes:
        encoder_: the machines, from the terms to the code.
        decoder_: copies of all but the first, from the code to the first hidden layer.
        word_decoder_: from the first hidden layer to the terms.
    """

    _: KW_ONLY
    hidden: Annotated[int | Sequence[int], Either(Whole(1), ListOf(Whole(1)))] = 500
    n_words: Annotated[int, Whole(0)] = 5000
    document_length: Annotated[float, Interval(0)] = 100.0
    visible: Annotated[str, OneOf("replicated_softmax", "constrained_poisson")] = "replicated_softmax"
    pretrain_epochs: Annotated[int, Whole(0)] = 6
    word_lr: Annotated[float, Interval(0, open_low=True), Unless("pretrain_epochs", 0)] = 0.01
    unit_lr: Annotated[float, Interval(0, open_low=True), Unless("pretrain_epochs", 0)] = 0.05
    momentum: Annotated[float, Interval(0, 1, open_high=True), Unless("pretrain_epochs", 0)] = 0.9
    weight_decay: Annotated[float, Interval(0), Unless("pretrain_epochs", 0)] = 2e-4
    weight_std: Annotated[float, Interval(0)] = 0.01
    noise_std: Annotated[float, Interval(0)] = 4.0
    noise: Annotated[str, OneOf("fixed", "resample"), Unless("noise_std", 0)] = "fixed"
    lr: Annotated[float, Interval(0, open_low=True)] = 3e-3
    epochs: Annotated[int, Whole(1)] = 6
    threshold: Annotated[
        str | float, Either(OneOf("zero", "median"), Interval(0, 1, open_low=True, open_high=True))
    ] = "median"  # type: ignore[assignment]

    def _fit(self, X: Matrix, **labels: Any) -> None:
        super()._fit(X, **labels)
        del self._noise_of_documents

    def _choose_features(self, X: Matrix) -> Any:
        X = super()._choose_features(X)
        if not 0 < self.n_words < X.shape[1]:
            return X
        kept = most_frequent_terms(X, self.n_words)
        before = np.arange(X.shape[1]) if self.words_ is None else self.words_
        self.words_ = before[kept].astype(np.int32)
        return X[:, kept]

    def _build(self, data: TrainingData, generator: Generator) -> None:
        machines = self._pretrained_machines(data, generator)
        self.encoder_ = nn.ModuleList(machines)
        self.decoder_ = nn.Sequential(*(Downwards(deepcopy(machine)) for machine in machines[:0:-1]))
        width = machines[0].weight.shape[1]
        self.word_decoder_ = WordDecoder(data.document_shares(), width, generator=generator)
        with torch.no_grad():
            self.word_decoder_.weight.copy_(machines[0].weight)
            self.word_decoder_.bias.copy_(machines[0].visible_bias)
        self._noise_of_documents = torch.randn(len(data), self.n_bits, generator=generator)

    def _loss(self, batch: Batch, step: Step) -> dict[str, Term]:
        documents = self._counts(batch.documents)
        inputs = self._code_inputs(documents)
        units = torch.sigmoid(inputs + self.noise_std * self._noise(batch, step).to(inputs.device))
        loss = self.word_decoder_.loss(self.decoder_(units), scaled_rows(documents, 1.0))
        return {"reconstruction": Term(loss)}

    def _values(self, documents: Rows) -> Tensor:
        inputs = self._code_inputs(self._counts(documents))
        if isinstance(self.threshold, str):
            return inputs
        return inputs - log(self.threshold / (1 - self.threshold))

    def _find_threshold(self, X: Matrix) -> NDArray[np.float64]:
        if isinstance(self.threshold, str):
            return super()._find_threshold(X)
        return np.zeros(self._n_features_out)

    def _counts(self, documents: Rows) -> Rows:
        positive = reconstruction_target(documents, "values")
        return scaled_rows(positive, self.document_length) if self.document_length else positive

    def _code_inputs(self, counts: Rows) -> Tensor:
        """Return the inputs of the code units, shape (n, n_bits)."""
        *below, last = cast("list[RBM]", list(self.encoder_))
        return last.hidden_inputs(nn.Sequential(*below)(counts))

    def _noise(self, batch: Batch, step: Step) -> Tensor:
        if self.noise == "fixed":
            return self._noise_of_documents[torch.from_numpy(batch.rows)]
        return torch.randn(len(batch.rows), self.n_bits, generator=step.generator)

    def _pretrained_machines(self, data: TrainingData, generator: Generator) -> list[RBM]:
        def documents() -> Iterator[Rows]:
            order = torch.randperm(len(data), generator=generator).numpy()
            return (self._counts(batch.documents) for batch in data.batches(order, self.batch_size))

        mean = mean_row(documents(), len(data))
        hidden = list(self.hidden) if isinstance(self.hidden, Sequence) else [self.hidden] * 2
        first, *others = *hidden, self.n_bits
        machines: list[RBM] = [
            CountRBM(mean, first, visible=self.visible, std=self.weight_std, generator=generator),
            *(
                RBM(n_visible, n_hidden, std=self.weight_std, generator=generator)
                for n_visible, n_hidden in pairwise([first, *others])
            ),
        ]
        for k, machine in enumerate(machines):
            machine.to(mean.device)
            below = nn.Sequential(*machines[:k])
            optimiser = optimiser_of(machine, self.unit_lr if k else self.word_lr, self.weight_decay)
            for epoch in track(range(self.pretrain_epochs), f"Pre-training machine {k + 1}"):
                momentum = min(FIRST_MOMENTUM, self.momentum) if epoch < FIRST_EPOCHS else self.momentum
                for group in optimiser.param_groups:
                    group["momentum"] = momentum
                for counts in documents():
                    with torch.no_grad():
                        visible = below(counts)
                    contrastive_step(machine, visible, optimiser, generator)
        return machines


def most_frequent_terms(X: Matrix, n_terms: int) -> NDArray[np.intp]:
    """Return the terms of highest document frequency, ascending; of equally frequent ones, the first."""
    frequency = np.bincount(X.indices, minlength=X.shape[1]) if issparse(X) else (X > 0).sum(axis=0)
    return np.sort(np.argsort(-frequency, kind="stable")[:n_terms])
