"""DHIM: deep hash infomax on token vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from hashbench_methods.contrastive.convolutions import TokenConvolutions
from hashbench_methods.contrastive.infomax import Discriminator, jensen_shannon_information
from scipy.sparse import issparse
from torch import Tensor

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import SparseLinear
from hashbench.hashing.nn.sampling import straight_through_bits
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.hashing.projection import Matrix
from hashbench.ranges import Interval, OneOf, Whole

WINDOWS = 1, 3, 5


@dataclass(eq=False, repr=False, kw_only=True)
class DHIM(NeuralHasher):
    """Deep hash infomax (Ou et al. 2021).

    The row of a document holds vectors, one after another: first x, that of [CLS], and then those of its
    tokens, filled up with zeros. Convolutions over the tokens give a vector ``l_t`` a token, as long as a
    token vector, and ``g = mean_t l_t`` one a document. A linear layer P makes logits of x, g and l_t, and
    bits b are drawn with probabilities ``sigmoid(P(.) / alpha)``, trained straight through. The loss is

        -I(b_g, b_l) - regulariser_weight I(b_g, b_x)

    with Jensen-Shannon estimates of the mutual information of the code of a document and those of its tokens,
    and of the code and that of x, see ``jensen_shannon_information``. The pairs that do not belong together
    are those with other documents of the batch. Bit j of a code is 1 iff ``P(g)_j > 0``.

    Args:
        token_width: length of a token vector, 384 for the default encoder of the features ``tokens``.
        alpha: divisor of the logits in training.
        regulariser_weight: weight of the second information.
        scores: what the estimates are made of: "raw", scores of pairs, or "sigmoid", the sigmoid of them, as
            in the published code, which confines an estimate to between -2.01 and -1.01.

    The other parameters are those of ``NeuralHasher``.
    """

    epochs: int = 10
    batch_size: int = 64
    token_width: Annotated[int, Whole(1)] = 384
    alpha: Annotated[float, Interval(0, open_low=True)] = 0.3
    regulariser_weight: Annotated[float, Interval(0)] = 1.0
    scores: Annotated[str, OneOf("raw", "sigmoid")] = "raw"

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:  # noqa: ARG002
        width, n_windows = self.token_width, len(WINDOWS)
        filters = {window: (width + place) // n_windows for place, window in enumerate(WINDOWS)}
        filters = {window: n_filters for window, n_filters in filters.items() if n_filters}
        self.convolutions_ = TokenConvolutions(width, filters, generator=generator)
        self.projection_ = SparseLinear(width, self.n_bits, generator=generator)
        self.token_discriminator_ = Discriminator(self.n_bits, generator=generator)
        self.cls_discriminator_ = Discriminator(self.n_bits, generator=generator)

    def _loss(self, batch: Batch, step: Step) -> Mapping[str, Term]:
        x, local, present = self._features(batch.documents)
        n, n_tokens, width = local.shape
        g = mean_present(local, present)
        logits = self.projection_(torch.cat([g, x, local.reshape(-1, width)])) / self.alpha
        bits = straight_through_bits(logits, step.generator)
        b_g, b_x, b_l = bits[:n], bits[n : 2 * n], bits[2 * n :]
        of_tokens = self._scores(self.token_discriminator_(b_g, b_l)).view(n, n, n_tokens)
        of_cls = self._scores(self.cls_discriminator_(b_g, b_x)).view(n, n, 1)
        return {
            "tokens": Term(-jensen_shannon_information(of_tokens, present)),
            "cls": Term(
                -jensen_shannon_information(of_cls, torch.ones_like(present[:, :1])),
                self.regulariser_weight,
            ),
        }

    def _scores(self, scores: Tensor) -> Tensor:
        return scores if self.scores == "raw" else scores.sigmoid()

    def _features(self, documents: Rows) -> tuple[Tensor, Tensor, Tensor]:
        """Return x, l and which tokens n documents have: (n, width), (n, n_tokens, width), (n, n_tokens)."""
        rows = documents if isinstance(documents, Tensor) else documents.to_dense()
        vectors = rows.view(len(rows), -1, self.token_width)
        tokens = vectors[:, 1:]
        return vectors[:, 0], self.convolutions_(tokens), tokens.any(dim=2)

    def _values(self, documents: Rows) -> Tensor:
        _, local, present = self._features(documents)
        values: Tensor = self.projection_(mean_present(local, present))
        return values

    def _choose_features(self, X: Matrix) -> Matrix:
        if X.shape[1] % self.token_width or X.shape[1] == self.token_width:
            raise HashbenchError(
                f"DHIM reads vectors of [CLS] and of tokens, {self.token_width} values each, and was given "
                f"rows of {X.shape[1]} feature(s): use the features `tokens`, and set token_width to the "
                "width of their encoder"
            )
        self.sparse_ = np.bool_(issparse(X))
        self.words_ = None
        return X


def mean_present(local: Tensor, present: Tensor) -> Tensor:
    """Return the mean of the local vectors over the tokens that a document has, zeros for one without.

    Args:
        local: shape (n, n_tokens, width).
        present: bool of shape (n, n_tokens).
    """
    counts = present.sum(dim=1, keepdim=True).clamp_min(1)
    return (local * present.unsqueeze(2)).sum(dim=1) / counts
