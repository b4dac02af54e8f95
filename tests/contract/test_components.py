"""Everything that hashbench registers is tested, documented and attributed."""

from __future__ import annotations

import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from hashbench.parameters import default_parameters, full_parameters
from hashbench.ranges import declared_ranges
from hashbench.registry import OWN_DISTRIBUTION, registry
from hashbench.specs import HasherSpec

CONTRACTS = {"method": "test_hashers.py", "featurizer": "test_featurizers.py", "dataset": "test_datasets.py"}
OWN_SOURCE = {
    "docstrings": "read from your installation",
    "given": "was published as",
}
"""What has no publication of its own, and the words by which its spec says where it comes from."""

COMPONENTS = [
    component
    for kind in CONTRACTS
    for component in registry().components(kind)
    if component.plugin.distribution == OWN_DISTRIBUTION
]

each_component = pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: f"{c.spec.kind}-{c.name}")


@cache
def collected():
    """Return the tests that pytest finds in this folder, slow ones included, by file."""
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-m", "slow or not slow"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *CONTRACTS.values()],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    tests = [line.partition("::") for line in done.stdout.splitlines() if "::" in line]
    return {
        kind: [test for path, _, test in tests if path.endswith(file)] for kind, file in CONTRACTS.items()
    }


@pytest.mark.slow
@each_component
def test_it_has_contract_tests(component):
    kind, name = component.spec.kind, component.name
    own = [test for test in collected()[kind] if f"[{name}]" in test or f"[{name}-" in test]
    assert len(own) >= 4


@each_component
def test_it_is_documented(component):
    target = component.spec.load()
    classes = inspect.getmro(target) if inspect.isclass(target) else (target,)
    assert inspect.getdoc(target)
    if inspect.signature(target).parameters:
        assert any("Args:" in (documented.__doc__ or "") for documented in classes)


@each_component
def test_it_is_attributed(component):
    spec = component.spec
    assert spec.licence
    if isinstance(spec, HasherSpec) and spec.reference:
        return
    if spec.name in OWN_SOURCE:
        assert OWN_SOURCE[spec.name] in f"{spec.summary} {spec.licence}"
        return
    assert spec.citation is not None
    assert spec.citation.year >= 1950


METHODS = [component for component in COMPONENTS if isinstance(component.spec, HasherSpec)]
each_method = pytest.mark.parametrize("component", METHODS, ids=lambda component: component.name)


@each_method
def test_a_method_with_a_paper_has_its_published_recipe_or_a_reason_why_not(component):
    spec = component.spec
    if spec.citation is None:
        return
    assert ("published" in spec.recipes) != bool(spec.no_published_recipe)


@each_method
def test_every_value_of_a_recipe_is_allowed_and_has_a_source(component):
    for recipe in component.spec.recipes.values():
        for params in (recipe.params, *(case.params for case in recipe.cases)):
            full_parameters(component, params)
            assert "" in recipe.source or set(params) <= set(recipe.source)
        assert set(recipe.varies) <= set(default_parameters(component))
        if recipe.features:
            featurizer = registry().get("featurizer", recipe.features.name)
            full_parameters(featurizer, recipe.features.params)


@each_component
def test_what_is_registered_keeps_its_own_ranges(component):
    spec, defaults = component.spec, default_parameters(component)
    declared = declared_ranges(spec.load())
    recipes = spec.recipes.values() if isinstance(spec, HasherSpec) else ()
    cases = [case.params for recipe in recipes for case in recipe.cases]
    cheap = [spec.check_params] if isinstance(spec, HasherSpec) else []
    for params in (defaults, *(recipe.params for recipe in recipes), *cases, *cheap):
        assert set(params) - {"n_bits"} <= set(defaults)
        for name in declared.keys() & params.keys():
            declared[name].check(name, params[name])
    for name in declared.keys() & defaults.keys():
        assert {condition.parameter for condition in declared[name].unless} <= set(defaults)


@each_component
def test_what_was_introduced_is_or_was_a_parameter_and_what_was_removed_is_none(component):
    spec, parameters = component.spec, set(default_parameters(component))
    assert set(spec.introduced) <= parameters | set(spec.retired)
    assert not set(spec.retired) & parameters


def test_nothing_is_excused_that_has_a_citation():
    cited = {component.name for component in COMPONENTS if component.spec.citation}
    assert not cited & set(OWN_SOURCE)
