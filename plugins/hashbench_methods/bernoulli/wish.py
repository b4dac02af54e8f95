"""WISH: few-bit hashing with implicit topic vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from hashbench.hashing.nn.batches import Batch, TrainingData
from hashbench.hashing.nn.divergences import bernoulli_kl
from hashbench.hashing.nn.reconstruction import ReconstructingHasher
from hashbench.hashing.nn.sampling import straight_through_bits
from hashbench.hashing.nn.schedules import linear_path
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.ranges import Interval, OneOf, Unless, Whole

LEAST_WIDTH = 100
TOPIC_STARTS = ("normal", "uniform")


@dataclass(eq=False, repr=False, kw_only=True)
class WISH(ReconstructingHasher):
    """Few-bit hashing with implicit topic vectors (Ye, Manotumruksa and Yilmaz 2020).

    A Bernoulli variational autoencoder, ``q(z_j = 1 | x) = sigmoid(a_j)``, whose bits do not predict the
    terms themselves: bit j adds row j of a matrix T of topic vectors, and their sum is decoded::

        loss = -ln p(x | z T) + kl_weight KL(q(z | x) || Bernoulli(1/2)) + topic_weight |T T' - I|^2

    The last term, a squared Frobenius norm, keeps the topics distinct. It can only be 0 if there are at
    least as many topic dimensions as bits. Bit j of a code is 1 iff ``a_j > 0``.

    Args:
        topic_width: dimensions of a topic vector; None for twice the number of bits, at least 100.
        topic_start: initial entries of T: "normal" of variance ``1 / topic_width``, so that the rows are near
            orthonormal, or "uniform" between 0 and 1 as in the authors' code.
        topic_weight: weight of the orthogonality of T.
        ste_scale: factor of the straight-through gradient, see
            ``hashbench.hashing.nn.sampling.straight_through_bits``.
        kl_weight: weight of the divergence.
        kl_warmup_docs: documents over which that weight rises from 0.

    The other parameters are those of ``ReconstructingHasher``.
    """

    topic_width: Annotated[int | None, Whole(1)] = None
    topic_start: Annotated[str, OneOf(*TOPIC_STARTS)] = "normal"
    topic_weight: Annotated[float, Interval(0)] = 1.0
    ste_scale: Annotated[float, Interval(0, open_low=True)] = 1.0
    kl_weight: Annotated[float, Interval(0)] = 0.1
    kl_warmup_docs: Annotated[int, Whole(0), Unless("kl_weight", 0)] = 0

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        width = self.topic_width or max(LEAST_WIDTH, 2 * self.n_bits)
        self._build_encoder(data, {}, generator)
        self.topics_ = Topics(self.n_bits, width, self.topic_start, generator)
        self._build_decoder(data, width, generator)

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        a = self._encode(batch.documents, step)["logits"]
        z = straight_through_bits(a, step.generator, ste_scale=self.ste_scale)
        kl_weight = self.kl_weight * linear_path(step.documents_seen, self.kl_warmup_docs)
        return {
            "reconstruction": Term(self._reconstruction(self.topics_(z), batch.documents)),
            "kl": Term(bernoulli_kl(a), kl_weight),
            "orthogonality": Term(self.topics_.penalty().expand(len(z)), self.topic_weight),
        }


class Topics(nn.Module):
    """The topic vectors of the bits.

    Args:
        n_bits: number of topics.
        width: dimensions of a topic vector.
        start: initial entries: "normal" of variance ``1 / width``, or "uniform" between 0 and 1.
        generator: source of them.

    Attributes:
        weight: T, shape (n_bits, width).
    """

    def __init__(self, n_bits: int, width: int, start: str, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_bits, width))
        if start == "uniform":
            nn.init.uniform_(self.weight, generator=generator)
        else:
            nn.init.normal_(self.weight, std=width**-0.5, generator=generator)

    def forward(self, z: Tensor) -> Tensor:
        """Return the sum of the topic vectors of the bits that are 1, ``z T`` of shape (n, width)."""
        return z @ self.weight

    def penalty(self) -> Tensor:
        """Return ``|T T' - I|^2``, the squared Frobenius norm, a scalar."""
        gram = self.weight @ self.weight.T
        return ((gram - torch.eye(len(gram), device=gram.device)) ** 2).sum()
