"""A neural hasher, all but its modules and its loss."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.utils import check_random_state
from torch import Tensor, nn

from hashbench.codes import Codes
from hashbench.hashing.base import BLOCK_ROWS, Hasher
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, as_rows
from hashbench.hashing.nn.checks import (
    check_choice,
    check_not_negative,
    check_positive,
    check_whole,
    torch_device,
)
from hashbench.hashing.nn.epoch_selection import labelled_sample, precision_within, selection_depth
from hashbench.hashing.nn.trainer import LR_SCHEDULES, Measurement, Plan, Step, Term, train
from hashbench.hashing.projection import Matrix
from hashbench.hashing.thresholds import median_threshold

SAMPLE = 2048
"""Training documents that thresholds and diagnostics are taken from while training."""

VALIDATION_SHARE = 0.5
"""Most validation documents that are measured, as a share of the training documents."""

ACTIVE_SPREAD = 0.1
DEAD_SHARE = 0.02
SPARSE_SHARE = 0.5


@dataclass(eq=False, repr=False)
class NeuralHasher(Hasher):
    """A hasher that is trained by Adam: subclasses write ``_build``, ``_loss`` and ``_values``.

    A subclass is a dataclass with ``eq=False, repr=False``; its fields are its parameters. ``_build`` makes
    its modules, as attributes whose names end with an underscore, and all of them are trained.

    Where validation documents and labels are given, the weights are those of the epoch whose codes ranked
    them best: every validation document is a query to the others, and N is to their number what 100 is to
    the training documents, but at least 10. No label of a training document enters. Without them all epochs
    are trained and the last weights stay.

    Words that no training document has are left out. A dense matrix that is zero for the most part is
    treated as a sparse one. Nothing is drawn from a global random state.

    Args:
        n_bits: length of a code.
        epochs: most times that the training documents are gone through.
        batch_size: documents of a step.
        lr: learning rate of Adam.
        lr_schedule: "cosine" lets the learning rate fall to 0 over all epochs; "steps" multiplies it by 0.96
            after every ``lr_decay_docs`` documents.
        lr_decay_docs: see there; 0 for never.
        averaging: degree of the average of the weights of all steps, which is what is measured and kept, see
            ``hashbench.hashing.nn.trainer.AverageWeights``; 0 keeps the weights of the last step.
        grad_clip: largest norm of the gradient; longer ones are shortened to it.
        patience: epochs without better codes after which training stops.
        min_epochs: epochs before which it does not stop.
        eval_every: epochs from one measurement to the next.
        threshold: "zero", or "median" of the training documents.
        device: where it is trained, "cpu" or "cuda". A fitted hasher is on the CPU.
        random_state: seed.

    Attributes:
        history_: an ``Epoch`` a training epoch.
        words_: the features that are used, where some are left out, else None.
    """

    n_bits: int = 32
    _: KW_ONLY
    epochs: int = 30
    batch_size: int = 100
    lr: float = 1e-3
    lr_schedule: str = "cosine"
    lr_decay_docs: int = 1_000_000
    averaging: float = 0.0
    grad_clip: float = 10.0
    patience: int = 10
    min_epochs: int = 1
    eval_every: int = 1
    threshold: str = "zero"
    device: str = "cpu"
    random_state: int | RandomState | None = None

    validation = True

    @abstractmethod
    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        """Make the modules, on the CPU, with weights drawn from the generator."""

    @abstractmethod
    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        """Return the terms of the loss of a batch."""

    @abstractmethod
    def _values(self, documents: Rows) -> Tensor:
        """Return what the bits are cut from, without randomness, shape (n, n_bits)."""

    def _after_epoch(self, number: int, sample: Rows) -> None:
        """Do what has to be done between two epochs, with a sample of the training documents."""

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:  # noqa: ARG002
        """Return further facts about the model, from a sample of the training documents."""
        return {}

    def _fit(
        self,
        X: Matrix,
        *,
        y: csr_array | None = None,
        X_val: Matrix | None = None,
        y_val: csr_array | None = None,
        **inputs: Any,
    ) -> None:
        device = torch_device(self.device)
        seeds = [int(seed) for seed in check_random_state(self.random_state).randint(2**31 - 1, size=2)]
        X = self._choose_features(X)
        data = TrainingData(X, y, device)
        for name in self._modules():
            delattr(self, name)
        self._build(data, torch.Generator().manual_seed(seeds[0]))
        network = nn.ModuleDict(self._modules()).to(device)
        rows = np.sort(np.random.default_rng(seeds[1]).permutation(len(data))[:SAMPLE])
        sample = as_rows(X[rows], device)
        measure = self._measurement(sample, X_val, y_val, len(data), seeds[1], device)
        adjust = partial(self._after_epoch, sample=sample)
        self._train(network, data, seeds[1], measure, adjust, **inputs)
        network.cpu().requires_grad_(False)

    def _train(
        self,
        network: nn.Module,
        data: TrainingData,
        seed: int,
        measure: Callable[[int], Measurement],
        adjust: Callable[[int], None],
    ) -> None:
        """Train all modules and set ``history_``; a method of several stages has its own way.

        Extra inputs that the spec asks for arrive here by keyword.
        """
        self.history_ = train(network, data, self._loss, self._plan(seed), measure, adjust)

    def _measurement(
        self,
        sample: Rows,
        X_val: Matrix | None,
        y_val: csr_array | None,
        n_train: int,
        seed: int,
        device: torch.device,
    ) -> Callable[[int], Measurement]:
        """Return what measures the codes after an epoch, given its number."""
        validation = None
        if X_val is not None and y_val is not None:
            chosen = labelled_sample(y_val, max(SAMPLE, int(VALIDATION_SHARE * n_train)), seed)
            if len(chosen) > 1:
                validation = self._prepared(X_val[chosen]), y_val[chosen]

        def measure(number: int) -> Measurement:
            due = validation if number % self.eval_every == 0 else None
            return self._measure(sample, due, n_train, device)

        return measure

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        return self._computed(self._prepared(X), torch.device("cpu"))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("epochs", "batch_size", "eval_every"):
            check_whole(name, getattr(self, name), 1)
        for name in ("patience", "min_epochs", "lr_decay_docs"):
            check_whole(name, getattr(self, name), 0)
        check_positive("lr", self.lr)
        check_choice("lr_schedule", self.lr_schedule, LR_SCHEDULES)
        check_not_negative("averaging", self.averaging)
        check_positive("grad_clip", self.grad_clip)

    def _plan(self, seed: int) -> Plan:
        return Plan(
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            lr_schedule=self.lr_schedule,
            lr_decay_docs=self.lr_decay_docs,
            grad_clip=self.grad_clip,
            patience=self.patience,
            min_epochs=self.min_epochs,
            seed=seed,
            averaging=self.averaging,
        )

    def _modules(self) -> dict[str, nn.Module]:
        return {name: value for name, value in vars(self).items() if isinstance(value, nn.Module)}

    def _choose_features(self, X: Matrix) -> Matrix:
        """Decide, for good, whether documents are sparse and which words are used."""
        self.sparse_ = issparse(X) or np.count_nonzero(X) < SPARSE_SHARE * X.size
        self.words_ = None
        X = self._prepared(X)
        if issparse(X):
            words = np.unique(X.indices)
            if 0 < len(words) < X.shape[1]:
                self.words_ = words
        return self._prepared(X)

    def _prepared(self, X: Matrix) -> Matrix:
        if self.sparse_ and not issparse(X):
            X = csr_array(X)
        elif issparse(X) and not self.sparse_:
            X = X.toarray()
        return X if self.words_ is None else X[:, self.words_]

    def _computed(self, X: Matrix, device: torch.device) -> NDArray[np.float32]:
        with torch.inference_mode():
            values: NDArray[np.float32] = self._values(as_rows(X, device)).cpu().numpy()
        return values

    def _measure(
        self,
        sample: Rows,
        validation: tuple[Matrix, csr_array] | None,
        n_train: int,
        device: torch.device,
    ) -> Measurement:
        with torch.inference_mode():
            values = self._values(sample).cpu().numpy()
            further = self._diagnostics(sample)
        cut = median_threshold(values) if self.threshold == "median" else np.zeros(values.shape[1])
        shares = (values > cut).mean(axis=0)
        diagnostics = {
            "active_dimensions": float((values.std(axis=0) > ACTIVE_SPREAD).sum()),
            "dead_bits": float((np.minimum(shares, 1 - shares) < DEAD_SHARE).sum()),
            **further,
        }
        if validation is None:
            return Measurement(diagnostics=diagnostics)
        X_val, y_val = validation
        starts = range(0, X_val.shape[0], BLOCK_ROWS)
        blocks = [self._computed(X_val[start : start + BLOCK_ROWS], device) for start in starts]
        codes = Codes.pack(np.concatenate(blocks) > cut)
        n = selection_depth(len(codes), n_train)
        return Measurement(precision_within(codes, y_val, n, torch.get_num_threads()), diagnostics)
