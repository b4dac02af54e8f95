"""Published recipes of the classical methods: complete, sourced, in range, and able to run."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hashbench_methods.classic.hashbench_plugin import hashbench_hashers
from scipy.sparse import csr_array

from hashbench.parameters import default_parameters, full_parameters
from hashbench.registry import registry

NAMES = [spec.name for spec in hashbench_hashers()]
each_method = pytest.mark.parametrize("name", NAMES)


def published(name):
    return registry().get("method", name).spec.recipes["published"]


def own_parameters(target):
    """Return the parameters that a class declares itself, without bits and seed."""
    if "__dataclass_fields__" in vars(target):
        return set(target.__annotations__) - {"_"}
    return set(inspect.signature(target).parameters) - {"n_bits", "random_state"}


def documents(n=150, n_words=60, seed=0):
    """Return term counts of documents of four topics, and the topics."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(4, size=n)
    weights = 1.0 + 12 * (np.arange(n_words) % 4 == np.arange(4)[:, None])
    frequencies = weights / weights.sum(axis=1, keepdims=True)
    counts = [rng.multinomial(rng.integers(10, 40), frequencies[topic]) for topic in topics]
    return csr_array(np.array(counts, dtype=np.float32)), topics


@each_method
def test_recipe_lists_every_parameter_with_a_source(name):
    recipe = published(name)
    assert own_parameters(registry().get("method", name).spec.load()) <= set(recipe.params)
    for parameter in recipe.params:
        assert recipe.source[parameter].strip()
    assert set(recipe.source) <= {*recipe.params, "features", ""}
    assert ("features" in recipe.source) == (recipe.features is not None)
    assert set(recipe.varies) <= set(recipe.params)


@each_method
def test_values_of_the_recipe_are_in_range(name):
    recipe = published(name)
    full_parameters(registry().get("method", name), recipe.params)
    if recipe.features:
        full_parameters(registry().get("featurizer", recipe.features.name), recipe.features.params)


@each_method
def test_introduced_values_are_those_of_parameters_and_in_range(name):
    component = registry().get("method", name)
    assert set(component.spec.introduced) <= set(default_parameters(component))
    full_parameters(component, component.spec.introduced)


@each_method
def test_recipe_encodes_documents_by_topic(name):
    X, topics = documents()
    spec = registry().get("method", name).spec
    hasher = spec.load()(**{"n_bits": 8, **published(name).params})
    if "random_state" in hasher.get_params():
        hasher.set_params(random_state=0)
    hasher.fit(X[:120], topics[:120] if spec.supervised else None)
    codes = hasher.transform(X[120:])
    database = getattr(hasher, "training_codes_", hasher.transform(X[:120]))
    assert database.shape == (120, 8)
    assert database.dtype == np.uint8
    distances = (codes[:, None] != database).mean(axis=2)
    same = topics[120:, None] == topics[:120]
    assert distances[same].mean() < distances[~same].mean()
