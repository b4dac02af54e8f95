"""AMMI: adversarial maximisation of the mutual information of documents and codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from hashbench_methods.adversarial.markov import MarkovPrior, window_probabilities
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from torch import Tensor, nn
from torch.nn.functional import softplus

from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, drop_words
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import SparseLinear
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.hashing.projection import Matrix
from hashbench.ranges import Interval, Unless, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class AMMI(NeuralHasher):
    """Learning discrete structured representations by adversarially maximising mutual information.

    Stratos and Wiseman (2020). Without a decoder: a linear encoder ``p(z_j = 1 | x) = sigmoid(a_j)`` of
    independent bits maximises ``I(x; z) = H(z) - H(z | x)``, with a weight on H(z). H(z | x) is a sum of
    entropies of bits. H(z) is at most the cross-entropy to any distribution q, and that of the Markov chain
    ``q(z) = prod_i q(z_i | z_i-r ... z_i-1)`` that comes nearest is taken for it::

        loss = H(z | x) - entropy_weight min_q H_q(z),    H_q(z) = -E_x E_p(z | x) ln q(z)

    Both are exact given the batch, nothing is sampled. In every step, q takes ``prior_steps`` steps of an
    Adam of its own before the encoder takes one. Bit j of a code is 1 iff ``a_j > 0``, the most probable z.

    Args:
        entropy_weight: weight of H(z).
        prior_order: r.
        prior_layers: None gives q by a table of logits; otherwise they are computed by a network with this
            many hidden layers from a learnt vector for each bit.
        prior_hidden: width of its layers and of those vectors.
        prior_steps: steps of q in each step of the encoder.
        weight_range: initial weights of the encoder and of q are uniform between minus and plus this.
        word_dropout: fraction of the terms of a document that are dropped from the input in training.
        norm: Euclidean norm that dense vectors are scaled to. Sparse documents are not scaled.

    The other parameters are those of ``NeuralHasher``.
    """

    epochs: int = 15
    lr: float = 0.01
    batch_size: int = 64
    select_by: str = "last"
    entropy_weight: Annotated[float, Interval(0)] = 2.0
    prior_order: Annotated[int, Whole(0, 8)] = 3
    prior_layers: Annotated[int | None, Whole(0)] = None
    prior_hidden: Annotated[int, Whole(1), Unless("prior_layers", None)] = 24
    prior_steps: Annotated[int, Whole(1)] = 4
    weight_range: Annotated[float, Interval(0, open_low=True)] = 0.5
    word_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.4
    norm: Annotated[float, Interval(0, open_low=True)] = 1.0

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        self.encoder_ = SparseLinear(
            data.n_features, self.n_bits, weight_range=self.weight_range, generator=generator
        )
        self.prior_ = MarkovPrior(
            self.n_bits,
            self.prior_order,
            n_layers=self.prior_layers,
            hidden=self.prior_hidden,
            weight_range=self.weight_range,
            generator=generator,
        )

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        a = self.encoder_(drop_words(batch.documents, self.word_dropout, step.generator))
        windows = window_probabilities(a.sigmoid(), self.prior_order)
        self._improve_prior(windows.detach().mean(dim=0))
        log_q = self.prior_().detach()
        return {
            "conditional_entropy": Term(bernoulli_entropy(a)),
            "entropy": Term(-(windows * log_q).sum(dim=(1, 2)), -self.entropy_weight),
        }

    def _improve_prior(self, windows: Tensor) -> None:
        """Take steps of q towards the smallest cross-entropy, given the windows of a batch."""
        weights = list(self.prior_.parameters())
        optimiser = torch.optim.Adam(weights, lr=self.lr, fused=True)
        for _ in range(self.prior_steps):
            optimiser.zero_grad()
            (-(windows * self.prior_()).sum()).backward()
            nn.utils.clip_grad_norm_(weights, self.grad_clip)
            optimiser.step()

    def _values(self, documents: Rows) -> Tensor:
        logits: Tensor = self.encoder_(documents)
        return logits

    def _prepared(self, X: Matrix) -> Matrix:
        X = super()._prepared(X)
        return X if issparse(X) else self.norm * normalize(X)


def bernoulli_entropy(logits: Tensor) -> Tensor:
    """Return the entropy of independent bits in nats, summed over bits, shape (n,).

    Args:
        logits: shape (n, n_bits).
    """
    return (softplus(logits) - logits.sigmoid() * logits).sum(dim=1)
