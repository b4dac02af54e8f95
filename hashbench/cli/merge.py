"""``hashbench merge``: results in the form in which they are committed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from hashbench.cli.options import loaded_registry
from hashbench.errors import CheckFailedError

MOST_NAMED = 20


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the committed results; what it holds already stays.",
)
@click.option(
    "--validate",
    is_flag=True,
    help="Check the results first, and merge nothing and exit with 3 if something is wrong: their keys, and "
    "the scores of those whose codes and dataset are at hand.",
)
def merge(folders: tuple[Path, ...], out: Path, validate: bool) -> int:
    """Merge the results in DIR... into committed results: one line a trial, one file a dataset and method.

    Every command reads this form where it reads the folder that `run` wrote. Numbers are rounded to six
    significant digits; of the default Ns of P@N, 1, 10, 50, 100, 500 and 1000 are kept. Of two results of a
    trial the newer one is taken.

    To submit results, merge them into leaderboards/results of a copy of the repository of hashbench with
    --validate, and open a pull request with the files that changed.
    """
    if validate:
        _validate(folders)
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


def _validate(folders: tuple[Path, ...]) -> None:
    """Raise a CheckFailedError if results are not what they say."""
    from hashbench.experiment.store import ResultStore
    from hashbench.experiment.validation import validate

    problems = []
    for folder in folders:
        store = ResultStore(folder)
        records, unreadable = store.records()
        found = validate(records, store, loaded_registry())
        problems += [*map(str, unreadable), *found.problems]
        click.echo(f"{folder}: {found.checked:,} results checked, {found.rescored:,} scored again.", err=True)
        for reason, count in sorted(found.left_out.items()):
            click.echo(f"  {count:,} not wholly checked: {reason}", err=True)
    for problem in problems[:MOST_NAMED]:
        click.echo(problem, err=True)
    if problems:
        raise CheckFailedError(f"{len(problems):,} results are not what they say; nothing was merged")
