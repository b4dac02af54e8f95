"""The last stage of training: pseudo-labels of confident documents."""

from __future__ import annotations

from dataclasses import dataclass

from hashbench_methods.hierarchical.fine_loss import information_of_views
from hashbench_methods.hierarchical.parameters import HierHashParameters
from hashbench_methods.hierarchical.prototypes import Prototypes
from torch import Tensor
from torch.nn.functional import one_hot

from hashbench.hashing.nn.trainer import Term

WEIGHT = 0.5
"""Weight of every term, as in the published code."""


@dataclass(frozen=True)
class SelfLabelling:
    """``L_self``: cross-entropy with confident pseudo-labels (Zhang et al. 2024, section 3.4, equation 23).

    The pseudo-labels of a document are the most probable groups given the latent mean of its first view, and
    count where their probability is above a threshold (equations 21 and 22); the predictions are the
    probabilities given its second view. The paper prints a minus sign before the cross-entropy.

    Attributes:
        prototypes: of both levels.
        confidences: thresholds for the fine and the coarse pseudo-label, gamma_s and gamma_y.
        target_temperatures: of the probabilities of the fine and the coarse pseudo-label.
        prediction_temperature: of the probabilities given the second view.
        information: whether the mutual information of groups and documents is maximised too, as in the
            published code.
        entropy_weight: eta, see ``mutual_information``.
    """

    prototypes: Prototypes
    confidences: tuple[float, float]
    target_temperatures: tuple[float, float]
    prediction_temperature: float
    information: bool
    entropy_weight: float

    @classmethod
    def of(cls, params: HierHashParameters, prototypes: Prototypes) -> SelfLabelling:
        """Return the loss with the parameters of a method."""
        return cls(
            prototypes,
            (params.fine_confidence, params.coarse_confidence),
            (params.fine_target_temperature, params.coarse_target_temperature),
            params.prediction_temperature,
            params.self_mi,
            params.entropy_weight,
        )

    def __call__(self, first: Tensor, second: Tensor) -> dict[str, Term]:
        """Return the terms of n documents: "self_fine" and "self_coarse", and "information_..." of both.

        Args:
            first: latent means of the first views, shape (n, n_bits).
            second: latent means of the second views, the same shape.
        """
        targets = self.prototypes.log_groups(first, *self.target_temperatures)
        temperature = self.prediction_temperature
        predictions = self.prototypes.log_groups(second, temperature, temperature)
        levels = zip(("fine", "coarse"), targets, predictions, self.confidences, strict=True)
        terms = {}
        for level, target, prediction, confidence in levels:
            best, labels = target.max(dim=1)
            losses = pseudo_label_loss(prediction, labels, best.exp() > confidence)
            terms[f"self_{level}"] = Term(losses, WEIGHT)
            if self.information:
                gained = information_of_views(target.exp(), prediction.exp(), self.entropy_weight)
                terms[f"information_{level}"] = Term(-gained.expand(len(first)), WEIGHT)
        return terms

    def confident(self, z: Tensor) -> dict[str, float]:
        """Return the fraction of documents whose fine, and whose coarse, pseudo-label counts."""
        targets = self.prototypes.log_groups(z, *self.target_temperatures)
        levels = zip(("fine", "coarse"), targets, self.confidences, strict=True)
        return {
            f"confident_{level}": float((target.amax(dim=1).exp() > confidence).float().mean())
            for level, target, confidence in levels
        }


def pseudo_label_loss(log_q: Tensor, labels: Tensor, confident: Tensor) -> Tensor:
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
