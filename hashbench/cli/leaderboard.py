"""``hashbench leaderboard``: Markdown from stored records, and whether it is stale."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hashbench.cli.options import loaded_registry
from hashbench.cli.output import echo_table
from hashbench.errors import CheckFailedError, HashbenchError

if TYPE_CHECKING:
    from hashbench.experiment.record import TrialRecord
    from hashbench.experiment.store import UnreadableRecord
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.formats import Format


@click.command()
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that `run` wrote to.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder for the files.  [default: RESULTS/leaderboards]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["markdown", "csv", "latex", "html"]),
    default="markdown",
    show_default=True,
    help="markdown: a file a dataset and an index. csv: all cells in leaderboards.csv, a line each. latex: a "
    "file a dataset, for the package booktabs, and references.bib. html: a page a dataset. The last three "
    "name the commands that give the cells again.",
)
@click.option(
    "--wide", is_flag=True, help="Print tables of the bounds under ties as well, and every table in full."
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; list records that another version or other code made than is installed, and those "
    "with a parameter that their method no longer has; exit with 3 if a file differs from what the records "
    "give.",
)
@click.option(
    "--strict", is_flag=True, help="With --check: exit with 3 as well if a record is of another version."
)
def leaderboard(
    results: Path, out: Path | None, format_: Format, wide: bool, check: bool, strict: bool
) -> None:
    """Write the leaderboards of all stored records; those in Markdown are printed as well."""
    if strict and not check:
        raise click.UsageError("--strict is about --check: give both")
    if format_ != "markdown" and (check or wide):
        raise click.UsageError("--check and --wide are about Markdown: leave --format out")
    from hashbench.experiment.store import ResultStore
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.leaderboard_files import write_boards

    store = ResultStore(results)
    if store.is_empty():
        raise _no_records(results)
    folder, catalogue = out or store.leaderboards_folder, Catalogue(loaded_registry())
    if check:
        records, unreadable = store.records()
        _warn(unreadable)
        if not records:
            raise _no_records(results)
        _check(records, catalogue, folder, results, strict=strict)
        return
    files, unreadable, boards = write_boards(store, folder, catalogue, format_)
    _warn(unreadable)
    if not boards:
        raise _no_records(results)
    for board in boards if format_ == "markdown" else ():
        for table in [*board.tables(), *(board.bound_tables() if wide else ())]:
            echo_table(table, wide=wide)
    click.echo(f"Wrote {', '.join(str(path) for path in files)}", err=True)


def _no_records(results: Path) -> HashbenchError:
    return HashbenchError(f"no records in {results}; name the folder that `hashbench run --out` wrote")


def _warn(unreadable: Sequence[UnreadableRecord]) -> None:
    for record in unreadable:
        click.echo(f"Warning: {record}", err=True)


def _check(
    records: Sequence[TrialRecord], catalogue: Catalogue, folder: Path, results: Path, *, strict: bool
) -> None:
    """List what is not of today's code, and raise a CheckFailedError if something has to be mended."""
    from hashbench.reporting.leaderboard import render
    from hashbench.reporting.leaderboard_files import stale_files
    from hashbench.reporting.rows import listed_settings

    standings = {record.key: catalogue.standing(record) for record in records}
    for record in records:
        if standings[record.key] != "current":
            click.echo(f"{record.key[:8]}  {standings[record.key]:13}  {record.trial}")
        if removed := catalogue.removed(record):
            named = f"{record.trial.method} no longer has {listed_settings(removed)}"
            click.echo(f"{record.key[:8]}  removed        {record.trial}: {named}")
    stale = stale_files(render(records, catalogue), folder)
    for diff in stale.values():
        click.echo(diff)
    if stale:
        names = ", ".join(str(path) for path in stale)
        raise CheckFailedError(
            f"stale: {names}; `hashbench leaderboard --results {results} --out {folder}` writes them anew"
        )
    old = sum(found == "other version" for found in standings.values())
    if strict and old:
        raise CheckFailedError(
            f"{old} records are of another version of a component than what is installed; run them again"
        )
