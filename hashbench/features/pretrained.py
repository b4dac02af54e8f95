"""What featurizers with a pretrained transformer share."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from hashbench.features.checkpoint import checkpoint_fingerprint, missing_extra, open_checkpoint
from hashbench.ranges import Interval, Whole, check_parameters

if TYPE_CHECKING:
    from hashbench.features.encoder import TextEncoder


class FromCheckpoint(TransformerMixin, BaseEstimator, ABC):
    """A featurizer that reads texts with a transformer: subclasses write the rest of its methods.

    Attributes:
        encoder_: the fitted encoder.
    """

    model: str
    max_length: int | None
    batch_size: Annotated[int, Whole(1)]
    device: str
    encoder_: TextEncoder

    def fingerprint(self) -> str:
        """Return a hash of the files of the checkpoint.

        Raises:
            HashbenchError: see ``open_checkpoint``.
        """
        return checkpoint_fingerprint(open_checkpoint(self.model))

    def _load(self, pooling: str | None) -> TextEncoder:
        """Load the checkpoint, once the parameters are found to be in range; None pools as it says itself."""
        check_parameters(self)
        try:
            from hashbench.features.encoder import TextEncoder
        except ImportError as error:
            raise missing_extra(error) from error
        checkpoint = open_checkpoint(self.model)
        return TextEncoder(
            checkpoint,
            pooling=checkpoint.pooling if pooling is None else pooling,
            max_length=self.max_length,
            device=self.device,
        )


class Pretrained(FromCheckpoint):
    """One that gives each text a vector, and two views of it: subclasses write ``__init__`` and ``fit``."""

    view_dropout: Annotated[float, Interval(0, 1, open_low=True, open_high=True)]
    seed: Annotated[int, Whole(0, 2**32 - 1)]

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of n texts, float32 of shape (n, width); those of empty texts are all zeros."""
        check_is_fitted(self, "encoder_")
        return self._scaled(self.encoder_.encode(texts, self.batch_size))

    def inputs(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return two vectors of each of n texts, made with dropout on, as ``views`` of shape (n, 2, width).

        Raises:
            HashbenchError: the model has no dropout.
        """
        check_is_fitted(self, "encoder_")
        views = self.encoder_.views(texts, self.batch_size, dropout=self.view_dropout, seed=self.seed)
        return {"views": self._scaled(views.reshape(-1, self.encoder_.width)).reshape(views.shape)}

    def _scaled(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return vectors
