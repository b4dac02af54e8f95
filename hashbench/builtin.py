"""The datasets, featurizers and metrics that come with hashbench itself."""

from __future__ import annotations

from hashbench.corpora import DATASETS
from hashbench.features.featurizers import FEATURIZERS
from hashbench.hookspecs import hookimpl
from hashbench.specs import DatasetSpec, FeaturizerSpec, MetricSpec


@hookimpl
def hashbench_datasets() -> list[DatasetSpec]:
    """Return the datasets that need no plugin."""
    return DATASETS


@hookimpl
def hashbench_featurizers() -> list[FeaturizerSpec]:
    """Return the featurizers that need no plugin."""
    return FEATURIZERS


@hookimpl
def hashbench_metrics() -> list[MetricSpec]:
    """Return the metrics that need no plugin."""
    return [
        MetricSpec(
            "diagnostics",
            "hashbench.evaluation.metrics:code_diagnostics",
            "Distinct codes, largest bucket, bit balance, share of queries tied at the cut",
            licence="MIT",
            needs_labels=False,
        ),
        MetricSpec(
            "cosine-recall",
            "hashbench.evaluation.cosine_recall:cosine_recall",
            "Recall of the exact cosine neighbours among the nearest 1, 10 and 100 codes; needs no labels",
            licence="MIT",
            needs_labels=False,
            needs_vectors=True,
        ),
    ]
