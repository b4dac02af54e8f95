"""``hashbench compare``: is one method better than another?"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import click

from hashbench.cli.judged_results import datasets_option, featurizers_option, results_option, stored_boards
from hashbench.cli.options import NumberList, joined
from hashbench.cli.output import WIDTH, echo_table


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@datasets_option
@featurizers_option
@click.option(
    "--bits",
    type=NumberList(1, 4096),
    multiple=True,
    callback=joined,
    help="Code lengths.  [default: all that have values by query, 32 and 64]",
)
@results_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare(
    a: str,
    b: str,
    datasets: tuple[str, ...],
    featurizers: tuple[str, ...],
    bits: tuple[int, ...],
    results: Path | None,
    as_json: bool,
) -> None:
    """Tell whether method A is better than method B, from stored values of P@100 by query.

    A and B are METHOD or METHOD@RECIPE; a bare name means the default recipe. There is a row for each dataset
    and code length, with the difference of the means, its 95 % interval, and the p-value of a t test that is
    paired by query and counts the variance between seeds, corrected for the number of rows by Holm's method;
    the numbers of queries on which A is better, worse and equal; and the seconds that either takes to fit.

    \b
    Example:
      hashbench compare bmsh@validated nash@validated --datasets reuters,tmc
    """
    from hashbench.reporting.method_comparison import compare as compared

    found = compared(stored_boards(results, datasets, featurizers), a, b, bits)
    if as_json:
        click.echo(json.dumps({"schema": 1, **found.to_json()}, indent=1))
        return
    for table in found.tables():
        echo_table(table)
    notes = [f"Note: {note}." for note in found.notes]
    for line in [*notes, *([""] if notes else []), found.sentence]:
        click.echo(textwrap.fill(line, WIDTH))
