"""The divergences of the variational autoencoder with a hierarchy of prototypes as its prior."""

from __future__ import annotations

from dataclasses import dataclass

from hashbench_methods.hierarchical.prototypes import Prototypes
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from hashbench.hashing.nn.divergences import gaussian_kl


@dataclass(frozen=True)
class HierarchicalVaeLoss:
    """Divergences of the negative evidence lower bound (Zhang et al. 2024, equation 7 and appendix A).

    With s drawn from ``q(s | z)`` and y from ``q(y | s, z)``, u(v) the vector v scaled to norm 1, and m a
    prototype:

        KL_z = KL(N(mu, sigma^2) || N(m_s, sigma_s^2 I))                     (equation 28)
        KL_s = -ln softmax_j(2 z . u(m_j) / tau_s)_s                         (equations 29 to 31)
        KL_y = -ln softmax_j((u(z) + u(m_s)) . u(m_j) / tau_y)_y             (equations 32 to 34)

    For unit vectors ``-|z - m|^2 / tau`` is ``2 z.m / tau`` up to a constant. Equation 30 has the factor 2 in
    the numerator only. p(s | y) and p(y) are constants and left out. Estimated by the groups that are drawn,
    the last two sharpen the posteriors, where the divergences of equation 7 would flatten them; so they stand
    in the appendix and in the published code.

    Attributes:
        prototypes: of both levels.
        fine_temperature: tau_s.
        coarse_temperature: tau_y.
        unit_z: whether z is scaled to norm 1 in KL_s, as in the paper; the published code does not.
    """

    prototypes: Prototypes
    fine_temperature: float
    coarse_temperature: float
    unit_z: bool = False

    def __call__(
        self, mean: Tensor, log_variance: Tensor, z: Tensor, s: Tensor, y: Tensor
    ) -> dict[str, Tensor]:
        """Return "kl", "kl_fine" and "kl_coarse", which are KL_z, KL_s and KL_y, shapes (n,).

        Args:
            mean: mu of n documents, shape (n, n_bits).
            log_variance: logarithms of sigma^2, shape (n, n_bits).
            z: drawn from that Gaussian, shape (n, n_bits).
            s: fine group of each document, shape (n,).
            y: coarse group of each document, shape (n,).
        """
        kl = prototype_kl(mean, log_variance, self.prototypes.fine[s], self.prototypes.variance_of(s))
        fine, coarse = self.prototypes.unit_fine(), self.prototypes.unit_coarse()
        unit_z = normalize(z)
        near_coarse = (fine[s] + unit_z) @ coarse.T / self.coarse_temperature
        near_fine = (unit_z if self.unit_z else z) @ fine.T / (self.fine_temperature / 2)
        return {
            "kl": kl,
            "kl_fine": cross_entropy(near_fine, s, reduction="none"),
            "kl_coarse": cross_entropy(near_coarse, y, reduction="none"),
        }


def prototype_kl(mean: Tensor, log_variance: Tensor, prototypes: Tensor, variance: Tensor) -> Tensor:
    """Return ``KL(N(mean, variances) || N(prototype, variance I))`` of n documents (equation 28), shape (n,).

    Args:
        mean: shape (n, n_bits).
        log_variance: logarithms of the variances, shape (n, n_bits).
        prototypes: the one of each document, shape (n, n_bits).
        variance: of every dimension around a prototype, a scalar or of shape (n, 1).
    """
    return gaussian_kl((mean - prototypes) / variance.sqrt(), log_variance - variance.log())
