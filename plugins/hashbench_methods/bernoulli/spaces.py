"""What ``hashbench tune`` may try of the parameters of WISH and CorrSH."""

from __future__ import annotations

from hashbench.spaces import FloatDimension, IntegerDimension, Space

SHARED: Space = (
    FloatDimension("lr", 3e-4, 1e-2, log=True),
    FloatDimension("word_dropout", 0.0, 0.8),
    FloatDimension("target_power", 1.0, 2.5),
    FloatDimension("kl_weight", 0.01, 1.0, log=True),
)
WISH: Space = (*SHARED, FloatDimension("topic_weight", 0.1, 10.0, log=True))
CORRSH: Space = (
    *SHARED,
    IntegerDimension("epochs", 10, 100, log=True),
    IntegerDimension("rank", 1, 32, log=True),
)
