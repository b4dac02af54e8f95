"""Functions that check their arguments against the ranges that they declare."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import pytest

from hashbench.errors import HashbenchError
from hashbench.ranges import OneOf, Text, Whole, checks_arguments, declared_ranges


@checks_arguments
def load(
    path: str,
    form: Annotated[str, OneOf("text", "counts")] = "text",
    *,
    top: Annotated[int | None, Whole(2)] = None,
    column: Annotated[str, Text()] = "text",
    separator: Annotated[str, Text(empty=False)] = "|",
) -> tuple[object, ...]:
    """Load."""
    return path, form, top, column, separator


def test_values_within_their_ranges_reach_the_function() -> None:
    assert load("docs") == ("docs", "text", None, "text", "|")
    assert load("docs", "counts", top=2, column="", separator=" ") == ("docs", "counts", 2, "", " ")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("docs", "bags"), {}, "form is one of text, counts, got 'bags'"),
        (("docs",), {"form": None}, "form is one of text, counts, got None"),
        (("docs",), {"top": 1}, "top is a whole number from 2 on, or None, got 1"),
        (("docs",), {"column": None}, "column is a string, got None"),
        (("docs",), {"separator": ""}, "separator is a string that is not empty, got ''"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(
    arguments: tuple[str, ...], options: dict[str, object], message: str
) -> None:
    with pytest.raises(HashbenchError) as error:
        load(*arguments, **options)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_wrong_calls_are_type_errors_as_without_the_check() -> None:
    with pytest.raises(TypeError, match="missing a required argument: 'path'"):
        load()  # type: ignore[call-arg]


def test_the_ranges_are_found_behind_the_check_and_behind_partial() -> None:
    for function in (load, partial(load, "docs")):
        assert set(declared_ranges(function)) == {"form", "top", "column", "separator"}
