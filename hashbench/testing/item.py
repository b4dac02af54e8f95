"""A featurizer, dataset, metric or recipe under test, and what the checks of all kinds share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.parameters import full_parameters
from hashbench.registry import OWN_DISTRIBUTION, Component, registry
from hashbench.specs import FeaturizerSpec, HasherSpec, MetricSpec, Recipe
from hashbench.testing.processes import expect_light_import
from hashbench.testing.subject import ConformanceWarning, advise, expect
from hashbench.testing.what_it_says import expect_metadata

KINDS = ("method", "featurizer", "dataset", "metric", "recipe")
"""What can be checked. A recipe is named METHOD@RECIPE."""


@dataclass(frozen=True, eq=False)
class Item:
    """A registered component under test.

    Attributes:
        component: the component; of a recipe, its method.
        recipe: the recipe, where it is one.
        recipe_name: its name.
        kept: what several checks need and takes long to compute, such as the corpus of a dataset.
    """

    component: Component
    recipe: Recipe | None = None
    recipe_name: str = ""
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a user asks for it by."""
        return f"{self.component.name}@{self.recipe_name}" if self.recipe else self.component.name

    @property
    def params(self) -> Mapping[str, Any]:
        """All parameters at their defaults."""
        return full_parameters(self.component, {})

    def new(self) -> Any:
        """Return what the target makes with its defaults: a featurizer, or the corpus of a dataset."""
        return self.component.spec.load()(**self.params)

    def once(self, what: str, compute: Callable[[], Any]) -> Any:
        """Return a value that is computed at the first call."""
        if what not in self.kept:
            self.kept[what] = compute()
        return self.kept[what]

    @property
    def metric(self) -> MetricSpec:
        """The spec of a metric."""
        assert isinstance(self.component.spec, MetricSpec)
        return self.component.spec

    @property
    def featurizer(self) -> FeaturizerSpec:
        """The spec of a featurizer."""
        assert isinstance(self.component.spec, FeaturizerSpec)
        return self.component.spec

    @property
    def method(self) -> HasherSpec:
        """The spec of the method of a recipe."""
        assert isinstance(self.component.spec, HasherSpec)
        return self.component.spec


def item_of(what: Any, kind: str) -> Item:
    """Return the item behind a registered name, a component or an item.

    Raises:
        UnknownNameError: nobody registered it.
        HashbenchError: a recipe is not given as METHOD@RECIPE.
    """
    if isinstance(what, Item):
        return what
    if isinstance(what, Component):
        return Item(what)
    if kind == "recipe":
        from hashbench.recipes import choose_recipes

        if "@" not in what:
            raise HashbenchError(f"recipe {what}: write METHOD@RECIPE, such as sth@published")
        (chosen,) = choose_recipes([what], registry())
        return Item(chosen.component, chosen.recipe, chosen.name)
    return Item(registry().metric(what) if kind == "metric" else registry().get(kind, what))


def item_check(function: Callable[[Item], None]) -> Callable[[Any], None]:
    """Run a check on one thread; of all warnings only ``ConformanceWarning`` gets through."""

    @wraps(function)
    def check(item: Any) -> None:
        with limited_threads(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", ConformanceWarning)
            function(item)

    return check


@item_check
def check_metadata(item: Item) -> None:
    """It names its licence and, unless it is a metric, the publication it is from.

    What belongs to hashbench itself fails without; that of another distribution is told with a warning.
    """
    spec, plugin = item.component.spec, item.component.plugin
    needs_citation = spec.kind in ("dataset", "featurizer") and plugin.distribution != OWN_DISTRIBUTION
    expect_metadata(spec, plugin.distribution, citation=needs_citation)


@item_check
def check_light_registration(item: Item) -> None:
    """The module with the hooks imports none of torch, sklearn, scipy, gensim and pandas.

    Catches a plugin that makes every command of hashbench wait for seconds, ``--help`` included.
    """
    plugin = item.component.plugin
    expect_light_import(plugin.module, one_file=plugin.name.endswith(".py"))


@item_check
def check_parameters(item: Item) -> None:
    """Every parameter has a default that JSON can hold and that is in the range declared beside it."""
    params = item.params
    for name, value in params.items():
        full_parameters(item.component, {name: value})


OF_EACH = (check_metadata, check_light_registration)
"""The checks that all kinds have in common, recipes apart."""


def expect_documented(item: Item) -> None:
    """Fail unless the target has a docstring."""
    documented = bool((item.component.spec.load().__doc__ or "").strip())
    if item.component.plugin.distribution == OWN_DISTRIBUTION:
        expect(documented, f"{item.component.spec.target} has no docstring")
    else:
        advise(documented, f"{item.component.spec.target} has no docstring that says what it computes")
