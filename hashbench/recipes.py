"""Recipes by name: which settings of a method a run takes, and recipes from a user's file."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hashbench.errors import Argument, HashbenchError, UnknownNameError
from hashbench.parameters import full_parameters
from hashbench.registry import Component, Registry, did_you_mean
from hashbench.specs import Case, FeaturesOf, HasherSpec, Recipe, Tuning

DEFAULT = "default"
PUBLISHED = "published"
OwnRecipes = Mapping[str, Mapping[str, Recipe]]
"""Recipes of a user's file, by method and name."""


@dataclass(frozen=True, eq=False)
class ChosenRecipe:
    """A method with one of its recipes."""

    component: Component
    name: str
    recipe: Recipe


def recipes_of(component: Component, own: OwnRecipes | None = None) -> dict[str, Recipe]:
    """Return all recipes of a method by name, the default first.

    Args:
        component: a method.
        own: recipes of a user's file.
    """
    spec = component.spec
    assert isinstance(spec, HasherSpec)
    return {DEFAULT: Recipe(), **spec.recipes, **(own or {}).get(component.name, {})}


def choose_recipes(
    patterns: Iterable[str], registry: Registry, own: OwnRecipes | None = None
) -> list[ChosenRecipe]:
    """Return the methods and recipes that patterns name, each once, in their order.

    Args:
        patterns: ``method`` or ``method@recipe``, ``*`` in either matches any letters; a bare name means the
            default recipe.
        registry: where methods are looked up.
        own: recipes of a user's file.

    Raises:
        UnknownNameError: there is no such method or recipe; the message gives the nearest names.
    """
    found: dict[tuple[str, str], ChosenRecipe] = {}
    for pattern in patterns:
        method, recipe = pattern.rsplit("@", 1) if "@" in pattern else (pattern, DEFAULT)
        chosen = [
            ChosenRecipe(component, name, values)
            for component in _methods(method, registry)
            for name, values in recipes_of(component, own).items()
            if fnmatch.fnmatchcase(name, recipe)
        ]
        if not chosen:
            raise UnknownNameError(f"{pattern!r}: {_no_recipe(method, recipe, registry, own)}")
        for each in chosen:
            found.setdefault((each.component.name, each.name), each)
    return list(found.values())


def read_recipes(path: Path, registry: Registry) -> dict[str, dict[str, Recipe]]:
    """Read a file of recipes: tables ``[method.recipe]`` with ``params`` and the other fields of ``Recipe``.

    Raises:
        HashbenchError: it cannot be read, is not of that form, names an unknown method or parameter, or a
            recipe that the method has already.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HashbenchError(
            Argument("recipes", f"{path}"), f": {error.strerror}; name a TOML file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HashbenchError(Argument("recipes", f"{path}"), f": not TOML: {error}") from error
    found: dict[str, dict[str, Recipe]] = {}
    for method, recipes in document.items():
        component = registry.get("method", method)
        for name, values in (recipes if isinstance(recipes, dict) else {"": recipes}).items():
            where = Argument("recipes", f"{path}: [{method}.{name}]")
            if name in recipes_of(component):
                raise HashbenchError(where, f": {method} has a recipe of that name; choose another name")
            found.setdefault(method, {})[name] = replace(_read_recipe(values, where), file=str(path))
            for params in (found[method][name].params, *(case.params for case in found[method][name].cases)):
                full_parameters(component, params)
    return found


def joined_recipes(files: Iterable[OwnRecipes]) -> dict[str, dict[str, Recipe]]:
    """Return the recipes of several files as one.

    Raises:
        HashbenchError: two files have a recipe of one name for one method.
    """
    joined: dict[str, dict[str, Recipe]] = {}
    for recipes in files:
        for method, named in recipes.items():
            if twice := sorted(set(named) & set(joined.get(method, {}))):
                name = f"{method}@{twice[0]}"
                raise HashbenchError(Argument("recipes"), f": two files have a recipe {name}; rename one")
            joined.setdefault(method, {}).update(named)
    return joined


def _methods(pattern: str, registry: Registry) -> list[Component]:
    if "*" not in pattern:
        return [registry.get("method", pattern)]
    names = fnmatch.filter(registry.names("method"), pattern)
    if not names:
        raise UnknownNameError(
            f"no method matches {pattern!r}; `hashbench list methods` shows the known ones"
        )
    return [registry.get("method", name) for name in names]


def _no_recipe(method: str, recipe: str, registry: Registry, own: OwnRecipes | None) -> str:
    components = _methods(method, registry)
    known = sorted({name for component in components for name in recipes_of(component, own)})
    reason = ""
    if recipe == PUBLISHED and len(components) == 1:
        spec = components[0].spec
        assert isinstance(spec, HasherSpec)
        reason = f" ({spec.no_published_recipe})" if spec.no_published_recipe else ""
    return f"there is no such recipe{reason}{did_you_mean(recipe, known)} (recipes: {', '.join(known)})"


def _read_recipe(values: Any, where: Argument) -> Recipe:
    if not isinstance(values, dict):
        raise HashbenchError(where, ": write a table with params, such as [sth.mine.params] and k = 9 below")
    known = {"params", "source", "features", "cases", "varies", "notes", "found_on"}
    if unknown := sorted(set(values) - known):
        raise HashbenchError(
            where,
            f": unknown entry {unknown[0]!r}{did_you_mean(unknown[0], known)} "
            f"(known: {', '.join(sorted(known))})",
        )
    source, features = values.get("source", {}), values.get("features")
    try:
        return Recipe(
            params=dict(values.get("params", {})),
            source={"": source} if isinstance(source, str) else dict(source),
            features=_read_features(features),
            cases=tuple(map(_read_case, values.get("cases", ()))),
            varies=tuple(values.get("varies", ())),
            notes=str(values.get("notes", "")),
            found_on=tuple(values.get("found_on", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HashbenchError(where, f": not a recipe: {type(error).__name__} {error}") from error


def _read_features(values: Any) -> FeaturesOf | None:
    return None if values is None else FeaturesOf(values["name"], dict(values.get("params", {})))


def _read_case(values: Any) -> Case:
    tuning = values.get("tuning")
    return Case(
        dict(values["params"]),
        tuple(values.get("datasets", ())),
        tuple(values.get("bits", ())),
        _read_features(values.get("features")),
        None if tuning is None else Tuning(**{**tuning, "datasets": tuple(tuning["datasets"])}),
    )
