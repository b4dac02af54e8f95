"""``hashbench run``: the grid."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.completion import complete_names
from hashbench.cli.options import (
    MEBIBYTES,
    SECONDS,
    NameList,
    NumberList,
    Part,
    Seeds,
    data_home_option,
    joined,
    loaded_registry,
    parameters,
)
from hashbench.cli.output import echo_table
from hashbench.cli.reading import DatasetList, files_among, reading_options, with_reading_options
from hashbench.printable import printable, printable_line
from hashbench.registry import registry
from hashbench.reporting.table import INSEPARABLE

if TYPE_CHECKING:
    from hashbench.data.corpus import Corpus
    from hashbench.experiment.runner import Outcome, Plan
    from hashbench.results import Results

SOME_FAILED = 1


def _list_option(
    name: str, kind: NameList | NumberList, default: str | None, help_text: str, **more: Any
) -> Any:
    return click.option(
        f"--{name}",
        type=kind,
        multiple=True,
        callback=joined,
        default=[default] if default else (),
        help=f"{help_text}  [default: {default}]" if default else help_text,
        **more,
    )


@click.command()
@_list_option(
    "methods",
    NameList(),
    "random,lsh,itq,nash,cosine",
    "Hashing methods, METHOD or METHOD@RECIPE; * matches any letters.",
    shell_complete=complete_names,
)
@_list_option(
    "datasets",
    DatasetList(),
    "docstrings",
    "Datasets, paths of your own documents, or hf:OWNER/NAME of the Hugging Face Hub; may be repeated, as a "
    "path with a comma needs.",
    shell_complete=complete_names,
)
@reading_options
@data_home_option
@_list_option("featurizers", NameList(), "tfidf", "Featurizers.", shell_complete=complete_names)
@_list_option("bits", NumberList(1, 4096), "16,32,64,128", "Code lengths, 1 to 4096.")
@click.option(
    "--seeds",
    type=Seeds(),
    help="How many seeds from 0 on, or the seeds: 3,7 (one: 7,). "
    "[default: 3, and for nash 1 without --methods]",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME.PARAMETER=VALUE",
    help="Set a parameter of a selected method, dataset or featurizer; may be repeated. "
    "METHOD@RECIPE.PARAMETER sets it for one recipe. `hashbench list --parameters` shows them.",
)
@click.option(
    "--recipes",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE.toml",
    help="Recipes of your own, tables [METHOD.RECIPE] with params; may be repeated.",
)
@click.option(
    "--no-validation-labels",
    is_flag=True,
    help="Give no labels of validation documents to methods that select a model on them.",
)
@_list_option(
    "at",
    NumberList(1, 10**9),
    None,
    "The Ns of P@N.  [default: 1,10,50,100,200,...,1000]",
)
@_list_option("metrics", NameList(), "diagnostics", "Metrics beside P@N.", shell_complete=complete_names)
@click.option(
    "--queries",
    type=click.Choice(["test", "validation"]),
    default="test",
    show_default=True,
    help="Documents used as queries; tune on validation.",
)
@click.option(
    "--search",
    default="symmetric",
    show_default=True,
    metavar="symmetric|asymmetric|rescored:R",
    help="How codes are searched. symmetric: by Hamming distance (quantisers by their asymmetric distance); "
    "asymmetric: real values of the query against the bits of the documents; rescored:R: for P@N, the R x N "
    "nearest documents, ranked anew by the cosine of the features. Leaderboards keep the three apart.",
)
@click.option("--jobs", type=click.IntRange(1), default=None, help="Trials at a time.  [default: the cores]")
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Threads of fit and transform. With more than one, bits near their threshold may differ.",
)
@click.option(
    "--device",
    metavar="cpu|cuda|cuda:N",
    default=None,
    help="Where featurizers and methods compute that can choose. A method has the same row and keys "
    "everywhere; the vectors of a featurizer on a GPU are features of their own.  [default: cpu]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder for records, codes and leaderboards.",
)
@click.option(
    "--overwrite",
    type=click.Choice(["never", "missing", "always"]),
    default="missing",
    show_default=True,
    help="never: leave every file as it is; missing: run what has no readable record; always: run all again.",
)
@click.option(
    "--isolate",
    is_flag=True,
    help="Run each trial in a process of its own. Trials with a component from outside hashbench always do.",
)
@click.option("--timeout", type=SECONDS, default=None, help="Most time a trial may take: 90s, 10m, 2h.")
@click.option("--memory-limit", type=MEBIBYTES, default=None, help="Most memory a trial may hold: 500M, 4G.")
@click.option(
    "--executor",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Where trials run: on this machine, or on a Dask cluster that shares the folder OUT.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Scheduler of the cluster, such as tcp://10.0.0.1:8786.")
@click.option(
    "--shard",
    type=Part(),
    default=None,
    help="Run one of N parts of the grid, such as 2/8; always the same one. `hashbench merge` joins folders.",
)
@click.option(
    "--measure-cost",
    is_flag=True,
    help="Run trials one by one, on one thread in a process of its own each, and measure the search as well.",
)
@click.option("--retry-failed", is_flag=True, help="Run again what failed before.")
@click.option(
    "--keep-same-version",
    is_flag=True,
    help="Reuse results of the same declared version though other code made them; for changes of the code "
    "that are known to change no result.",
)
@click.option("--dry-run", is_flag=True, help="Print the trials and what would become of them; run nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line as each trial ends.")
@click.option(
    "--wide", is_flag=True, help="Print tables of the bounds under ties as well, and every table in full."
)
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
def run(dry_run: bool, as_json: bool, wide: bool, quiet: bool, **options: Any) -> int:
    """Run a grid of methods x datasets x featurizers x bits x seeds and write leaderboards.

    --datasets takes names and paths: a .jsonl, .csv, .tsv or .parquet file with a column `text`, a folder
    with a folder a class, or a .zip or .tar of one. `hashbench data info PATH` shows how a path is read.

    What is stored already is reused, so that an interrupted run goes on where it stopped. The tables it
    prints are those of the grid; those in OUT/leaderboards are of everything stored there.
    """
    from hashbench import api

    for name in _registered_beside_path(options["datasets"]):
        click.echo(f"Note: {name} is the registered dataset; ./{name} names what is here", err=True)
    files = files_among(options["datasets"])
    arguments = _arguments(options)
    statuses: Counter[str] = Counter()

    def on_plan(plan: Plan) -> None:
        statuses["failed"] += len(plan.failures)
        for failure in plan.failures:
            click.echo(f"failed: {printable(failure)}", err=True)
        if dry_run:
            _echo_plan(plan, as_json)
        elif not quiet:
            for line in _notes_on_files(plan, files):
                click.echo(printable_line(f"Note: {line}"), err=True)
            click.echo(_announcement(plan), err=True)

    def on_outcome(outcome: Outcome) -> None:
        statuses[outcome.status] += 1
        if as_json:
            click.echo(json.dumps(outcome.record.event(outcome.status)))
        if outcome.status == "failed":
            click.echo(printable(f"failed: {outcome.record.trial}: {outcome.record.error}"), err=True)

    shown = not (quiet or as_json)
    results = api.run(**arguments, progress=shown, dry_run=dry_run, on_plan=on_plan, on_outcome=on_outcome)
    if dry_run:
        return 0
    for unreadable in results.unreadable:
        click.echo(f"Warning: {unreadable}", err=True)
    if shown:
        costs = results.cost_tables() if arguments["measure_cost"] else []
        tables = (*results.tables(bounds=wide), *costs)
        for table in tables:
            echo_table(table, wide=wide)
        if any(INSEPARABLE in cell for table in tables for row in table.rows for cell in row):
            click.echo(f"{INSEPARABLE} cannot be told apart from the best of its column", err=True)
    if not quiet:
        _echo_summary(statuses, results)
    return SOME_FAILED if statuses["failed"] else 0


def planned_grid(options: dict[str, Any]) -> Plan:
    """Return the plan of a grid from the options of the command; nothing is run."""
    from hashbench import api

    plans: list[Plan] = []
    shown = ("dry_run", "as_json", "wide", "quiet")
    of_grid = {name: value for name, value in options.items() if name not in shown}
    api.run(**_arguments(of_grid), dry_run=True, on_plan=plans.append)
    return plans[0]


def _arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``hashbench.run`` that options stand for; takes some out of the options."""
    loaded_registry()
    settings = parameters(options.pop("settings"))
    options["params"] = with_reading_options(settings, options, options["datasets"])
    options["at"] = options["at"] or None
    options["validation_labels"] = not options.pop("no_validation_labels")
    return options


def _registered_beside_path(datasets: Iterable[str]) -> list[str]:
    """Return the names of registered datasets that are also those of a file or folder here."""
    known = registry().names("dataset")
    return [name for name in datasets if name in known and Path(name).exists()]


def _notes_on_files(plan: Plan, files: Iterable[str]) -> dict[str, None]:
    """Return what was decided in reading the user's files, each once, with the name of the dataset."""
    return {
        f"{group.dataset.choice.name}: {note}": None
        for group in plan.groups
        if group.dataset.choice.name in files or not group.dataset.corpus.has_labels
        for note in _notes(group.dataset.corpus)
    }


def _notes(corpus: Corpus) -> tuple[str, ...]:
    from hashbench.experiment.label_use import WITHOUT_LABELS

    return corpus.notes if corpus.has_labels else (*corpus.notes, WITHOUT_LABELS)


def _echo_summary(statuses: Counter[str], results: Results, most: int = 5) -> None:
    counted = (f"{statuses[status]} {status}" for status in ("ok", "reused", "failed") if statuses[status])
    click.echo(f"{', '.join(counted)}. Records and leaderboards are in {results.folder}", err=True)
    if results.failures:
        click.echo("`hashbench show KEY` prints the traceback of a failed trial:", err=True)
        for record in results.failures[:most]:
            click.echo(f"  hashbench show {record.key} --results {results.folder}", err=True)


def _announcement(plan: Plan) -> str:
    where = f" (stored in {plan.store.root})" if plan.n_stored else ""
    again = (
        f" {plan.n_other_code} of them were made by other code of the same version and run again; "
        "--keep-same-version reuses them."
        if plan.n_other_code
        else ""
    )
    total = plan.n_todo + plan.n_stored
    return f"{total} trials: {plan.n_stored} reused{where}, {plan.n_todo} to run.{again}"


def _echo_plan(plan: Plan, as_json: bool) -> None:
    from dataclasses import asdict

    from hashbench.experiment.record import SCHEMA

    for group in plan.groups:
        for status, trials in (("reused", [planned for planned, _ in group.stored]), ("to run", group.todo)):
            for planned in trials:
                if as_json:
                    document = {
                        "schema": SCHEMA,
                        "key": planned.key,
                        "status": status,
                        "trial": asdict(planned.trial),
                    }
                    click.echo(json.dumps(document))
                else:
                    click.echo(f"{planned.key[:8]}  {status:6}  {planned.trial}")
