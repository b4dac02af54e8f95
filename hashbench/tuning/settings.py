"""What is tuned: the search space of a method with its input, and settings in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hashbench.errors import Argument, HashbenchError
from hashbench.parameters import Assignment, check_space, full_parameters, signature_parameters
from hashbench.recipes import DEFAULT, recipes_of
from hashbench.registry import Component, Registry
from hashbench.spaces import Dimension
from hashbench.specs import Case, FeaturesOf, FeaturizerSpec, HasherSpec, Recipe, Tuning


@dataclass(frozen=True)
class Setting:
    """Values of a method and of its input that differ from the defaults.

    Attributes:
        method: parameters of the method.
        features: parameters of the featurizer.
    """

    method: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, Any] = field(default_factory=dict)

    def assignments(self, method: str, featurizer: str) -> list[Assignment]:
        """Return it as ``--set`` would set it."""
        return [
            *(Assignment(f"{method}@{DEFAULT}", name, value) for name, value in self.method.items()),
            *(Assignment(featurizer, name, value) for name, value in self.features.items()),
        ]


@dataclass(frozen=True, eq=False)
class Tuned:
    """A method with its input: what is searched.

    Attributes:
        method: the method.
        featurizer: the featurizer.
    """

    method: Component
    featurizer: Component

    @property
    def name(self) -> str:
        """Name of the method."""
        return self.method.name

    @property
    def takes_bits(self) -> bool:
        """Whether it has code lengths."""
        spec = self.method.spec
        assert isinstance(spec, HasherSpec)
        return not spec.ranker or "n_bits" in signature_parameters(self.method)

    @property
    def recipe(self) -> Recipe:
        """The default recipe of the method, which the first trial has and the others start from."""
        return recipes_of(self.method)[DEFAULT]

    def dimensions(self) -> dict[str, Dimension]:
        """Return the dimensions by what they are called in a study, the method's own first."""
        method, features = self.method.spec, self.featurizer.spec
        assert isinstance(method, HasherSpec)
        assert isinstance(features, FeaturizerSpec)
        return {f"method {each.name}": each for each in method.space} | {
            f"input {each.name}": each for each in features.space
        }

    def default(self, dataset: str, bits: int | None) -> dict[str, Any]:
        """Return the default of each dimension."""
        of_method = full_parameters(self.method, self.recipe.params_for(dataset, bits))
        of_input = full_parameters(self.featurizer, {})
        return {
            name: (of_method if name.startswith("method ") else of_input)[dimension.name]
            for name, dimension in self.dimensions().items()
        }

    def case_of(self, setting: Setting, dataset: str, bits: int | None, tuning: Tuning) -> Case:
        """Return a setting as values of a recipe, those at their default written out as well."""
        values = self.default(dataset, bits)
        of_method, of_input = ({**_part(values, part)} for part in ("method", "input"))
        return Case(
            {**self.recipe.params_for(dataset, bits), **of_method, **setting.method},
            (dataset,),
            () if bits is None else (bits,),
            FeaturesOf(self.featurizer.name, {**of_input, **setting.features}),
            tuning,
        )

    def setting(self, values: Mapping[str, Any], default: Mapping[str, Any]) -> Setting:
        """Return values by dimension as a setting, without those that are the default."""
        changed = {name: value for name, value in values.items() if value != default[name]}
        return Setting(_part(changed, "method"), _part(changed, "input"))


def _part(values: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return the values of the dimensions of the method, or of those of the input, by parameter."""
    prefix = f"{part} "
    return {name.removeprefix(prefix): each for name, each in values.items() if name.startswith(prefix)}


def _check_writable(tuned: Tuned) -> None:
    """Raise a HashbenchError if the default recipe sets None, which a file of recipes cannot hold."""
    for params in (tuned.recipe.params, *(case.params for case in tuned.recipe.cases)):
        if none := sorted(name for name, value in params.items() if value is None):
            why = f": its default recipe sets {none[0]} to None, which a file of recipes cannot hold"
            raise HashbenchError(Argument("methods", tuned.name), why)


def methods_to_tune(methods: Sequence[str], featurizer: str, registry: Registry) -> list[Tuned]:
    """Look methods and their input up, and check their spaces.

    Raises:
        HashbenchError: a name is unknown, a method is named with a recipe, its default recipe asks for a
            featurizer of its own or sets what a file of recipes cannot hold, or a space is not as
            ``hashbench.parameters.check_space`` asks for.
    """
    given = registry.get("featurizer", featurizer)
    check_space(given)
    found = []
    for name in dict.fromkeys(methods):
        if "@" in name:
            raise HashbenchError(Argument("methods", name), ": tune starts from the default: leave @... out")
        component = registry.get("method", name)
        check_space(component)
        if recipes_of(component)[DEFAULT].features is not None:
            raise HashbenchError(
                Argument("methods", name),
                ": its default recipe asks for a featurizer of its own, whose options tune does not set",
            )
        found.append(Tuned(component, given))
        _check_writable(found[-1])
    return found
