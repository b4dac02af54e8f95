"""Ranges of parameters: what they hold, where they are declared, and how errors speak of them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pytest

from hashbench.errors import HashbenchError
from hashbench.experiment.choices import choose_datasets
from hashbench.parameters import Assignment, full_parameters
from hashbench.ranges import (
    Declared,
    Either,
    Interval,
    ListOf,
    OneOf,
    Range,
    Unless,
    Whole,
    check_parameters,
    declared_ranges,
    effective_parameters,
    shown,
)
from hashbench.registry import Component, Plugin
from hashbench.specs import HasherSpec

if TYPE_CHECKING:
    from decimal import Decimal

NAN, INFINITY = float("nan"), float("inf")
NUMBERS_OF_NO_RANGE = [NAN, INFINITY, -INFINITY, True, np.True_, None, "1", [1], 1j, np.array([1.0])]


@pytest.mark.parametrize(
    ("allowed", "inside", "outside"),
    [
        (Whole(1), [1, 10**400, np.int64(3), np.uint8(1)], [0, -5, 1.0, np.float64(2), Fraction(1)]),
        (Whole(-1, 3), [-1, 0, 3], [-2, 4, np.int8(4)]),
        (Interval(), [0, -1.5, 1e308, np.float32(2), np.int64(3), Fraction(1, 3)], [10**400, 1e999]),
        (Interval(0), [0, 0.0, -0.0, 5e-324], [-1e-300, -1, np.float64(-1)]),
        (Interval(0, 1), [0, 0.5, 1], [-0.1, 1.1, 2]),
        (Interval(0, 1, open_low=True), [5e-324, 1], [0, 0.0]),
        (Interval(0, 1, open_high=True), [0, 0.999], [1, 1.0, np.float32(1)]),
        (Interval(high=2.5), [-1e308, 2.5], [2.6, 10**400, -(10**400)]),
    ],
    ids=str,
)
def test_numbers(allowed: Range, inside: list[Any], outside: list[Any]) -> None:
    for value in inside:
        assert value in allowed, value
    for value in [*outside, *NUMBERS_OF_NO_RANGE]:
        assert value not in allowed, value


def test_one_of_tells_types_apart() -> None:
    allowed = OneOf("rbf", 2, 0.5, True, None)
    for value in ("rbf", np.str_("rbf"), 2, np.int64(2), 0.5, np.float64(0.5), True, None):
        assert value in allowed, value
    for value in ("RBF", "2", 2.0, 1, 0, False, 0.25, ["rbf"], np.array(["rbf", "rbf"]), NAN):
        assert value not in allowed, value
    assert True not in OneOf(1, 2)
    assert 1 not in OneOf(True, False)


def test_lists_and_alternatives() -> None:
    sizes = ListOf(Whole(1))
    assert all(value in sizes for value in ([], [3], (3, 4), [np.int64(1)]))
    assert not any(value in sizes for value in ([0], [1, "2"], 3, "33", None, {3}, np.array([3])))
    assert [1.0, 2] in ListOf(Interval(0), 2)
    assert [1.0] not in ListOf(Interval(0), 2)
    either = Either(Whole(1), OneOf("auto"), sizes)
    assert all(value in either for value in (7, "auto", [7]))
    assert not any(value in either for value in (0, "other", [0]))


@pytest.mark.parametrize(
    ("allowed", "text"),
    [
        (Whole(1), "a whole number from 1 on"),
        (Whole(0, 4), "a whole number from 0 to 4"),
        (Interval(), "a number"),
        (Interval(0), "a number at least 0"),
        (Interval(0, 1, open_low=True), "a number above 0 and at most 1"),
        (Interval(high=2, open_high=True), "a number below 2"),
        (Interval(1e-5, 16777217), "a number at least 1e-05 and at most 16777217"),
        (OneOf("rbf", "linear"), "one of rbf, linear"),
        (OneOf(False, 2, ""), "one of False, 2, ''"),
        (ListOf(Whole(1)), "a list of values, each a whole number from 1 on"),
        (ListOf(Interval(0), 2), "a list of 2 values, each a number at least 0"),
        (Either(OneOf("auto"), Whole(1)), "one of auto or a whole number from 1 on"),
        (Declared(Whole(1), optional=True), "a whole number from 1 on, or None"),
    ],
)
def test_ranges_say_what_they_hold(allowed: Range | Declared, text: str) -> None:
    assert str(allowed) == text


def test_signatures_show_ranges_as_they_are_written() -> None:
    written = "Either(Whole(low=1, high=None), OneOf('auto', 2)), Unless('n_layers', 0)"
    assert repr((Either(Whole(1), OneOf("auto", 2)), Unless("n_layers", 0))) == f"({written})"


def test_a_declared_range_checks_a_value_and_says_what_it_got() -> None:
    declared = Declared(Whole(1), optional=False)
    declared.check("n_iter", 3)
    with pytest.raises(HashbenchError, match="^n_iter is a whole number from 1 on, got -5$"):
        declared.check("n_iter", -5)
    with pytest.raises(HashbenchError, match="got None$"):
        declared.check("n_iter", None)
    Declared(Whole(1), optional=True).check("n_iter", None)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-5, "-5"),
        (10**39, "1" + "0" * 39),
        (10**40, "a number of 41 digits"),
        (10**50 - 1, "a number of 50 digits"),
        (-(10**4399), "a number of 4400 digits"),
        ("a\nb", r"'a\nb'"),
        (np.arange(4).reshape(2, 2), "array([[0, 1], [2, 3]])"),
        ("x" * 100, "'" + "x" * 56 + "..."),
        ([10**5000], "a list that is too long to be shown"),
        (nested(10**5), "a list that is too long to be shown"),
    ],
    ids=["int", "40 digits", "41", "50", "4400", "lines", "array", "long", "huge in a list", "nested"],
)
def test_values_are_shown_in_one_short_line(value: Any, text: str) -> None:
    assert shown(value) == text


Bits = Annotated[int, Whole(1, 64)]


class Plain:
    def __init__(
        self,
        n_bits: Bits = 32,
        *,
        n_iter: Annotated[int, Whole(1)] = 50,
        sigma: Annotated[float | None, Interval(0, open_low=True)] = None,
        n_jobs: Annotated[int, Whole(1)] | None = None,
        layers: Annotated[int, Whole(0)] = 1,
        hidden: Annotated[int, Whole(1), Unless("layers", 0)] = 500,
        exact: Decimal = 1,  # type: ignore[assignment]
        anything: Any = None,
    ) -> None:
        self.n_bits, self.n_iter, self.sigma = n_bits, n_iter, sigma


def ranges_of(target: Any) -> dict[str, str]:
    return {name: str(declared) for name, declared in declared_ranges(target).items()}


PLAIN = {
    "n_bits": "a whole number from 1 to 64",
    "n_iter": "a whole number from 1 on",
    "sigma": "a number above 0, or None",
    "n_jobs": "a whole number from 1 on, or None",
    "layers": "a whole number from 0 on",
    "hidden": "a whole number from 1 on",
}


def test_a_constructor_declares_ranges_as_text_and_by_another_name() -> None:
    assert ranges_of(Plain) == PLAIN


def test_a_subclass_has_the_ranges_of_the_constructor_that_it_uses() -> None:
    class Same(Plain):
        pass

    class Other(Plain):
        def __init__(self, rate: Annotated[float, Interval(0)] = 1.0) -> None: ...

    assert ranges_of(Same) == PLAIN
    assert ranges_of(Other) == {"rate": "a number at least 0"}


def load(
    n_lines: Annotated[int | None, Whole(1)] = None, *, split: Annotated[str, OneOf("a", "b")] = "a"
) -> int:
    return 0


def decorated(function: Callable[..., int]) -> Callable[..., int]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> int:
        return function(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize(
    "target", [load, decorated(load), partial(load, split="b"), partial(decorated(load))]
)
def test_a_function_declares_ranges_through_its_decorators(target: Any) -> None:
    assert ranges_of(target) == {"n_lines": "a whole number from 1 on, or None", "split": "one of a, b"}


def test_what_has_no_annotations_declares_nothing() -> None:
    assert ranges_of(len) == ranges_of(object) == ranges_of(lambda x: x) == {}


@dataclass
class Options:
    rate: Annotated[float, Interval(0)] = 0.1
    epochs: Annotated[int, Whole(1)] = 3
    note: str = ""


@dataclass
class MoreOptions(Options):
    epochs: Annotated[int, Whole(0)] = 0
    rate: float = 0.2
    depth: Annotated[int, Whole(1)] = 2


def test_the_fields_of_a_dataclass_and_of_what_it_derives_from_are_parameters() -> None:
    assert ranges_of(Options) == {"rate": "a number at least 0", "epochs": "a whole number from 1 on"}
    assert ranges_of(MoreOptions) == {
        "rate": "a number at least 0",
        "epochs": "a whole number from 0 on",
        "depth": "a whole number from 1 on",
    }


@dataclass
class OwnConstructor:
    rate: Annotated[float, Interval(0)] = 0.1

    def __init__(self, rate: float = 0.1, epochs: Annotated[int, Whole(1)] = 3) -> None: ...


def test_a_dataclass_may_have_a_constructor_of_its_own() -> None:
    assert ranges_of(OwnConstructor) == {"rate": "a number at least 0", "epochs": "a whole number from 1 on"}


BASE = """
from __future__ import annotations
from dataclasses import dataclass
from typing import Annotated
from hashbench.ranges import Interval as Numbers

@dataclass
class Base:
    rate: Annotated[float, Numbers(0)] = 0.1
"""
DERIVED = """
from __future__ import annotations
from dataclasses import dataclass
import typing as t
from hashbench import ranges
from {base} import Base

@dataclass
class Fields(Base):
    epochs: t.Annotated[int, ranges.Whole(1)] = 3

class Bare(Base):
    pass

class Constructor(Base):
    def __init__(self, epochs: t.Annotated[int, ranges.Whole(1)] = 3): ...
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module of classes that derive from one of another module, which has other names for what they use."""
    (tmp_path / "ranges_base.py").write_text(BASE)
    (tmp_path / "ranges_derived.py").write_text(DERIVED.format(base="ranges_base"))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("ranges_derived")
    for name in ("ranges_base", "ranges_derived"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["Fields", "Bare", "Constructor"])
def test_annotations_are_read_with_the_names_of_their_own_module(modules: Any, name: str) -> None:
    rate, epochs = {"rate": "a number at least 0"}, {"epochs": "a whole number from 1 on"}
    assert ranges_of(getattr(modules, name)) == (rate if name == "Bare" else rate | epochs)


def _unreadable(x: Annotated[int, Whole(Nowhere.low)]) -> None: ...  # noqa: F821
def _for_type_checkers(x: Annotated[Decimal, Interval(0)]) -> None: ...
def _two(x: Annotated[int, Whole(1), Interval(0)]) -> None: ...
def _no_range(x: Annotated[bool, Unless("y", 0)]) -> None: ...
def _class(x: Annotated[int, Whole]) -> None: ...
def _part(x: Annotated[int, Whole(1)] | str) -> None: ...
def _parts(x: Annotated[int, Whole(1)] | Annotated[str, OneOf("auto")]) -> None: ...


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (_unreadable, "name 'Nowhere' is not defined"),
        (_for_type_checkers, "name 'Decimal' is not defined"),
        (_two, "give one range to the whole of it"),
        (_no_range, "give one range to the whole of it"),
        (_class, "the class alone"),
        (_part, "give one range to the whole of it"),
        (_parts, "Either joins two"),
    ],
)
def test_an_annotation_that_declares_no_one_range_is_named(function: Any, reason: str) -> None:
    where = rf"{__name__}\.{function.__name__}: the annotation of x cannot be read: .*{reason}"
    with pytest.raises(HashbenchError, match=where):
        declared_ranges(function)


def test_a_parameter_without_effect_is_left_out() -> None:
    params = {"n_bits": 8, "layers": 0, "hidden": 7, "anything": None}
    assert effective_parameters(Plain, params) == {"n_bits": 8, "layers": 0, "anything": None}
    assert effective_parameters(Plain, params | {"layers": 1}) == params | {"layers": 1}


def test_an_estimator_is_checked_by_what_its_class_declares() -> None:
    check_parameters(Plain(n_bits=8))
    with pytest.raises(HashbenchError, match="^n_iter is a whole number from 1 on, got 0$"):
        check_parameters(Plain(n_iter=0))
    with pytest.raises(HashbenchError, match="^sigma is a number above 0, or None, got nan$"):
        check_parameters(Plain(sigma=NAN))


COMPONENT = Component(
    "plain", HasherSpec("plain", f"{__name__}:Plain", "For tests"), Plugin("tests", "tests", "0", "ok")
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n_iter=0", "n_iter is a whole number from 1 on, got 0"),
        ("n_iter=2.0", "n_iter is a whole number from 1 on, got 2.0"),
        ("n_iter=null", "n_iter is a whole number from 1 on, got None"),
        ("n_iter=true", "n_iter is a whole number from 1 on, got True"),
        ("n_iter=foo", "n_iter is a whole number from 1 on, got 'foo'"),
        ("n_iter=[3]", "n_iter is a whole number from 1 on, got [3]"),
        ("n_iter=-" + "9" * 400, "n_iter is a whole number from 1 on, got a number of 400 digits"),
        ("n_iter=" + "9" * 4400, "n_iter is a whole number from 1 on, got '" + "9" * 56 + "..."),
        ("n_iter=" + "[" * 100_000, "n_iter is a whole number from 1 on, got '" + "[" * 56 + "..."),
        ("n_iter=" + "[" * 900 + "]" * 900, "n_iter is a whole number from 1 on, got "),
        ("sigma=0", "sigma is a number above 0, or None, got 0"),
        ("sigma=1e999", "sigma is a number above 0, or None, got inf"),
        ("sigma=NaN", "sigma is a number above 0, or None, got 'NaN'"),
        ("sigma=1" + "0" * 400, "sigma is a number above 0, or None, got a number of 401 digits"),
        ("anything=1e999", "anything=inf is too large to be stored"),
        ("anything=[1e999]", "anything=[inf] is too large to be stored"),
    ],
    ids=lambda text: text[:20],
)
def test_an_assignment_out_of_range_is_refused_with_the_range(text: str, message: str) -> None:
    with pytest.raises(HashbenchError) as error:
        choose_datasets([Assignment.parse(f"plain.{text}")], [COMPONENT])
    assert str(error.value).startswith(f"method plain: {message}")
    assert len(str(error.value).splitlines()) == 1


def test_an_assignment_within_its_range_need_not_be_of_the_type_of_the_default() -> None:
    values = {"sigma": 3, "n_jobs": 2, "anything": [1, {"a": None}]}
    assignments = [Assignment.parse(f"plain.{name}={json.dumps(value)}") for name, value in values.items()]
    (choice,) = choose_datasets(assignments, [COMPONENT])
    assert {name: choice.params[name] for name in values} == values
    assert full_parameters(COMPONENT, {"sigma": None})["sigma"] is None
