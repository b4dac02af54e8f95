"""Which labels a trial uses, and what is done where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hashbench.data.corpus import Corpus
from hashbench.experiment.record import LabelsUsed
from hashbench.registry import Component
from hashbench.specs import HasherSpec, MetricSpec

LABEL_FREE_METRIC = "cosine-recall"
WITHOUT_LABELS = "no labels: P@N and what else needs labels is left out; cosine-recall ranks the methods"


def labels_used(
    spec: HasherSpec, params: Mapping[str, Any], validation_labels: bool
) -> tuple[LabelsUsed, bool]:
    """Return which labels a method is given, and whether validation labels are withheld from it.

    Args:
        spec: the method.
        params: its parameters; one that selects its model by something else has another ``select_by``.
        validation_labels: whether the run gives validation labels to methods that select on them.
    """
    selects = spec.selects_on_labels(params)
    validation = selects and validation_labels
    withheld = selects and not validation_labels
    if spec.supervised:
        return ("training and validation" if validation else "training"), withheld
    return ("validation" if validation else "none"), withheld


def notes_on_labels(withheld: bool, corpus: Corpus) -> tuple[str, ...]:
    """Return notes on the labels that a method was not given, and on a corpus without labels."""
    if not corpus.has_labels:
        selects = ("there are no validation labels, on which this method selects its model",)
        return (WITHOUT_LABELS, *(selects if withheld else ()))
    return ("validation labels were withheld, on which this method selects its model",) if withheld else ()


def metrics_for(
    metrics: Sequence[Component], label_free: Component | None, corpus: Corpus
) -> list[Component]:
    """Return the metrics that a corpus can be scored by.

    Args:
        metrics: those that were asked for.
        label_free: the metric that ranks methods without labels; None where it is not registered.
        corpus: one without labels is scored by those that need none, this one among them.
    """
    if corpus.has_labels:
        return list(metrics)
    kept = [each for each in metrics if isinstance(each.spec, MetricSpec) and not each.spec.needs_labels]
    return kept if label_free is None or label_free in kept else [*kept, label_free]


def needs_vectors(metrics: Iterable[Component]) -> bool:
    """Tell whether a metric is given vectors beside codes."""
    return any(isinstance(each.spec, MetricSpec) and each.spec.needs_vectors for each in metrics)
