"""SMASH: semantic hashing with relevance propagation, noisy copies and a memory of codes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import torch
from hashbench_methods.memory_based import losses
from hashbench_methods.memory_based.memory import CodeMemory
from hashbench_methods.memory_based.noise import keep_rate, stacked
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from torch import Tensor, nn

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, drop_words
from hashbench.hashing.nn.decoder import TARGETS, VectorDecoder, WordDecoder, reconstruction_target
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import Encoder, SparseLinear
from hashbench.hashing.nn.trainer import Epoch, Measurement, Step, Term, kept_epoch, train
from hashbench.hashing.projection import Matrix
from hashbench.ranges import Interval, OneOf, Unless, Whole

LONG_CODE = 128


@dataclass(eq=False, repr=False, kw_only=True)
class SMASH(NeuralHasher):
    """Memory-based semantic hashing that is robust to noise (He et al. 2023).

    An autoencoder without sampling. A document x has a long code ``l = tanh(g(x))`` of 128 values, and from
    it the short code ``z = tanh(W l + c)``; ``p(x | z)`` is a softmax over the terms, and a Gaussian of
    variance 1 for dense vectors. S noisy copies of each document, from which terms are dropped, have to give
    the document as well. The loss is

        R(x, z) + noise_weight sum_s e_s R(x, z_s)
        + relevance_weight (RP(z, l) + RP(z_s, l_s)) + balance_weight BB + decorrelation_weight BD

    with ``R = -ln p(x | z)``. ``e_s`` weights the copies by their similarity to the document, see
    ``copy_weights``. RP makes short codes as similar as long ones, see ``relevance_difference``. BB and BD
    balance and decorrelate the bits of a batch, most of all where those of the last documents are unbalanced
    and correlated, see ``bit_imbalance``, ``bit_correlation`` and ``CodeMemory``. Bit j is 1 iff z_j exceeds
    its median over the training documents.

    MASH, the method without noisy copies, has ``n_copies=0``.

    Args:
        hidden: width of the two hidden layers of the encoder.
        dropout: dropout rate of the second one.
        norm: Euclidean norm that dense vectors are scaled to. Sparse documents are not scaled.
        target: weight of each term in R, see ``hashbench.hashing.nn.decoder.reconstruction_target``.
        n_copies: S, number of noisy copies.
        sigma: amount of noise, see ``keep_rate``; the larger, the fewer terms are kept.
        noise_weight: weight of the reconstruction from copies. The published code divides by S.
        relevance_weight: weight of RP.
        balance_weight: weight of BB, which grows with the batch.
        decorrelation_weight: weight of BD.
        memory_fraction: fraction of an epoch for which a code stays in the memory, see ``CodeMemory``.
        balance_start: epochs that are trained without BB and BD.

    The other parameters are those of ``NeuralHasher``.
    """

    batch_size: int = 128
    threshold: str = "median"
    hidden: Annotated[int, Whole(1)] = 1000
    dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.1
    norm: Annotated[float, Interval(0, open_low=True)] = 15.0
    target: Annotated[str, OneOf(*TARGETS)] = "values"
    n_copies: Annotated[int, Whole(0)] = 3
    sigma: Annotated[float, Interval(0, 1, open_high=True), Unless("n_copies", 0)] = 0.3
    noise_weight: Annotated[float, Interval(0), Unless("n_copies", 0)] = 1.0
    relevance_weight: Annotated[float, Interval(0)] = 1.0
    balance_weight: Annotated[float, Interval(0)] = 0.005
    decorrelation_weight: Annotated[float, Interval(0)] = 0.001
    memory_fraction: Annotated[float, Interval(0, 1)] = 0.1
    balance_start: Annotated[int, Whole(0)] = 10

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        heads, width = {"long": LONG_CODE}, self.hidden
        self.encoder_ = Encoder(
            data.n_features, heads, hidden=width, dropout=self.dropout, generator=generator
        )
        self.shortening_ = SparseLinear(LONG_CODE, self.n_bits, generator=generator)
        kind: type[WordDecoder | VectorDecoder] = WordDecoder if data.sparse else VectorDecoder
        self.decoder_ = kind(
            data.document_shares() if data.sparse else data.mean(), self.n_bits, generator=generator
        )

    def _loss(self, batch: Batch, step: Step, memory: CodeMemory | None = None) -> Mapping[str, Term]:
        """Return the terms of the loss; without a memory BB and BD are not among them."""
        x, n = batch.documents, len(batch.rows)
        drop_rate = 1 - keep_rate(self.sigma)
        noisy = [drop_words(x, drop_rate, step.generator) for _ in range(self.n_copies)]
        long_codes = self.encoder_(stacked([x, *noisy]), step.generator)["long"].tanh()
        codes = self.shortening_(long_codes).tanh()
        errors = self._reconstruction_errors(codes, x)
        z, long = codes[:n], long_codes[:n]
        terms, relevance = {"reconstruction": Term(errors[0])}, losses.relevance_difference(z, long)
        if self.n_copies:
            weighted = losses.copy_weights(long, long_codes[n:]) * errors[1:]
            terms["noise"] = Term(weighted.sum(dim=0), self.noise_weight)
            relevance = relevance + losses.relevance_difference(codes[n:], long_codes[n:])
        terms["relevance"] = Term(relevance.expand(n), self.relevance_weight)
        if memory is not None:
            memory.store(torch.from_numpy(batch.rows), z)
            if memory.epoch >= self.balance_start:
                m = memory.active()
                terms["balance"] = Term(losses.bit_imbalance(z, m).expand(n), self.balance_weight)
                terms["decorrelation"] = Term(
                    losses.bit_correlation(z, m).expand(n), self.decorrelation_weight
                )
            memory.note_loss(sum(term.weight * float(term.values.detach().mean()) for term in terms.values()))
        return terms

    def _reconstruction_errors(self, codes: Tensor, documents: Rows) -> Tensor:
        """Return R of n documents and of their copies, shape (1 + n_copies, n)."""
        if isinstance(self.decoder_, WordDecoder):
            documents = reconstruction_target(documents, self.target)
        targets: Any = stacked([documents] * (1 + self.n_copies))
        errors: Tensor = self.decoder_.loss(codes, targets)
        return errors.view(-1, len(documents))

    def _values(self, documents: Rows) -> Tensor:
        """Return z before the hyperbolic tangent, which is 1 for large values and would make them equal."""
        short: Tensor = self.shortening_(self.encoder_(documents)["long"].tanh())
        return short

    def _train(
        self,
        network: nn.Module,
        data: TrainingData,
        seed: int,
        measure: Callable[[int], Measurement],
        adjust: Callable[[int], None],
    ) -> None:
        steps = math.ceil(len(data) / self.batch_size)
        memory = CodeMemory(len(data), self.n_bits, steps, self.memory_fraction, self.device)
        loss = partial(self._loss, memory=memory)
        self.history_ = train(network, data, loss, self._plan(seed), measure, adjust)
        self.kept_epoch_: Epoch | None = kept_epoch(self.history_)

    def _prepared(self, X: Matrix) -> Matrix:
        X = super()._prepared(X)
        return X if issparse(X) else self.norm * normalize(X)
