"""The datasets, featurizers and metrics that come with hashbench itself."""

from __future__ import annotations

from hashbench.hookspecs import hookimpl
from hashbench.specs import DatasetSpec, FeaturizerSpec, MetricSpec


@hookimpl
def hashbench_datasets() -> list[DatasetSpec]:
    """Return the datasets that need no plugin."""
    return [
        DatasetSpec(
            "docstrings",
            "hashbench.data.docstrings:load",
            "Docstrings of seven scientific Python packages, by package and sub-package; no download",
            licence="BSD-3-Clause, LGPL-2.1 (gensim) and the matplotlib licence, read from your installation",
        )
    ]


@hookimpl
def hashbench_featurizers() -> list[FeaturizerSpec]:
    """Return the featurizers that need no plugin."""
    return [
        FeaturizerSpec(
            "tfidf",
            "hashbench.features.tfidf:Tfidf",
            "L2-normalised sublinear tf-idf of at most 10,000 words",
            accepts=("text", "counts"),
            licence="MIT",
        )
    ]


@hookimpl
def hashbench_metrics() -> list[MetricSpec]:
    """Return the metrics that need no plugin."""
    return [
        MetricSpec(
            "diagnostics",
            "hashbench.evaluation.metrics:code_diagnostics",
            "Distinct codes, largest bucket, bit balance, share of queries tied at the cut",
            licence="MIT",
        )
    ]
