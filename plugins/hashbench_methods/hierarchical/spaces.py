"""What ``hashbench tune`` may try of the parameters of HierHash and its ablations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hashbench.spaces import FloatDimension, IntegerDimension, Space

_TRAINING: Space = (
    IntegerDimension("epochs", 20, 100, log=True),
    FloatDimension("lr", 5e-5, 5e-3, log=True),
    FloatDimension("kl_weight", 0.1, 10.0, log=True),
)
_GROUPS: Space = (
    IntegerDimension("n_fine", 10, 200, log=True),
    FloatDimension("prototype_variance", 0.1, 2.0, log=True),
)
_CONTRAST: Space = (
    FloatDimension("coarse_weight", 0.5, 10.0, log=True),
    FloatDimension("fine_weight", 0.0, 1.0),
    FloatDimension("temperature", 0.1, 1.0, log=True),
)


def space_of(without: Mapping[str, Any]) -> Space:
    """Return the space of HierHash without the parts that some parameters leave out."""
    groups = () if without.get("prior") == "gaussian" else _GROUPS
    contrast = () if without.get("coarse_weight") == 0 else _CONTRAST
    return (*_TRAINING, *groups, *contrast)
