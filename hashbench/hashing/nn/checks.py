"""Checks of parameters, for methods that do not declare their ranges yet."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from hashbench.errors import HashbenchError


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Raise a HashbenchError where a parameter is none of its choices."""
    if value not in choices:
        raise HashbenchError(f"{name} is one of {', '.join(choices)}, got {value!r}")


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise a HashbenchError where a parameter is no whole number, or too small a one."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise HashbenchError(f"{name} is a whole number from {least} on, got {value!r}")


def check_positive(name: str, value: Any) -> None:
    """Raise a HashbenchError where a parameter is not a number above 0."""
    if not _is_number(value) or not 0 < value < float("inf"):
        raise HashbenchError(f"{name} is a number above 0, got {value!r}")


def check_not_negative(name: str, value: Any) -> None:
    """Raise a HashbenchError where a parameter is not a number from 0 on."""
    if not _is_number(value) or not 0 <= value < float("inf"):
        raise HashbenchError(f"{name} is a number from 0 on, got {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
