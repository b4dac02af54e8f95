"""``hashbench upgrade``: results of an older schema, and of recipes as they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hashbench.cli.options import loaded_registry
from hashbench.errors import HashbenchError

if TYPE_CHECKING:
    from hashbench.experiment.relabelling import Relabelled


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--keep-same-version",
    is_flag=True,
    help="Note in every record of the declared versions that the installed code gives the same; for "
    "maintainers, after a change of the code that is known to change no result.",
)
def upgrade(results: Path, keep_same_version: bool) -> int:
    """Bring the records in RESULTS to the schema and the recipes of this hashbench.

    Records without a digest get one. Where the parameters of a record are no longer those of its recipe, it
    gets the name of the one recipe that has them; if none has, it is marked as changed, with the parameters
    that differ.

    The old files are moved to RESULTS/schema-1 and RESULTS/other-recipe; what cannot be upgraded is named and
    stays where it is.
    """
    from hashbench.experiment import upgrade as upgrading
    from hashbench.experiment.committed import SHARED_FILE
    from hashbench.experiment.store import ResultStore

    store = ResultStore(results)
    if not store.records_folder.is_dir() and not any(results.glob(f"*/{SHARED_FILE}")):
        raise HashbenchError(f"no records in {results}; name the folder that `hashbench run --out` wrote")
    left = done = 0
    for found in upgrading.upgrade_records(store):
        if found.record is None:
            left += 1
            click.echo(f"{found.path} {found.reason}", err=True)
        else:
            done += 1
    click.echo(f"{done} records upgraded, {left} left as they are.", err=True)
    if sealed := sum(1 for _ in upgrading.seal_records(store)):
        click.echo(f"{sealed} records without a digest have one now.", err=True)
    registry = loaded_registry()
    _say_relabelled(list(upgrading.relabel_records(store, registry)))
    if keep_same_version:
        kept = sum(1 for _ in upgrading.keep_same_version(store, registry))
        click.echo(f"{kept} records are kept as results of the installed code.", err=True)
    return 1 if left else 0


def _say_relabelled(found: Sequence[Relabelled]) -> None:
    """Say how many records got another recipe or are changed ones now, and why others stay as they are."""
    renamed = Counter(
        f"{each.record.trial.method}: {each.before.trial.recipe} -> {each.record.trial.recipe}"
        for each in found
        if each.fate == "renamed"
    )
    if renamed:
        click.echo(f"{renamed.total()} records are of another recipe now:", err=True)
        for which, count in sorted(renamed.items()):
            click.echo(f"  {which} ({count})", err=True)
    if changed := sum(each.fate == "changed" for each in found):
        click.echo(f"{changed} records are of no recipe any more and are marked as changed.", err=True)
    for each in found:
        if each.fate == "left":
            click.echo(f"{each.before.key[:8]} {each.before.trial} keeps its recipe: {each.reason}", err=True)
