"""PairRec: hashing by pairwise reconstruction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import torch
from hashbench_methods.neighbourhood.graph import first_neighbours
from numpy.typing import NDArray
from torch import Tensor, nn

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.decoder import LinearDecoder, VectorDecoder, WordDecoder
from hashbench.hashing.nn.random_values import standard_normal
from hashbench.hashing.nn.reconstruction import ReconstructingHasher
from hashbench.hashing.nn.sampling import straight_through_bits
from hashbench.hashing.nn.schedules import linear_path
from hashbench.hashing.nn.trainer import Epoch, Measurement, Step, Term, kept_epoch, train
from hashbench.ranges import Interval, Unless, Whole

IMPORTANCES = (0.1, 1.0)
"""Range of the initial importances, as in the authors' code."""


@dataclass(eq=False, repr=False, kw_only=True)
class PairRec(ReconstructingHasher):
    """Unsupervised semantic hashing with pairwise reconstruction (Hansen et al. 2020).

    A Bernoulli autoencoder of pairs: a document x and one of its nearest neighbours x', drawn anew in every
    step. The codes of both have to reconstruct x, with the same decoder, so that documents with similar
    neighbours get similar codes::

        loss = -ln p(x | b + s e) - pair_weight ln p(x | b' + s e'),
        b ~ Bernoulli(sigmoid(a(x))),    b' ~ Bernoulli(sigmoid(a(x'))),    e, e' ~ N(0, 1)

    Every feature has a learnt importance, by which the input of the encoder and the weights of the decoder
    are multiplied. Bit j of a code is 1 iff ``a_j > 0``.

    Args:
        n_neighbours: number of nearest neighbours, by the cosine of the vectors that it is given.
        pair_weight: weight of the reconstruction from the neighbour.
        noise: s at the beginning of training.
        least_noise: s after ``noise_docs``.
        noise_docs: documents over which s changes linearly.

    The other parameters are those of ``ReconstructingHasher``.
    """

    n_neighbours: Annotated[int, Whole(1)] = 25
    pair_weight: Annotated[float, Interval(0)] = 1.0
    noise: Annotated[float, Interval(0)] = 0.0
    least_noise: Annotated[float, Interval(0), Unless("noise", 0)] = 0.0
    noise_docs: Annotated[int, Whole(0), Unless("noise", 0)] = 0

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        self._build_encoder(data, {}, generator)
        self._build_decoder(
            data, self.n_bits, generator, words=ImportantWordDecoder, vectors=ImportantVectorDecoder
        )
        start = torch.empty(data.n_features).uniform_(*IMPORTANCES, generator=generator)
        self.decoder_.importance = nn.Parameter(start)

    def _loss(
        self,
        batch: Batch,
        step: Step,
        data: TrainingData | None = None,
        neighbours: NDArray[np.int64] | None = None,
    ) -> Mapping[str, Term]:
        assert data is not None
        assert neighbours is not None
        others = data[drawn_neighbours(neighbours, batch.rows, step.generator)].documents
        own, pair = (self._decoded_bits(documents, step) for documents in (batch.documents, others))
        return {
            "reconstruction": Term(self._reconstruction(own, batch.documents)),
            "pair": Term(self._reconstruction(pair, batch.documents), self.pair_weight),
        }

    def _decoded_bits(self, documents: Rows, step: Step) -> Tensor:
        """Return bits drawn for documents, with noise, shape (n, n_bits)."""
        b = straight_through_bits(self._encode(documents, step)["logits"], step.generator)
        s = linear_path(step.documents_seen, self.noise_docs, first=self.noise, last=self.least_noise)
        return b + s * standard_normal(b, step.generator) if self.noise else b

    def _seen(self, documents: Rows, generator: torch.Generator | None) -> Rows:
        seen = super()._seen(documents, generator)
        importance = self.decoder_.get_parameter("importance")
        if isinstance(seen, Tensor):
            return seen * importance
        return seen.with_values(seen.values * importance[seen.columns.long()])

    def _train(
        self,
        network: nn.Module,
        data: TrainingData,
        seed: int,
        measure: Callable[[int], Measurement],
        adjust: Callable[[int], None],
        *,
        neighbours: NDArray[np.int64] | None = None,
    ) -> None:
        nearest = first_neighbours(neighbours, len(data), self.n_neighbours)
        loss = partial(self._loss, data=data, neighbours=nearest)
        self.history_ = train(network, data, loss, self._plan(seed), measure, adjust)
        self.kept_epoch_: Epoch | None = kept_epoch(self.history_)


def drawn_neighbours(
    neighbours: NDArray[np.int64], rows: NDArray[np.int64], generator: torch.Generator
) -> NDArray[np.int64]:
    """Draw one of the neighbours of each of some documents, int64 of shape (n,).

    Args:
        neighbours: of all documents, shape (n_train, k).
        rows: the documents, shape (n,).
        generator: source of randomness.
    """
    places = torch.randint(neighbours.shape[1], (len(rows),), generator=generator)
    return neighbours[rows, places.numpy()]


class ImportantFeatures(LinearDecoder):
    """A decoder whose weights are those of ``LinearDecoder`` times the importance of their feature.

    Attributes:
        importance: shape (n_features,).
    """

    importance: nn.Parameter

    def matrix(self) -> Tensor:
        """Return the weights, shape (n_features, n_bits)."""
        return super().matrix() * self.importance.unsqueeze(1)


class ImportantWordDecoder(ImportantFeatures, WordDecoder):
    """A decoder of sparse documents with the importance of terms."""


class ImportantVectorDecoder(ImportantFeatures, VectorDecoder):
    """A decoder of dense vectors with the importance of dimensions."""
