"""Checks of recipes: the values, their sources, and whether the method runs with them."""

from __future__ import annotations

from unittest import SkipTest

from hashbench.errors import HashbenchError
from hashbench.parameters import default_parameters, full_parameters
from hashbench.recipes import DEFAULT
from hashbench.registry import OWN_DISTRIBUTION, registry
from hashbench.specs import Recipe
from hashbench.testing.item import Item, item_check
from hashbench.testing.subject import Subject, advise, expect
from hashbench.testing.toy_corpus import planted_corpus


@item_check
def check_values(item: Item) -> None:
    """The method has every parameter that the recipe sets, and each value is in its range."""
    recipe = _recipe(item)
    for params in (recipe.params, *(case.params for case in recipe.cases)):
        try:
            full_parameters(item.component, params)
        except HashbenchError as error:
            raise AssertionError(str(error)) from error
    unknown = sorted(set(recipe.varies) - set(default_parameters(item.component)))
    expect(not unknown, f"varies names {', '.join(unknown)}, which the method does not have")


@item_check
def check_sources(item: Item) -> None:
    """Every value has a source; what is missing is told with a warning, and fails in hashbench itself."""
    recipe = _recipe(item)
    if "" in recipe.source or item.recipe_name == DEFAULT:
        return
    named = {name for params in (recipe.params, *(c.params for c in recipe.cases)) for name in params}
    missing = sorted(named - set(recipe.source))
    demand = expect if item.component.plugin.distribution == OWN_DISTRIBUTION else advise
    demand(not missing, f"no source of {', '.join(missing)}: add it to source")


@item_check
def check_features(item: Item) -> None:
    """The featurizer that it asks for is registered and takes the parameters."""
    features = _recipe(item).features
    if features is None:
        raise SkipTest("it takes the featurizer that a run names")
    try:
        full_parameters(registry().get("featurizer", features.name), features.params)
    except HashbenchError as error:
        raise AssertionError(str(error)) from error


@item_check
def check_fit(item: Item) -> None:
    """The method fits made-up documents with the values of the recipe and gives codes of the usual form.

    Parameters that make the method cheap to check, ``check_params``, win over those of the recipe.
    """
    recipe, corpus = _recipe(item), planted_corpus()
    subject = Subject.registered(item.component)
    if subject.ranker:
        raise SkipTest("a ranker has no codes")
    params = {**recipe.params, **item.method.check_params}
    codes = subject.encode(subject.fitted(corpus, **params), corpus.X)
    expect(codes.shape[0] == corpus.X.shape[0], f"codes of shape {codes.shape}")


CHECKS = (check_values, check_sources, check_features, check_fit)


def _recipe(item: Item) -> Recipe:
    assert item.recipe is not None
    return item.recipe
