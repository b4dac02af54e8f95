"""What variational hashers share: a decoder behind a latent code, and a prior on the code."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from hashbench_methods.generative.directions import itq_directions
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from torch import Tensor

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, drop_words
from hashbench.hashing.nn.checks import (
    check_choice,
    check_not_negative,
    check_positive,
    check_rate,
    check_whole,
)
from hashbench.hashing.nn.decoder import TARGETS, VectorDecoder, WordDecoder, reconstruction_target
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import Encoder, Normalisation, drop_units
from hashbench.hashing.nn.schedules import linear_path
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.hashing.projection import Matrix

Heads = dict[str, Tensor]

STARTS = ("itq", "random")


@dataclass(eq=False, repr=False)
class VariationalHasher(NeuralHasher):
    """Minimises ``-E_q(z|x) ln p(x | z) + kl_weight KL(q(z | x) || p(z))``.

    The decoder p(x | z) is a softmax over the words of sparse documents, and a Gaussian of variance 1 for
    dense vectors.

    Short codes lose precision in the first epochs and gain more afterwards. Trained for too long it overfits,
    the sooner the longer the code is. Validation documents end training in time; without them, choose
    ``epochs`` well.

    Args:
        hidden: width of a hidden layer of the encoder.
        n_layers: number of its hidden layers; 0 for a linear encoder.
        dropout: share of its last hidden layer that is dropped in training.
        word_dropout: share of the words of a document that the encoder does not see in training. All of them
            are reconstructed.
        start: where training starts. "itq": the columns of the decoder, and those of a linear encoder, point
            where iterative quantisation cuts the training documents. "random": they are drawn.
        target: how often each word counts in the reconstruction: "binary", "scaled" or "values", see
            ``hashbench.hashing.nn.decoder.reconstruction_target``.
        target_power: exponent of the values of a document in the target "scaled".
        code_std: standard deviation that the values behind each bit are brought to over a batch, and their
            mean to 0 (batch normalisation); None leaves them as they are.
        norm: Euclidean norm that dense vectors are scaled to. Sparse documents are used as they are.
        decoder_std: standard deviation of the initial decoder weights; None for those of Glorot and Bengio.
        equal_norms: give all bits the same weight in the decoder, see ``hashbench.hashing.nn.decoder``.
        code_dropout: share of the latent code that the decoder does not see in training.
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
    hidden: int = 500
    n_layers: int = 1
    dropout: float = 0.5
    word_dropout: float = 0.4
    start: str = "itq"
    target: str = "scaled"
    target_power: float = 1.5
    norm: float = 15.0
    code_std: float | None = 1.0
    decoder_std: float | None = 0.02
    equal_norms: bool = True
    code_dropout: float = 0.1
    kl_weight: float = 0.1
    kl_warmup_docs: int = 0

    posterior_heads: ClassVar[tuple[str, ...]]
    """What the encoder predicts of q(z | x); the bits are cut from the first."""

    def _further_heads(self) -> dict[str, int]:
        """Return what the encoder predicts beside q(z | x), by name, and the widths."""
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
        """Return what the decoder sees of the latent code."""
        return z

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        widths = dict.fromkeys(self.posterior_heads, self.n_bits) | self._further_heads()
        self.encoder_ = self._new_encoder(data, widths, generator)
        self.normalisation_ = None if self.code_std is None else Normalisation(self.n_bits, self.code_std)
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
        if self.normalisation_ is not None:
            code = self.posterior_heads[0]
            heads[code] = self.normalisation_(heads[code], training=generator is not None)
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

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_whole("hidden", self.hidden, 1)
        check_whole("n_layers", self.n_layers, 0)
        check_rate("dropout", self.dropout)
        check_rate("word_dropout", self.word_dropout)
        check_rate("code_dropout", self.code_dropout)
        check_choice("start", self.start, STARTS)
        check_choice("target", self.target, TARGETS)
        check_positive("target_power", self.target_power)
        check_positive("norm", self.norm)
        for name in ("code_std", "decoder_std"):
            if getattr(self, name) is not None:
                check_positive(name, getattr(self, name))
        check_not_negative("kl_weight", self.kl_weight)
        check_whole("kl_warmup_docs", self.kl_warmup_docs, 0)
