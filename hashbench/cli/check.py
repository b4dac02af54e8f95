"""``hashbench check``: the conformance suite, over registered methods or a file of one's own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from hashbench.cli.options import loaded_registry, use_plugin_files
from hashbench.cli.output import echo_table
from hashbench.errors import CheckFailedError, HashbenchError, UnknownNameError
from hashbench.progress_bars import progress_bars
from hashbench.registry import registry as registry_of_process
from hashbench.reporting.table import Table

if TYPE_CHECKING:
    from hashbench.registry import Registry
    from hashbench.specs import Spec
    from hashbench.testing import Outcome

ALL = "all"
FILE = re.compile(r"(?P<path>.+\.py)(?::(?P<class_name>\w+))?")
KINDS = ("method", "featurizer", "dataset", "metric")
STATUSES = ("passed", "failed", "warned", "skipped")
THEIRS = "scikit-learn"


def _complete(
    context: click.Context,
    parameter: click.Parameter,  # noqa: ARG001 - click passes it
    incomplete: str,
) -> list[CompletionItem]:
    if any(sign in incomplete for sign in "./"):
        return [CompletionItem(incomplete, type="file")]
    kind = context.params.get("kind")
    names = {name for each in KINDS if kind in (None, each) for name in registry_of_process().names(each)}
    return [CompletionItem(name) for name in (*sorted(names), ALL) if name.startswith(incomplete)]


@click.command()
@click.argument("name", shell_complete=_complete, metavar="NAME|all|FILE.py[:CLASS]")
@click.option(
    "--kind",
    type=click.Choice(["method", "featurizer", "dataset", "metric", "recipe"]),
    default=None,
    help="What NAME is; of `all`, which kind.  [default: whatever is registered under NAME; all methods]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(name: str, kind: str | None, as_json: bool) -> None:
    """Check that a method, featurizer, dataset, metric or recipe does what it should; exit with 3 if not.

    NAME is a registered name, METHOD@RECIPE, or that of a plugin for all that it provides; `all` are all
    registered methods. A Python file is checked as a plugin if it has hooks, else as the one hasher that it
    defines, a class with fit and transform; CLASS says which if it defines several.

    The checks are those of hashbench.testing and, for methods, scikit-learn's estimator checks. They fit
    small made-up corpora, which takes some seconds, and longer for neural methods. A check that does not
    apply is skipped and says why. What belongs to another package than hashbench and names no licence or
    citation is warned, not failed.

    \b
    Examples:
      hashbench check lsh
      hashbench check ./my_hasher.py
      hashbench check ./my_hasher.py:MyHasher --json
      hashbench check sth@published
      hashbench check all --kind featurizer
    """
    registry = loaded_registry()
    if _is_foreign(name, kind, registry):
        found = _checked_apart(name, kind)
    else:
        found = _checked(chosen_to_check(name, kind, registry), show_progress=not as_json)
    if name == ALL:
        found |= _lost_plugins(registry)
    _echo(found, as_json=as_json, several=name == ALL)
    _finish(name, found)


def _is_foreign(name: str, kind: str | None, registry: Registry) -> bool:
    """Tell whether code from outside hashbench is checked, which gets a process of its own."""
    if name == ALL:
        return False
    if FILE.fullmatch(name):
        return True
    bare = name.partition("@")[0]
    kinds = KINDS if kind in (None, "recipe") else (kind,)
    plugins = [registry.get(each, bare).plugin for each in kinds if bare in registry.names(each)]
    plugins += [plugin for plugin in registry.plugins if plugin.name == name]
    return any(plugin.foreign for plugin in plugins)


def _checked_apart(name: str, kind: str | None) -> dict[str, Sequence[Outcome]]:
    from hashbench.experiment.isolation import ProcessEndedError, call_isolated

    try:
        found: dict[str, Sequence[Outcome]] = call_isolated(_checked_by_name, name, kind)
    except ProcessEndedError as error:
        raise HashbenchError(f"{name}: {error}") from None
    return found


def _checked_by_name(name: str, kind: str | None) -> dict[str, Sequence[Outcome]]:
    return _checked(chosen_to_check(name, kind, registry_of_process()), show_progress=False)


def _checked(chosen: Mapping[str, tuple[str, Any]], *, show_progress: bool) -> dict[str, Sequence[Outcome]]:
    with progress_bars(show_progress) as progress:
        from hashbench.testing import run_checks

        found: dict[str, Sequence[Outcome]] = {}
        task = progress.add_task("Components", total=len(chosen), visible=len(chosen) > 1)
        for label, (each_kind, what) in chosen.items():
            progress.update(task, description=f"Checking {label}")
            found[label] = run_checks(what, each_kind)
            progress.advance(task)
    return found


def chosen_to_check(name: str, kind: str | None, registry: Registry) -> dict[str, tuple[str, Any]]:
    """Return what is to be checked, its kind and itself, by what the tables call it.

    Raises:
        UnknownNameError: nobody registered the name.
    """
    if name == ALL:
        return _all(kind or "method", registry)
    if file := FILE.fullmatch(name):
        return _of_file(Path(file["path"]), file["class_name"], kind)
    if kind == "recipe" or (kind is None and "@" in name and not _is_metric(name, registry)):
        return {name: ("recipe", name)}
    bare = name.partition("@")[0]
    kinds = [each for each in KINDS if each == kind or (kind is None and bare in registry.names(each))]
    plugins = [plugin for plugin in registry.plugins if plugin.name == name]
    if not kinds and plugins:
        return _provided(plugins[0].specs, name)
    if not kinds:
        registry.get("method", name)
    label = "{1}" if len(kinds) == 1 else "{0} {1}"
    return {label.format(each, name): (each, name) for each in kinds}


def _is_metric(name: str, registry: Registry) -> bool:
    return name.partition("@")[0] in registry.names("metric")


def _all(kind: str, registry: Registry) -> dict[str, tuple[str, Any]]:
    if kind != "recipe":
        return {name: (kind, name) for name in registry.names(kind)}
    from hashbench.recipes import choose_recipes

    names = [f"{each.component.name}@{each.name}" for each in choose_recipes(["*@*"], registry)]
    return {name: ("recipe", name) for name in names}


def _of_file(path: Path, class_name: str | None, kind: str | None) -> dict[str, tuple[str, Any]]:
    """Return what a file registers, or the one hasher that it defines."""
    from hashbench.plugin_files import has_hooks, imported_file

    if class_name is None and has_hooks(imported_file(path)):
        use_plugin_files([path])
        loaded = registry_of_process().plugins
        specs = next(plugin.specs for plugin in loaded if plugin.name == path.name)
        return _provided([spec for spec in specs if kind in (None, spec.kind)], str(path))
    from hashbench.testing.own_file import subject_of_file

    subject = subject_of_file(path, class_name)
    return {subject.name: ("method", subject)}


def _provided(specs: Sequence[Spec], of: str) -> dict[str, tuple[str, Any]]:
    if not specs:
        raise UnknownNameError(f"{of} provides nothing that could be checked")
    return {f"{spec.kind} {spec.name}": (spec.kind, spec.name) for spec in specs}


def _lost_plugins(registry: Registry) -> dict[str, Sequence[Outcome]]:
    """Return a failed check for every plugin whose methods nobody can see."""
    from hashbench.testing import Outcome

    return {
        f"plugin {plugin.name}": [Outcome("import", "hashbench", "failed", plugin.error or "")]
        for plugin in registry.plugins
        if plugin.state == "failed"
    }


def _echo(found: Mapping[str, Sequence[Outcome]], *, as_json: bool, several: bool) -> None:
    if as_json:
        document = [{"name": name, "checks": list(map(asdict, outcomes))} for name, outcomes in found.items()]
        click.echo(json.dumps({"schema": 1, "methods": document}, indent=1))
    elif several:
        header = ["name", *STATUSES, "first failure or warning"]
        echo_table(Table("Conformance", header, [_overview(*method) for method in found.items()]))
    else:
        for name, outcomes in found.items():
            echo_table(Table(f"Conformance of {name}", ["check", "result", "reason"], _rows(outcomes)))


def _overview(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    counts: Counter[str] = Counter(outcome.status for outcome in outcomes)
    told = [
        f"{o.check}: {o.reason}" for status in ("failed", "warned") for o in outcomes if o.status == status
    ]
    return [name, *(str(counts[status]) for status in STATUSES), told[0] if told else ""]


def _rows(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Return a row a check, one for all of scikit-learn's that passed, and one for several of one reason."""
    theirs = [outcome for outcome in outcomes if outcome.origin == THEIRS]
    passed = sum(outcome.status == "passed" for outcome in theirs)
    by_reason: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome not in theirs or outcome.status != "passed":
            own_row = outcome.reason or f" {outcome.check}"
            by_reason.setdefault((outcome.status, own_row), []).append(outcome)
    rows = [
        [_several(same), status, reason if same[0].reason else ""]
        for (status, reason), same in by_reason.items()
    ]
    if passed:
        rows.append([f"{passed} of {len(theirs)} estimator checks of scikit-learn", "passed", ""])
    return rows


def _several(same: Sequence[Outcome]) -> str:
    """Return the name of a check, and how many others have the same reason."""
    first = _name(same[0])
    return first if len(same) == 1 else f"{first} and {len(same) - 1} more"


def _name(outcome: Outcome) -> str:
    return f"scikit-learn: {outcome.check}" if outcome.origin == THEIRS else outcome.check


def _finish(name: str, found: Mapping[str, Sequence[Outcome]]) -> None:
    """Print how many checks ended in which way; if any failed, as an error."""
    counts: Counter[str] = Counter(outcome.status for outcomes in found.values() for outcome in outcomes)
    summary = f"{name}: " + ", ".join(f"{counts[status]} {status}" for status in STATUSES)
    if not counts["failed"]:
        click.echo(summary, err=True)
    elif name == ALL:
        raise CheckFailedError(f"{summary}; `hashbench check NAME` shows every check of one")
    else:
        raise CheckFailedError(summary)
