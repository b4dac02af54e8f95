"""Search dimensions: what ``hashbench tune`` may try of the parameters of a method or a featurizer.

A spec lists them in ``space``::

    space=(
        IntegerDimension("n_neighbors", 5, 100, log=True),
        FloatDimension("C", 0.01, 100.0, log=True),
        ChoiceDimension("weight", ("cosine", "binary")),
    )

Every value has to be in the range that the parameter declares, and the default as well as the values of all
recipes have to be in the dimension; ``hashbench check`` tests that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_DIMENSIONS = 8
"""Dimensions that a spec may have: a budget of a dozen trials searches no more."""


@dataclass(frozen=True)
class FloatDimension:
    """Numbers from ``low`` to ``high``, both included.

    Attributes:
        name: the parameter.
        low: the smallest value.
        high: the largest value.
        log: whether values are drawn on a logarithmic scale.

    Raises:
        ValueError: the bounds are not finite and ascending, or not above 0 on a logarithmic scale.
    """

    name: str
    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        _check_bounds(self)

    def __contains__(self, value: Any) -> bool:
        return (
            isinstance(value, float | int) and not isinstance(value, bool) and self.low <= value <= self.high
        )

    def __str__(self) -> str:
        return _bounds(self)

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Values of which all are allowed only if every value is."""
        return (float(self.low), float(self.high))


@dataclass(frozen=True)
class IntegerDimension:
    """Whole numbers from ``low`` to ``high``, both included.

    Attributes:
        name: the parameter.
        low: the smallest value.
        high: the largest value.
        log: whether values are drawn on a logarithmic scale.

    Raises:
        ValueError: the bounds are not ascending, or not above 0 on a logarithmic scale.
    """

    name: str
    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _check_bounds(self)

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"whole numbers {_bounds(self)}"

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Values of which all are allowed only if every value is."""
        return (self.low, self.high)


@dataclass(frozen=True)
class ChoiceDimension:
    """One of some values.

    Attributes:
        name: the parameter.
        values: strings, numbers, or True and False; at least two.

    Raises:
        ValueError: there are fewer than two values, or one of another type.
    """

    name: str
    values: tuple[str | int | float | bool, ...]

    def __post_init__(self) -> None:
        if len(self.values) < 2:
            raise ValueError(f"dimension {self.name}: give at least two values")
        if not all(isinstance(value, str | int | float) for value in self.values):
            raise ValueError(f"dimension {self.name}: values are strings, numbers, or True and False")

    def __contains__(self, value: Any) -> bool:
        return any(
            value == each and isinstance(value, bool) == isinstance(each, bool) for each in self.values
        )

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))

    @property
    def extremes(self) -> tuple[Any, ...]:
        """All values."""
        return self.values


Dimension = FloatDimension | IntegerDimension | ChoiceDimension
Space = tuple[Dimension, ...]


def check_dimensions(where: str, space: Iterable[Dimension]) -> None:
    """Raise a ValueError for too many dimensions, or two of one parameter."""
    names = [dimension.name for dimension in space]
    if len(names) > MOST_DIMENSIONS:
        raise ValueError(
            f"{where}: its space has {len(names)} dimensions, at most {MOST_DIMENSIONS} are allowed"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{where}: its space has {twice[0]} twice")


def _check_bounds(dimension: FloatDimension | IntegerDimension) -> None:
    low, high = dimension.low, dimension.high
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"dimension {dimension.name}: give finite bounds, the smaller one first")
    if dimension.log and low <= 0:
        raise ValueError(f"dimension {dimension.name}: a logarithmic scale needs bounds above 0")


def _bounds(dimension: FloatDimension | IntegerDimension) -> str:
    return f"{dimension.low:g} to {dimension.high:g}{', logarithmic' if dimension.log else ''}"
