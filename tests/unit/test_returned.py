"""What metrics and hashers return, before it is stored."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from hashbench.experiment.returned import checked_fit_diagnostics, checked_metric
from hashbench.hashing.fit_diagnostics import FitDiagnostics

NUMBERS = [
    (0.5, 0.5),
    (3, 3),
    (np.float32(0.5), 0.5),
    (np.float64(0.5), 0.5),
    (np.longdouble(0.5), 0.5),
    (np.int64(3), 3),
    (np.uint8(3), 3),
    (Fraction(1, 4), 0.25),
    (-(2**70), -(2**70)),
]
NO_NUMBERS = [
    math.nan,
    -math.inf,
    np.float32("nan"),
    10**400,
    True,
    np.bool_(True),
    1j,
    None,
    [1.0],
    np.ones(2),
]


@pytest.mark.parametrize(("value", "stored"), NUMBERS)
def test_numbers_of_any_type_become_those_of_python(value: Any, stored: float) -> None:
    for found in (
        checked_metric("m", MappingProxyType({"a": value})),
        checked_fit_diagnostics(FitDiagnostics({"a": value}), 3).values,
    ):
        assert found == {"a": stored}
        assert type(found["a"]) is type(stored)
        assert json.loads(json.dumps(dict(found))) == found


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_finite_number_is_named(value: Any) -> None:
    with pytest.raises(ValueError, match="metric m: 'a' is .*, expected a finite number"):
        checked_metric("m", {"b": 1.0, "a": value})
    with pytest.raises(ValueError, match="fit_diagnostics_: 'a' is .*, expected a finite number or a string"):
        checked_fit_diagnostics(FitDiagnostics({"a": value}), 3)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (0.5, "metric m: 0.5 returned, expected a mapping"),
        (None, "metric m: None returned"),
        ([("a", 1.0)], "metric m: .* returned"),
        ({2: 0.5}, "metric m: the name 2, expected a string"),
    ],
)
def test_what_is_no_mapping_of_names_is_named(returned: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_metric("m", returned)


def test_strings_are_fit_diagnostics_and_no_values_of_metrics() -> None:
    assert checked_fit_diagnostics(FitDiagnostics({"stage": np.str_("last")}), 3).values == {"stage": "last"}
    with pytest.raises(ValueError, match="'stage' is 'last'"):
        checked_metric("m", {"stage": "last"})
