"""``hashbench tune``: the same number of trials for every method, on validation documents."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hashbench.cli.completion import complete_names
from hashbench.cli.options import SECONDS, NameList, NumberList, data_home_option, joined, loaded_registry
from hashbench.cli.output import echo_table
from hashbench.printable import printable

SOME_FAILED = 1


@click.command()
@click.option(
    "--methods",
    type=NameList(),
    multiple=True,
    required=True,
    callback=joined,
    shell_complete=complete_names,
    help="Hashing methods, by name.",
)
@click.option(
    "--datasets",
    type=NameList(),
    multiple=True,
    required=True,
    callback=joined,
    shell_complete=complete_names,
    help="Datasets with labels. With several, each is also left out: a setting that the others choose is "
    "tried on it.",
)
@data_home_option
@click.option(
    "--bits",
    type=NumberList(1, 4096),
    multiple=True,
    default=["32"],
    callback=joined,
    help="Code lengths, each tuned by itself.  [default: 32]",
)
@click.option(
    "--trials",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="Settings tried for each method, dataset and code length; the first is the default.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of methods and search."
)
@click.option(
    "--select",
    type=click.Choice(["validation"]),
    default="validation",
    show_default=True,
    help="Documents whose P@100 chooses; those of the test split never do.",
)
@click.option(
    "--featurizers",
    type=NameList(),
    default="tfidf",
    show_default=True,
    shell_complete=complete_names,
    help="The featurizer. Its options are tuned with those of the method.",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Studies at a time.")
@click.option("--timeout", type=SECONDS, default=None, help="Most time a trial may take: 90s, 10m, 2h.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the trials, and for the recipes that they give: recipes.toml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object when all is done.")
def tune(
    methods: tuple[str, ...],
    datasets: tuple[str, ...],
    bits: tuple[int, ...],
    trials: int,
    seed: int,
    select: str,  # noqa: ARG001 - there is one choice, which the call says aloud
    featurizers: tuple[str, ...],
    jobs: int,
    timeout: float | None,
    out: Path,
    as_json: bool,
) -> int:
    """Tune methods with equal budgets on validation documents, and write recipes.

    `hashbench list methods --spaces` shows what is tried. A call that was interrupted goes on where it
    stopped. `hashbench run --methods METHOD@tuned --recipes OUT/recipes.toml` runs what was found.
    """
    from hashbench.tuning.tune import tune as run_tuning

    if len(featurizers) != 1:
        raise click.UsageError("--featurizers takes one here; tune others with another --out")
    loaded_registry()
    results = run_tuning(
        methods,
        datasets,
        bits,
        out=out,
        trials=trials,
        seed=seed,
        featurizer=featurizers[0],
        jobs=jobs,
        timeout=timeout,
        progress=not as_json,
    )
    if as_json:
        click.echo(json.dumps(results.document()))
    else:
        echo_table(results.table())
    for found in results.failed:
        why = f"failed: every trial of {found.study}, so that it has no recipe: {found.default.record.error}"
        click.echo(printable(why), err=True)
    click.echo(f"The recipes are in {results.recipes}", err=True)
    return SOME_FAILED if results.failed else 0
