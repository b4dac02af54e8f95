"""Vectors of the tokens of a text from a pretrained sentence encoder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from hashbench.features.pretrained import FromCheckpoint
from hashbench.ranges import Whole

logger = logging.getLogger(__name__)


class Tokens(FromCheckpoint):
    """Last hidden states of the first tokens of texts, float32 of shape (n, max_length * width).

    A row holds the vectors of the tokens one after another, as the checkpoint gives them: that of [CLS],
    those of the text, and that of [SEP], filled up with zeros. Nothing is learned from the training
    documents.

    Args:
        model: a folder, or a name on the Hugging Face hub.
        max_length: number of tokens that a text is cut to, the special ones included.
        batch_size: texts encoded at a time.
        device: "cpu", "cuda" or one GPU of several, "cuda:1".
    """

    def __init__(
        self,
        model: str = "sentence-transformers/all-MiniLM-L6-v2",
        max_length: Annotated[int, Whole(3)] = 51,
        batch_size: int = 32,
        device: str = "cpu",
    ) -> None:
        self.model = model
        self.max_length = max_length
        self.batch_size = batch_size
        self.device = device

    def fit(self, texts: Sequence[str], y: Any = None) -> Self:  # noqa: ARG002
        """Load the checkpoint; texts and y are not used.

        Raises:
            HashbenchError: a parameter is out of range, the extra ``hashbench[sentence]`` is not installed,
                the checkpoint cannot be found or loaded, or there is no such device.
        """
        self.encoder_ = self._load("cls")
        return self

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of n texts; those of empty texts are all zeros.

        How much memory and disk they take is said before they are computed.
        """
        check_is_fitted(self, "encoder_")
        n, length = len(texts), self.encoder_.max_length
        n_bytes = 4 * n * length * self.encoder_.width
        logger.warning(
            f"vectors of {length} tokens of {n:,} documents: {n_bytes / 1e9:.2g} GB in memory and on disk; "
            "a smaller max_length makes it less"
        )
        return self.encoder_.token_vectors(texts, self.batch_size).reshape(n, -1)
