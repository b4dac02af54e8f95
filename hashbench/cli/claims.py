"""``hashbench claims``: what the papers say, held against stored results."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import click

from hashbench.cli.judged_results import datasets_option, featurizers_option, results_option, stored_boards
from hashbench.cli.output import WIDTH, echo_table

EXPLAINED = (
    "reported, here: mean difference at 32 and 64 bits in the paper and in the results. +/-/=: comparisons "
    "in which the first method is significantly better, worse, inseparable, at 5 % after Holm's correction "
    "over all of the row. held: better in half of them or more, worse in none; not held: worse in one; of "
    "several pairs, all or one; 6/7 says that six of seven pairs have results. Opponents without results of "
    "validated take part with default. With one seed a finding is about those trainings only."
)


@click.command()
@datasets_option
@featurizers_option
@click.option("--details", is_flag=True, help="Print the comparisons of every statement as well.")
@results_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, with all comparisons.")
def claims(
    datasets: tuple[str, ...],
    featurizers: tuple[str, ...],
    details: bool,
    results: Path | None,
    as_json: bool,
) -> None:
    """Tell which statements of the two papers hold in stored results, by recipe.

    The statements are those of Dong et al. (2019), on tf-idf features, and of Zhang et al. (2024), on dense
    features: the order of methods, the gain of mixture priors, of labels and of each stage of HierHash, and
    that longer codes do not hurt. Each is tested on values of P@100 by query at 32 and 64 bits, as
    `hashbench compare` does it.

    \b
    Example:
      hashbench claims --datasets reuters --details
    """
    from hashbench.reporting.claims import claim_tables, detail_tables, outcomes, without_records

    found = outcomes(stored_boards(results, datasets, featurizers))
    if as_json:
        document = {"schema": 1, "statements": [each.to_json() for each in found]}
        click.echo(json.dumps(document, indent=1))
        return
    for table in claim_tables(found):
        echo_table(table)
    missing = without_records(found)
    explained = f"{EXPLAINED} Statements without records: {missing}." if missing else EXPLAINED
    click.echo(textwrap.fill(explained, WIDTH))
    for outcome in found if details else ():
        if outcome.by_pair:
            click.echo(f"\n### {outcome.statement.text}, {outcome.recipe}: {outcome.finding}\n")
        for table in detail_tables(outcome):
            echo_table(table)
