"""Recipes of WISH, CorrSH, PairRec, SNUH and AMMI: complete, sourced, and which labels they use."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hashbench_methods.adversarial.hashbench_plugin import hashbench_hashers as adversarial
from hashbench_methods.bernoulli.hashbench_plugin import hashbench_hashers as bernoulli
from hashbench_methods.neighbourhood.hashbench_plugin import hashbench_hashers as neighbourhood

from hashbench.experiment.grid import labels_used
from hashbench.parameters import full_parameters
from hashbench.ranges import effective_parameters
from hashbench.registry import registry

SPECS = {spec.name: spec for family in (adversarial, bernoulli, neighbourhood) for spec in family()}
each_method = pytest.mark.parametrize("name", SPECS)


def resolved(name, recipe, dataset="", bits=32):
    params = SPECS[name].recipes[recipe].params_for(dataset, bits)
    return full_parameters(registry().get("method", name), params)


@each_method
@pytest.mark.parametrize("dataset", ["", "reuters", "20newsgroups", "tmc"])
@pytest.mark.parametrize("bits", [16, 32, 64, 128])
def test_the_published_recipe_sets_every_parameter_that_acts_with_its_source(name, dataset, bits):
    recipe = SPECS[name].recipes["published"]
    acting = effective_parameters(SPECS[name].load(), resolved(name, "published", dataset, bits))
    assert set(acting) - {"device"} <= set(recipe.params_for(dataset, bits))
    assert set(recipe.source) == set(recipe.params)
    assert all(source.strip() for source in recipe.source.values())
    assert set(recipe.varies) <= set(recipe.params)


@each_method
def test_the_default_looks_at_no_label(name):
    labels, _ = labels_used(SPECS[name], resolved(name, "default"), validation_labels=True)
    assert labels == "none"


@each_method
def test_recipes_say_where_they_are_from(name):
    for recipe in SPECS[name].recipes.values():
        assert recipe.source
        assert recipe.notes


@pytest.mark.parametrize(
    ("name", "dataset", "bits", "expected"),
    [
        ("snuh", "reuters", 64, {"n_neighbours": 20, "batch_size": 32, "lr": 5e-4, "kl_weight": 0.05}),
        ("snuh", "tmc", 16, {"n_neighbours": 10, "temperature": 0.8, "kl_weight": 0.2, "grad_clip": 5.0}),
        ("ammi", "20newsgroups", 32, {"prior_layers": None, "batch_size": 16, "entropy_weight": 3.5}),
        ("ammi", "reuters", 32, {"prior_layers": 1, "prior_hidden": 20, "prior_steps": 1}),
    ],
)
def test_command_lines_of_the_authors_are_cases(name, dataset, bits, expected):
    assert expected.items() <= resolved(name, "published", dataset, bits).items()


@pytest.mark.parametrize("family", ["adversarial", "bernoulli", "neighbourhood"])
def test_recipes_are_read_without_torch(family):
    module = f"hashbench_methods.{family}.hashbench_plugin"
    script = f"import sys, {module}; print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"
