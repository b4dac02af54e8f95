"""The base class of variational hashers: encoder, latent code with a prior, and decoder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from hashbench_methods.generative.directions import itq_directions
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from torch import Tensor

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, drop_words
from hashbench.hashing.nn.decoder import TARGETS, VectorDecoder, WordDecoder, reconstruction_target
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import BatchNormalisation, Encoder, drop_units
from hashbench.hashing.nn.schedules import linear_path
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.hashing.projection import Matrix
from hashbench.ranges import Interval, OneOf, Unless, Whole

Heads = dict[str, Tensor]


@dataclass(eq=False, repr=False)
class VariationalHasher(NeuralHasher):
    """Minimises ``-E_q(z|x) ln p(x | z) + kl_weight KL(q(z | x) || p(z))``.

    The decoder p(x | z) is a softmax over the terms of sparse documents, and a Gaussian of variance 1 for
    dense vectors.

    Short codes lose precision in the first epochs and gain more afterwards. After too many epochs it
    overfits, the sooner the longer the code is: with validation labels training stops before, without them it
    depends on ``epochs``.

    Args:
        hidden: width of a hidden layer of the encoder.
        n_layers: number of its hidden layers; 0 for a linear encoder.
        dropout: dropout rate of its last hidden layer.
        word_dropout: fraction of the terms of a document that are dropped from the input of the encoder in
            training. All terms are reconstructed.
        start: initial weights of the decoder and of a linear encoder. "itq": the directions that iterative
            quantisation finds on the training documents. "random": drawn.
        target: weight of each term in the reconstruction loss: "binary", "scaled" or "values", see
            ``hashbench.hashing.nn.decoder.reconstruction_target``.
        target_power: exponent of the values of a document in the target "scaled".
        code_std: standard deviation, over a batch, to which batch normalisation brings the logits or latent
            means that the bits are thresholded from; None for no batch normalisation.
        norm: Euclidean norm that dense vectors are scaled to. Sparse documents are not scaled.
        decoder_std: standard deviation of the initial decoder weights; None for those of Glorot and Bengio.
        equal_norms: give all bits the same weight in the decoder, see ``hashbench.hashing.nn.decoder``.
        code_dropout: dropout rate of the latent code before the decoder.
        kl_weight: weight of the divergence.
        kl_warmup_docs: documents over which that weight rises from 0.

    The other parameters are those of ``NeuralHasher``.
    """

    epochs: int = 40
    batch_size: int = 256
    lr: float = 2e-3
    lr_schedule: str = "steps"
    lr_decay_docs: int = 0
    averaging: float = 6.0
    patience: int = 5
    min_epochs: int = 20
    hidden: Annotated[int, Whole(1), Unless("n_layers", 0)] = 500
    n_layers: Annotated[int, Whole(0)] = 1
    dropout: Annotated[float, Interval(0, 1, open_high=True), Unless("n_layers", 0)] = 0.5
    word_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.4
    start: Annotated[str, OneOf("itq", "random")] = "itq"
    target: Annotated[str, OneOf(*TARGETS)] = "scaled"
    target_power: Annotated[float, Interval(0, open_low=True), Unless("target", "binary", "values")] = 1.5
    norm: Annotated[float, Interval(0, open_low=True)] = 15.0
    code_std: Annotated[float | None, Interval(0, open_low=True)] = 1.0
    decoder_std: Annotated[float | None, Interval(0, open_low=True)] = 0.02
    equal_norms: Annotated[bool, OneOf(True, False)] = True
    code_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.1
    kl_weight: Annotated[float, Interval(0)] = 0.1
    kl_warmup_docs: Annotated[int, Whole(0), Unless("kl_weight", 0)] = 0

    posterior_heads: ClassVar[tuple[str, ...]]
    """The heads of the encoder for q(z | x); the bits are thresholded from the first."""

    def _further_heads(self) -> dict[str, int]:
        """Return the widths of the further heads of the encoder, by name."""
        return {}

    @abstractmethod
    def _posterior(self, heads: Heads) -> tuple[Tensor, ...]:
        """Return the parameters of q(z | x), shapes (n, n_bits)."""

    @abstractmethod
    def _sample(self, heads: Heads, step: Step) -> Tensor:
        """Draw the latent code of each document, shape (n, n_bits)."""

    @abstractmethod
    def _divergence(self, heads: Heads) -> Tensor:
        """Return the divergence of posterior and prior of each document, shape (n,)."""

    def _decoded(self, z: Tensor, heads: Heads, step: Step) -> Tensor:  # noqa: ARG002
        """Return the input of the decoder, before dropout."""
        return z

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        widths = dict.fromkeys(self.posterior_heads, self.n_bits) | self._further_heads()
        self.encoder_ = self._new_encoder(data, widths, generator)
        self.batch_normalisation_ = (
            None if self.code_std is None else BatchNormalisation(self.n_bits, self.code_std)
        )
        directions = None
        if self.start == "itq":
            directions = itq_directions(data, self.n_bits, generator)
        self.decoder_ = self._new_decoder(data, directions, generator)
        if directions is not None and not self.n_layers:
            self.encoder_.get_parameter(f"heads.{self.posterior_heads[0]}.weight").data.copy_(directions)

    def _new_decoder(
        self, data: TrainingData, directions: Tensor | None, generator: torch.Generator
    ) -> WordDecoder | VectorDecoder:
        kind: type[WordDecoder | VectorDecoder] = WordDecoder if data.sparse else VectorDecoder
        return kind(
            data.document_shares() if data.sparse else data.mean(),
            self.n_bits,
            std=self.decoder_std,
            equal_norms=self.equal_norms,
            directions=directions,
            generator=generator,
        )

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        heads = self._encode(drop_words(batch.documents, self.word_dropout, step.generator), step.generator)
        z = self._sample(heads, step)
        decoded = drop_units(self._decoded(z, heads, step), self.code_dropout, step.generator)
        kl_weight = self.kl_weight * linear_path(step.documents_seen, self.kl_warmup_docs)
        return {
            "reconstruction": Term(self._reconstruction_loss(decoded, batch.documents)),
            "kl": Term(self._divergence(heads), kl_weight),
            **self._further_terms(z, batch, step),
        }

    def _reconstruction_loss(self, decoded: Tensor, documents: Rows) -> Tensor:
        if isinstance(self.decoder_, VectorDecoder):
            assert isinstance(documents, Tensor)
            return self.decoder_.loss(decoded, documents)
        return self.decoder_.loss(decoded, reconstruction_target(documents, self.target, self.target_power))

    def _further_terms(self, z: Tensor, batch: Batch, step: Step) -> Mapping[str, Term]:  # noqa: ARG002
        return {}

    def _encode(self, documents: Rows, generator: torch.Generator | None = None) -> Heads:
        heads: Heads = self.encoder_(documents, generator)
        if self.batch_normalisation_ is not None:
            code = self.posterior_heads[0]
            heads[code] = self.batch_normalisation_(heads[code], training=generator is not None)
        return heads

    def _prepared(self, X: Matrix) -> Matrix:
        X = super()._prepared(X)
        return X if issparse(X) else self.norm * normalize(X)

    def _values(self, documents: Rows) -> Tensor:
        return VariationalHasher._encode(self, documents)[self.posterior_heads[0]]

    def _new_encoder(
        self, data: TrainingData, head_widths: Mapping[str, int], generator: torch.Generator
    ) -> Encoder:
        return Encoder(
            data.n_features,
            head_widths,
            hidden=self.hidden,
            n_layers=self.n_layers,
            dropout=self.dropout,
            generator=generator,
        )
