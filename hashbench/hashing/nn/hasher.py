"""The base class of neural hashers: everything but the modules and the loss."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.utils import check_random_state
from torch import Tensor, nn

from hashbench.codes import Codes
from hashbench.hashing.base import BLOCK_ROWS, Hasher
from hashbench.hashing.fit_diagnostics import FitDiagnostics
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, as_rows
from hashbench.hashing.nn.device import torch_device
from hashbench.hashing.nn.epoch_selection import labelled_sample, precision_within, selection_depth
from hashbench.hashing.nn.options import TrainingOptions
from hashbench.hashing.nn.trainer import Epoch, Measurement, Plan, Step, Term, kept_epoch, train
from hashbench.hashing.projection import Matrix
from hashbench.hashing.thresholds import THRESHOLD_RULES, median_threshold
from hashbench.ranges import OneOf

SAMPLE = 2048
"""Number of training documents from which thresholds and diagnostics are computed during training."""

MAX_VALIDATION = 0.5
"""Largest number of validation documents that are measured, as a fraction of the training documents."""

ACTIVE_STD = 0.1
"""A dimension is active if its values have a larger standard deviation than this."""

DEAD_FRACTION = 0.02
"""A bit is dead if less than this fraction of the documents have the rarer of its two values."""

SPARSE_FRACTION = 0.5
"""A dense matrix with a smaller fraction of values other than 0 is treated as a sparse one."""


@dataclass(eq=False, repr=False)
class NeuralHasher(TrainingOptions, Hasher):
    """A hasher that is trained by Adam: subclasses write ``_build``, ``_loss`` and ``_values``.

    A subclass is a dataclass with ``eq=False, repr=False``; its fields are its parameters, and a subclass
    that only changes a default keeps the range declared here. ``_build`` makes its modules, as attributes
    whose names end with an underscore, and all of them are trained.

    With ``select_by="validation"`` the weights are those of the epoch with the highest precision at N on the
    labelled validation documents. Each of them is a query to the others, and N is 100 scaled to the size of
    the validation set, at least 10. No label of a training document is used. Where no validation labels are
    given, all epochs are trained and the last weights are kept, as with ``select_by="last"``.

    Features that no training document has are left out. A dense matrix that is mostly zeros is treated as a
    sparse one. Nothing is drawn from a global random state.

    Args:
        n_bits: length of a code.
        threshold: "zero", or "median" of the training documents.
        random_state: seed.

    The other parameters are those of ``TrainingOptions``.

    Attributes:
        history_: an ``Epoch`` a training epoch.
        kept_epoch_: the one of them whose weights are kept; None without any epoch, where the weights are the
            initial ones.
        words_: the features that are used, where some are left out, else None.
    """

    n_bits: int = 32
    _: KW_ONLY
    threshold: Annotated[str, OneOf(*THRESHOLD_RULES)] = "zero"
    random_state: int | RandomState | None = None

    validation = True

    @property
    def fit_diagnostics_(self) -> FitDiagnostics:
        """Which epoch was kept, how many were trained, and the loss and the diagnostics of the one kept."""
        kept, epochs = self.kept_epoch_, len(self.history_)
        if kept is None:
            return FitDiagnostics({"epochs": epochs})
        return FitDiagnostics({"epoch": kept.number, "epochs": epochs, "loss": kept.loss, **kept.diagnostics})

    @abstractmethod
    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        """Make the modules, on the CPU, with weights drawn from the generator."""

    @abstractmethod
    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        """Return the terms of the loss of a batch."""

    @abstractmethod
    def _values(self, documents: Rows) -> Tensor:
        """Return the values that the bits are thresholded from, without randomness, shape (n, n_bits)."""

    def _after_epoch(self, number: int, sample: Rows) -> None:
        """Change the modules between two epochs, given a sample of the training documents."""

    def _diagnostics(self, sample: Rows) -> Mapping[str, float]:  # noqa: ARG002
        """Return further diagnostics of the model, from a sample of the training documents."""
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
        """Train all modules, and set ``history_`` and ``kept_epoch_``.

        A method that is trained in stages overrides it. Extra inputs that the spec asks for are keywords.
        """
        self.history_ = train(network, data, self._loss, self._plan(seed), measure, adjust)
        self.kept_epoch_: Epoch | None = kept_epoch(self.history_) if self.history_ else None

    def _measurement(
        self,
        sample: Rows,
        X_val: Matrix | None,
        y_val: csr_array | None,
        n_train: int,
        seed: int,
        device: torch.device,
    ) -> Callable[[int], Measurement]:
        """Return the function that measures the codes after an epoch, given the number of the epoch."""
        validation = None
        if self.select_by == "validation" and X_val is not None and y_val is not None:
            chosen = labelled_sample(y_val, max(SAMPLE, int(MAX_VALIDATION * n_train)), seed)
            if len(chosen) > 1:
                validation = self._prepared(X_val[chosen]), y_val[chosen]

        def measure(number: int) -> Measurement:
            due = validation if number % self.eval_every == 0 else None
            return self._measure(sample, due, n_train, device)

        return measure

    def _embed(self, X: Matrix) -> NDArray[np.float32]:
        return self._computed(self._prepared(X), torch.device("cpu"))

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
        """Set whether documents are treated as sparse and which features are used, and apply both to X."""
        self.sparse_ = issparse(X) or np.count_nonzero(X) < SPARSE_FRACTION * X.size
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
        bits = values > cut
        ones = bits.mean(axis=0)
        diagnostics = {
            "active_dimensions": int((values.std(axis=0) > ACTIVE_STD).sum()),
            "dead_bits": int((np.minimum(ones, 1 - ones) < DEAD_FRACTION).sum()),
            "distinct_codes": len(np.unique(np.packbits(bits, axis=1), axis=0)),
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
