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
from types import NoneType, UnionType
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin

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
        if not isinstance(value, Real) or isinstance(value, bool):
            return False
        try:
            number = float(value)
        except OverflowError:
            return False
        if not math.isfinite(number):
            return False
        above = self.low is None or (number > self.low if self.open_low else number >= self.low)
        return above and (
            self.high is None or (number < self.high if self.open_high else number <= self.high)
        )

    def __str__(self) -> str:
        bounds = []
        if self.low is not None:
            bounds.append(f"{'above' if self.open_low else 'at least'} {_shortest(self.low)}")
        if self.high is not None:
            bounds.append(f"{'below' if self.open_high else 'at most'} {_shortest(self.high)}")
        return " ".join(["a number", " and ".join(bounds)]).strip()


class OneOf(Range):
    """One of the values named."""

    def __init__(self, *choices: Any) -> None:
        self.choices = choices

    def __contains__(self, value: Any) -> bool:
        return any(_of_one_type(value, choice) and value == choice for choice in self.choices)

    def __str__(self) -> str:
        return f"one of {', '.join(str(choice) or repr(choice) for choice in self.choices)}"

    def __repr__(self) -> str:
        return f"OneOf({', '.join(map(repr, self.choices))})"


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

    def __repr__(self) -> str:
        return f"Either({', '.join(map(repr, self.ranges))})"


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

    def __repr__(self) -> str:
        return f"Unless({', '.join(map(repr, (self.parameter, *self.values)))})"


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
    """Return a value as an error shows it, in one line and cut short where it is long."""
    if isinstance(value, int) and abs(value) >= 10**40:
        return f"a number of {_digits(abs(value))} digits"
    try:
        text = " ".join(repr(value).split())
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that is too long to be shown"
    return text if len(text) <= 60 else f"{text[:57]}..."


@cache
def declared_ranges(target: Any) -> Mapping[str, Declared]:
    """Return the ranges that a class or function declares in its annotations, by parameter.

    The annotations may stand in the constructor or, as in a dataclass, in the body of the class or of a class
    that it derives from. A parameter keeps its range where a sub-class annotates it anew without one.

    Raises:
        HashbenchError: an annotation with a range cannot be read, such as one whose names are imported for
            type checkers alone, or does not declare one range.
    """
    found = {}
    for name, annotation, scope in _annotations(target):
        try:
            declared = _declared(_evaluated(annotation, scope))
        except Exception as error:
            where = f"{getattr(target, '__module__', '')}.{getattr(target, '__qualname__', target)}"
            reason = " ".join(str(error).split())
            raise HashbenchError(f"{where}: the annotation of {name} cannot be read: {reason}") from error
        if declared is not None:
            found[name] = declared
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
        yield from ((name, value, scope) for name, value in _own_annotations(function).items())
        return
    seen = {}
    for each in reversed(target.__mro__):
        module = sys.modules.get(each.__module__)
        scope = {**(vars(module) if module else {}), **vars(each)}
        for name, value in _own_annotations(each).items():
            seen[name] = value
            yield name, value, scope
    constructor = inspect.unwrap(target.__init__)
    scope = getattr(constructor, "__globals__", {})
    for name, value in _own_annotations(constructor).items():
        # A dataclass repeats in its constructor the annotations of classes from other modules.
        if name not in seen or seen[name] != value:
            yield name, value, scope


def _own_annotations(target: Any) -> Mapping[str, Any]:
    try:
        return inspect.get_annotations(target)
    except TypeError:
        return {}


def _evaluated(annotation: Any, scope: Mapping[str, Any]) -> Any:
    """Return an annotation, or None for a string that has nothing to do with ranges and cannot be read."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, dict(scope))
    except Exception:
        if "Annotated" in annotation:
            raise
        return None


def _declared(annotation: Any) -> Declared | None:
    """Return what an annotation declares, None for one without a range.

    Raises:
        ValueError: it has several ranges, or ``Unless`` without a range.
    """
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    annotated = [member for member in members if get_origin(member) is Annotated]
    metadata = [item for member in annotated for item in get_args(member)[1:]]
    ranges = [item for item in metadata if isinstance(item, Range)]
    unless = tuple(item for item in metadata if isinstance(item, Unless))
    if any(isinstance(item, type) and issubclass(item, Range | Unless) for item in metadata):
        raise ValueError("write Whole(1) or the like, not the class alone")
    if not ranges and not unless:
        return None
    others = [member for member in members if member is not NoneType and member not in annotated]
    if len(ranges) != 1 or others:
        raise ValueError(
            "give one range to the whole of it, Annotated[int | None, Whole(1)]; Either joins two"
        )
    kind = get_args(annotated[0])[0]
    return Declared(ranges[0], NoneType in (kind, *get_args(kind), *members), unless)


def _of_one_type(value: Any, choice: Any) -> bool:
    """Tell whether two values are of one type, integers and strings of numpy included."""
    if isinstance(value, bool) or isinstance(choice, bool):
        return isinstance(value, bool) and isinstance(choice, bool)
    if isinstance(choice, Integral):
        return isinstance(value, Integral)
    return isinstance(value, type(choice))


def _shortest(number: float) -> str:
    """Return a number without needless digits, ``1`` for 1.0."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)


def _digits(number: int) -> int:
    """Return the number of decimal digits of an integer from 1 on, which may be too long to be written."""
    count = int(math.log10(number))
    while number >= 10**count:
        count += 1
    return count
