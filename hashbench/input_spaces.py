"""What ``hashbench tune`` may try of the input of a method, the same for all methods, by featurizer."""

from __future__ import annotations

from collections.abc import Mapping

from hashbench.spaces import ChoiceDimension, FloatDimension, IntegerDimension, Space

_VOCABULARY: Space = (IntegerDimension("max_features", 2_000, 30_000, log=True),)
_TFIDF: Space = (
    FloatDimension("power", 0.5, 2.0),
    ChoiceDimension("sublinear_tf", (True, False)),
    *_VOCABULARY,
)

SPACES: Mapping[str, Space] = {
    "tfidf": _TFIDF,
    "lsa": (*_TFIDF, IntegerDimension("n_components", 64, 512, log=True)),
    "counts": _VOCABULARY,
    "binary": _VOCABULARY,
    "bm25": _VOCABULARY,
}
