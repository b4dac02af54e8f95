"""The components a user chose, with the parameters that the user set."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hashbench.errors import Argument, HashbenchError, UnknownNameError
from hashbench.experiment.search import ASYMMETRIC
from hashbench.features.extra_inputs import available_inputs
from hashbench.identity import NEUTRAL
from hashbench.parameters import Assignment, default_parameters, full_parameters
from hashbench.recipes import DEFAULT, ChosenRecipe
from hashbench.registry import Component, Registry, did_you_mean
from hashbench.specs import FeaturesOf, FeaturizerSpec, HasherSpec, Recipe


@dataclass(frozen=True, eq=False)
class Choice:
    """A dataset or featurizer with all its parameters, and those among them that the user set."""

    component: Component
    params: Mapping[str, Any]
    overrides: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name it was asked for by."""
        return self.component.name

    @property
    def featurizer_spec(self) -> FeaturizerSpec:
        """The spec, of a featurizer."""
        assert isinstance(self.component.spec, FeaturizerSpec)
        return self.component.spec


@dataclass(frozen=True, eq=False)
class MethodChoice:
    """A method with one of its recipes.

    Attributes:
        component: the method.
        recipe_name: name of the recipe.
        recipe: the recipe.
        assigned: parameters that the user set.
        featurizers: the featurizers that the recipe asks for.
    """

    component: Component
    recipe_name: str
    recipe: Recipe
    assigned: Mapping[str, Any]
    featurizers: Sequence[tuple[FeaturesOf, Choice]] = ()

    def featurizer_for(self, dataset: str, bits: int | None) -> Choice | None:
        """Return the featurizer that the recipe asks for, None where it takes the one of the run."""
        wanted = self.recipe.features_for(dataset, bits)
        return next((choice for features, choice in self.featurizers if features == wanted), None)

    @property
    def name(self) -> str:
        """The name it was asked for by."""
        return self.component.name

    @property
    def spec(self) -> HasherSpec:
        """The spec of the method."""
        assert isinstance(self.component.spec, HasherSpec)
        return self.component.spec

    def recipe_params(self, dataset: str, bits: int | None) -> dict[str, Any]:
        """Return all parameters as the recipe has them, for a dataset and a code length."""
        return full_parameters(self.component, self.recipe.params_for(dataset, bits))

    def params_for(self, dataset: str, bits: int | None) -> dict[str, Any]:
        """Return all parameters, for a dataset and a code length.

        Raises:
            HashbenchError: an unknown parameter, or a value out of range.
        """
        return full_parameters(self.component, {**self.recipe.params_for(dataset, bits), **self.assigned})

    def overrides_for(self, dataset: str, bits: int | None) -> dict[str, Any]:
        """Return the parameters that the user set to another value than the recipe has, no neutral ones."""
        of_recipe, all_of_them = self.recipe_params(dataset, bits), self.params_for(dataset, bits)
        given = [name for name in self.assigned if name not in NEUTRAL]
        return {name: all_of_them[name] for name in given if all_of_them[name] != of_recipe[name]}

    def changed_for(self, dataset: str, bits: int | None) -> bool:
        """Tell whether a parameter was set that the source of the recipe does not vary."""
        return bool(set(self.overrides_for(dataset, bits)) - set(self.recipe.varies))


@dataclass(frozen=True, eq=False)
class Choices:
    """What ``assigned`` returns."""

    datasets: Sequence[Choice]
    featurizers: Sequence[Choice]
    methods: Sequence[MethodChoice]


def assigned(
    assignments: Sequence[Assignment],
    device: str | None,
    datasets: Sequence[Component],
    featurizers: Sequence[Component],
    recipes: Sequence[ChosenRecipe],
    registry: Registry,
    bits: Sequence[int],
) -> Choices:
    """Give the selected components the parameters that assignments set, and check all values.

    ``sth.k=9`` applies to every recipe of ``sth``, ``sth@published.k=9`` to one.

    Args:
        assignments: what the user set.
        device: value of ``device`` for all that have such a parameter; None leaves it.
        datasets: the selected datasets.
        featurizers: the selected featurizers.
        recipes: the selected methods with their recipes.
        registry: where the featurizers of recipes are looked up.
        bits: the code lengths, for recipes that depend on them.

    Raises:
        UnknownNameError: an assignment addresses nothing that is selected, or an unknown parameter.
        HashbenchError: a value is out of range, or an assignment could mean two components.
    """
    targets: list[_Target] = [
        *(_Target((component.name,), component) for component in (*datasets, *featurizers)),
        *(_Target(_names(recipe), recipe.component) for recipe in recipes),
    ]
    values = _assigned_values([*assignments, *_device_assignments(device, targets)], targets)
    n_plain = len(datasets) + len(featurizers)
    plain = [
        _plain_choice(target.component, given)
        for target, given in zip(targets[:n_plain], values[:n_plain], strict=True)
    ]
    methods = [
        MethodChoice(
            recipe.component, recipe.name, recipe.recipe, given, _own_featurizers(recipe.recipe, registry)
        )
        for recipe, given in zip(recipes, values[n_plain:], strict=True)
    ]
    for method, dataset, length in itertools.product(methods, datasets, bits):
        method.params_for(dataset.name, length)
        if not method.recipe.covers(dataset.name, length):
            raise HashbenchError(
                Argument("methods", f"{method.name}@{method.recipe_name}"),
                f": it has no values for {dataset.name} at {length} bits; `hashbench tune` finds some",
            )
    return Choices(plain[: len(datasets)], plain[len(datasets) :], methods)


def choose_datasets(assignments: Sequence[Assignment], datasets: Sequence[Component]) -> list[Choice]:
    """Give datasets the options that assignments set.

    Raises:
        HashbenchError: as in ``assigned``.
    """
    targets = [_Target((component.name,), component) for component in datasets]
    values = _assigned_values(assignments, targets)
    return [_plain_choice(component, given) for component, given in zip(datasets, values, strict=True)]


def check_inputs(methods: Iterable[MethodChoice], featurizers: Iterable[Choice]) -> None:
    """Check that the featurizers provide what the methods ask for.

    Raises:
        HashbenchError: one does not; the message names both.
    """
    for method in methods:
        for featurizer in [choice for _, choice in method.featurizers] or featurizers:
            missing = set(method.spec.inputs) - available_inputs(featurizer.featurizer_spec)
            if missing:
                raise HashbenchError(
                    f"method {method.name} needs {', '.join(sorted(missing))}, which featurizer "
                    f"{featurizer.name} does not provide"
                )


def check_searched(methods: Iterable[MethodChoice], search: str) -> None:
    """Check that methods can be searched in a mode.

    Raises:
        HashbenchError: asymmetric search with binary codes that have no real values.
    """
    for method in methods if search == ASYMMETRIC else ():
        spec = method.spec
        if not (spec.ranker or spec.quantiser or hasattr(spec.load(), "decision_values")):
            raise HashbenchError(
                Argument("search", search),
                f": method {method.name} has no decision_values, the real values behind its bits, which are "
                "compared with codes: leave it out, or derive it from hashbench.hashing.Hasher",
            )


@dataclass(frozen=True, eq=False)
class _Target:
    """A component that assignments may address, and the names it answers to."""

    names: tuple[str, ...]
    component: Component


def _names(recipe: ChosenRecipe) -> tuple[str, ...]:
    return recipe.component.name, f"{recipe.component.name}@{recipe.name}"


def _own_featurizers(recipe: Recipe, registry: Registry) -> list[tuple[FeaturesOf, Choice]]:
    """Return each featurizer that a recipe asks for, with all its parameters."""
    found = []
    for features in (recipe.features, *(case.features for case in recipe.cases)):
        if features is not None:
            component = registry.get("featurizer", features.name)
            found.append((features, Choice(component, full_parameters(component, features.params), {})))
    return found


def _plain_choice(component: Component, given: Mapping[str, Any]) -> Choice:
    full, defaults = full_parameters(component, given), default_parameters(component)
    return Choice(component, full, {name: full[name] for name in given if full[name] != defaults[name]})


def _assigned_values(assignments: Sequence[Assignment], targets: Sequence[_Target]) -> list[dict[str, Any]]:
    """Return the parameters that assignments set, by target."""
    values: list[dict[str, Any]] = [{} for _ in targets]
    for assignment in assignments:
        for place in _addressed(assignment, targets):
            values[place][assignment.parameter] = assignment.value
    return values


def _device_assignments(device: str | None, targets: Sequence[_Target]) -> list[Assignment]:
    if device is None:
        return []
    movable = {t.names[-1] for t in targets if "device" in default_parameters(t.component)}
    if not movable:
        raise HashbenchError(
            Argument("device", device), ": nothing of what is selected has a device to choose"
        )
    return [Assignment(name, "device", device) for name in sorted(movable)]


def _addressed(assignment: Assignment, targets: Sequence[_Target]) -> list[int]:
    """Return the places of the targets that an assignment sets a parameter of."""
    where = Argument("params", keys=(assignment.component, assignment.parameter))
    named = [place for place, target in enumerate(targets) if assignment.component in target.names]
    if not named:
        names = sorted({name for target in targets for name in target.names if f"@{DEFAULT}" not in name})
        hint = did_you_mean(assignment.component, names)
        raise UnknownNameError(
            where, f": {assignment.component!r} is not selected{hint} (selected: {', '.join(names)})"
        )
    takers = [p for p in named if assignment.parameter in default_parameters(targets[p].component)]
    takers = takers or named[:1]
    kinds = dict.fromkeys(targets[place].component.spec.kind for place in takers)
    if len(kinds) > 1:
        raise HashbenchError(where, f": {assignment.component!r} is a {' and a '.join(kinds)}")
    full_parameters(targets[takers[0]].component, {assignment.parameter: assignment.value})
    return takers
