"""[CLS] vectors of a transformer fine-tuned on the training documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from hashbench.features.pretrained import Pretrained
from hashbench.ranges import Interval, Whole


class SimCSE(Pretrained):
    """[CLS] vectors after unsupervised contrastive fine-tuning on the training texts, float32 (n, width).

    The vector is the last hidden state of the first token, before any pooling layer, not scaled. A
    checkpoint may have been trained with means over the tokens instead, such as all-MiniLM-L6-v2: on DBpedia
    its vectors from ``Sentence`` rank better.

    Source: Gao, Yao and Chen (2021), SimCSE: Simple Contrastive Learning of Sentence Embeddings, EMNLP.

    Args:
        model: checkpoint to start from, a folder or a name on the Hugging Face hub.
        epochs: times that training goes through all training texts.
        batch_size: texts in a step of training, and encoded at a time.
        learning_rate: learning rate of the first step.
        max_length: number of tokens that a text is cut to.
        temperature: divisor of the cosines in the loss.
        dropout: dropout rate of training.
        view_dropout: dropout rate of the two views.
        device: "cpu", "cuda" or one GPU of several, "cuda:1".
        seed: seed of the order of texts and of the dropout.

    Attributes:
        losses_: the loss of every step of training.
    """

    def __init__(
        self,
        model: str = "google-bert/bert-base-uncased",
        epochs: Annotated[int, Whole(1)] = 1,
        batch_size: int = 64,
        learning_rate: Annotated[float, Interval(0)] = 3e-5,
        max_length: Annotated[int, Whole(1)] = 128,
        temperature: Annotated[float, Interval(0, open_low=True)] = 0.05,
        dropout: Annotated[float, Interval(0, 1, open_low=True, open_high=True)] = 0.1,
        view_dropout: float = 0.1,
        device: str = "cpu",
        seed: int = 0,
    ) -> None:
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_length = max_length
        self.temperature = temperature
        self.dropout = dropout
        self.view_dropout = view_dropout
        self.device = device
        self.seed = seed

    def fit(self, texts: Sequence[str], y: Any = None) -> Self:  # noqa: ARG002
        """Load the checkpoint and fine-tune it.

        Args:
            texts: the training documents.
            y: not used.

        Raises:
            HashbenchError: a parameter is out of range, the extra ``hashbench[sentence]`` is not installed,
                the checkpoint cannot be found or loaded, it has no dropout, or there is no such device.
        """
        encoder = self._load("cls")
        from hashbench.features.contrastive import fine_tune

        self.losses_ = fine_tune(
            encoder,
            texts,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            temperature=self.temperature,
            dropout=self.dropout,
            seed=self.seed,
        )
        self.encoder_ = encoder
        return self
