"""Decoders of latent vectors: a softmax over terms, or a Gaussian for dense vectors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import normalize

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Rows

TARGETS = ("binary", "scaled", "values")
SMALLEST_FRACTION = 1e-6


def reconstruction_target(documents: Rows, mode: str, power: float = 1.0) -> Rows:
    """Return the weight of each term in the reconstruction loss of a document.

    The terms of a document are its features above 0. Features of 0 or less count as absent.

    Args:
        documents: n documents.
        mode: "binary": 1 for each distinct term. "scaled": powers of the values of the document, scaled so
            that their sum is the number of its distinct terms. "values": the values as they are, that is
            tf-idf weights or, where the documents are term counts, the counts of the multinomial likelihood.
        power: exponent of the values for "scaled".

    Raises:
        HashbenchError: the mode is unknown.
    """
    if mode not in TARGETS:
        raise HashbenchError(f"target is one of {', '.join(TARGETS)}, got {mode!r}")
    if isinstance(documents, Tensor):
        values = documents.clamp_min(0)
        present = (values > 0).to(values.dtype)
        if mode == "scaled":
            values = values**power
            return values * _scale(present.sum(1, keepdim=True), values.sum(1, keepdim=True))
        return present if mode == "binary" else values
    if mode == "values":
        return documents.with_values(documents.values.clamp_min(0))
    binary = documents.with_values((documents.values > 0).to(documents.values.dtype))
    if mode == "binary":
        return binary
    powers = documents.with_values(documents.values.clamp_min(0) ** power)
    scale = _scale(binary.row_sums(), powers.row_sums())
    return powers.with_values(powers.values * scale[powers.row_of_entry()])


def _scale(counts: Tensor, sums: Tensor) -> Tensor:
    return torch.where(sums > 0, counts / sums, 0.0)


class LinearDecoder(nn.Module):
    """``z E' + b``.

    With ``equal_norms`` the columns of E, one a bit, share one learnt norm s: ``E_j = s D_j / |D_j|``. Then
    all bits have the same influence on the reconstruction, as they have on Hamming distance.

    Args:
        bias: initial b, shape (n_features,).
        n_bits: length of z.
        std: standard deviation of the normal initial entries of E; None takes the uniform ones of Glorot and
            Bengio (2010).
        equal_norms: give all columns of E the same norm.
        directions: initial directions of the columns of E, shape (n_features, n_bits); their norm is the mean
            norm of the columns drawn. None keeps the columns drawn.
        generator: source of the initial weights.

    Attributes:
        weight: E, or with ``equal_norms`` D, shape (n_features, n_bits).
        log_norm: logarithm of s, with ``equal_norms``, else None.
        bias: b, shape (n_features,).
    """

    def __init__(
        self,
        bias: Tensor,
        n_bits: int,
        *,
        std: float | None = None,
        equal_norms: bool = False,
        directions: Tensor | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(len(bias), n_bits))
        self.bias = nn.Parameter(bias)
        if std is None:
            nn.init.xavier_uniform_(self.weight, generator=generator)
        else:
            nn.init.normal_(self.weight, std=std, generator=generator)
        norm = self.weight.detach().norm(dim=0).mean()
        if directions is not None:
            self.weight.data.copy_(norm * normalize(directions, dim=0))
        self.log_norm = nn.Parameter(norm.log()) if equal_norms else None

    def matrix(self) -> Tensor:
        """Return E, shape (n_features, n_bits)."""
        if self.log_norm is None:
            return self.weight
        return self.weight * (self.log_norm.exp() / self.weight.norm(dim=0))

    def forward(self, z: Tensor) -> Tensor:
        """Return ``z E' + b`` of n documents, shape (n, n_features)."""
        return torch.addmm(self.bias, z, self.matrix().T)


class VectorDecoder(LinearDecoder):
    """``p(x | z) = N(z E' + b, I)`` for dense vectors; b starts at their mean.

    The arguments and attributes are those of ``LinearDecoder``.
    """

    def loss(self, z: Tensor, target: Tensor) -> Tensor:
        """Return ``|x - (z E' + b)|^2 / 2``, that is ``-ln p(x | z)`` up to a constant, shape (n,).

        Args:
            z: latent vectors, shape (n, n_bits).
            target: x, shape (n, n_features).
        """
        return ((target - self(z)) ** 2).sum(dim=1) / 2


class WordDecoder(LinearDecoder):
    """``p(w | z) = softmax(z E' + b)_w`` (Dong et al. 2019, equation 2).

    Args:
        document_shares: fraction of the training documents that contain each term, shape (n_features,). b
            starts at its logarithm.
        n_bits: see ``LinearDecoder``, as the others.
        std: see there.
        equal_norms: see there.
        directions: see there.
        generator: see there.

    The attributes are those of ``LinearDecoder``.
    """

    def __init__(
        self,
        document_shares: Tensor,
        n_bits: int,
        *,
        std: float | None = None,
        equal_norms: bool = False,
        directions: Tensor | None = None,
        generator: torch.Generator,
    ) -> None:
        bias = (document_shares + SMALLEST_FRACTION).log()
        super().__init__(
            bias, n_bits, std=std, equal_norms=equal_norms, directions=directions, generator=generator
        )

    def forward(self, z: Tensor) -> Tensor:
        """Return the logarithms of the term probabilities of n documents, shape (n, n_features)."""
        return super().forward(z).log_softmax(dim=1)

    def loss(self, z: Tensor, target: Rows) -> Tensor:
        """Return ``-sum_w t_w ln p(w | z)`` of each document, shape (n,), to be differentiated at most once.

        It is computed as ``(sum_w t_w) logsumexp(l) - sum_w t_w l_w`` with the logits l, so that only the
        logits are dense.

        Args:
            z: latent vectors, shape (n, n_bits).
            target: t, a row a document.
        """
        if isinstance(target, Tensor):
            return -(target * self(z)).sum(dim=1)
        rows = target.row_of_entry()
        loss: Any = _WordLoss.apply(  # type: ignore[no-untyped-call]
            z, self.matrix(), self.bias, rows, target.columns.long(), target.values, target.row_sums()
        )
        return loss


class _WordLoss(torch.autograd.Function):
    """The loss from z, E and b, with one array of documents x terms, which ``backward`` overwrites.

    Plain autograd needs four such arrays for the same loss, and training takes a third longer.
    """

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, E: Tensor, b: Tensor, rows: Tensor, columns: Tensor, t: Tensor, total: Tensor
    ) -> Tensor:
        logits = torch.addmm(b, z, E.T)
        weighted = z.new_zeros(len(z)).index_add_(0, rows, t * logits[rows, columns])
        top = logits.amax(dim=1, keepdim=True)
        exponentials = logits.sub_(top).exp_()
        sums = exponentials.sum(dim=1)
        ctx.save_for_backward(z, E, rows, columns, t, total, sums)
        ctx.exponentials = exponentials
        return total * (top.squeeze(1) + sums.log()) - weighted

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        z, E, rows, columns, t, total, sums = ctx.saved_tensors
        of_logits, ctx.exponentials = ctx.exponentials, None
        if of_logits is None:
            raise RuntimeError("the loss of WordDecoder can be differentiated only once")
        of_logits.mul_((gradient * total / sums).unsqueeze(1))
        of_logits.view(-1).index_add_(0, rows * len(E) + columns, -gradient[rows] * t)
        return of_logits @ E, of_logits.T @ z, of_logits.sum(dim=0), None, None, None, None
