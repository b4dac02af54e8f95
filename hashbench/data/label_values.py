"""Labels as they stand in a file: strings, numbers, lists, and lists that were written as strings."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from typing import Any

from hashbench.data.reading import Record
from hashbench.errors import Argument, HashbenchError

_STRING = r"'(?:[^'\\]|\\.)*'" + r'|"(?:[^"\\]|\\.)*"'
_ITEM = re.compile(rf"\s*({_STRING}|[^\s,'\"\[\](){{}}]+)\s*(,?)", re.DOTALL)
_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_WRAPPED = re.compile(r"(?:array|list|set|tuple|frozenset)\((.*?)(?:,\s*dtype=[\w']+)?\)", re.DOTALL)
_MISSING = ("None", "nan", "NaN", "null", "<NA>")


def labels_of(record: Record, separator: str) -> list[str]:
    """Return the names of the labels of a record.

    Raises:
        HashbenchError: it has both one label and several, or a value that is no label.
    """
    if record.labels is None:
        return _one_label(record.label)
    if record.label is not None:
        raise HashbenchError(
            "it has both a label and labels; leave one out with ",
            Argument("label_column", "''"),
            " or ",
            Argument("labels_column", "''"),
        )
    if isinstance(record.labels, str):
        values = written_list(record.labels)
        values = record.labels.split(separator) if values is None else values
    elif isinstance(record.labels, list):
        values = record.labels
        if any(isinstance(value, list | tuple | dict) for value in values):
            raise HashbenchError(f"{shown(values)} is a list of lists, not of labels")
    else:
        raise HashbenchError(f"{shown(record.labels)} is neither a list of labels nor a string")
    names = (label_name(value) for value in values)
    return [name for name in names if name is not None]


def _one_label(value: Any) -> list[str]:
    if isinstance(value, str) and _is_list(value):
        raise HashbenchError(
            f"the label {shown(value)} is a list; to read several labels set ",
            Argument("label_column", "''"),
            " and ",
            Argument("labels_column"),
        )
    name = label_name(value)
    return [] if name is None else [name]


def _is_list(text: str) -> bool:
    try:
        return written_list(text) is not None
    except HashbenchError:
        return False


def written_list(text: str) -> list[Any] | None:
    """Return the values of a list that was written as a string, by Python, pandas, numpy or JSON.

    Returns:
        The values; None where the text is no list, such as one word in brackets.

    Raises:
        HashbenchError: it looks like a list and cannot be read.
    """
    inner = text.strip()
    wrapped = _WRAPPED.fullmatch(inner)
    if inner in ("set()", "list()", "tuple()", "frozenset()"):
        return []
    if wrapped:
        inner = wrapped[1].strip()
    if len(inner) < 2 or _BRACKETS.get(inner[0]) != inner[-1]:
        return None
    body = inner[1:-1].strip()
    if not body:
        return []
    items = _items(body)
    if items is None or (not any(_is_literal(item) for item in items)):
        if len(body.split()) == 1 and "," not in body and not {"'", '"'} & set(body):
            return None
        if inner[0] == "[":
            raise HashbenchError(f"{shown(text)} looks like a list that cannot be read; write it as JSON")
        return None
    return [_value(item) for item in items]


def _items(body: str) -> list[str] | None:
    """Return the items of a list with commas or, as numpy writes them, blanks between them."""
    items, place = [], 0
    while place < len(body):
        found = _ITEM.match(body, place)
        if found is None or found.end() == place:
            return None
        items.append(found[1])
        place = found.end()
    return items


def _is_literal(item: str) -> bool:
    return item[0] in "'\"" or item in _MISSING or re.fullmatch(r"[+-]?\d+(\.\d*)?", item) is not None


def _value(item: str) -> Any:
    if item[0] in "'\"":
        try:
            return json.loads(item) if item[0] == '"' else ast.literal_eval(item)
        except (ValueError, SyntaxError):
            return item[1:-1]
    return None if item in _MISSING else item


def label_name(value: Any) -> str | None:
    """Return the name of a label, a number as JSON writes it; None where the value is empty.

    Raises:
        HashbenchError: the value is neither a string nor a number.
    """
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, int | float):
        return None if value != value else json.dumps(value)
    raise HashbenchError(
        f"{shown(value)} is neither a string nor a number; to read lists set ", Argument("labels_column")
    )


def shown(value: Any) -> str:
    """Return a value for a message, in 60 characters at most."""
    return textwrap.shorten(repr(value), 60)
