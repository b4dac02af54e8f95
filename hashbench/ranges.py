"""Ranges of parameters, declared beside the parameter and checked wherever a value arrives.

A method, featurizer or dataset declares what a parameter may be in its annotation::

    def __init__(self, n_bits: int = 32, *, n_iter: Annotated[int, Whole(1)] = 50,
                 kernel: Annotated[str, OneOf("rbf", "linear")] = "rbf",
                 sigma: Annotated[float | None, Interval(0, open_low=True)] = None) -> None: ...

The command line and the planning of a run check values before anything is computed, and
``hashbench.hashing.Hasher`` checks them again in ``fit``. Constructors check nothing, as scikit-learn asks.
A function decorated with ``checks_arguments`` checks them when it is called.
"""

from __future__ import annotations

import inspect
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial, wraps
from numbers import Integral, Real
from types import NoneType
from typing import Annotated, Any, ParamSpec, TypeVar, get_args, get_origin

from hashbench.errors import HashbenchError

P = ParamSpec("P")
T = TypeVar("T")


class Range(ABC):
    """What values a parameter may have."""

    @abstractmethod
    def __contains__(self, value: Any) -> bool:
        """Tell whether a value is allowed."""

    @abstractmethod
    def __str__(self) -> str:
        """Say what is allowed, to be read after the name of the parameter and "is"."""


@dataclass(frozen=True)
class Whole(Range):
    """Whole numbers from ``low`` to ``high``, both included; ``high`` None for no limit."""

    low: int
    high: int | None = None

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, Integral) or isinstance(value, bool):
            return False
        return self.low <= int(value) and (self.high is None or int(value) <= self.high)

    def __str__(self) -> str:
        return f"a whole number from {self.low} {'on' if self.high is None else f'to {self.high}'}"


@dataclass(frozen=True)
class Interval(Range):
    """Finite numbers from ``low`` to ``high``, both included unless they are open; None for no limit."""

    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
            return False
        number = float(value)
        above = self.low is None or (number > self.low if self.open_low else number >= self.low)
        return above and (
            self.high is None or (number < self.high if self.open_high else number <= self.high)
        )

    def __str__(self) -> str:
        bounds = []
        if self.low is not None:
            bounds.append(f"above {self.low:g}" if self.open_low else f"at least {self.low:g}")
        if self.high is not None:
            bounds.append(f"below {self.high:g}" if self.open_high else f"at most {self.high:g}")
        return " ".join(["a number", " and ".join(bounds)]).strip()


class OneOf(Range):
    """One of the values named."""

    def __init__(self, *choices: Any) -> None:
        self.choices = choices

    def __contains__(self, value: Any) -> bool:
        return any(type(value) is type(choice) and value == choice for choice in self.choices)

    def __str__(self) -> str:
        return f"one of {', '.join(map(str, self.choices))}"


@dataclass(frozen=True)
class Text(Range):
    """Strings, the empty one included unless ``empty`` is False."""

    empty: bool = True

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, str) and (self.empty or value != "")

    def __str__(self) -> str:
        return "a string" if self.empty else "a string that is not empty"


class Either(Range):
    """A value of one range or of another, such as a rule by name or a number."""

    def __init__(self, *ranges: Range) -> None:
        self.ranges = ranges

    def __contains__(self, value: Any) -> bool:
        return any(value in each for each in self.ranges)

    def __str__(self) -> str:
        return " or ".join(map(str, self.ranges))


@dataclass(frozen=True)
class ListOf(Range):
    """A list of values of one range, of one length or of any (None)."""

    item: Range
    length: int | None = None

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, list | tuple) or self.length not in (None, len(value)):
            return False
        return all(each in self.item for each in value)

    def __str__(self) -> str:
        return f"a list of {'' if self.length is None else f'{self.length} '}values, each {self.item}"


class Unless:
    """Beside a range: the parameter has no effect while another one has one of some values.

    ``hidden: Annotated[int, Whole(1), Unless("n_layers", 0)] = 500``: leaderboards do not show it then.
    """

    def __init__(self, parameter: str, *values: Any) -> None:
        self.parameter = parameter
        self.values = values


@dataclass(frozen=True)
class Declared:
    """What is declared of a parameter.

    Attributes:
        range: its range.
        optional: it may be None as well.
        unless: when it has no effect.
    """

    range: Range
    optional: bool
    unless: tuple[Unless, ...] = ()

    def __str__(self) -> str:
        return f"{self.range}{', or None' if self.optional else ''}"

    def check(self, name: str, value: Any) -> None:
        """Raise a HashbenchError unless the parameter of that name may have the value."""
        if not (self.optional if value is None else value in self.range):
            raise HashbenchError(f"{name} is {self}, got {shown(value)}")


def shown(value: Any) -> str:
    """Return a value as an error shows it, cut short where it is long."""
    if isinstance(value, int) and abs(value) >= 10**40:
        return f"a number of {int(math.log10(abs(value))) + 1} digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@cache
def declared_ranges(target: Any) -> Mapping[str, Declared]:
    """Return the ranges that a class or function declares in its annotations, by parameter.

    Raises:
        HashbenchError: an annotation with a range cannot be read, such as one whose names are imported for
            type checkers alone.
    """
    found = {}
    for name, annotation, scope in _annotations(target):
        if isinstance(annotation, str):
            if "Annotated" not in annotation:
                continue
            try:
                annotation = eval(annotation, dict(scope))
            except Exception as error:
                where = getattr(target, "__qualname__", target)
                raise HashbenchError(f"{where}: the annotation of {name} cannot be read: {error}") from error
        if get_origin(annotation) is Annotated:
            kind, *metadata = get_args(annotation)
            unless = tuple(item for item in metadata if isinstance(item, Unless))
            for item in metadata:
                if isinstance(item, Range):
                    found[name] = Declared(item, kind is NoneType or NoneType in get_args(kind), unless)
    return found


def effective_parameters(target: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that have an effect at the values that all of them have.

    Args:
        target: class or function that declares them.
        params: all its parameters with their values.
    """
    declared = declared_ranges(target)

    def idle(name: str) -> bool:
        conditions = declared[name].unless if name in declared else ()
        return any(params.get(each.parameter) in each.values for each in conditions)

    return {name: value for name, value in params.items() if not idle(name)}


def check_parameters(estimator: Any) -> None:
    """Check the parameters of a scikit-learn estimator against the ranges that its class declares.

    Raises:
        HashbenchError: a value is out of range; the message says what is allowed.
    """
    for name, declared in declared_ranges(estimator.__class__).items():
        if hasattr(estimator, name):
            declared.check(name, getattr(estimator, name))


def checks_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function: it raises a HashbenchError if an argument is out of the range that it declares."""
    signature = inspect.signature(function)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        arguments = signature.bind(*args, **kwargs).arguments
        for name, declared in declared_ranges(function).items():
            if name in arguments:
                declared.check(name, arguments[name])
        return function(*args, **kwargs)

    return checked


def _annotations(target: Callable[..., Any]) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield parameter, annotation and the names it may use; those of sub-classes come last and win."""
    if not inspect.isclass(target):
        function = inspect.unwrap(target.func if isinstance(target, partial) else target)
        scope = getattr(function, "__globals__", {})
        yield from ((name, value, scope) for name, value in getattr(function, "__annotations__", {}).items())
        return
    for each in reversed(target.__mro__):
        scope = vars(sys.modules[each.__module__]) if each.__module__ in sys.modules else {}
        yield from ((name, value, scope) for name, value in vars(each).get("__annotations__", {}).items())
    constructor = target.__init__
    if "__dataclass_fields__" not in vars(target):
        scope = getattr(constructor, "__globals__", {})
        for name, value in getattr(constructor, "__annotations__", {}).items():
            yield name, value, scope
