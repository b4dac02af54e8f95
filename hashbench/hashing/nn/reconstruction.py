"""A base class of neural hashers that reconstruct documents from their codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from torch import Tensor

from hashbench.hashing.nn.batches import Rows, TrainingData, drop_words
from hashbench.hashing.nn.decoder import (
    TARGETS,
    LinearDecoder,
    VectorDecoder,
    WordDecoder,
    reconstruction_target,
)
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import BatchNormalisation, Encoder
from hashbench.hashing.nn.trainer import Step
from hashbench.hashing.projection import Matrix
from hashbench.ranges import Interval, OneOf, Unless, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class ReconstructingHasher(NeuralHasher):
    """An encoder with a head "logits" that bits are thresholded from at 0, and a decoder of the documents.

    A method makes its modules in ``_build`` and writes its objective in ``_loss``. The decoder p(x | z) is a
    softmax over the terms of sparse documents, and a Gaussian of variance 1 for dense vectors.

    Args:
        hidden: width of a hidden layer of the encoder.
        n_layers: number of its hidden layers; 0 for a linear encoder.
        dropout: dropout rate of its last hidden layer.
        encoder_input: what the encoder is given of a document: "values", or "binary" for 1 at each term that
            occurs.
        encoder_range: initial weights of the encoder are uniform between minus and plus this; None takes the
            range of Glorot and Bengio (2010).
        word_dropout: fraction of the terms of a document that are dropped from the input of the encoder in
            training. All terms are reconstructed.
        target: weight of each term in the reconstruction loss: "binary", "scaled" or "values", see
            ``hashbench.hashing.nn.decoder.reconstruction_target``.
        target_power: exponent of the values of a document in the target "scaled".
        decoder_std: standard deviation of the initial decoder weights; None for those of Glorot and Bengio.
        norm: Euclidean norm that dense vectors are scaled to. Sparse documents are not scaled.
        code_std: standard deviation, over a batch, to which batch normalisation brings the logits; None for
            no batch normalisation.

    The other parameters are those of ``NeuralHasher``.
    """

    epochs: int = 15
    lr: float = 2e-3
    batch_size: int = 256
    select_by: str = "last"
    hidden: Annotated[int, Whole(1), Unless("n_layers", 0)] = 500
    n_layers: Annotated[int, Whole(0)] = 0
    dropout: Annotated[float, Interval(0, 1, open_high=True), Unless("n_layers", 0)] = 0.2
    encoder_input: Annotated[str, OneOf("values", "binary")] = "values"
    encoder_range: Annotated[float | None, Interval(0, open_low=True)] = None
    word_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.4
    target: Annotated[str, OneOf(*TARGETS)] = "scaled"
    target_power: Annotated[float, Interval(0, open_low=True), Unless("target", "binary", "values")] = 1.5
    decoder_std: Annotated[float | None, Interval(0, open_low=True)] = 0.02
    norm: Annotated[float, Interval(0, open_low=True)] = 15.0
    code_std: Annotated[float | None, Interval(0, open_low=True)] = 4.0

    def _build_encoder(
        self, data: TrainingData, heads: Mapping[str, int], generator: torch.Generator
    ) -> None:
        """Make the encoder, with heads of these widths beside "logits"."""
        self.encoder_ = Encoder(
            data.n_features,
            {"logits": self.n_bits, **heads},
            hidden=self.hidden,
            n_layers=self.n_layers,
            dropout=self.dropout,
            weight_range=self.encoder_range,
            generator=generator,
        )
        if self.code_std is not None:
            self.batch_normalisation_ = BatchNormalisation(self.n_bits, self.code_std)

    def _build_decoder(
        self,
        data: TrainingData,
        width: int,
        generator: torch.Generator,
        *,
        words: type[WordDecoder] = WordDecoder,
        vectors: type[VectorDecoder] = VectorDecoder,
    ) -> None:
        """Make the decoder of latent vectors of this width, of one class for words and one for vectors."""
        kind: type[LinearDecoder] = words if data.sparse else vectors
        start = data.document_shares() if data.sparse else data.mean()
        self.decoder_ = kind(start, width, std=self.decoder_std, generator=generator)

    def _encode(self, documents: Rows, step: Step | None = None) -> dict[str, Tensor]:
        """Return the outputs of the encoder by head, shapes (n, width); with dropout in a training step."""
        generator = None if step is None else step.generator
        heads: dict[str, Tensor] = self.encoder_(self._seen(documents, generator), generator)
        if self.code_std is not None:
            heads["logits"] = self.batch_normalisation_(heads["logits"], training=step is not None)
        return heads

    def _seen(self, documents: Rows, generator: torch.Generator | None) -> Rows:
        """Return what the encoder is given; a generator is the source of dropout of terms."""
        if self.encoder_input == "binary":
            documents = reconstruction_target(documents, "binary")
        return drop_words(documents, self.word_dropout, generator)

    def _reconstruction(self, z: Tensor, documents: Rows) -> Tensor:
        """Return ``-ln p(x | z)`` of each document, shape (n,)."""
        if isinstance(self.decoder_, VectorDecoder):
            assert isinstance(documents, Tensor)
            return self.decoder_.loss(z, documents)
        assert isinstance(self.decoder_, WordDecoder)
        return self.decoder_.loss(z, reconstruction_target(documents, self.target, self.target_power))

    def _values(self, documents: Rows) -> Tensor:
        return self._encode(documents)["logits"]

    def _prepared(self, X: Matrix) -> Matrix:
        X = super()._prepared(X)
        return X if issparse(X) else self.norm * normalize(X)
