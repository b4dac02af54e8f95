"""The datasets, featurizers and metrics that come with hashbench itself."""

from __future__ import annotations

from dataclasses import replace

from hashbench.corpora import DATASETS
from hashbench.features.featurizers import FEATURIZERS
from hashbench.hookspecs import hookimpl
from hashbench.input_spaces import SPACES
from hashbench.specs import DatasetSpec, FeaturizerSpec, MetricSpec


@hookimpl
def hashbench_datasets() -> list[DatasetSpec]:
    """Return the datasets that need no plugin."""
    return DATASETS


@hookimpl
def hashbench_featurizers() -> list[FeaturizerSpec]:
    """Return the featurizers that need no plugin."""
    return [replace(spec, space=SPACES.get(spec.name, ())) for spec in FEATURIZERS]


@hookimpl
def hashbench_metrics() -> list[MetricSpec]:
    """Return the metrics that need no plugin."""
    return [
        MetricSpec(
            "diagnostics",
            "hashbench.evaluation.metrics:code_diagnostics",
            "Distinct codes, largest bucket, bit balance, share of queries tied at the cut",
            licence="MIT",
            diagnostic=True,
            needs_labels=False,
        ),
        *(
            MetricSpec(
                name,
                f"hashbench.evaluation.ranking_metrics:{function}",
                summary,
                licence="MIT",
                reads="ranking",
                k=100,
            )
            for name, function, summary in (
                (
                    "map",
                    "mean_average_precision",
                    "Mean average precision of the first k, divided by min(R, k)",
                ),
                ("ndcg", "ndcg", "Normalised discounted cumulative gain of the first k"),
                ("recall", "recall", "Share of all relevant documents that are among the first k"),
            )
        ),
        MetricSpec(
            "radius",
            "hashbench.evaluation.ranking_metrics:within_radius",
            "Precision and recall of the documents within Hamming distance 2",
            licence="MIT",
        ),
        MetricSpec(
            "cosine-recall",
            "hashbench.evaluation.cosine_recall:cosine_recall",
            "Recall of the exact cosine neighbours among the first 1, 10 and 100 documents; needs no labels",
            licence="MIT",
            reads="ranking",
            needs_labels=False,
            needs_vectors=True,
        ),
    ]
