"""Where the components of a trial come from, and which code they are."""

from __future__ import annotations

from collections.abc import Iterable

from hashbench.code_digest import code_digest
from hashbench.experiment.choices import Choice, MethodChoice
from hashbench.experiment.record import Origin
from hashbench.experiment.unimportable import UnimportableFeaturizer, UnimportableMethod
from hashbench.features.extra_inputs import COMPUTED
from hashbench.registry import Component
from hashbench.specs import FeaturizerSpec, HasherSpec


def origins_of(
    method: Choice | MethodChoice, featurizer: Choice, dataset: Choice, metrics: Iterable[Component]
) -> dict[str, Origin]:
    """Return where each component of a trial comes from, by its part in it."""
    named = {
        "method": method.component,
        "featurizer": featurizer.component,
        "dataset": dataset.component,
        **{f"metric {metric.name}": metric for metric in metrics},
    }
    return {part: origin_of(component) for part, component in named.items()}


def origin_of(component: Component) -> Origin:
    """Return where a component comes from."""
    return Origin(component.plugin.distribution, component.plugin.version, component.spec.version)


def code_of(spec: HasherSpec, featurizer: Choice, metrics: Iterable[Component]) -> dict[str, str]:
    """Return the digest of the code of each part of a trial, without a part that cannot be imported."""
    return {
        **_digest("method", spec),
        **_digest("featurizer", featurizer.featurizer_spec),
        **{f"input {name}": code_digest(COMPUTED[name].target) for name in spec.inputs if name in COMPUTED},
        **{f"metric {metric.name}": code_digest(metric.spec.target) for metric in metrics},
    }


def _digest(part: str, spec: HasherSpec | FeaturizerSpec) -> dict[str, str]:
    failing = isinstance(spec, UnimportableMethod | UnimportableFeaturizer)
    return {} if failing else {part: code_digest(spec.target)}
