"""Kullback-Leibler divergences in closed form, in nats, one value a document.

Bernoulli distributions are given by logits: no logarithm of a probability is computed, so that the results
are finite for probabilities of 0 and 1. Divergences to the components of a mixture are matrix products.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return ``KL(N(mean, variance) || N(0, 1))``, summed over dimensions.

    Args:
        mean: shape (n, n_bits).
        log_variance: logarithms of the variances, shape (n, n_bits).

    Returns:
        Shape (n,).
    """
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)


def gaussian_component_kl(
    mean: Tensor, log_variance: Tensor, component_means: Tensor, component_log_variances: Tensor
) -> Tensor:
    """Return the divergence from each document to each Gaussian component, summed over dimensions.

    Args:
        mean: of the documents, shape (n, n_bits).
        log_variance: of the documents, shape (n, n_bits).
        component_means: shape (n_components, n_bits).
        component_log_variances: shape (n_components, n_bits).

    Returns:
        Shape (n, n_components).
    """
    precision = (-component_log_variances).exp()
    squares = (log_variance.exp() + mean**2) @ precision.T
    products = mean @ (component_means * precision).T
    of_components = (component_log_variances + component_means**2 * precision).sum(dim=1)
    of_documents = (log_variance + 1).sum(dim=1, keepdim=True)
    return 0.5 * (squares - 2 * products + of_components - of_documents)


def bernoulli_kl(logits: Tensor) -> Tensor:
    """Return ``KL(Bernoulli(sigmoid(logits)) || Bernoulli(1/2))``, summed over bits.

    Args:
        logits: shape (n, n_bits).

    Returns:
        Shape (n,), from 0 to ``n_bits ln 2``.
    """
    return bernoulli_component_kl(logits, logits.new_zeros(1, logits.shape[1])).squeeze(1)


def bernoulli_component_kl(logits: Tensor, component_logits: Tensor) -> Tensor:
    """Return the divergence from each document to each Bernoulli component, summed over bits.

    Args:
        logits: of the documents, shape (n, n_bits).
        component_logits: shape (n_components, n_bits).

    Returns:
        Shape (n, n_components).
    """
    probabilities = logits.sigmoid()
    of_documents = (probabilities * logits - softplus(logits)).sum(dim=1, keepdim=True)
    return of_documents - probabilities @ component_logits.T + softplus(component_logits).sum(dim=1)


def categorical_kl(log_q: Tensor, log_p: Tensor) -> Tensor:
    """Return ``KL(q || p)`` of categorical distributions, shape (n,).

    Args:
        log_q: logarithms of the probabilities q, shape (n, n_components).
        log_p: logarithms of the probabilities p, shape (n_components,) or (n, n_components).
    """
    return (log_q.exp() * (log_q - log_p)).sum(dim=1)


def mixture_kl(component_kl: Tensor, log_pi: Tensor, log_q_c: Tensor) -> Tensor:
    """Return ``KL(q(c) || p(c)) + E_q(c) KL(q(z) || p(z | c))`` (Dong et al. 2019, equation 6), shape (n,).

    Args:
        component_kl: ``KL(q(z) || p(z | c))``, shape (n, n_components).
        log_pi: logarithms of the mixing weights p(c), shape (n_components,).
        log_q_c: logarithms of the posterior q(c), shape (n, n_components).
    """
    return categorical_kl(log_q_c, log_pi) + (log_q_c.exp() * component_kl).sum(dim=1)


def best_log_q_c(component_kl: Tensor, log_pi: Tensor) -> Tensor:
    """Return the logarithms of the q(c) that minimises ``mixture_kl``, shape (n, n_components).

    It is proportional to ``p(c) exp(-KL(q(z) || p(z | c)))``, as setting the derivative to 0 shows.

    Args:
        component_kl: ``KL(q(z) || p(z | c))``, shape (n, n_components).
        log_pi: logarithms of the mixing weights p(c), shape (n_components,).
    """
    return (log_pi - component_kl).log_softmax(dim=1)
