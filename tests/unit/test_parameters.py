"""Parameters: defaults, presets, assignments and their mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.experiment.choices import choose_datasets
from hashbench.parameters import Assignment, default_parameters
from hashbench.registry import Component, Plugin
from hashbench.specs import FeaturizerSpec, HasherSpec, Spec

PLUGIN = Plugin("tests", "tests", "0", "ok")


class Method:
    def __init__(
        self,
        n_bits: int = 32,
        n_iter: int = 50,
        rate: float = 0.1,
        center: bool = True,
        rule: str = "zero",
        sizes: tuple[int, ...] = (500,),
        limit: int | None = None,
        random_state: int | None = None,
    ) -> None: ...


class Unfinished:
    def __init__(self, needed: int) -> None: ...


class Unwritable:
    def __init__(self, value: Any = object) -> None: ...


def component(
    target: str = "Method", kind: type[Spec] = HasherSpec, name: str = "m", **params: Any
) -> Component:
    return Component(name, kind(name, f"{__name__}:{target}", "For tests", params=params), PLUGIN)


def assign(assignments: list[Assignment], components: list[Component]) -> list[Any]:
    """Return all parameters of each component."""
    return [choice.params for choice in choose_datasets(assignments, components)]


def test_defaults_leave_bits_and_seed_out_and_take_presets() -> None:
    assert default_parameters(component(n_iter=7)) == {
        "n_iter": 7,
        "rate": 0.1,
        "center": True,
        "rule": "zero",
        "sizes": (500,),
        "limit": None,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("m.n_iter=30", 30),
        ("m.rate=1", 1),
        ("m.rate=1e-3", 1e-3),
        ("m.center=false", False),
        ("m.center=False", False),
        ("m.rule=median", "median"),
        ('m.rule="median"', "median"),
        ("m.sizes=[10, 20]", [10, 20]),
        ("m.limit=null", None),
        ("m.limit=7", 7),
        ("m.rule=a=b", "a=b"),
    ],
)
def test_assignments_are_read_as_json_or_strings(text: str, value: Any) -> None:
    assignment = Assignment.parse(text)
    assert assignment.value == value
    chosen = component()
    assert assign([assignment], [chosen])[0][assignment.parameter] == value


@pytest.mark.parametrize("text", ["n_iter=3", "m.n_iter", "m.=3", ".n_iter=3", "m.n-iter=3", ""])
def test_malformed_assignments_show_the_form(text: str) -> None:
    with pytest.raises(HashbenchError, match=r"NAME\.PARAMETER=VALUE"):
        Assignment.parse(text)


@pytest.mark.parametrize(
    "text",
    ["m.n_iter=2.5", "m.n_iter=many", "m.center=1", "m.n_iter=true", "m.rule=3", "m.sizes=3", "m.rate=NaN"],
)
def test_values_of_another_type_than_the_default_are_refused(text: str) -> None:
    with pytest.raises(HashbenchError, match="should be of type"):
        assign([Assignment.parse(text)], [component()])


def test_unknown_parameters_and_unselected_names_give_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="no parameter 'n_itr'; did you mean 'n_iter'.*center"):
        assign([Assignment.parse("m.n_itr=3")], [component()])
    with pytest.raises(UnknownNameError, match="'itg' is not selected; did you mean 'itq'"):
        assign([Assignment.parse("itg.n_iter=3")], [component(name="itq"), component(name="lsh")])


@pytest.mark.parametrize(("parameter", "argument"), [("n_bits", "bits"), ("random_state", "seeds")])
def test_bits_and_seeds_have_arguments_of_their_own(parameter: str, argument: str) -> None:
    with pytest.raises(HashbenchError, match=f"set by {argument}"):
        assign([Assignment.parse(f"m.{parameter}=3")], [component()])


def test_one_name_for_two_kinds_goes_to_the_one_that_has_the_parameter() -> None:
    method, featurizer = component(), component("Unwritable", FeaturizerSpec)
    assert assign([Assignment.parse("m.rule=x")], [method])[0]["rule"] == "x"
    with pytest.raises(HashbenchError, match="cannot be written as JSON"):
        assign([Assignment.parse("m.rule=x")], [method, featurizer])
    with pytest.raises(HashbenchError, match="'m' is a method and a featurizer"):
        assign([Assignment.parse("m.rule=x")], [method, component(kind=FeaturizerSpec)])


def test_mistakes_of_the_plugin_are_named() -> None:
    with pytest.raises(HashbenchError, match="presets .*'nothing'"):
        default_parameters(component(nothing=1))
    with pytest.raises(HashbenchError, match="needed has no default"):
        default_parameters(component("Unfinished"))
