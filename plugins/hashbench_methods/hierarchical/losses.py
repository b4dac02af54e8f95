"""Terms of the loss, for n documents in two views (Zhang et al. 2024, sections 3.2 to 3.4)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from hashbench.hashing.nn.divergences import gaussian_kl

NORM_FLOOR = 1e-6
PROBABILITY_FLOOR = 1e-9


def sample_labels(log_q: Tensor, temperature: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw from categorical distributions with Gumbel noise (Jang, Gu and Poole 2017).

    The noise is added to logarithms of probabilities; the paper prints the probabilities.

    Args:
        log_q: logarithms of the probabilities, shape (n, n_groups).
        temperature: of the relaxed samples.
        generator: source of the noise.

    Returns:
        Relaxed samples, shape (n, n_groups), and the groups drawn, int64 of shape (n,).
    """
    exponentials = torch.empty_like(log_q).exponential_(generator=generator)
    noisy = log_q - exponentials.clamp_min(torch.finfo(exponentials.dtype).tiny).log()
    return (noisy / temperature).softmax(dim=1), noisy.argmax(dim=1)


def prototype_kl(mean: Tensor, log_variance: Tensor, prototypes: Tensor, variance: float) -> Tensor:
    """Return ``KL(N(mean, variances) || N(prototype, variance I))`` of n documents (equation 28), shape (n,).

    Args:
        mean: shape (n, n_bits).
        log_variance: logarithms of the variances, shape (n, n_bits).
        prototypes: the one of each document, shape (n, n_bits).
        variance: of every dimension around a prototype.
    """
    scale = mean.new_tensor(variance)
    return gaussian_kl((mean - prototypes) / scale.sqrt(), log_variance - scale.log())


def negative_masks(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the negative pairs of the contrastive losses, by coarse label (equations 13 and 14).

    Args:
        y: coarse label of n documents, shape (n,). Both views of a document have it.

    Returns:
        Pairs of different labels, and pairs of the same label but of different documents, two bool tensors of
        shape (2n, 2n), for the first views of all documents and then the second ones.
    """
    labels = y.repeat(2)
    documents = torch.arange(len(y), device=y.device).repeat(2)
    same_label = labels[:, None] == labels
    return ~same_label, same_label & (documents[:, None] != documents)


def contrast(vectors: Tensor, negatives: Tensor, temperature: float) -> Tensor:
    """Return ``-ln(e^sim(i,i+) / (e^sim(i,i+) + sum_j e^sim(i,j)))`` with ``sim = cosine / temperature``.

    It is 0 for a vector without negatives.

    Args:
        vectors: first views of n documents and then the second ones, shape (2n, n_bits).
        negatives: the j of each i, bool of shape (2n, 2n).
        temperature: divisor of the cosines.

    Returns:
        The mean over the two views of each document, shape (n,).
    """
    n = len(vectors) // 2
    units = normalize(vectors, eps=NORM_FLOOR)
    similarities = units @ units.T / temperature
    positive = torch.eye(n, dtype=torch.bool, device=vectors.device).repeat(2, 2).fill_diagonal_(False)
    allowed = similarities.masked_fill(~(negatives | positive), -torch.inf)
    losses = allowed.logsumexp(dim=1) - similarities[positive]
    return losses.view(2, n).mean(dim=0)


def split_contrast(vectors: Tensor, y: Tensor, coarse: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Return ``L_diff`` and ``L_same`` of each document (equations 15 to 17), shapes (n,).

    In ``L_diff`` documents of other coarse labels are the negatives, compared by their directions; in
    ``L_same`` those of the same label, compared by their directions relative to its prototype. The positive
    pair is the two views of a document in both.

    Args:
        vectors: first views of n documents and then the second ones, shape (2n, n_bits).
        y: coarse labels of the documents, shape (n,).
        coarse: coarse prototypes, shape (n_coarse, n_bits).
        temperature: divisor of the cosines.
    """
    different, same = negative_masks(y)
    units = normalize(vectors, eps=NORM_FLOOR)
    angular = units - normalize(coarse, eps=NORM_FLOOR)[y.repeat(2)]
    return contrast(units, different, temperature), contrast(angular, same, temperature)


def plain_contrast(vectors: Tensor, temperature: float) -> Tensor:
    """Return the contrastive loss over all pairs (Chen et al. 2020), shape (n,)."""
    negatives = negative_masks(torch.arange(len(vectors) // 2, device=vectors.device))[0]
    return contrast(vectors, negatives, temperature)


def agreement_loss(first: Tensor, second: Tensor) -> Tensor:
    """Return ``-ln(sum_s Q_s Q+_s)`` of the distributions of two views, shape (n,) (equation 18)."""
    return -((first * second).sum(dim=1) + PROBABILITY_FLOOR).log()


def mutual_information(q: Tensor, entropy_weight: float) -> Tensor:
    """Return ``H(mean_i Q_i) - eta mean_i H(Q_i)`` in nats (equation 19), a scalar.

    The paper prints a sum where the second mean is.

    Args:
        q: Q, probabilities of shape (n, n_groups).
        entropy_weight: eta.
    """
    return _entropy(q.mean(dim=0)) - entropy_weight * _entropy(q).mean()


def self_label_loss(log_q: Tensor, labels: Tensor, confident: Tensor) -> Tensor:
    """Return the cross-entropies of confident documents, scaled so that the mean over all n is their mean.

    Args:
        log_q: predictions for the second view, shape (n, n_groups).
        labels: pseudo-labels, the groups predicted for the first view, shape (n,).
        confident: whether the pseudo-label of each document is used, bool of shape (n,).

    Returns:
        Shape (n,); all zeros where no document is confident.
    """
    chosen = one_hot(labels, log_q.shape[1]).bool()
    losses = -log_q[chosen] * confident
    return losses * (len(losses) / confident.sum().clamp_min(1))


def _entropy(q: Tensor) -> Tensor:
    return -torch.xlogy(q, q.clamp_min(torch.finfo(q.dtype).tiny)).sum(dim=-1)
