"""``hashbench run``: the grid."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.completion import complete_names
from hashbench.cli.options import NameList, NumberList, Seeds, data_home_option, joined, loaded_registry
from hashbench.cli.output import echo_table, progress_bars

if TYPE_CHECKING:
    from hashbench.experiment.grid import Selection
    from hashbench.experiment.runner import Outcome, PlannedGroup
    from hashbench.experiment.store import ResultStore
    from hashbench.parameters import Assignment

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


COLUMNS = {
    "text_column": "Column of the documents in files of your own.  [default: text]",
    "label_column": "Column of the one label of a document.  [default: label]",
    "labels_column": "Column of several labels.  [default: labels]",
    "labels_separator": "What stands between two labels of a CSV file.  [default: |]",
    "coarse_column": "Column of coarse labels.  [default: coarse]",
    "split_column": "Column of train, validation or test.  [default: split]",
}


def _column_options(command: Any) -> Any:
    for name, text in reversed(COLUMNS.items()):
        option = f"--{name.replace('_', '-')}"
        command = click.option(option, default=None, metavar="NAME", help=text)(command)
    return command


@click.command()
@_list_option(
    "methods",
    NameList(),
    "random,lsh,itq,cosine",
    "Hashing methods, METHOD or METHOD@RECIPE; * matches any letters.",
    shell_complete=complete_names,
)
@_list_option(
    "datasets",
    NameList(),
    "docstrings",
    "Datasets, or paths of your own documents.",
    shell_complete=complete_names,
)
@_column_options
@data_home_option
@_list_option("featurizers", NameList(), "tfidf", "Featurizers.", shell_complete=complete_names)
@_list_option("bits", NumberList(1, 4096), "16,32,64,128", "Code lengths, 1 to 4096.")
@click.option(
    "--seeds",
    type=Seeds(),
    default="3",
    show_default=True,
    help="How many seeds from 0 on, or the seeds: 3,7 (one: 7,).",
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
    "recipe_files",
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
    help="Where featurizers and methods compute that can choose.  [default: cpu]",
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
@click.option("--retry-failed", is_flag=True, help="Run again what failed before.")
@click.option(
    "--keep-same-version",
    is_flag=True,
    help="Reuse results of the same declared version though other code made them; for changes of the code "
    "that are known to change no result.",
)
@click.option("--dry-run", is_flag=True, help="Print the trials and what would become of them; run nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line as each trial ends.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
def run(**options: Any) -> int:
    """Run a grid of methods x datasets x featurizers x bits x seeds and write leaderboards.

    What is stored already is reused, so that an interrupted run goes on where it stopped. The tables it
    prints are those of the grid; those in OUT/leaderboards are of everything stored there.
    """
    if options["overwrite"] == "never" and options["retry_failed"]:
        raise click.UsageError(
            "--retry-failed replaces records, --overwrite never does not: give one of them"
        )
    from hashbench.experiment.environment import available_cores
    from hashbench.experiment.runner import RunOptions, plan_groups
    from hashbench.experiment.store import ResultStore

    selection = _selection(options)
    store = ResultStore(options["out"])
    store.check_writable()
    run_options = RunOptions(
        jobs=options["jobs"] or available_cores(),
        overwrite=options["overwrite"],
        retry_failed=options["retry_failed"],
        keep_same_version=options["keep_same_version"],
    )
    shown = not (options["quiet"] or options["as_json"])
    with progress_bars(shown):
        groups = plan_groups(selection, store, run_options)
    if options["dry_run"]:
        _echo_plan(groups, options["as_json"])
        return 0
    store.prepare()
    if not options["quiet"]:
        click.echo(_announcement(groups, store), err=True)
    outcomes = _run(groups, selection, store, run_options, options["as_json"], shown)
    _finish(outcomes, store, tables=shown, quiet=options["quiet"])
    return SOME_FAILED if any(outcome.status == "failed" for outcome in outcomes) else 0


def _selection(options: dict[str, Any]) -> Selection:
    from hashbench.experiment.grid import GridRequest, select
    from hashbench.parameters import Assignment
    from hashbench.recipes import joined_recipes, read_recipes

    registry = loaded_registry()
    own_recipes = joined_recipes(read_recipes(path, registry) for path in options["recipe_files"])

    request = GridRequest(
        methods=options["methods"],
        datasets=options["datasets"],
        featurizers=options["featurizers"],
        bits=options["bits"],
        seeds=options["seeds"],
        assignments=[*map(Assignment.parse, options["settings"]), *_column_assignments(options)],
        at=options["at"] or None,
        metrics=options["metrics"],
        queries=options["queries"],
        threads=options["threads"],
        device=options["device"],
        validation_labels=not options["no_validation_labels"],
        own_recipes=own_recipes,
    )
    return select(request, registry)


def _column_assignments(options: dict[str, Any]) -> list[Assignment]:
    """Return the column options as parameters of every dataset that is a file."""
    from hashbench.data.user_files import file_component, looks_like_path
    from hashbench.parameters import Assignment
    from hashbench.registry import registry

    given = {name: options[name] for name in COLUMNS if options[name] is not None}
    known = registry().names("dataset")
    files = [file_component(name, known).name for name in options["datasets"] if looks_like_path(name, known)]
    if given and not files:
        option = next(iter(given)).replace("_", "-")
        raise click.UsageError(f"--{option} is about files of your own; --datasets names none")
    return [Assignment(file, name, value) for file in files for name, value in given.items()]


def _run(
    groups: list[PlannedGroup],
    selection: Selection,
    store: ResultStore,
    run_options: Any,
    as_json: bool,
    shown: bool,
) -> list[Outcome]:
    from hashbench.experiment.runner import run_groups

    outcomes = []
    total = sum(len(group.todo) + len(group.stored) for group in groups)
    with progress_bars(shown) as progress:
        task = progress.add_task("Trials", total=total)
        for outcome in run_groups(groups, selection, store, run_options):
            outcomes.append(outcome)
            progress.update(task, advance=1, description=f"Trials, last {outcome.record.trial}")
            if as_json:
                click.echo(json.dumps(outcome.record.event(outcome.status)))
            if outcome.status == "failed":
                click.echo(f"failed: {outcome.record.trial}: {outcome.record.error}", err=True)
        progress.update(task, description="Trials")
    return outcomes


def _finish(outcomes: list[Outcome], store: ResultStore, *, tables: bool, quiet: bool) -> None:
    from hashbench.registry import registry
    from hashbench.reporting.board import boards
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.leaderboard_files import write_leaderboards

    _, unreadable = write_leaderboards(store, store.leaderboards_folder, Catalogue(registry()))
    for record in unreadable:
        click.echo(f"Warning: {record}", err=True)
    if tables:
        for board in boards((outcome.record for outcome in outcomes), Catalogue(registry())):
            for table in board.tables():
                echo_table(table)
    if not quiet:
        counts = Counter(outcome.status for outcome in outcomes)
        summary = ", ".join(
            f"{counts[status]} {status}" for status in ("ok", "reused", "failed") if counts[status]
        )
        click.echo(f"{summary}. Records and leaderboards are in {store.root}", err=True)
        if counts["failed"]:
            click.echo("`hashbench show KEY` prints the traceback of a failed trial:", err=True)
            for key in _failed_keys(outcomes):
                click.echo(f"  hashbench show {key} --results {store.root}", err=True)


def _failed_keys(outcomes: Iterable[Outcome], most: int = 5) -> list[str]:
    failed = [outcome.record.key for outcome in outcomes if outcome.status == "failed"]
    return failed[:most]


def _announcement(groups: Iterable[PlannedGroup], store: ResultStore) -> str:
    groups = list(groups)
    todo = sum(len(group.todo) for group in groups)
    stored = sum(len(group.stored) for group in groups)
    where = f" (stored in {store.root})" if stored else ""
    other_code = sum(group.other_code for group in groups)
    again = (
        f" {other_code} of them were made by other code of the same version and run again; "
        "--keep-same-version reuses them."
        if other_code
        else ""
    )
    return f"{todo + stored} trials: {stored} reused{where}, {todo} to run.{again}"


def _echo_plan(groups: Iterable[PlannedGroup], as_json: bool) -> None:
    from dataclasses import asdict

    from hashbench.experiment.record import SCHEMA

    for group in groups:
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
