"""The groups of documents: drawn during training, and described afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from hashbench_methods.hierarchical.prototypes import Prototypes
from hashbench_methods.hierarchical.self_labelling import SelfLabelling
from numpy.typing import NDArray
from torch import Tensor

from hashbench.hashing.fit_diagnostics import Groups
from hashbench.hashing.nn.random_values import gumbel


class DrawnGroups(NamedTuple):
    """The groups s and y of n documents, drawn from their posteriors.

    Attributes:
        log_fine: ``ln q(s | z)`` of each row of z, shape (rows, n_fine).
        relaxed: relaxed samples of s of each row of z, shape (rows, n_fine).
        s: fine group of each document, int64 of shape (n,).
        y: coarse group of each document, int64 of shape (n,).
    """

    log_fine: Tensor
    relaxed: Tensor
    s: Tensor
    y: Tensor


def draw_groups(
    prototypes: Prototypes,
    z: Tensor,
    n: int,
    fine_temperature: float,
    coarse_temperature: float,
    gumbel_temperature: float,
    generator: torch.Generator,
) -> DrawnGroups:
    """Draw s from ``q(s | z)`` and y from ``q(y | s, z)`` (Zhang et al. 2024, equations 11 and 12).

    Args:
        prototypes: of both levels.
        z: latent vectors of n documents, in one view or in two, shape (n, n_bits) or (2n, n_bits).
        n: number of documents; the groups of a document are those of its first view.
        fine_temperature: of ``q(s | z)``.
        coarse_temperature: of ``q(y | s, z)``.
        gumbel_temperature: of the relaxed samples.
        generator: source of the noise.
    """
    log_fine = prototypes.log_fine(z, fine_temperature)
    relaxed, drawn = gumbel_sample(log_fine, gumbel_temperature, generator)
    s = drawn[:n]
    log_coarse = prototypes.log_coarse(z[:n], s, coarse_temperature)
    y = gumbel_sample(log_coarse, gumbel_temperature, generator)[1]
    return DrawnGroups(log_fine, relaxed, s, y)


def gumbel_sample(log_q: Tensor, temperature: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw from categorical distributions with Gumbel noise (Jang, Gu and Poole 2017).

    The noise is added to logarithms of probabilities; the paper prints the probabilities.

    Args:
        log_q: logarithms of the probabilities, shape (n, n_groups).
        temperature: of the relaxed samples.
        generator: source of the noise.

    Returns:
        Relaxed samples, shape (n, n_groups), and the groups drawn, int64 of shape (n,).
    """
    noisy = log_q + gumbel(log_q, generator)
    return (noisy / temperature).softmax(dim=1), noisy.argmax(dim=1)


def effective_number(log_q: Tensor) -> float:
    """Return the exponential of the entropy of the mean of distributions, from 1 to the number of groups.

    Args:
        log_q: logarithms of the probabilities, shape (n, n_groups).
    """
    mean = log_q.exp().mean(dim=0)
    return float((-torch.xlogy(mean, mean).sum()).exp())


@dataclass(frozen=True, eq=False)
class DocumentGroups:
    """The most probable groups of the training documents.

    Attributes:
        fine: fine group of each document, int64 of shape (n_train,).
        coarse: coarse group given that one, the same shape.
        owners: coarse prototype nearest to each fine one, int64 of shape (n_fine,).
        diagnostics: see ``describe_groups``.
    """

    fine: NDArray[np.int64]
    coarse: NDArray[np.int64]
    owners: NDArray[np.int64]
    diagnostics: Mapping[str, float]

    @classmethod
    def of(
        cls,
        prototypes: Prototypes,
        means: NDArray[np.float32],
        fine_temperature: float,
        coarse_temperature: float,
        labelling: SelfLabelling,
    ) -> DocumentGroups:
        """Return those of documents, given their latent means, shape (n_train, n_bits)."""
        temperatures = fine_temperature, coarse_temperature
        with torch.inference_mode():
            z = torch.from_numpy(means).to(prototypes.fine.device)
            members = [posterior.argmax(dim=1) for posterior in prototypes.log_groups(z, *temperatures)]
            fine, coarse, owners = (each.cpu().numpy() for each in (*members, prototypes.owners()))
            return cls(fine, coarse, owners, describe_groups(prototypes, z, *temperatures, labelling))

    def reported(self) -> tuple[Groups, Groups]:
        """Return them as they are stored with the codes."""
        return Groups("coarse", self.coarse), Groups("fine", self.fine, self.owners)


def describe_groups(
    prototypes: Prototypes,
    z: Tensor,
    fine_temperature: float,
    coarse_temperature: float,
    labelling: SelfLabelling,
) -> dict[str, float]:
    """Return the effective number of groups, and the fractions of documents with a confident pseudo-label.

    Args:
        prototypes: of both levels.
        z: latent means of documents, shape (n, n_bits).
        fine_temperature: of ``q(s | z)``.
        coarse_temperature: of ``q(y | s, z)``.
        labelling: gives the pseudo-labels.
    """
    fine, coarse = prototypes.log_groups(z, fine_temperature, coarse_temperature)
    numbers = {"effective_fine": effective_number(fine), "effective_coarse": effective_number(coarse)}
    return {**numbers, **labelling.confident(z)}
