"""Search spaces: what their dimensions hold, and those of everything that is registered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashbench.errors import HashbenchError
from hashbench.parameters import check_space, default_parameters, full_parameters
from hashbench.recipes import recipes_of
from hashbench.registry import OWN_DISTRIBUTION, Component, registry
from hashbench.spaces import ChoiceDimension, FloatDimension, IntegerDimension
from hashbench.specs import FeaturizerSpec, HasherSpec

ONLY_INPUTS = {"lsh", "pcah", "sign", "median", "truncate-sign", "pca-sign", "simhash", "rabitq"}
"""Methods without a parameter that one would tune."""

METHODS = [each for each in registry().components("method") if each.plugin.distribution == OWN_DISTRIBUTION]
FEATURIZERS = [
    each for each in registry().components("featurizer") if each.plugin.distribution == OWN_DISTRIBUTION
]
STH = registry().get("method", "sth")


@pytest.mark.parametrize("component", [*METHODS, *FEATURIZERS], ids=lambda component: component.name)
def test_a_space_holds_allowed_values_the_default_and_those_of_recipes(component: Component) -> None:
    spec = component.spec
    assert isinstance(spec, HasherSpec | FeaturizerSpec)
    defaults = default_parameters(component)
    recipes = recipes_of(component).values() if isinstance(spec, HasherSpec) else ()
    for dimension in spec.space:
        assert defaults[dimension.name] in dimension
        for value in dimension.extremes:
            assert full_parameters(component, {dimension.name: value})[dimension.name] == value
        for recipe in recipes:
            for params in (recipe.params, *(case.params for case in recipe.cases)):
                assert dimension.name not in params or params[dimension.name] in dimension


@pytest.mark.parametrize("component", METHODS, ids=lambda component: component.name)
def test_every_method_with_something_to_tune_has_a_space(component: Component) -> None:
    spec = component.spec
    assert isinstance(spec, HasherSpec)
    assert bool(spec.space) != (spec.reference or component.name in ONLY_INPUTS)
    assert len(spec.space) <= 8


def with_space(*space: FloatDimension | IntegerDimension | ChoiceDimension) -> Component:
    assert isinstance(STH.spec, HasherSpec)
    return Component("sth", replace(STH.spec, space=space), STH.plugin)


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        (FloatDimension("D", 0.1, 1.0), "no parameter 'D'"),
        (IntegerDimension("n_neighbors", 0, 50), "n_neighbors is a whole number from 1 on, got 0"),
        (IntegerDimension("n_neighbors", 5, 20), "n_neighbors leaves out 25, its default"),
        (ChoiceDimension("intercept", (True, 1)), "intercept is one of False, True, got 1"),
        (ChoiceDimension("database", ("predicted", "other")), "got 'other'"),
        (ChoiceDimension("weight", ("binary", "heat")), "weight leaves out 'cosine', its default"),
    ],
)
def test_what_is_wrong_with_a_space_is_told(
    dimension: FloatDimension | IntegerDimension | ChoiceDimension, message: str
) -> None:
    with pytest.raises(HashbenchError, match=message):
        check_space(with_space(dimension))


def test_a_space_that_leaves_out_the_published_value_is_refused() -> None:
    assert isinstance(STH.spec, HasherSpec)
    published = replace(STH.spec.recipes["published"], params={"n_neighbors": 150})
    space = (IntegerDimension("n_neighbors", 5, 100),)
    spec = replace(STH.spec, space=space, recipes={"published": published})
    with pytest.raises(HashbenchError, match="leaves out 150, recipe published"):
        check_space(Component("sth", spec, STH.plugin))


def test_spaces_are_small_and_name_a_parameter_once() -> None:
    with pytest.raises(ValueError, match="9 dimensions, at most 8"):
        with_space(*(FloatDimension(f"p{place}", 0, 1) for place in range(9)))
    with pytest.raises(ValueError, match="C twice"):
        with_space(FloatDimension("C", 0, 1), IntegerDimension("C", 0, 1))


def test_dimensions_have_bounds_in_their_order() -> None:
    for low, high, log in ((2.0, 1.0, False), (0.0, 1.0, True), (0.0, float("inf"), False)):
        with pytest.raises(ValueError, match="dimension x"):
            FloatDimension("x", low, high, log=log)
    with pytest.raises(ValueError, match="at least two values"):
        ChoiceDimension("x", (1,))


def test_a_dimension_tells_numbers_from_truth_values() -> None:
    assert True not in IntegerDimension("x", 0, 2)
    assert 1 not in ChoiceDimension("x", (True, False))
    assert 2 in FloatDimension("x", 1.0, 2.0)
    assert 1.5 not in IntegerDimension("x", 0, 2)
