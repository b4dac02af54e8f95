"""``hashbench upgrade``: results of an older schema."""

from __future__ import annotations

from pathlib import Path

import click

from hashbench.cli.options import loaded_registry
from hashbench.errors import HashbenchError


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--keep-same-version",
    is_flag=True,
    help="Note in every record of the declared versions that the installed code gives the same; for "
    "maintainers, after a change of the code that is known to change no result.",
)
def upgrade(results: Path, keep_same_version: bool) -> int:
    """Bring the records in RESULTS to the schema of this hashbench, and add digests where there are none.

    The old files are moved to RESULTS/schema-1; what cannot be upgraded is named and stays where it is.
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
    if keep_same_version:
        kept = sum(1 for _ in upgrading.keep_same_version(store, loaded_registry()))
        click.echo(f"{kept} records are kept as results of the installed code.", err=True)
    return 1 if left else 0
