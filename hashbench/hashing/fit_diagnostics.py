"""What a fitted hasher may report beside its codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups that a hasher sorts the training documents into, without their labels.

    Attributes:
        name: of this level, one word.
        members: group of each training document, int64 of shape (n_train,), from 0 on.
        parents: group of the level before that each of these groups belongs to, int64 of shape (n_groups,),
            -1 for none; None without such a level.
    """

    name: str
    members: NDArray[np.int64]
    parents: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.members.ndim != 1 or (len(self.members) and self.members.min() < 0):
            raise ValueError(f"groups {self.name!r}: members is an array of one number from 0 on a document")
        if self.parents is not None and len(self.members) and self.members.max() >= len(self.parents):
            raise ValueError(
                f"groups {self.name!r}: a document is in group {self.members.max()}, "
                f"parents has {len(self.parents)} entries"
            )


@dataclass(frozen=True, eq=False)
class FitDiagnostics:
    """What a hasher reports about its fit, as it is stored.

    Attributes:
        values: numbers and strings by name, for the record.
        groups: groups of the training documents, coarse levels first.
    """

    values: Mapping[str, float | int | str] = field(default_factory=dict)
    groups: tuple[Groups, ...] = ()
