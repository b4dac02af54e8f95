"""``hashbench show``: one record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.output import echo_table
from hashbench.reporting.table import Table

if TYPE_CHECKING:
    from hashbench.experiment.record import TrialRecord


@click.command()
@click.argument("key")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that `run` wrote to.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the record as it is stored.")
def show(key: str, results: Path, as_json: bool) -> None:
    """Show the record of one trial. KEY may be shortened to its first characters."""
    from hashbench.experiment.store import ResultStore

    record = ResultStore(results).find_prefix(key)
    if as_json:
        click.echo(record.to_json(), nl=False)
        return
    echo_table(Table(f"Trial {record.key}", ["what", "value"], _facts(record), level=1))
    if record.scores:
        rows = [
            [name, f"{score.expected:.4f}", f"{score.worst:.4f}", f"{score.best:.4f}"]
            for name, score in record.scores.items()
        ]
        echo_table(Table("Scores", ["metric", "expected", "worst", "best"], rows, level=2, numbers=True))
    if record.metrics:
        rows = [[name, f"{value:g}"] for values in record.metrics.values() for name, value in values.items()]
        echo_table(Table("Other metrics", ["metric", "value"], rows, level=2, numbers=True))
    if record.traceback:
        click.echo(record.traceback)


def _facts(record: TrialRecord) -> list[list[str]]:
    trial, plugin, protocol = record.trial, record.plugin, record.protocol
    seconds = {name: value for name, value in vars(record.seconds).items() if value is not None}
    facts: dict[str, Any] = {
        "status": record.status if record.error is None else f"{record.status}: {record.error}",
        "method": f"{trial.method} {_listed(trial.params)}".strip(),
        "bits": trial.bits,
        "seed": trial.seed,
        "dataset": f"{trial.dataset} {_listed(trial.dataset_params)}".strip(),
        "features": f"{trial.features} {_listed(trial.feature_params)}".strip(),
        "plugin": f"{plugin.distribution} {plugin.version}, source {plugin.source}",
        "protocol": f"{protocol.fingerprint}: split {protocol.split}; queries {protocol.queries}",
        "documents": _listed(record.counts),
        "chance": _listed(record.chance),
        "seconds": _listed(seconds),
        "peak memory": None if record.peak_rss_mib is None else f"{record.peak_rss_mib:.0f} MiB",
        "threads": record.threads,
        "machine": _listed(record.machine),
        "versions": _listed(record.versions),
        "corpus": record.description,
        "notes": "; ".join(record.notes) or None,
        "codes": record.codes_key,
        "finished": record.finished,
    }
    return [[name, str(value)] for name, value in facts.items() if value not in (None, "")]


def _listed(values: Mapping[str, Any]) -> str:
    shown = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in values.values())
    return ", ".join(f"{name}={value}" for name, value in zip(values, shown, strict=True))
