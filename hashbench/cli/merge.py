"""``hashbench merge``: results in the form in which they are committed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from hashbench.cli.options import loaded_registry


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the committed results; what it holds already stays.",
)
def merge(folders: tuple[Path, ...], out: Path) -> int:
    """Merge the results in DIR... into committed results: one line a trial, one file a dataset and method.

    Every command reads this form where it reads the folder that `run` wrote. Numbers are rounded to six
    significant digits; of the default Ns of P@N, 1, 10, 50, 100, 500 and 1000 are kept. Of two results of a
    trial the newer one is taken.
    """
    from hashbench.experiment.merging import merge as merge_results
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.rows import listed_settings

    merged = merge_results(folders, out)
    for record in merged.unreadable:
        click.echo(f"Warning: {record}", err=True)
    for line in merged.newer:
        click.echo(line, err=True)
    changed = f"{len(merged.files)} files changed"
    click.echo(f"{len(merged.records):,} trials in {out}, {merged.added:,} of them new; {changed}.", err=True)
    catalogue = Catalogue(loaded_registry())
    gone = Counter(
        f"{record.trial.method} no longer has {listed_settings(removed)}"
        for record in merged.records
        if (removed := catalogue.removed(record))
    )
    for which, count in sorted(gone.items()):
        click.echo(f"{count:,} trials are of a removed parameter: {which}.", err=True)
    return 1 if merged.unreadable else 0
