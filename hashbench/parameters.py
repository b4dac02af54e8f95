"""Parameters of components: their defaults, and assignments such as ``itq.n_iter=30``."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hashbench.errors import Argument, HashbenchError, UnknownNameError
from hashbench.ranges import declared_ranges, shown
from hashbench.registry import Component, did_you_mean
from hashbench.specs import FeaturizerSpec, HasherSpec

RESERVED = {"n_bits": Argument("bits"), "random_state": Argument("seeds")}


@dataclass(frozen=True)
class Assignment:
    """One ``name.parameter=value``, its value read as JSON where it is JSON and as a string otherwise."""

    component: str
    parameter: str
    value: Any

    @classmethod
    def parse(cls, text: str) -> Assignment:
        """Read ``name.parameter=value``.

        Raises:
            HashbenchError: the text is not of that form.
        """
        target, equals, value = text.partition("=")
        component, dot, parameter = target.strip().rpartition(".")
        if not (equals and dot and component and parameter.isidentifier()):
            raise HashbenchError(f"--set {text}: write NAME.PARAMETER=VALUE, such as itq.n_iter=30")
        return cls(component, parameter, _parse_value(value.strip()))


def signature_parameters(component: Component) -> dict[str, inspect.Parameter]:
    """Return the keyword parameters of a component's constructor or function, by name."""
    signature = inspect.signature(component.spec.load())
    return {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def default_parameters(component: Component) -> dict[str, Any]:
    """Return every parameter with its default, presets of the spec included, without bits and seed.

    Raises:
        HashbenchError: the plugin presets a parameter that its target does not take, leaves one without a
            default, or has a default that cannot be written as JSON.
    """
    parameters = signature_parameters(component)
    if strange := set(component.spec.params) - set(parameters):
        raise HashbenchError(
            f"{component.spec.kind} {component.name}: its plugin presets {sorted(strange)}, "
            f"which {component.spec.target} does not take"
        )
    defaults = {
        name: component.spec.params.get(name, parameter.default)
        for name, parameter in parameters.items()
        if name not in RESERVED
    }
    for name, value in defaults.items():
        if value is inspect.Parameter.empty:
            raise HashbenchError(f"{component.spec.kind} {component.name}: {name} has no default value")
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise HashbenchError(
                f"{component.spec.kind} {component.name}: the default of {name} cannot be written as JSON"
            ) from error
    return defaults


def parameter_groups(component: Component) -> dict[str, list[str]]:
    """Return the names of the parameters of a component by group, its own first under "".

    A class that others derive from names the group of the parameters that it declares in ``parameter_group``.
    """
    names = list(default_parameters(component))
    groups: dict[str, list[str]] = {"": names}
    for base in getattr(component.spec.load(), "__mro__", ()):
        if group := vars(base).get("parameter_group"):
            shared = [name for name in names if name in vars(base).get("__annotations__", {})]
            groups[group] = shared
            groups[""] = [name for name in groups[""] if name not in shared]
    return groups


def full_parameters(component: Component, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults with the overrides in place.

    Raises:
        UnknownNameError: a parameter that the component does not have.
        HashbenchError: a value out of the range that is declared beside the parameter or, where none is, of
            another type than the default.
    """
    defaults = default_parameters(component)
    for name, value in overrides.items():
        where = f"{component.spec.kind} {component.name}"
        if name in RESERVED:
            raise HashbenchError(f"{where}: {name} is set by ", RESERVED[name])
        if name in component.spec.retired:
            value = component.spec.retired[name]
            raise UnknownNameError(
                f"{where} has no parameter {name!r} any more; it does what {name}={value} did"
            )
        if name not in defaults:
            known = ", ".join(sorted(defaults)) or "none"
            hint = did_you_mean(name, defaults)
            raise UnknownNameError(f"{where} has no parameter {name!r}{hint} (its parameters: {known})")
        _check_value(where, name, value, defaults[name], component)
    return {**defaults, **{name: _like(value, defaults[name]) for name, value in overrides.items()}}


def check_space(component: Component) -> None:
    """Check the search dimensions of a method or a featurizer against what it declares.

    Raises:
        HashbenchError: a dimension is of no parameter, has a value out of the range of the parameter, or
            leaves out the default or a value that a recipe sets.
    """
    spec = component.spec
    assert isinstance(spec, HasherSpec | FeaturizerSpec)
    recipes = spec.recipes if isinstance(spec, HasherSpec) else {}
    defaults = default_parameters(component)
    set_by: list[tuple[str, Mapping[str, Any]]] = [("its default", defaults)]
    for name, recipe in recipes.items():
        set_by += [
            (f"recipe {name}", params) for params in (recipe.params, *(c.params for c in recipe.cases))
        ]
    for dimension in spec.space:
        for value in dimension.extremes:
            full_parameters(component, {dimension.name: value})
        for whose, params in set_by:
            if dimension.name in params and params[dimension.name] not in dimension:
                value, what = shown(params[dimension.name]), f"{spec.kind} {component.name}"
                raise HashbenchError(f"{what}: search dimension {dimension.name} leaves out {value}, {whose}")


def _parse_value(text: str) -> Any:
    """Read JSON where it is JSON that Python can hold, and take anything else as a string."""
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return {"True": True, "False": False, "None": None}.get(text, text)


def _check_value(where: str, name: str, value: Any, default: Any, component: Component) -> None:
    declared = declared_ranges(component.spec.load()).get(name)
    if declared is not None:
        try:
            declared.check(name, value)
        except HashbenchError as error:
            raise HashbenchError(f"{where}: {error}") from error
    elif not _is_writable(value):
        raise HashbenchError(f"{where}: {name}={shown(value)} is too large to be stored")
    elif not _fits(value, default):
        raise HashbenchError(
            f"{where}: {name}={shown(value)} should be of type {type(default).__name__}, "
            f"as its default {default!r}"
        )


def _like(value: Any, default: Any) -> Any:
    """Return a whole number as a float where the default is one, so that 1 and 1.0 give one key."""
    return float(value) if isinstance(default, float) and type(value) is int else value


def _is_writable(value: Any) -> bool:
    """Tell whether a value of JSON's types can be written as JSON: infinity and endless nesting cannot."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    except TypeError:
        return True
    return True


def _fits(value: Any, default: Any) -> bool:
    if value is None or default is None:
        return True
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, float) or (isinstance(value, int) and abs(value) <= sys.float_info.max)
    if isinstance(default, list | tuple):
        return isinstance(value, list)
    return isinstance(value, type(default))
