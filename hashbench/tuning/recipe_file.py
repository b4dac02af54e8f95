"""What was found, as a file of recipes that ``hashbench run --recipes`` reads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hashbench.atomic import storing, write_atomically
from hashbench.errors import Argument, HashbenchError
from hashbench.recipes import read_recipes
from hashbench.registry import Registry
from hashbench.specs import Case, Recipe, Tuning

FILE = "recipes.toml"
TUNED = "tuned"
TUNED_ELSEWHERE = "tuned-elsewhere"
NOTES = {
    TUNED: "Chosen by hashbench tune: the best of the settings tried, by P@100 of validation documents. Each "
    "case says how many were tried, the labels used and the CPU seconds of fit.",
    TUNED_ELSEWHERE: "Chosen by hashbench tune without the corpus it is for: of the best settings of the "
    "other corpora the one that is best on all of them, by P@100 of validation documents.",
}


@dataclass(frozen=True)
class FoundCase:
    """Values found for a method on one dataset at one code length, or without a code length.

    Attributes:
        method: the method.
        recipe: "tuned" or "tuned-elsewhere".
        case: the values, the input and the tuning.
    """

    method: str
    recipe: str
    case: Case

    @property
    def place(self) -> tuple[str, str, tuple[str, ...], tuple[int, ...]]:
        """What it is of; there is one case each."""
        return self.method, self.recipe, self.case.datasets, self.case.bits


def read_own_recipes(path: Path, registry: Registry) -> dict[str, dict[str, Recipe]]:
    """Return what an earlier call wrote; nothing where there is no file.

    Raises:
        HashbenchError: the file cannot be read as recipes, or has some that tune does not write.
    """
    before = read_recipes(path, registry) if path.exists() else {}
    for method, recipes in before.items():
        if others := sorted(set(recipes) - set(NOTES)):
            raise HashbenchError(
                Argument("out", f"{path.parent}"),
                f": {path.name} there has a recipe [{method}.{others[0]}]; name another folder",
            )
    return before


def write_recipes(path: Path, found: Iterable[FoundCase], registry: Registry) -> None:
    """Write cases as recipes; those that are in the file and not found anew stay there.

    Raises:
        HashbenchError: as in ``read_own_recipes``, or a value that TOML does not have.
        StorageError: it cannot be written.
    """
    before = read_own_recipes(path, registry)
    kept = [
        FoundCase(method, name, case)
        for method, recipes in before.items()
        for name, recipe in recipes.items()
        for case in recipe.cases
    ]
    by_place = {each.place: each for each in (*kept, *found)}
    grouped: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)
    for place in sorted(by_place):
        grouped[place[:2]].append(by_place[place].case)
    recipes = {
        (method, name): Recipe(
            source={"": "hashbench tune"},
            cases=tuple(cases),
            notes=NOTES[name],
            found_on=tuple(dict.fromkeys(d for c in cases if c.tuning for d in c.tuning.datasets)),
        )
        for (method, name), cases in grouped.items()
    }
    text = "\n".join(_table(*names, recipe) for names, recipe in recipes.items())
    with storing(path):
        write_atomically(path, text.encode())


def _table(method: str, name: str, recipe: Recipe) -> str:
    lines = [f"[{method}.{name}]", _line("notes", recipe.notes), _line("source", recipe.source[""])]
    lines.append(_line("found_on", recipe.found_on))
    for case in recipe.cases:
        lines += ["", f"[[{method}.{name}.cases]]", _line("datasets", case.datasets)]
        lines += [_line("bits", case.bits)] if case.bits else []
        lines += [_line("params", case.params)]
        lines += [_line("features", asdict(case.features))] if case.features else []
        lines += [_line("tuning", _without_none(case.tuning))] if case.tuning else []
    return "\n".join([*lines, ""])


def _without_none(tuning: Tuning) -> dict[str, Any]:
    return {name: value for name, value in asdict(tuning).items() if value is not None}


def _line(name: str, value: Any) -> str:
    return f"{name} = {_toml(name, value)}"


def _toml(name: str, value: Any) -> str:
    """Return a value in one line of TOML, which writes strings and numbers as JSON does."""
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(key)} = {_toml(key, each)}" for key, each in value.items())
        return f"{{ {', '.join(inner)} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(name, each) for each in value)}]"
    if value is None:
        raise HashbenchError(f"{name} is None, which a file of recipes cannot hold: give it another value")
    return json.dumps(value, ensure_ascii=False)
