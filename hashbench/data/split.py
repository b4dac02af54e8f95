"""Splits of a corpus into training (database), validation and test (query) documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hashbench.errors import DataError

if TYPE_CHECKING:
    from hashbench.data.corpus import Corpus


@dataclass(frozen=True)
class SplitRecipe:
    """How a corpus is split; part of the protocol, apart from the seed of a trial.

    Attributes:
        kind: "stratified" keeps the share of every class (single-label corpora), "random" ignores labels,
            "official" takes the published parts: a missing validation part is half of the official test
            part, chosen at random.
        fractions: shares of train, validation and test, summing to 1; not used by "official".
        seed: seed of the shuffle.
    """

    kind: Literal["stratified", "random", "official"] = "stratified"
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0

    def __str__(self) -> str:
        if self.kind == "official":
            return f"official, seed {self.seed}"
        return f"{self.kind} {'/'.join(f'{100 * share:g}' for share in self.fractions)}, seed {self.seed}"


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of a corpus: sorted int64 index arrays ``train``, ``validation`` and ``test``, and their recipe."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    recipe: SplitRecipe

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the three index arrays."""
        digest = hashlib.sha256()
        for rows in (self.train, self.validation, self.test):
            digest.update(len(rows).to_bytes(8, "little"))
            digest.update(rows.astype("<i8").tobytes())
        return digest.hexdigest()
