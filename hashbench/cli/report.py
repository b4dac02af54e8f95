"""``hashbench report``: stored results as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from hashbench.cli.options import loaded_registry
from hashbench.errors import HashbenchError


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
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    metavar="FILE.html",
    help="File to write.",
)
@click.option("--title", default="hashbench report", show_default=True, help="Heading of the page.")
def report(results: Path, out: Path, title: str) -> None:
    """Write one HTML page about all stored records, which needs no network and no server.

    Its tables can be sorted and filtered, and saved as CSV. Behind each cell are its cost, how its parameters
    were chosen, which labels it saw, and the command that gives it again.

    \b
    Example:
      hashbench report --results results --out report.html
    """
    from hashbench.atomic import storing, write_atomically
    from hashbench.experiment.store import ResultStore
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.page.document import page

    if out.suffix.lower() not in (".html", ".htm"):
        raise HashbenchError(f"--out {out}: name a file that ends in .html")
    records, unreadable = ResultStore(results).records()
    for record in unreadable:
        click.echo(f"Warning: {record}", err=True)
    if not records:
        raise HashbenchError(f"no records in {results}; name the folder that `hashbench run --out` wrote")
    text = page(records, Catalogue(loaded_registry()), title)
    with storing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, text.encode())
    click.echo(f"Wrote {out}", err=True)
