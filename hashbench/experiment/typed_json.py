"""JSON values as dataclasses, with the type of every field checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from hashbench.errors import DataError

Record = TypeVar("Record")
_NAMES = {
    str: "a string",
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    NoneType: "null",
}


def from_json_value(cls: type[Record], value: Any, where: str = "") -> Record:
    """Return a dataclass made of a JSON object, and of those in it.

    Fields may be strings, numbers, booleans, None, literals, mappings, tuples, dataclasses, unions of them,
    or anything. A whole number is a number; true and false are none.

    Args:
        cls: the dataclass.
        value: what ``json.loads`` returned.
        where: what the value is called in messages.

    Raises:
        DataError: a field is missing, unknown, or of another type.
    """
    names, required = _fields(cast(Any, cls))
    if not isinstance(value, dict):
        raise _wrong(where, value, "an object")
    if unknown := sorted(value.keys() - names.keys()):
        raise DataError(f"has a field {_below(where, unknown[0])}, which is not known")
    if missing := sorted(required - value.keys()):
        raise DataError(f"has no field {_below(where, missing[0])}")
    return cls(**{name: _value(names[name], each, _below(where, name)) for name, each in value.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return value
    if hint in _NAMES:
        if not _is_a(hint, value):
            raise _wrong(where, value, _NAMES[hint])
        return value
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return _one_of(arguments, value, where)
    if origin is Literal:
        if value not in arguments:
            raise _wrong(where, value, " or ".join(map(repr, arguments)))
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, value, "a list")
        return tuple(_value(arguments[0], each, f"{where}[{place}]") for place, each in enumerate(value))
    if origin is Mapping:
        if not isinstance(value, dict):
            raise _wrong(where, value, "an object")
        return {name: _value(arguments[1], each, _below(where, name)) for name, each in value.items()}
    return from_json_value(hint, value, where)


def _one_of(hints: tuple[Any, ...], value: Any, where: str) -> Any:
    """Return the value as the first of several types that it has."""
    simple = [hint for hint in hints if hint in _NAMES]
    if any(_is_a(hint, value) for hint in simple):
        return value
    others = [hint for hint in hints if hint not in _NAMES]
    if not others:
        raise _wrong(where, value, " or ".join(_NAMES[hint] for hint in simple))
    return _value(others[0], value, where)


def _is_a(hint: Any, value: Any) -> bool:
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int) or (isinstance(value, float) and isfinite(value))
    return isinstance(value, hint)


def _wrong(where: str, value: Any, expected: str) -> DataError:
    shown = repr(value)
    shown = shown if len(shown) < 40 else f"{shown[:40]}..."
    return DataError(f"has {shown} as {where or 'its content'}, expected {expected}")


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


@cache
def _fields(cls: Any) -> tuple[Mapping[str, Any], frozenset[str]]:
    """Return the types of the fields of a dataclass by name, and the names of those without a default."""
    hints = get_type_hints(cls)
    required = {
        each.name for each in fields(cls) if each.default is MISSING and each.default_factory is MISSING
    }
    return {each.name: hints[each.name] for each in fields(cls)}, frozenset(required)
