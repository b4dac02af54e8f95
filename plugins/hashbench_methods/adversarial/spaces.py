"""What ``hashbench tune`` may try of the parameters of AMMI."""

from __future__ import annotations

from hashbench.spaces import FloatDimension, IntegerDimension, Space

AMMI: Space = (
    IntegerDimension("epochs", 10, 100, log=True),
    IntegerDimension("batch_size", 16, 256, log=True),
    FloatDimension("lr", 1e-3, 3e-2, log=True),
    FloatDimension("entropy_weight", 1.0, 4.0),
    FloatDimension("weight_range", 0.05, 0.5, log=True),
    FloatDimension("word_dropout", 0.0, 0.8),
)
