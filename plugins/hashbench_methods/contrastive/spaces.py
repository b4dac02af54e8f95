"""What ``hashbench tune`` may try of the parameters of MICPQ and DHIM."""

from __future__ import annotations

from hashbench.spaces import ChoiceDimension, FloatDimension, IntegerDimension, Space

MICPQ: Space = (
    IntegerDimension("epochs", 5, 100, log=True),
    FloatDimension("lr", 3e-4, 1e-2, log=True),
    FloatDimension("temperature", 0.1, 1.0, log=True),
    FloatDimension("gumbel_temperature", 1.0, 20.0, log=True),
    FloatDimension("information_weight", 0.01, 1.0, log=True),
    FloatDimension("entropy_weight", 0.01, 1.0, log=True),
)
DHIM: Space = (
    IntegerDimension("epochs", 2, 100, log=True),
    IntegerDimension("batch_size", 16, 512, log=True),
    FloatDimension("lr", 1e-6, 1e-2, log=True),
    FloatDimension("alpha", 0.1, 0.7),
    ChoiceDimension("scores", ("raw", "sigmoid")),
)
