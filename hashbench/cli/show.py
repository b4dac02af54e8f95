"""``hashbench show``: one record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.completion import complete_keys
from hashbench.cli.options import data_home_option, loaded_registry
from hashbench.cli.output import echo_table
from hashbench.errors import HashbenchError
from hashbench.progress_bars import progress_bars
from hashbench.reporting.table import Table

if TYPE_CHECKING:
    from hashbench.experiment.record import TrialRecord
    from hashbench.experiment.store import ResultStore
    from hashbench.reporting.groups import GroupReport


@click.command()
@click.argument("key", shell_complete=complete_keys)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that `run` wrote to.",
)
@click.option(
    "--groups",
    "with_groups",
    is_flag=True,
    help="Show the groups that the method sorted the training documents into, instead of the record.",
)
@click.option(
    "--dataset",
    "path",
    metavar="PATH",
    help="With --groups, the file or folder behind a dataset of your own documents.",
)
@data_home_option
@click.option("--json", "as_json", is_flag=True, help="Print the record as it is stored, or the groups.")
def show(key: str, results: Path, with_groups: bool, path: str | None, as_json: bool) -> None:
    """Show the record of one trial. KEY may be shortened to its first characters."""
    from hashbench.experiment.store import ResultStore
    from hashbench.reporting.rows import place_of_score

    store = ResultStore(results)
    record = store.find_prefix(key)
    if with_groups:
        with progress_bars(not as_json):
            report = _groups(record, store, path)
        if as_json:
            click.echo(json.dumps({"schema": 1, "key": record.key, **report.to_json()}, indent=1))
        else:
            for table in report.tables():
                echo_table(table)
        return
    if as_json:
        click.echo(record.to_json(), nl=False)
        return
    echo_table(Table(f"Trial {record.key}", ["what", "value"], _facts(record), level=1))
    if record.scores:
        rows = [
            [name, f"{score.expected:.4f}", f"{score.worst:.4f}", f"{score.best:.4f}"]
            for name, score in sorted(record.scores.items(), key=lambda item: place_of_score(item[0]))
        ]
        echo_table(Table("Scores", ["metric", "expected", "worst", "best"], rows, level=2, text_columns=1))
    if record.metrics:
        rows = [[name, f"{value:g}"] for values in record.metrics.values() for name, value in values.items()]
        echo_table(Table("Other metrics", ["metric", "value"], rows, level=2, text_columns=1))
    if record.traceback:
        click.echo(record.traceback)


def _groups(record: TrialRecord, store: ResultStore, path: str | None) -> GroupReport:
    from hashbench.experiment.stored import open_corpus, stored_codes
    from hashbench.reporting.groups import describe_groups

    stored = stored_codes(record, store)
    if not stored.fit_diagnostics.groups:
        raise HashbenchError(
            f"trial {record.key[:8]} ({record.trial}) has no groups: its method does not sort documents"
        )
    corpus = open_corpus(record, loaded_registry(), path)
    return describe_groups(corpus, stored.rows["train"], stored.fit_diagnostics.groups)


def _facts(record: TrialRecord) -> list[list[str]]:
    from hashbench.reporting.measured_cost import cost_line

    trial, task, origin = record.trial, record.task, record.origins["method"]
    seconds = {name: value for name, value in vars(record.seconds).items() if value is not None}
    requested = trial.requested and f"{trial.requested} {_listed(trial.requested_params or {})}".strip()
    memory = record.bits_per_document
    facts: dict[str, Any] = {
        "status": record.status if record.error is None else f"{record.status}: {record.error}",
        "method": f"{trial.method} {_listed(trial.params)}".strip(),
        "recipe": f"{trial.recipe}{', changed' if record.changed else ''}",
        "tuned with": record.tuning,
        "labels": record.labels,
        "bits": trial.bits,
        "memory": None if memory is None else f"{memory:,.6g} bits a document",
        "ranked by": record.ranked_by,
        "seed": trial.seed,
        "dataset": f"{trial.dataset} {_listed(trial.dataset_params)}".strip(),
        "features": f"{trial.featurizer} {_listed(trial.featurizer_params)}".strip(),
        "requested features": requested,
        "plugin": f"{origin.distribution} {origin.release}, version {origin.version} of the method",
        "code": "; ".join(
            f"{part} {', '.join(digest[:8] for digest in digests) or 'unknown'}"
            for part, digests in record.code.items()
        ),
        "task": f"{task.fingerprint}: split {task.split}; queries {task.queries}; search {task.search}",
        "documents": _listed(record.counts),
        "fit": _listed(record.fit_diagnostics),
        "chance": _listed(record.chance),
        "seconds": _listed(seconds),
        "cost": cost_line([record]),
        "peak memory": None if record.peak_rss_mib is None else f"{record.peak_rss_mib:.0f} MiB",
        "threads": record.threads,
        "machine": _listed(record.machine),
        "versions": _listed(record.versions),
        "corpus": record.description,
        "notes": "; ".join(record.notes) or None,
        "codes": record.codes_name,
        "finished": record.finished,
    }
    return [[name, str(value)] for name, value in facts.items() if value not in (None, "")]


def _listed(values: Mapping[str, Any]) -> str:
    shown = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in values.values())
    return ", ".join(f"{name}={value}" for name, value in zip(values, shown, strict=True))
