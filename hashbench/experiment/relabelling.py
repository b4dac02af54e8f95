"""Which recipe a stored record is of today: recipes and parameters of methods change, stored records stay."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hashbench.errors import HashbenchError
from hashbench.experiment.grid import DEFAULT_AT
from hashbench.experiment.record import TrialRecord
from hashbench.fingerprint import content_key
from hashbench.identity import NEUTRAL, component_identity, features_key, trial_key
from hashbench.parameters import full_parameters
from hashbench.recipes import recipes_of
from hashbench.registry import Component, Registry
from hashbench.specs import FeaturesOf, Recipe, Spec

Fate = Literal["renamed", "changed", "left"]


@dataclass(frozen=True)
class Differences:
    """What a record has other than a recipe of today.

    Attributes:
        values: parameters to which the recipe gives other values, with the values of the record. What was
            introduced later has its first value in an older record.
        removed: parameters that the method no longer has, but for those at the value they were removed at.
        missing: parameters that the record does not have, and that are not declared as introduced later.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    removed: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.removed or self.missing)


@dataclass(frozen=True)
class Relabelled:
    """A record whose parameters are no longer those of its recipe.

    Attributes:
        before: the record as it was.
        record: the record as it is to be stored.
        fate: "renamed": it has the name of the recipe that it is of today, and the key that follows.
            "changed": it is of no recipe, and says which parameters differ from its own. "left": it stays.
        reason: why it stays.
    """

    before: TrialRecord
    record: TrialRecord
    fate: Fate
    reason: str = ""


def differences(spec: Spec, params: Mapping[str, Any], today: Mapping[str, Any]) -> Differences:
    """Return what the parameters of a record have other than a recipe; neutral ones do not count.

    Args:
        spec: the method.
        params: the parameters of the record.
        today: all parameters of the recipe.
    """
    recorded = {**spec.introduced, **spec.retired, **params}
    recorded, today = (
        {name: value for name, value in values.items() if name not in NEUTRAL} for values in (recorded, today)
    )
    return Differences(
        {
            name: recorded[name]
            for name in today
            if name in recorded and not _same(recorded[name], today[name])
        },
        {
            name: value
            for name, value in recorded.items()
            if name not in today and not (name in spec.retired and _same(value, spec.retired[name]))
        },
        tuple(name for name in today if name not in recorded),
    )


def relabelled(record: TrialRecord, registry: Registry) -> Relabelled | None:
    """Return a record with the label that is right today, None where the one it has is right.

    Records whose user set parameters of the method, and those of recipes and methods that are not known, keep
    the label they have.

    Args:
        record: a record.
        registry: the methods and recipes of today.
    """
    component = _method(record, registry)
    recipes = recipes_of(component) if component else {}
    overrides = record.overrides.get("method", {})
    if component is None or record.trial.recipe not in recipes or record.changed or overrides:
        return None
    try:
        found = {name: _differences(record, component, recipe) for name, recipe in recipes.items()}
        fits = [
            name
            for name, recipe in recipes.items()
            if not found[name] and _same_features(record, recipe.features, registry)
        ]
    except HashbenchError:
        return None
    if record.trial.recipe in fits:
        return None
    if len(fits) > 1:
        return Relabelled(record, record, "left", f"it equals several recipes: {', '.join(fits)}")
    if not fits:
        return _as_changed(record, found[record.trial.recipe], recipes[record.trial.recipe])
    key = _key_with_recipe(record, fits[0], registry)
    if key is None:
        return Relabelled(record, record, "left", f"its key as {fits[0]} is not known")
    trial = replace(record.trial, recipe=fits[0])
    return Relabelled(record, replace(record, trial=trial, key=key), "renamed")


def _as_changed(record: TrialRecord, found: Differences, recipe: Recipe) -> Relabelled:
    """Return a record of no recipe with the parameters that differ from its own as if a user had set them."""
    set_to = {**found.values, **found.removed}
    if not set_to:
        return Relabelled(record, record, "left", "its recipe has another featurizer or new parameters now")
    overrides = {**record.overrides, "method": {**record.overrides.get("method", {}), **set_to}}
    changed = bool(set(set_to) - set(recipe.varies))
    return Relabelled(record, replace(record, overrides=overrides, changed=changed), "changed")


def _differences(record: TrialRecord, component: Component, recipe: Recipe) -> Differences:
    trial = record.trial
    today = full_parameters(component, recipe.params_for(trial.dataset, trial.bits))
    return differences(component.spec, trial.params, today)


def _same_features(record: TrialRecord, features: FeaturesOf | None, registry: Registry) -> bool:
    """Tell whether a recipe asks for the featurizer that a record used."""
    trial = record.trial
    if features is None or trial.requested is None:
        return features is None and trial.requested is None
    component = registry.get("featurizer", features.name)
    today = full_parameters(component, features.params)
    return trial.featurizer == features.name and not differences(
        component.spec, trial.featurizer_params, today
    )


def known_key(record: TrialRecord, registry: Registry) -> str | None:
    """Return the key of a record as it follows from what it declares; None where no such key is its own.

    Raises:
        UnknownNameError: the featurizer that was asked for is not registered.
    """
    return _key_with_recipe(record, record.trial.recipe, registry)


def _key_with_recipe(record: TrialRecord, recipe: str, registry: Registry) -> str | None:
    """Return the key of a record under another recipe; None where its own key cannot be computed."""
    requested = _requested_features(record, registry)
    for at, metrics in itertools.product(_possible_ns(record), _possible_metrics(record)):
        rest = (at, metrics, requested)
        codes, task = record.codes_key, record.task.fingerprint
        if trial_key(codes, task, record.trial.recipe, *rest) == record.key:
            return trial_key(codes, task, recipe, *rest)
    return None


def _possible_ns(record: TrialRecord) -> Iterator[list[int] | None]:
    """Yield the Ns that a run may have asked for: the default ones, or those that are scored."""
    yield None
    scored = {int(name.removeprefix("p@")) for name in record.scores if name.startswith("p@")}
    yield sorted(scored)
    yield sorted(scored | set(DEFAULT_AT))


def _possible_metrics(record: TrialRecord) -> Iterator[list[tuple[str, str, int]]]:
    """Yield the metrics in every order, since records do not hold it."""
    metrics = [
        (origin.distribution, part.removeprefix("metric "), origin.version)
        for part, origin in record.origins.items()
        if part.startswith("metric ")
    ]
    yield from map(list, itertools.permutations(metrics))


def _requested_features(record: TrialRecord, registry: Registry) -> str | None:
    trial = record.trial
    if trial.requested is None:
        return None
    component = registry.get("featurizer", trial.requested)
    distribution = component.plugin.distribution
    identity = component_identity(component.spec, distribution, trial.requested_params or {})
    return features_key(record.task.documents, record.task.split_rows, identity)


def _method(record: TrialRecord, registry: Registry) -> Component | None:
    origin = record.origins.get("method")
    named = (each for each in registry.components("method") if each.name == record.trial.method)
    component = next(named, None)
    return (
        component if origin and component and component.plugin.distribution == origin.distribution else None
    )


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or content_key(one) == content_key(other)
