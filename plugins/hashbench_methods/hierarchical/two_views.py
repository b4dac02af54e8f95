"""The base class of neural hashers of dense vectors with two views, trained in stages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from hashbench_methods.hierarchical.stages import Stage, train_in_stages
from numpy.typing import NDArray
from scipy.sparse import issparse
from torch import Tensor, nn
from torch.nn.functional import normalize

from hashbench.errors import HashbenchError
from hashbench.hashing.base import BLOCK_ROWS
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import drop_units
from hashbench.hashing.nn.trainer import Measurement
from hashbench.hashing.projection import Matrix
from hashbench.ranges import Interval

WIDEST_SPARSE = 4096
LEAST_NORM = 2.0

Views = NDArray[np.float32]


@dataclass(eq=False, repr=False)
class TwoViewHasher(NeuralHasher):
    """A neural hasher that reconstructs dense vectors, has two views of them, and is trained in stages.

    The views come from the featurizer. Where none are given, a view is the vector with dropout, drawn anew in
    every step.

    Args:
        norm: Euclidean norm that vectors are scaled to; None for no scaling.
        view_dropout: dropout rate of a view; not used where views are given.

    Attributes:
        stage_: the stage whose weights are kept.
    """

    norm: Annotated[float | None, Interval(0, open_low=True)] = 15.0
    view_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.1

    @abstractmethod
    def _stages(self, data: TrainingData, views: Views | None, seed: int) -> Sequence[Stage]:
        """Return the stages of training."""

    @abstractmethod
    def _between_epochs(self, data: TrainingData, seed: int) -> None:
        """Change the modules at the end of an epoch."""

    @abstractmethod
    def _conclude(self, data: TrainingData) -> None:
        """Store what is reported about the training documents."""

    def _train(
        self,
        network: nn.Module,
        data: TrainingData,
        seed: int,
        measure: Callable[[int], Measurement],
        adjust: Callable[[int], None],
        *,
        views: Views | None = None,
    ) -> None:
        expected = (len(data), 2, self.n_features_in_)
        if views is not None and views.shape != expected:
            raise HashbenchError(f"views have shape {views.shape}, expected {expected}")
        if views is not None and self.words_ is not None:
            views = views[:, :, self.words_]

        def adjust_all(number: int) -> None:
            adjust(number)
            self._between_epochs(data, seed)

        stages = self._stages(data, views, seed)
        self.history_, self.stage_, self.kept_epoch_ = train_in_stages(
            network, data, stages, measure, adjust_all
        )
        self._conclude(data)

    def _choose_features(self, X: Matrix) -> Matrix:
        X = super()._choose_features(X)
        self._check_vectors(X)
        return X

    def _seen(
        self, batch: Batch, n_views: int, views: Views | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return one or two views of n documents, shape (n_views * n, n_features), and what to reconstruct.

        All first views come before all second ones. The target is the vector itself or, where views are
        given, the first of them, shape (n, n_features).
        """
        if views is None:
            whole = self._vectors(batch.documents)
            return drop_units(whole.repeat(n_views, 1), self.view_dropout, generator), whole
        pairs = torch.tensor(views[batch.rows], device=generator.device)
        first, second = (self._scaled(pairs[:, view]) for view in range(2))
        return (first if n_views == 1 else torch.cat([first, second])), first

    def _vectors(self, documents: Rows) -> Tensor:
        return self._scaled(documents if isinstance(documents, Tensor) else documents.to_dense())

    def _scaled(self, vectors: Tensor) -> Tensor:
        return vectors if self.norm is None else self.norm * normalize(vectors)

    def _all_values(self, data: TrainingData) -> NDArray[np.float32]:
        """Return ``_values`` of all training documents, shape (n_train, n_bits)."""
        with torch.inference_mode():
            blocks = [
                self._values(block.documents) for block in data.batches(np.arange(len(data)), BLOCK_ROWS)
            ]
            values: NDArray[np.float32] = torch.cat(blocks).cpu().numpy()
        return values

    def _check_vectors(self, X: Matrix) -> None:
        """Refuse documents that the loss does not suit.

        The reconstruction error grows with the square of the norm, the divergence with the number of bits: on
        vectors of norm 1 the divergence dominates, and the codes collapse to a few.

        Raises:
            HashbenchError: wide sparse documents, or vectors of small norm.
        """
        name = type(self).__name__
        if issparse(X) and X.shape[1] > WIDEST_SPARSE:
            raise HashbenchError(
                f"{name} reconstructs dense vectors and was given sparse ones of {X.shape[1]} terms "
                f"(most: {WIDEST_SPARSE}): use the features `lsa`, or vectors of a sentence encoder"
            )
        squares = float((X.data**2).sum() if issparse(X) else np.einsum("ij,ij->", X, X, dtype=np.float64))
        norm = self.norm or (squares / X.shape[0]) ** 0.5
        if norm < LEAST_NORM:
            raise HashbenchError(
                f"{name}: the vectors have norm {norm:.3g}, which is too small for its loss: the codes would "
                "collapse into a few; set its parameter norm to 15"
            )
