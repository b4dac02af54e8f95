"""The metrics of a trial beside P@N."""

from __future__ import annotations

from collections.abc import Iterable

from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.tie_groups import Ranking
from hashbench.experiment.returned import checked_metric
from hashbench.registry import Component
from hashbench.specs import MetricSpec


def metric_values(
    metrics: Iterable[Component], ranking: Ranking | None, codes: EvaluationInput | None = None
) -> dict[str, dict[str, float]]:
    """Compute metrics, by metric and name of the value.

    Args:
        metrics: the metrics.
        ranking: what those of rankings are given; None where there is none, which leaves them out.
        codes: what those of codes are given; None for a method without codes, which they leave out.

    Raises:
        ValueError: a metric returned something else than finite numbers by name.
    """
    values = {}
    for metric in metrics:
        spec = metric.spec
        assert isinstance(spec, MetricSpec)
        given = ranking if spec.reads == "ranking" else codes
        if given is not None:
            values[metric.name] = checked_metric(metric.name, spec.load()(given, **spec.params))
    return values
