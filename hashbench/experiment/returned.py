"""What methods and metrics return, checked before it is stored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.codes import CENTROIDS, Codes, QuantiserCodes
from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups


def checked_codes(bits: Any, n: int, n_bits: int) -> Codes:
    """Pack what a hasher returned.

    Raises:
        ValueError: not uint8 or bool, another shape than (n, n_bits), or values other than 0 and 1.
    """
    array = np.asarray(bits)
    if array.dtype not in (np.uint8, np.bool_):
        raise ValueError(f"transform returned {array.dtype}, expected uint8 codes of 0 and 1")
    if array.shape != (n, n_bits):
        raise ValueError(f"transform returned codes of shape {array.shape}, expected {(n, n_bits)}")
    return Codes.pack(array)


def checked_indices(indices: Any, n: int, n_bits: int, n_centroids: Any) -> QuantiserCodes:
    """Return the codes that a quantiser returned.

    Raises:
        ValueError: not uint8, another shape than (n, n_bits / log2(n_centroids)), indices of centroids that
            there are not, or an unusable number of centroids.
    """
    array = np.asarray(indices)
    if n_centroids not in CENTROIDS:
        raise ValueError(f"n_centroids is {n_centroids!r}, expected a power of two from 2 to 256")
    if array.dtype != np.uint8:
        raise ValueError(f"transform returned {array.dtype}, expected uint8 indices of centroids")
    n_books, rest = divmod(n_bits, int(n_centroids).bit_length() - 1)
    if rest or array.shape != (n, n_books):
        raise ValueError(
            f"transform returned indices of shape {array.shape}, expected {(n, n_books)}: "
            f"{n_bits} bits in books of {n_centroids} centroids"
        )
    return QuantiserCodes(np.ascontiguousarray(array), int(n_centroids))


def checked_tables(tables: Any, codes: QuantiserCodes) -> NDArray[np.float32]:
    """Return the lookup tables that a quantiser returned for documents with those codes.

    Raises:
        ValueError: not finite floats of shape (n, n_books, n_centroids).
    """
    return checked_floats("query_tables", tables, (len(codes), codes.n_books, codes.n_centroids))


def checked_values(values: Any, n: int, n_bits: int) -> NDArray[np.float32]:
    """Return the real values behind the bits that a hasher returned.

    Raises:
        ValueError: not finite floats of shape (n, n_bits).
    """
    return checked_floats("decision_values", values, (n, n_bits))


def checked_floats(what: str, returned: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return an array as float32.

    Raises:
        ValueError: not finite floats of that shape; the message begins with ``what``.
    """
    array = np.asarray(returned)
    if array.dtype.kind != "f" or array.shape != shape:
        raise ValueError(f"{what}: {array.dtype} of shape {array.shape}, expected floats of shape {shape}")
    with np.errstate(over="ignore"):
        exact = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(exact).all():
        raise ValueError(f"{what}: NaN, or numbers too large for float32")
    return exact


def checked_fit_diagnostics(fit_diagnostics: Any, n_train: int) -> FitDiagnostics:
    """Return what a hasher tells beside its codes, with numbers of NumPy as those of Python.

    Raises:
        ValueError: not ``FitDiagnostics``, values that are neither finite numbers nor strings, or groups of
            another number of documents than ``n_train``.
    """
    if not isinstance(fit_diagnostics, FitDiagnostics):
        raise ValueError(
            f"fit_diagnostics_ is a {type(fit_diagnostics).__name__}, "
            "expected hashbench.hashing.FitDiagnostics"
        )
    for level in fit_diagnostics.groups:
        if not isinstance(level, Groups):
            raise ValueError(
                f"fit_diagnostics_: {_shown(level)} in groups, expected hashbench.hashing.Groups"
            )
        if len(level.members) != n_train:
            raise ValueError(
                f"fit_diagnostics_: groups {level.name!r} of {len(level.members)} documents, "
                f"expected {n_train}"
            )
    values = {
        _name("fit_diagnostics_", name): str(value)
        if isinstance(value, str)
        else _number("fit_diagnostics_", name, value, "a finite number or a string")
        for name, value in _items("fit_diagnostics_", fit_diagnostics.values)
    }
    return replace(fit_diagnostics, values=values)


def checked_metric(metric: str, returned: Any) -> dict[str, float]:
    """Return the values of a metric by name, with numbers of NumPy as those of Python.

    Args:
        metric: its name.
        returned: what it returned.

    Raises:
        ValueError: not a mapping of names to finite real numbers.
    """
    where = f"metric {metric}"
    return {
        _name(where, name): _number(where, name, value, "a finite number")
        for name, value in _items(where, returned)
    }


def _items(where: str, values: Any) -> list[tuple[Any, Any]]:
    if not isinstance(values, Mapping):
        raise ValueError(f"{where}: {_shown(values)} returned, expected a mapping of names to finite numbers")
    return list(values.items())


def _name(where: str, name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError(f"{where}: the name {_shown(name)}, expected a string")
    return str(name)


def _number(where: str, name: str, value: Any, expected: str) -> float:
    """Return a number as an int or a float."""
    scalar = value.item() if isinstance(value, np.generic) else value
    problem = ValueError(f"{where}: {name!r} is {_shown(value)}, expected {expected}")
    if isinstance(scalar, bool) or not isinstance(scalar, Real):
        raise problem
    try:
        number = scalar if isinstance(scalar, int) else float(scalar)
        finite = math.isfinite(number)
    except OverflowError:
        finite = False
    if not finite:
        raise problem
    return number


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) < 80 else f"{shown[:80]}..."
