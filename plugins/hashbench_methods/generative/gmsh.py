"""GMSH: semantic hashing with a Gaussian mixture prior."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hashbench_methods.generative.mixture import Components, MixturePrior, Posterior
from hashbench_methods.generative.supervision import WithLabels
from hashbench_methods.generative.vdsh import VDSH
from torch import Tensor, nn

from hashbench.hashing.nn.divergences import gaussian_component_kl

START_STD = 0.5
LOG_VARIANCE_RANGE = (-6.0, 4.0)


class GaussianComponents(Components):
    """Gaussian components with independent dimensions.

    Attributes:
        means: shape (n_components, n_bits).
        free_log_variances: logarithms of the variances, shape (n_components, n_bits), used within -6 and 4.
    """

    def __init__(
        self, n_components: int, n_bits: int, *, learn_shares: bool, generator: torch.Generator
    ) -> None:
        super().__init__(n_components, learn_shares=learn_shares)
        self.means = nn.Parameter(torch.empty(n_components, n_bits))
        self.free_log_variances = nn.Parameter(torch.zeros(n_components, n_bits))
        nn.init.normal_(self.means, std=START_STD, generator=generator)

    def log_variances(self) -> Tensor:
        """Return the logarithms of the variances, shape (n_components, n_bits)."""
        return self.free_log_variances.clamp(*LOG_VARIANCE_RANGE)

    def kl(self, posterior: Posterior) -> Tensor:
        mean, log_variance = posterior
        return gaussian_component_kl(mean, log_variance, self.means, self.log_variances())

    def points(self, posterior: Posterior) -> Tensor:
        return posterior[0]

    def move(self, component: int, members: Posterior) -> None:
        mean, log_variance = members
        centre = mean.mean(dim=0)
        variance = (log_variance.exp() + (mean - centre) ** 2).mean(dim=0)
        self.means.data[component] = centre
        self.free_log_variances.data[component] = variance.log().clamp(*LOG_VARIANCE_RANGE)


@dataclass(eq=False, repr=False)
class GMSH(MixturePrior, VDSH):
    """Semantic hashing with a Gaussian mixture prior (Dong et al. 2019, section 2.2).

    VDSH with a mixture of Gaussians as the prior of the latent vector. With one standard normal component it
    is VDSH.

    The parameters are those of ``VDSH``, ``MixturePrior``, ``VariationalHasher`` and ``NeuralHasher``.
    """

    def _new_components(self, generator: torch.Generator) -> GaussianComponents:
        return GaussianComponents(
            self.n_components, self.n_bits, learn_shares=self.learn_shares, generator=generator
        )


@dataclass(eq=False, repr=False)
class SupervisedGMSH(WithLabels, GMSH):
    """GMSH with labels in the loss (Dong et al. 2019, section 2.4).

    The parameters are those of ``GMSH`` and of ``WithLabels``.
    """
