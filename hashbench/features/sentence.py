"""Vectors of a pretrained sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from hashbench.features.checkpoint import POOLINGS, open_checkpoint
from hashbench.features.pretrained import Pretrained
from hashbench.ranges import Interval, OneOf, Whole


class Sentence(Pretrained):
    """Vectors that a pretrained transformer gives texts, float32 of shape (n, width).

    Any encoder that transformers or sentence-transformers can save will do, from a folder or by its name on
    the Hugging Face hub. Nothing is learned from the training documents.

    Source: Reimers and Gurevych (2019), Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks.

    Args:
        model: a folder, or a name on the Hugging Face hub.
        pooling: "mean" over the tokens, "cls" for the first one, or None for what the checkpoint says.
        max_length: number of tokens that a text is cut to; None takes what the checkpoint says.
        norm: Euclidean norm that rows are scaled to, for the reason given in ``Lsa``; None leaves them as the
            checkpoint gives them.
        batch_size: texts encoded at a time.
        device: "cpu", "cuda" or one GPU of several, "cuda:1".
        view_dropout: dropout rate of the two views.
        seed: seed of the dropout.
    """

    def __init__(
        self,
        model: str = "sentence-transformers/all-MiniLM-L6-v2",
        pooling: Annotated[str | None, OneOf(*POOLINGS)] = None,
        max_length: Annotated[int | None, Whole(1)] = None,
        norm: Annotated[float | None, Interval(0, open_low=True)] = 15.0,
        batch_size: int = 32,
        device: str = "cpu",
        view_dropout: float = 0.1,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.pooling = pooling
        self.max_length = max_length
        self.norm = norm
        self.batch_size = batch_size
        self.device = device
        self.view_dropout = view_dropout
        self.seed = seed

    def fit(self, texts: Sequence[str], y: Any = None) -> Self:  # noqa: ARG002
        """Load the checkpoint.

        Args:
            texts: not used.
            y: not used.

        Raises:
            HashbenchError: a parameter is out of range, the extra ``hashbench[sentence]`` is not installed,
                the checkpoint cannot be found or loaded, or pools in a way that is not supported, or there is
                no such device.
        """
        self.encoder_ = self._load(self.pooling)
        return self

    def _scaled(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.norm is None:
            return normalize(vectors) if open_checkpoint(self.model).normalise else vectors
        return normalize(vectors) * np.float32(self.norm)
