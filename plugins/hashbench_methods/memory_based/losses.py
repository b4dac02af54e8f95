"""The terms of SMASH beside reconstruction: relevance propagation, balance and decorrelation of bits."""

from __future__ import annotations

import torch
from torch import Tensor


def copy_weights(codes: Tensor, noisy_codes: Tensor) -> Tensor:
    """Return the weight of each noisy copy of a document: the softmax of its similarity to the document.

    Args:
        codes: long codes of n documents, shape (n, width).
        noisy_codes: long codes of their copies, first those of the first copy of every document, shape
            (n_copies * n, width).

    Returns:
        Shape (n_copies, n); the weights of a document add up to 1.
    """
    copies = noisy_codes.view(-1, *codes.shape)
    return (copies * codes).sum(dim=2).softmax(dim=0)


def relevance_difference(codes: Tensor, long_codes: Tensor) -> Tensor:
    """Return the mean absolute difference of two matrices of similarities, without their diagonals.

    A similarity is an inner product divided by the length of the codes.

    Args:
        codes: of n documents, shape (n, width).
        long_codes: of the same documents, shape (n, other_width).

    Returns:
        A scalar, 0 for a single document.
    """
    n = len(codes)
    differences = codes @ codes.T / codes.shape[1] - long_codes @ long_codes.T / long_codes.shape[1]
    return differences.fill_diagonal_(0.0).abs().sum() / max(1, n * (n - 1))


def bit_imbalance(codes: Tensor, memory: Tensor) -> Tensor:
    """Return ``sum_l w_l |sum_i z_il| / L`` with ``w = softmax_l |sum_j m_jl|``, a scalar.

    Args:
        codes: z of n documents, shape (n, n_bits).
        memory: m, codes in the memory, shape (n_remembered, n_bits).
    """
    weights = memory.sum(dim=0).abs().softmax(dim=0)
    return (weights * codes.sum(dim=0).abs()).mean()


def bit_correlation(codes: Tensor, memory: Tensor) -> Tensor:
    """Return ``|(Z'Z / n - I) * W|_F^2 / L^2``, a scalar.

    W is the softmax of each row of ``|M'M / n_remembered - I|``.

    Args:
        codes: Z, codes of n documents, shape (n, n_bits).
        memory: M, codes in the memory, shape (n_remembered, n_bits).
    """
    identity = torch.eye(codes.shape[1], device=codes.device)
    weights = (memory.T @ memory / len(memory) - identity).abs().softmax(dim=1)
    return ((codes.T @ codes / len(codes) - identity) * weights).square().mean()
