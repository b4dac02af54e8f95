"""Recipes of HierHash and its ablations: complete, sourced, by corpus and code length, and able to run."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hashbench_methods.hierarchical.hashbench_plugin import hashbench_hashers
from hashbench_methods.hierarchical.hierhash import HierHash

from hashbench import make_hasher
from hashbench.experiment.environment import limited_threads
from hashbench.parameters import default_parameters, full_parameters
from hashbench.recipes import recipes_of
from hashbench.registry import registry

SPECS = {spec.name: spec for spec in hashbench_hashers()}
each_method = pytest.mark.parametrize("name", SPECS)


def values(name, recipe, dataset="other", bits=32):
    component = registry().get("method", name)
    return full_parameters(component, recipes_of(component)[recipe].params_for(dataset, bits))


@each_method
def test_published_recipe_lists_every_parameter_with_a_source(name):
    recipe = SPECS[name].recipes["published"]
    parameters = set(default_parameters(registry().get("method", name))) - {"device"}
    assert set(recipe.params) == parameters
    assert set(recipe.source) == {*parameters, "features"}
    assert all(where.strip() for where in recipe.source.values())
    assert {parameter for case in recipe.cases for parameter in case.params} <= parameters


@each_method
def test_validated_recipe_is_the_method_with_the_defaults_of_its_class(name):
    given = {**HierHash().get_params(), **SPECS[name].params}
    assert values(name, "validated") == {
        parameter: value for parameter, value in given.items() if parameter not in ("n_bits", "random_state")
    }


@each_method
def test_only_the_default_looks_at_no_label(name):
    selected = {recipe: values(name, recipe)["select_by"] for recipe in SPECS[name].recipes}
    assert selected == {"default": "last", "validated": "validation", "published": "validation"}


@pytest.mark.parametrize(
    ("dataset", "bits", "expected"),
    [
        ("nyt", 16, (1e-4, 100, 5, 1.0, 0.0, 1.0, 0.3)),
        ("agnews", 16, (5e-4, 20, 4, 2.0, 0.5, 1.0, 0.5)),
        ("agnews", 128, (1e-4, 20, 4, 2.0, 0.5, 1.0, 0.5)),
        ("dbpedia", 64, (5e-4, 100, 9, 5.0, 0.5, 0.5, 0.3)),
        ("other", 64, (5e-4, 100, 8, 1.0, 0.5, 1.0, 0.3)),
    ],
)
def test_published_values_by_corpus_and_length(dataset, bits, expected):
    names = ("lr", "n_fine", "n_coarse", "coarse_weight", "fine_weight", "vae_weight", "temperature")
    found = values("hierhash", "published", dataset, bits)
    assert tuple(found[name] for name in names) == expected
    assert found["self_lr"] == found["lr"]


@pytest.mark.parametrize("dataset", ["nyt", "agnews", "dbpedia", "other"])
def test_ablations_leave_out_what_they_should_on_every_corpus(dataset):
    for name, spec in SPECS.items():
        without = {
            key: value for key, value in spec.params.items() if not spec.inputs or key == "self_epochs"
        }
        found = values(name, "published", dataset, 16)
        assert {key: found[key] for key in without} == without


@each_method
def test_published_recipe_gives_codes(name):
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=120)
    X = (3 * rng.standard_normal((4, 24))[labels] + rng.standard_normal((120, 24))).astype(np.float32)
    spec = SPECS[name]
    small = {**spec.check_params, "warmup_epochs": 2}
    inputs = {"views": np.stack([X, X], axis=1)[:90]} if spec.inputs else {}
    hasher = make_hasher(name, 8, 0, **{**values(name, "published"), **small})
    with limited_threads(1):
        codes = hasher.fit(X[:90], X_val=X[90:], y_val=labels[90:], **inputs).transform(X)
    distances = (codes[:, None] != codes).mean(axis=2)
    same = labels[:, None] == labels
    assert distances[same].mean() < distances[~same].mean()
    last = "training" if "self_epochs" in spec.params else "self-labelling"
    assert hasher.fit_diagnostics_.values["stage"] == last


def test_recipes_load_without_torch():
    code = "import sys; import hashbench_methods.hierarchical.recipes; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
