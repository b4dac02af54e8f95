"""``hashbench score``: codes that were made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hashbench.cli.completion import complete_names
from hashbench.cli.options import NameList, NumberList, data_home_option, joined, loaded_registry, parameters
from hashbench.cli.output import echo_table
from hashbench.cli.reading import reading_options, with_reading_options


@click.command()
@click.option(
    "--codes",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="A .npz or .mat file with arrays train, test and perhaps validation, or a folder of them as .npy.",
)
@click.option(
    "--dataset",
    required=True,
    metavar="NAME",
    help="The dataset, or the path of your own documents.",
    shell_complete=complete_names,
)
@reading_options
@click.option("--name", required=True, help="What the leaderboards call it.")
@click.option(
    "--labels",
    type=click.Choice(["none", "training", "validation", "training and validation"]),
    required=True,
    help="Which labels were used to make the codes.",
)
@click.option("--bits", type=click.IntRange(1, 4096), default=None, help="Length of a code, if packed.")
@click.option(
    "--featurizer",
    default=None,
    help="The featurizer of hashbench that the codes were made from, if any.",
    shell_complete=complete_names,
)
@click.option(
    "--board",
    default="tfidf",
    show_default=True,
    help="The featurizer on whose board they stand, without --featurizer.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=None, help="The seed of the codes.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME.PARAMETER=VALUE",
    help="Set a parameter of the dataset or the featurizer; may be repeated.",
)
@click.option(
    "--at",
    type=NumberList(1, 10**9),
    multiple=True,
    callback=joined,
    help="The Ns of P@N.  [default: 1,10,50,100,200,...,1000]",
)
@click.option(
    "--metrics",
    type=NameList(),
    multiple=True,
    callback=joined,
    default=["diagnostics"],
    help="Metrics beside P@N.  [default: diagnostics]",
    shell_complete=complete_names,
)
@click.option(
    "--queries",
    type=click.Choice(["test", "validation"]),
    default="test",
    show_default=True,
    help="Documents used as queries.",
)
@data_home_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder for the record, the codes and the leaderboards.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the record as it is stored.")
def score(settings: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Score codes that were made elsewhere, and put them on a board.

    An array has one row a document, in the order of the split, and 0 or 1 a bit; or uint8 of 8 bits an
    octet, with --bits. The rows are those of hashbench.make_split(corpus) or, with --featurizer, those of
    hashbench.load_features(corpus, FEATURIZER).split.

    Of a product quantiser, train holds indices, (n, books), and test_tables the lookup tables of the queries,
    (n, books, centroids), which are summed up to asymmetric distances.

    Files train.npy and test.npy in a folder are read in blocks, so that they may be larger than memory.

    \b
    Example:
      hashbench score --codes codes.mat --dataset reuters --name mine --labels none
    """
    from hashbench import api

    loaded_registry()
    options["at"] = options["at"] or None
    params = with_reading_options(parameters(settings), options, [options["dataset"]])
    record = api.score(**options, params=params)
    if as_json:
        click.echo(record.to_json(), nl=False)
        return
    for table in api.load_results(options["out"]).beside(record).tables():
        echo_table(table)
    click.echo(f"Record {record.key} and leaderboards are in {options['out']}", err=True)
