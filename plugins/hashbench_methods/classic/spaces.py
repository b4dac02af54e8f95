"""What ``hashbench tune`` may try of the parameters of the classical methods.

LSH and PCAH have nothing to choose but their input.
"""

from __future__ import annotations

from hashbench.spaces import ChoiceDimension, FloatDimension, IntegerDimension

ITQ = (IntegerDimension("n_iter", 10, 200, log=True),)
SPH = (
    ChoiceDimension("box", ("minmax", "percentile")),
    ChoiceDimension("clip", (False, True)),
    ChoiceDimension("threshold", ("zero", "median")),
)
STH = (
    IntegerDimension("n_neighbors", 5, 100, log=True),
    FloatDimension("C", 0.01, 100.0, log=True),
    ChoiceDimension("weight", ("cosine", "binary")),
    ChoiceDimension("intercept", (True, False)),
)
SRBM = (
    IntegerDimension("pretrain_epochs", 2, 50, log=True),
    FloatDimension("word_lr", 1e-3, 0.2, log=True),
    FloatDimension("lr", 3e-4, 1e-2, log=True),
    IntegerDimension("epochs", 2, 50, log=True),
    FloatDimension("noise_std", 0.0, 8.0),
)
BRE = (
    IntegerDimension("n_samples", 500, 5000, log=True),
    IntegerDimension("n_anchors", 20, 200, log=True),
    FloatDimension("pair_fraction", 0.01, 0.1, log=True),
    ChoiceDimension("n_components", (0, 32, 64, 128)),
)
KSH = (
    IntegerDimension("n_anchors", 100, 2000, log=True),
    IntegerDimension("n_labeled", 500, 5000, log=True),
    ChoiceDimension("kernel", ("rbf", "linear")),
    FloatDimension("ridge", 1e-6, 10.0, log=True),
)
SHTTM = (
    FloatDimension("alpha", 0.01, 100.0, log=True),
    FloatDimension("gamma", 1e-4, 10.0, log=True),
    FloatDimension("missing_weight", 1e-3, 0.1, log=True),
    FloatDimension("ridge", 0.1, 100.0, log=True),
)
