"""Recipes of the generative methods: complete, sourced, in range, and which labels they use."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hashbench_methods.generative.hashbench_plugin import hashbench_hashers

from hashbench.experiment.label_use import labels_used
from hashbench.parameters import default_parameters, full_parameters
from hashbench.ranges import effective_parameters
from hashbench.registry import registry

SPECS = {spec.name: spec for spec in hashbench_hashers()}
RECIPES = [(name, recipe) for name, spec in SPECS.items() for recipe in spec.recipes]
each_method = pytest.mark.parametrize("name", SPECS)


def resolved(name, recipe, dataset="", bits=32):
    params = SPECS[name].recipes[recipe].params_for(dataset, bits)
    return full_parameters(registry().get("method", name), params)


@each_method
def test_the_published_recipe_sets_every_parameter_that_acts_with_its_source(name):
    recipe = SPECS[name].recipes["published"]
    acting = effective_parameters(SPECS[name].load(), resolved(name, "published"))
    assert set(acting) - {"device"} <= set(recipe.params)
    assert set(recipe.source) == set(recipe.params)
    assert all(source.strip() for source in recipe.source.values())
    assert set(recipe.varies) <= set(recipe.params)


@pytest.mark.parametrize(("name", "recipe"), RECIPES)
def test_a_recipe_has_the_labels_of_its_method(name, recipe):
    params = resolved(name, recipe)
    assert params["supervised"] == SPECS[name].supervised
    labels, _ = labels_used(SPECS[name], params, validation_labels=True)
    if recipe == "default" and not SPECS[name].supervised:
        assert labels == "none"
    if recipe == "validated":
        assert labels == "validation"


@each_method
def test_the_validated_recipe_of_an_unsupervised_method_is_the_default_of_its_class(name):
    if SPECS[name].supervised:
        assert "validated" not in SPECS[name].recipes
        assert resolved(name, "default") == default_parameters(registry().get("method", name))
    else:
        assert resolved(name, "validated") == default_parameters(registry().get("method", name))


@pytest.mark.parametrize(
    ("name", "components"),
    [("gmsh", (20, 40, 90)), ("gmsh-s", (20, 40, 90)), ("bmsh", (20, 40, 20)), ("bmsh-s", (20, 40, 20))],
)
def test_the_number_of_components_is_that_of_table_1_of_the_paper(name, components):
    found = [
        resolved(name, "published", dataset)["n_components"] for dataset in ("20newsgroups", "tmc", "reuters")
    ]
    assert tuple(found) == components


@each_method
def test_introduced_and_retired_parameters_are_told_apart(name):
    component = registry().get("method", name)
    taken = set(default_parameters(component))
    assert set(component.spec.introduced) <= taken
    assert not set(component.spec.retired) & taken
    full_parameters(component, component.spec.introduced)


def test_recipes_are_read_without_torch():
    script = "import sys, hashbench_methods.generative.hashbench_plugin; print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"
