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

from hashbench.cli.completion import complete_names
from hashbench.cli.options import loaded_registry
from hashbench.cli.output import echo_table
from hashbench.errors import CheckFailedError
from hashbench.progress_bars import progress_bars
from hashbench.reporting.table import Table

if TYPE_CHECKING:
    from hashbench.registry import Registry
    from hashbench.testing import Outcome

ALL = "all"
FILE = re.compile(r"(?P<path>.+\.py)(?::(?P<class_name>\w+))?")
STATUSES = ("passed", "failed", "warned", "skipped")
THEIRS = "scikit-learn"


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    if any(sign in incomplete for sign in "./"):
        return [CompletionItem(incomplete, type="file")]
    all_of_them = [CompletionItem(ALL)] if ALL.startswith(incomplete) else []
    return [*complete_names(context, parameter, incomplete), *all_of_them]


@click.command()
@click.argument("method", shell_complete=_complete, metavar="METHOD|all|FILE.py[:CLASS]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(method: str, as_json: bool) -> None:
    """Check that a hashing method keeps the contract of hashers, and exit with 3 if it does not.

    METHOD is the name of a registered method, `all` of them, or a Python file that defines one hasher, a
    class with fit and transform; CLASS says which if it defines several. The checks are those of
    hashbench.testing and scikit-learn's estimator checks. They fit small made-up corpora, which takes some
    seconds, and longer for neural methods. A check that does not apply is skipped and says why. A method of
    another package than hashbench that names no licence or citation is warned, not failed.

    \b
    Examples:
      hashbench check lsh
      hashbench check ./my_hasher.py
      hashbench check ./my_hasher.py:MyHasher --json
      hashbench check all
    """
    registry = loaded_registry()
    hashers = _hashers(method, registry)
    with progress_bars(not as_json) as progress:
        from hashbench.testing import run_checks

        found: dict[str, Sequence[Outcome]] = {}
        task = progress.add_task("Methods", total=len(hashers), visible=len(hashers) > 1)
        for name, hasher in hashers.items():
            progress.update(task, description=f"Checking {name}")
            found[name] = run_checks(hasher)
            progress.advance(task)
    if method == ALL:
        found |= _lost_plugins(registry)
    _echo(found, as_json=as_json, several=method == ALL)
    _finish(method, found)


def _hashers(method: str, registry: Registry) -> dict[str, Any]:
    """Return what is to be checked by name; a registered name stands for itself."""
    if method == ALL:
        return {name: name for name in registry.names("method")}
    if file := FILE.fullmatch(method):
        from hashbench.testing.own_file import subject_of_file

        subject = subject_of_file(Path(file["path"]), file["class_name"])
        return {subject.name: subject}
    return {registry.get("method", method).name: method}


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
        header = ["method", *STATUSES, "first failure or warning"]
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
    """Return a row a check, and one for all of scikit-learn's that passed."""
    theirs = [outcome for outcome in outcomes if outcome.origin == THEIRS]
    passed = sum(outcome.status == "passed" for outcome in theirs)
    rows = [
        [_name(outcome), outcome.status, outcome.reason]
        for outcome in outcomes
        if outcome not in theirs or outcome.status != "passed"
    ]
    if passed:
        rows.append([f"{passed} of {len(theirs)} estimator checks of scikit-learn", "passed", ""])
    return rows


def _name(outcome: Outcome) -> str:
    return f"scikit-learn: {outcome.check}" if outcome.origin == THEIRS else outcome.check


def _finish(method: str, found: Mapping[str, Sequence[Outcome]]) -> None:
    """Print how many checks ended in which way; if any failed, as an error."""
    counts: Counter[str] = Counter(outcome.status for outcomes in found.values() for outcome in outcomes)
    summary = f"{method}: " + ", ".join(f"{counts[status]} {status}" for status in STATUSES)
    if not counts["failed"]:
        click.echo(summary, err=True)
    elif method == ALL:
        raise CheckFailedError(f"{summary}; `hashbench check NAME` shows every check of one method")
    else:
        raise CheckFailedError(summary)
