"""What ``hashbench tune`` may try of the parameters of SMASH."""

from __future__ import annotations

from hashbench.spaces import FloatDimension, IntegerDimension, Space

SMASH: Space = (
    IntegerDimension("epochs", 10, 300, log=True),
    FloatDimension("lr", 3e-4, 1e-2, log=True),
    IntegerDimension("n_copies", 1, 3),
    FloatDimension("noise_weight", 0.1, 3.0, log=True),
    FloatDimension("relevance_weight", 0.1, 10.0, log=True),
    FloatDimension("decorrelation_weight", 1e-4, 1e-1, log=True),
)
