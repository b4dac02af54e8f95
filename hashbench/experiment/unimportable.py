"""Components whose module cannot be imported: their trials are planned, and fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from hashbench.boundary import PluginError
from hashbench.recipes import ChosenRecipe
from hashbench.registry import Component
from hashbench.specs import DatasetSpec, FeaturizerSpec, HasherSpec, Recipe, Spec


@dataclass(frozen=True, kw_only=True)
class UnimportableMethod(HasherSpec):
    """A method that cannot be imported, with the reason."""

    reason: str

    def load(self) -> Any:
        """Return a class that raises the reason when it is constructed."""
        return _raising(self.reason)


@dataclass(frozen=True, kw_only=True)
class UnimportableFeaturizer(FeaturizerSpec):
    """A featurizer that cannot be imported, with the reason."""

    reason: str

    def load(self) -> Any:
        """Return a class that raises the reason when it is constructed."""
        return _raising(self.reason)


@dataclass(frozen=True, kw_only=True)
class UnimportableDataset(DatasetSpec):
    """A dataset that cannot be imported, with the reason."""

    reason: str

    def load(self) -> Any:
        """Return a loader that raises the reason."""
        return partial(_raise, self.reason)


def importable_or_failing(chosen: ChosenRecipe) -> ChosenRecipe:
    """Return a method with its recipe; one that cannot be imported becomes one whose trials fail."""
    component = _standing_in(chosen.component, UnimportableMethod)
    return chosen if component is chosen.component else ChosenRecipe(component, chosen.name, Recipe({}, {}))


def importable_or_failing_featurizer(component: Component) -> Component:
    """Return a featurizer; one that cannot be imported becomes one whose features fail."""
    return _standing_in(component, UnimportableFeaturizer)


def importable_or_failing_dataset(component: Component) -> Component:
    """Return a dataset; one that cannot be imported becomes one whose loader fails."""
    return _standing_in(component, UnimportableDataset)


def _standing_in(component: Component, kind: Callable[..., Spec]) -> Component:
    try:
        component.spec.load()
    except PluginError as error:
        spec = component.spec
        values = {field.name: getattr(spec, field.name) for field in fields(spec)} | {"params": {}}
        return replace(component, spec=kind(**values, reason=str(error)))
    return component


def _raise(reason: str) -> None:
    raise PluginError(reason)


def _raising(reason: str) -> type:
    class Unimportable:
        def __init__(self, n_bits: int = 32) -> None:  # noqa: ARG002 - every method has it
            raise PluginError(reason)

    return Unimportable
