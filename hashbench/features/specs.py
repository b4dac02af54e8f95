"""The featurizers that come with hashbench. Importing this loads nothing heavy."""

from __future__ import annotations

from hashbench.specs import FeaturizerSpec

FEATURIZERS = [
    FeaturizerSpec(
        "tfidf",
        "hashbench.features.tfidf:Tfidf",
        "L2-normalised sublinear tf-idf of at most 10,000 words",
        accepts=("text", "counts"),
        licence="MIT",
    ),
    FeaturizerSpec(
        "given",
        "hashbench.features.given:Given",
        "The vectors that a corpus without texts or counts was published as, unchanged",
        accepts=("vectors",),
        licence="MIT",
    ),
]
