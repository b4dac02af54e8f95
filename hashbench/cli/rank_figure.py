"""``hashbench figure ranks``: the critical-difference diagram."""

from __future__ import annotations

from typing import Any

import click

from hashbench.cli.figure_files import check_files, methods_option, output_options, write_figure
from hashbench.cli.judged_results import datasets_option, featurizers_option, results_option, stored_boards


@click.command()
@results_option
@datasets_option
@featurizers_option
@methods_option("  [default: those on every board, supervised methods and references apart]")
@click.option(
    "--bits", type=click.IntRange(1), metavar="N", default=32, show_default=True, help="Code length."
)
@click.option("--metric", default="p@100", show_default=True, help="A metric that the records hold.")
@output_options
def ranks(**options: Any) -> None:
    """Average ranks of methods over datasets, with the critical difference.

    Methods are ranked on each dataset; the means of several featurizers of a dataset are averaged first.
    Methods under one bar do not differ significantly at 5 % by Nemenyi's test. The p-value in the title is
    that of Friedman's test that all are equal.

    \b
    Example:
      hashbench figure ranks --featurizers tfidf --bits 64 --out ranks.svg
    """
    from hashbench.reporting.average_ranks import ranked_rows
    from hashbench.reporting.figures.ranks import rank_diagram

    check_files(options["files"])
    boards = stored_boards(options["results"], options["datasets"], options["featurizers"])
    ranked = ranked_rows(boards, options["bits"], options["metric"], options["methods"])
    if ranked.left_out:
        listed = "; ".join(ranked.left_out)
        click.echo(f"Warning: left out, of other settings or without all methods: {listed}", err=True)
    p = ranked.found.p
    tested = "" if p is None else f", Friedman p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}"
    default = (
        f"Average ranks by {options['metric'].replace('p@', 'P@')} at {options['bits']} bits over "
        f"{', '.join(ranked.datasets)}{tested}"
    )
    title = default if options["title"] is None else options["title"]
    write_figure(rank_diagram(ranked, title), options["files"])
