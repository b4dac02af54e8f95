"""What the installed components say about stored records: recipes, effective parameters, current code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from hashbench.errors import HashbenchError
from hashbench.experiment.evidence import Standing, standing
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.relabelling import Differences, differences
from hashbench.parameters import full_parameters
from hashbench.ranges import effective_parameters
from hashbench.recipes import DEFAULT, recipes_of
from hashbench.registry import Component, Registry
from hashbench.reporting.cells import BOUNDS
from hashbench.specs import MetricSpec


class Catalogue:
    """Answers about records from a registry; without one, nothing is known beyond the records.

    Args:
        registry: the installed components, or None.
        marks: whether rows of other code or of another version are marked.
    """

    def __init__(self, registry: Registry | None = None, *, marks: bool = True) -> None:
        self._registry = registry
        self._marks = marks
        methods = registry.components("method") if registry else []
        self._methods: Mapping[str, Component] = {component.name: component for component in methods}
        featurizers = registry.components("featurizer") if registry else []
        self._featurizers: Mapping[str, Component] = {each.name: each for each in featurizers}
        metrics = registry.components("metric") if registry else []
        self._metrics: Mapping[str, Component] = {each.name: each for each in metrics}
        self._standing: dict[tuple[Any, ...], Standing] = {}
        self._recipe_params = cache(self._compute_recipe_params)

    def component(self, kind: str, name: str) -> Component | None:
        """Return an installed component; None where nothing is known of it."""
        known = self._registry.components(kind) if self._registry else []
        return next((component for component in known if component.name == name), None)

    def is_registered(self, kind: str, name: str) -> bool:
        """Tell whether a component of that name is installed; where nothing is known, all are."""
        return self._registry is None or self.component(kind, name) is not None

    def names_recipe(self, record: TrialRecord) -> bool:
        """Tell whether the row of a record names its recipe: where the method has several."""
        component = self._methods.get(record.trial.method)
        return record.trial.recipe != DEFAULT or (component is not None and len(recipes_of(component)) > 1)

    def standing(self, record: TrialRecord) -> Standing:
        """Compare the code behind a record with what is installed; "current" where nothing is known."""
        if self._registry is None or not self._marks:
            return "current"
        code, origins = tuple(record.code.items()), tuple(record.origins.items())
        what = (record.trial.method, record.trial.featurizer, code, origins)
        if what not in self._standing:
            self._standing[what] = standing(record, self._registry)
        return self._standing[what]

    def completed(self, featurizer: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters of a featurizer with those that it did not have yet, at what they stand for.

        Those that it no longer has stand at the value they were removed at.
        """
        component = self._featurizers.get(featurizer)
        known = (component.spec.introduced, component.spec.retired) if component else ({}, {})
        return {**known[0], **known[1], **params}

    def earlier_values(self, record: TrialRecord) -> dict[str, Any]:
        """Return the parameters that the recipe of a record has other values for today, with the old ones.

        What was introduced after the record has its first value. Parameters that the user set, and those that
        the method does not have any more, do not count.
        """
        overrides = record.overrides.get("method", {})
        values = self._differences(record).values
        return {name: value for name, value in values.items() if name not in overrides}

    def removed(self, record: TrialRecord) -> dict[str, Any]:
        """Return the parameters of a record that its method no longer has, with their values.

        Those at the value they were removed at do not count: the method does the same today.
        """
        return dict(self._differences(record).removed)

    def effective(self, record: TrialRecord) -> dict[str, Any]:
        """Return the parameters of a record that have an effect at their values."""
        component = self._methods.get(record.trial.method)
        if component is None:
            return dict(record.trial.params)
        removed = self.removed(record)
        params = {
            name: value
            for name, value in record.trial.params.items()
            if name not in component.spec.retired or name in removed
        }
        try:
            return effective_parameters(component.spec.load(), params)
        except HashbenchError:
            return params

    def shown_metrics(self, records: Iterable[TrialRecord]) -> list[str]:
        """Return the values of metrics beside P@N that tables show, by name, coarse ones behind fine ones.

        Bounds and what only describes codes are left out. Nothing is shown where nothing is known; of metrics
        that are not installed, all values are.
        """
        if self._registry is None:
            return []
        names = {
            name
            for record in records
            for metric, values in record.metrics.items()
            if not self._is_diagnostic(metric)
            for name in values
            if not name.endswith(BOUNDS)
        }
        return sorted(
            names, key=lambda name: (name.removeprefix("coarse-"), name != name.removeprefix("coarse-"))
        )

    def _is_diagnostic(self, metric: str) -> bool:
        component = self._metrics.get(metric.partition("@")[0])
        spec = component.spec if component else None
        return isinstance(spec, MetricSpec) and spec.diagnostic

    def _differences(self, record: TrialRecord) -> Differences:
        trial = record.trial
        today = self._recipe_params(trial.method, trial.recipe, trial.dataset, trial.bits)
        if today is None:
            return Differences()
        return differences(self._methods[trial.method].spec, trial.params, today)

    def _compute_recipe_params(
        self, method: str, recipe: str, dataset: str, bits: int | None
    ) -> dict[str, Any] | None:
        component = self._methods.get(method)
        recipes = recipes_of(component) if component else {}
        if component is None or recipe not in recipes:
            return None
        try:
            return full_parameters(component, recipes[recipe].params_for(dataset, bits))
        except HashbenchError:
            return None
