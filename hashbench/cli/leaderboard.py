"""``hashbench leaderboard``: Markdown from stored records, and whether it is stale."""

from __future__ import annotations

from pathlib import Path

import click

from hashbench.cli.output import echo_table
from hashbench.errors import CheckFailedError, HashbenchError


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
    help="Folder for the Markdown files.  [default: RESULTS/leaderboards]",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 3 if a file differs from what the records give."
)
def leaderboard(results: Path, out: Path | None, check: bool) -> None:
    """Write the leaderboards of all stored records, one file a dataset and an index, and print them."""
    from hashbench.experiment.store import ResultStore
    from hashbench.reporting.leaderboard import boards, render
    from hashbench.reporting.leaderboard_files import stale_files, write_leaderboards

    store = ResultStore(results)
    records, unreadable = store.records()
    for record in unreadable:
        click.echo(f"Warning: {record}", err=True)
    if not records:
        raise HashbenchError(
            f"no records in {store.records_folder}; name the folder that `hashbench run --out` wrote"
        )
    folder = out or store.leaderboards_folder
    if check:
        stale = stale_files(render(records), folder)
        for diff in stale.values():
            click.echo(diff)
        if stale:
            names = ", ".join(str(path) for path in stale)
            raise CheckFailedError(
                f"stale: {names}; `hashbench leaderboard --results {results} --out {folder}` writes them anew"
            )
        return
    files, _ = write_leaderboards(store, folder)
    for board in boards(records):
        for table in board.tables():
            echo_table(table)
    click.echo(f"Wrote {', '.join(str(path) for path in files)}", err=True)
