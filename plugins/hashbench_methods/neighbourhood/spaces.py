"""What ``hashbench tune`` may try of the parameters of PairRec and SNUH."""

from __future__ import annotations

from hashbench.spaces import FloatDimension, IntegerDimension, Space

SHARED: Space = (
    FloatDimension("lr", 3e-4, 1e-2, log=True),
    FloatDimension("word_dropout", 0.0, 0.8),
    FloatDimension("target_power", 1.0, 2.5),
)
PAIRREC: Space = (
    *SHARED,
    IntegerDimension("n_neighbours", 3, 100, log=True),
    FloatDimension("pair_weight", 0.1, 10.0, log=True),
)
SNUH: Space = (
    *SHARED,
    IntegerDimension("epochs", 10, 100, log=True),
    IntegerDimension("n_neighbours", 3, 50, log=True),
    IntegerDimension("n_forests", 1, 20),
    FloatDimension("temperature", 0.1, 1.0),
    FloatDimension("kl_weight", 0.01, 1.0, log=True),
)
