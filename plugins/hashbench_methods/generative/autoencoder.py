"""What the variational hashers share: encoder, decoder and label loss; each writes its own objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from hashbench_methods.generative.directions import itq_directions
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from torch import Tensor

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, drop_words
from hashbench.hashing.nn.decoder import TARGETS, VectorDecoder, WordDecoder, reconstruction_target
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.labels import LabelHead, label_loss
from hashbench.hashing.nn.layers import BatchNormalisation, Encoder, drop_units
from hashbench.hashing.nn.schedules import linear_path
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.hashing.projection import Matrix
from hashbench.ranges import Interval, OneOf, Unless, Whole

Heads = dict[str, Tensor]


@dataclass(eq=False, repr=False, kw_only=True)
class VariationalHasher(NeuralHasher):
    """Minimises ``-E_q(z|x) ln p(x | z) + kl_weight KL(q(z | x) || p(z))``, and with labels their loss.

    A method makes its modules in ``_build`` and writes its objective in ``_loss``. The decoder p(x | z) is a
    softmax over the terms of sparse documents, and a Gaussian of variance 1 for dense vectors.

    Short codes lose precision in the first epochs and gain more afterwards. After too many epochs it
    overfits, the sooner the longer the code is: with validation labels training stops before, without them it
    depends on ``epochs``.

    Args:
        supervised: add the loss of a classifier that predicts the labels from the latent code.
        label_weight: weight of its loss.
        label_warmup_docs: documents over which that weight rises from 0.
        classifier_hidden: width of its hidden layer; 0 for a linear classifier.
        hidden: width of a hidden layer of the encoder.
        n_layers: number of its hidden layers; 0 for a linear encoder.
        dropout: dropout rate of its last hidden layer.
        encoder_input: what the encoder of the code is given of a document: "values", or "binary" for 1 at
            each term that occurs.
        encoder_range: initial weights of the encoder are uniform between minus and plus this; None takes the
            range of Glorot and Bengio (2010).
        word_dropout: fraction of the terms of a document that are dropped from the input of the encoder in
            training. All terms are reconstructed.
        start: initial weights of the decoder and of a linear encoder. "itq": the directions that iterative
            quantisation finds on the training documents. "random": drawn.
        tied: the weights of the encoder of the bits are those of the decoder, trained together; for a linear
            encoder.
        target: weight of each term in the reconstruction loss: "binary", "scaled" or "values", see
            ``hashbench.hashing.nn.decoder.reconstruction_target``.
        target_power: exponent of the values of a document in the target "scaled".
        code_std: standard deviation, over a batch, to which batch normalisation brings the logits or latent
            means that the bits are thresholded from; None for no batch normalisation.
        norm: Euclidean norm that dense vectors are scaled to. Sparse documents are not scaled.
        decoder_std: standard deviation of the initial decoder weights; None for those of Glorot and Bengio.
        decoder_bias: initial bias of the decoder. "document_shares": the logarithms of the document
            frequencies, and for dense vectors their mean. "zero".
        equal_norms: give all bits the same weight in the decoder, see ``hashbench.hashing.nn.decoder``.
        code_dropout: dropout rate of the latent code before the decoder.
        kl_weight: weight of the divergence.
        kl_warmup_docs: documents over which that weight rises from 0.

    The other parameters are those of ``NeuralHasher``. ``epochs=0`` gives the codes of the initial weights.
    """

    epochs: Annotated[int, Whole(0)] = 40
    batch_size: int = 256
    lr: float = 2e-3
    lr_schedule: str = "steps"
    lr_decay_docs: int = 0
    averaging: float = 6.0
    patience: int = 5
    min_epochs: int = 20
    supervised: Annotated[bool, OneOf(False, True)] = False
    label_weight: Annotated[float, Interval(0), Unless("supervised", False)] = 100.0
    label_warmup_docs: Annotated[int, Whole(0), Unless("supervised", False), Unless("label_weight", 0)] = 0
    classifier_hidden: Annotated[int, Whole(0), Unless("supervised", False)] = 500
    hidden: Annotated[int, Whole(1), Unless("n_layers", 0)] = 500
    n_layers: Annotated[int, Whole(0)] = 1
    dropout: Annotated[float, Interval(0, 1, open_high=True), Unless("n_layers", 0)] = 0.5
    encoder_input: Annotated[str, OneOf("values", "binary")] = "values"
    encoder_range: Annotated[float | None, Interval(0, open_low=True)] = None
    word_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.4
    start: Annotated[str, OneOf("itq", "random")] = "itq"
    tied: Annotated[bool, OneOf(False, True)] = False
    target: Annotated[str, OneOf(*TARGETS)] = "scaled"
    target_power: Annotated[float, Interval(0, open_low=True), Unless("target", "binary", "values")] = 1.5
    norm: Annotated[float, Interval(0, open_low=True)] = 15.0
    code_std: Annotated[float | None, Interval(0, open_low=True)] = 1.0
    decoder_std: Annotated[float | None, Interval(0, open_low=True)] = 0.02
    decoder_bias: Annotated[str, OneOf("document_shares", "zero")] = "document_shares"
    equal_norms: Annotated[bool, OneOf(True, False)] = True
    code_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.1
    kl_weight: Annotated[float, Interval(0)] = 0.1
    kl_warmup_docs: Annotated[int, Whole(0), Unless("kl_weight", 0)] = 0

    code_head: ClassVar[str]
    """The head of the encoder that the bits are thresholded from."""

    def _build_autoencoder(
        self, data: TrainingData, widths: Mapping[str, int], generator: torch.Generator
    ) -> None:
        """Make the encoder, with heads of these widths, and the decoder."""
        self.encoder_ = self._new_encoder(data, widths, generator)
        self.batch_normalisation_ = (
            None if self.code_std is None else BatchNormalisation(self.n_bits, self.code_std)
        )
        directions = itq_directions(data, self.n_bits, generator) if self.start == "itq" else None
        kind: type[WordDecoder | VectorDecoder] = WordDecoder if data.sparse else VectorDecoder
        self.decoder_ = kind(
            data.document_shares() if data.sparse else data.mean(),
            self.n_bits,
            std=self.decoder_std,
            equal_norms=self.equal_norms,
            directions=directions,
            generator=generator,
        )
        if self.decoder_bias == "zero":
            self.decoder_.bias.data.zero_()
        if self.tied:
            self.encoder_.heads[self.code_head].register_parameter("weight", self.decoder_.weight)
        elif directions is not None and not self.n_layers:
            self.encoder_.get_parameter(f"heads.{self.code_head}.weight").data.copy_(directions)

    def _build_classifier(self, data: TrainingData, generator: torch.Generator) -> None:
        """Make the classifier of the labels, if there is one."""
        if self.supervised:
            self.classifier_ = LabelHead(
                self.n_bits, data.n_labels, hidden=self.classifier_hidden, generator=generator
            )

    def _new_encoder(
        self, data: TrainingData, widths: Mapping[str, int], generator: torch.Generator
    ) -> Encoder:
        return Encoder(
            data.n_features,
            widths,
            hidden=self.hidden,
            n_layers=self.n_layers,
            dropout=self.dropout,
            weight_range=self.encoder_range,
            generator=generator,
        )

    def _with_dropped_words(self, documents: Rows, step: Step) -> Rows:
        """Return what the encoders see of a batch in training."""
        return drop_words(documents, self.word_dropout, step.generator)

    def _encode(self, documents: Rows, generator: torch.Generator | None = None) -> Heads:
        """Return the outputs of the encoder by head; in training, a generator is the source of dropout."""
        if self.encoder_input == "binary":
            documents = reconstruction_target(documents, "binary")
        heads: Heads = self.encoder_(documents, generator)
        if self.batch_normalisation_ is not None:
            values = heads[self.code_head]
            heads[self.code_head] = self.batch_normalisation_(values, training=generator is not None)
        return heads

    def _reconstruction(self, z: Tensor, documents: Rows, step: Step) -> Term:
        """Return ``-ln p(x | z)`` of each document (equation 2), with dropout of z."""
        decoded = drop_units(z, self.code_dropout, step.generator)
        if isinstance(self.decoder_, VectorDecoder):
            assert isinstance(documents, Tensor)
            return Term(self.decoder_.loss(decoded, documents))
        target = reconstruction_target(documents, self.target, self.target_power)
        return Term(self.decoder_.loss(decoded, target))

    def _kl(self, values: Tensor, step: Step) -> Term:
        """Return a divergence of each document with its weight."""
        return Term(values, self.kl_weight * linear_path(step.documents_seen, self.kl_warmup_docs))

    def _label_terms(self, z: Tensor, batch: Batch, step: Step) -> dict[str, Term]:
        """Return the cross-entropy of the labels given z with its weight (equation 11), if there is one."""
        if not self.supervised:
            return {}
        assert batch.labels is not None
        weight = self.label_weight * linear_path(step.documents_seen, self.label_warmup_docs)
        return {"labels": Term(label_loss(self.classifier_(z), batch.labels), weight)}

    def _values(self, documents: Rows) -> Tensor:
        return VariationalHasher._encode(self, documents)[self.code_head]

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.tied and self.n_layers:
            raise HashbenchError("tied is for a linear encoder: set n_layers to 0")

    def _prepared(self, X: Matrix) -> Matrix:
        X = super()._prepared(X)
        return X if issparse(X) else self.norm * normalize(X)
