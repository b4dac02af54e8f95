"""Citations and terms of use that the specs of several corpora share."""

from __future__ import annotations

from hashbench.specs import Citation

ZHANG_2015 = Citation(
    "X. Zhang, J. Zhao, Y. LeCun",
    "Character-level convolutional networks for text classification",
    "NIPS",
    2015,
    "https://arxiv.org/abs/1509.01626",
)
WIKIPEDIA_TERMS = "Wikipedia texts: CC BY-SA 3.0 and GFDL"
