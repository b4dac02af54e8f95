"""Option types that several commands share, and warnings about plugins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from hashbench.errors import Argument
from hashbench.plugin_files import FILES_VARIABLE
from hashbench.ranges import shown
from hashbench.registry import ALLOWED_VARIABLE, Registry, registry


class NameList(click.ParamType):  # type: ignore[type-arg]
    """Names separated by commas."""

    name = "NAME,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split a list; an empty list or an empty name is wrong usage."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in value.split(","))
        if not all(names):
            self.fail(f"{value!r} has an empty name; write names separated by commas", param, ctx)
        return names


class NumberList(click.ParamType):  # type: ignore[type-arg]
    """Whole numbers separated by commas, within bounds."""

    name = "N,..."

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Split a list; anything but whole numbers from low to high is wrong usage."""
        if isinstance(value, tuple):
            return value
        return tuple(self._number(text, param, ctx) for text in value.split(","))

    def _number(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        digits = text.strip()
        is_short = digits.isdecimal() and len(digits) <= len(str(self.high))
        if not is_short or not self.low <= int(digits) <= self.high:
            self.fail(f"{shown(text)} is not a whole number from {self.low} to {self.high}", param, ctx)
        return int(digits)


class Seeds(click.ParamType):  # type: ignore[type-arg]
    """A number of seeds, or the seeds themselves."""

    name = "COUNT|SEED,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Turn "2" into seeds 0 and 1, "3,7" into those two, and "7," into that one."""
        if isinstance(value, tuple):
            return value
        if "," not in value:
            (count,) = NumberList(1, 1000).convert(value, param, ctx)
            return tuple(range(count))
        return NumberList(0, 2**32 - 1).convert(value.removesuffix(","), param, ctx)


class Amount(click.ParamType):  # type: ignore[type-arg]
    """A number with a unit, such as 10m or 4G, as a multiple of the base unit."""

    def __init__(self, name: str, units: Mapping[str, float], example: str) -> None:
        self.name, self.units, self.example = name, units, example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number in base units; one without a unit is in the first."""
        if isinstance(value, float):
            return value
        number, unit = re.fullmatch(r"([\d.]*)\s*(.*)", value.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
        try:
            amount = (
                float(number)
                * self.units[unit.lower().removesuffix("b").removesuffix("i") or next(iter(self.units))]
            )
        except (ValueError, KeyError):
            known = f"a number with a unit ({', '.join(self.units)}), such as {self.example}"
            self.fail(f"{shown(value)} is not {known}", param, ctx)
        if amount <= 0:
            self.fail(f"{shown(value)} is not more than 0", param, ctx)
        return amount


class Part(click.ParamType):  # type: ignore[type-arg]
    """One of several parts: I/N."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read two whole numbers."""
        if isinstance(value, tuple):
            return value[0], value[1]
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", value)
        if found is None:
            self.fail(f"{shown(value)} is not of the form I/N, such as 2/8", param, ctx)
        return int(found[1]), int(found[2])


SECONDS = Amount("TIME", {"s": 1, "m": 60, "h": 3600}, "10m")
MEBIBYTES = Amount("SIZE", {"m": 1, "g": 1024, "t": 1024**2}, "4G")


def _use_data_home(
    ctx: click.Context,  # noqa: ARG001 - click passes it
    param: click.Parameter,  # noqa: ARG001
    folder: Path | None,
) -> None:
    if folder is not None:
        os.environ["HASHBENCH_DATA"] = str(folder)


data_home_option = click.option(
    "--data-home",
    type=click.Path(path_type=Path),
    callback=_use_data_home,
    expose_value=False,
    help="Folder of the corpora.  [default: $HASHBENCH_DATA, or your data directory]",
)


def _use_plugin_files(
    ctx: click.Context,  # noqa: ARG001 - click passes it
    param: click.Parameter,  # noqa: ARG001
    files: tuple[Path, ...],
) -> None:
    use_plugin_files(files)


def use_plugin_files(files: Iterable[Path]) -> None:
    """Load plugins of one file beside those named already, here and in processes that this one starts."""
    named = [path for path in os.environ.get(FILES_VARIABLE, "").split(os.pathsep) if path]
    joined_names = dict.fromkeys([*named, *(str(file.resolve()) for file in files)])
    if list(joined_names) != named:
        os.environ[FILES_VARIABLE] = os.pathsep.join(joined_names)
        registry.cache_clear()


def _use_no_plugins(
    ctx: click.Context,  # noqa: ARG001 - click passes it
    param: click.Parameter,  # noqa: ARG001
    without: bool,
) -> None:
    if without:
        os.environ[ALLOWED_VARIABLE] = ""
        registry.cache_clear()


def add_plugin_options(command: click.Command) -> None:
    """Add the options that choose the plugins of a command, or of all commands of a group.

    They act through the environment, so that processes that a command starts see the same plugins.
    """
    if isinstance(command, click.Group):
        for each in command.commands.values():
            add_plugin_options(each)
        return
    files = click.Option(
        ["--plugin"],
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE.py",
        is_eager=True,
        expose_value=False,
        callback=_use_plugin_files,
        help="A file with a method or with hooks, beside the installed plugins; may be repeated.",
    )
    none = click.Option(
        ["--no-plugins"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_use_no_plugins,
        help="Load none of the installed plugins; with HASHBENCH_PLUGINS=a,b in the environment, only those.",
    )
    command.params += [files, none]


def joined(
    ctx: click.Context,  # noqa: ARG001 - click passes it
    param: click.Parameter,  # noqa: ARG001
    value: tuple[tuple[Any, ...], ...],
) -> tuple[Any, ...]:
    """Join the lists of an option that was given several times, each item once."""
    return tuple(dict.fromkeys(item for items in value for item in items))


def option_of(argument: Argument) -> str:
    """Return an argument of an error as it is given on the command line, such as ``--bits 0``."""
    options = {"params": "--set", "validation_labels": "--no-validation-labels"}
    option = options.get(argument.name, f"--{argument.name.replace('_', '-')}")
    place = ".".join(argument.keys)
    return " ".join(filter(None, [option, "=".join(filter(None, [place, argument.value]))]))


def parameters(settings: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what ``--set`` sets, by component and parameter; the last value of a parameter counts."""
    from hashbench.parameters import Assignment

    found: dict[str, dict[str, Any]] = {}
    for assignment in map(Assignment.parse, settings):
        found.setdefault(assignment.component, {})[assignment.parameter] = assignment.value
    return found


def loaded_registry() -> Registry:
    """Return the registry, after a line on standard error for every plugin that is not in order."""
    loaded = registry()
    for plugin in loaded.plugins:
        if plugin.state in ("failed", "clash"):
            click.echo(
                f"Warning: plugin {plugin.name} ({plugin.distribution} {plugin.version}): {plugin.error}",
                err=True,
            )
    return loaded
