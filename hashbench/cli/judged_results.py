"""What the commands that judge stored results share: where the results are, and the boards in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hashbench.cli.completion import complete_names
from hashbench.cli.options import NameList, joined
from hashbench.errors import HashbenchError

if TYPE_CHECKING:
    from hashbench.reporting.board import Board

COMMITTED = Path("leaderboards/results")

results_option = click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=None,
    help=f"Folder of results.  [default: {COMMITTED} if it exists, else results]",
)
datasets_option = click.option(
    "--datasets",
    type=NameList(),
    multiple=True,
    callback=joined,
    shell_complete=complete_names,
    help="Datasets.  [default: all]",
)
featurizers_option = click.option(
    "--featurizers",
    type=NameList(),
    multiple=True,
    callback=joined,
    shell_complete=complete_names,
    help="Featurizers.  [default: all]",
)


def stored_boards(
    results: Path | None, datasets: Sequence[str] = (), featurizers: Sequence[str] = ()
) -> list[Board]:
    """Return the boards of test queries and symmetric search; records that cannot be read are named.

    Raises:
        UnknownNameError: no record is of a dataset or featurizer that is named.
        HashbenchError: there are no records.
    """
    from hashbench.experiment.store import ResultStore
    from hashbench.registry import registry
    from hashbench.reporting.board import boards
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.comparison import judged_boards

    folder = results or (COMMITTED if COMMITTED.is_dir() else Path("results"))
    records, unreadable = ResultStore(folder).records()
    for record in unreadable:
        click.echo(f"Warning: {record}", err=True)
    if not records:
        raise HashbenchError(f"no records in {folder}; name the folder that `hashbench run --out` wrote")
    found = judged_boards(boards(records, Catalogue(registry(), marks=False)), datasets, featurizers)
    if not found:
        raise HashbenchError(
            f"no record in {folder} is of test queries, symmetric search and that dataset and featurizer"
        )
    return found
