"""Arguments of ``hashbench.run`` and ``hashbench.score``, in the form that the planning of a grid takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from hashbench.data.corpus import Corpus
from hashbench.errors import Argument, HashbenchError
from hashbench.experiment.environment import available_cores
from hashbench.experiment.executors import Execution
from hashbench.experiment.grid import check_argument
from hashbench.experiment.isolation import Limits
from hashbench.parameters import Assignment
from hashbench.ranges import Interval, OneOf, Whole, shown
from hashbench.recipes import OwnRecipes, joined_recipes, read_recipes
from hashbench.registry import Registry

_PARAMS = 'give names with their parameters, such as {"itq": {"n_iter": 30}}'


def names(argument: str, given: Any) -> tuple[str, ...]:
    """Return names, each once; one name may be given without a list.

    Raises:
        HashbenchError: neither a name nor a list of names.
    """
    return _each_of(argument, given, (str,), "a name or a list of names")


def datasets_of(argument: str, given: Any) -> tuple[str | Corpus, ...]:
    """Return datasets, each once, paths as strings; one may be given without a list.

    Raises:
        HashbenchError: something else than a name, a path or a corpus.
    """
    found = _each_of(argument, given, (str, Path, Corpus), "a name, a path or a corpus, or a list of them")
    return tuple(str(each) if isinstance(each, Path) else each for each in found)


def recipes_of(given: Any, registry: Registry) -> OwnRecipes:
    """Return the recipes of files, of which one may be given without a list.

    Raises:
        HashbenchError: not paths, or a file is not as ``hashbench.recipes.read_recipes`` describes.
    """
    paths = _each_of("recipes", given, (str, Path), "a path of a TOML file or a list of them")
    return joined_recipes(read_recipes(Path(path), registry) for path in paths)


def execution(
    jobs: int | None,
    *,
    isolate: bool = False,
    timeout: float | None = None,
    memory_limit: float | None = None,
    executor: str = "local",
    scheduler: str | None = None,
) -> Execution:
    """Return how trials are run; None for ``jobs`` takes as many as there are cores.

    Raises:
        HashbenchError: a value is out of range, or the scheduler of a cluster is missing or not asked for.
    """
    check_argument("executor", executor, OneOf("local", "dask"))
    for name, value in (("timeout", timeout), ("memory_limit", memory_limit)):
        if value is not None:
            check_argument(name, value, Interval(0, open_low=True))
    if executor == "dask" and scheduler is None:
        why = " needs the address of a scheduler: "
        raise HashbenchError(Argument("executor", "dask"), why, Argument("scheduler", "tcp://HOST:8786"))
    if executor == "local" and scheduler is not None:
        raise HashbenchError(Argument("scheduler"), " is of a cluster: add ", Argument("executor", "dask"))
    return Execution(
        available_cores() if jobs is None else jobs, isolate, Limits(timeout, memory_limit), scheduler
    )


def numbers(argument: str, given: Any) -> tuple[int, ...]:
    """Return whole numbers, of which one may be given without a list; their range is not checked.

    Raises:
        HashbenchError: something else than whole numbers.
    """
    found = _each_of(argument, given, (Integral,), "a whole number or a list of them")
    return tuple(int(number) for number in found)


def seeds_of(given: Any) -> tuple[int, ...]:
    """Return seeds: those listed or, for a single number, so many from 0 on.

    Raises:
        HashbenchError: something else than whole numbers, or a number of seeds that is not from 1 to 1000.
    """
    found = numbers("seeds", given)
    if not isinstance(given, Integral):
        return found
    check_argument("seeds", found[0], Whole(1, 1000))
    return tuple(range(found[0]))


def assignments(params: Any) -> list[Assignment]:
    """Return parameters, by component and name, as assignments; None for none.

    Raises:
        HashbenchError: not a mapping of mappings, or a value that JSON cannot hold.
    """
    found = []
    for component, values in _items(Argument("params", shown(params)), {} if params is None else params):
        where = Argument("params", shown(values), (component,))
        for parameter, value in _items(where, values):
            found.append(Assignment(component, parameter, _json_value((component, parameter), value)))
    return found


def _each_of(argument: str, given: Any, kinds: tuple[type, ...], wanted: str) -> tuple[Any, ...]:
    several = isinstance(given, Iterable) and not isinstance(given, str | Mapping | Corpus)
    values = tuple(given) if several else (given,)
    for value in values:
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise HashbenchError(Argument(argument, shown(value)), f": give {wanted}")
    return tuple(dict.fromkeys(values))


def _items(where: Argument, given: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise HashbenchError(where, f": {_PARAMS}")
    return given.items()


def _json_value(keys: tuple[str, str], value: Any) -> Any:
    """Return a value as it comes out of JSON: tuples as lists, numbers of numpy as those of Python."""
    try:
        return json.loads(json.dumps(value, default=_plain))
    except (TypeError, ValueError, RecursionError) as error:
        where = Argument("params", shown(value), keys)
        raise HashbenchError(where, ": give a value that JSON can hold") from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
