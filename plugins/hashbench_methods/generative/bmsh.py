"""BMSH: semantic hashing with a Bernoulli mixture prior."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hashbench_methods.generative.mixture import Components, MixturePrior, Posterior
from hashbench_methods.generative.nash import NASH
from hashbench_methods.generative.supervision import WithLabels
from torch import Tensor, nn

from hashbench.hashing.nn.divergences import bernoulli_component_kl

START_STD = 0.1
LARGEST_LOGIT = 8.0
CENTRE_RANGE = (0.05, 0.95)


class BernoulliComponents(Components):
    """Components with independent bits: ``p(z_j = 1 | c) = sigmoid(G_cj)``.

    Attributes:
        free_logits: G, shape (n_components, n_bits), used within -8 and 8.
    """

    def __init__(
        self, n_components: int, n_bits: int, *, learn_shares: bool, generator: torch.Generator
    ) -> None:
        super().__init__(n_components, learn_shares=learn_shares)
        self.free_logits = nn.Parameter(torch.empty(n_components, n_bits))
        nn.init.normal_(self.free_logits, std=START_STD, generator=generator)

    def logits(self) -> Tensor:
        """Return the logits of the bits of each component, shape (n_components, n_bits)."""
        return self.free_logits.clamp(-LARGEST_LOGIT, LARGEST_LOGIT)

    def kl(self, posterior: Posterior) -> Tensor:
        (logits,) = posterior
        return bernoulli_component_kl(logits, self.logits())

    def points(self, posterior: Posterior) -> Tensor:
        return posterior[0].sigmoid()

    def move(self, component: int, members: Posterior) -> None:
        self.free_logits.data[component] = self.points(members).mean(dim=0).clamp(*CENTRE_RANGE).logit()


@dataclass(eq=False, repr=False)
class BMSH(MixturePrior, NASH):
    """Semantic hashing with a Bernoulli mixture prior (Dong et al. 2019, section 2.3).

    NASH with a mixture of Bernoulli vectors as the prior of the bits. With one component of probabilities 1/2
    it is NASH. The paper also has data-dependent noise on the bits, ``noise="data"``; it lowered precision on
    20 Newsgroups and did not raise it on Reuters. Its scale depends on the bit probabilities of the document;
    figure 1 gives it the index of a component, which we take for an error.

    The parameters are those of ``NASH``, ``MixturePrior``, ``VariationalHasher`` and ``NeuralHasher``.
    """

    def _new_components(self, generator: torch.Generator) -> BernoulliComponents:
        return BernoulliComponents(
            self.n_components, self.n_bits, learn_shares=self.learn_shares, generator=generator
        )


@dataclass(eq=False, repr=False)
class SupervisedBMSH(WithLabels, BMSH):
    """BMSH with labels in the loss (Dong et al. 2019, section 2.4); its encoder has a hidden layer.

    The parameters are those of ``BMSH`` and of ``WithLabels``.
    """

    n_layers: int = 1
