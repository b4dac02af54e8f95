"""What ``hashbench tune`` may try of the parameters of the generative methods."""

from __future__ import annotations

from hashbench.spaces import FloatDimension, IntegerDimension, Space

SHARED: Space = (
    IntegerDimension("epochs", 10, 100, log=True),
    FloatDimension("lr", 1e-4, 1e-2, log=True),
    FloatDimension("word_dropout", 0.0, 0.8),
    FloatDimension("code_dropout", 0.0, 0.5),
    FloatDimension("target_power", 1.0, 2.5),
    FloatDimension("kl_weight", 0.01, 1.0, log=True),
)
MIXTURE: Space = (IntegerDimension("n_components", 5, 100, log=True),)
LABELS: Space = (FloatDimension("label_weight", 1.0, 1000.0, log=True),)


def space_of(target: str, supervised: bool) -> Space:
    """Return the space of a method.

    Args:
        target: its class, such as "gmsh:GMSH".
        supervised: whether it has a classifier of the labels.
    """
    mixture = MIXTURE if target in ("gmsh:GMSH", "bmsh:BMSH") else ()
    return (*SHARED, *mixture, *(LABELS if supervised else ()))
