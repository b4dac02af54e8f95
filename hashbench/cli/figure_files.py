"""What the figure commands share: options, the choice of records, and writing the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.completion import complete_names
from hashbench.cli.options import NameList, joined
from hashbench.errors import HashbenchError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hashbench.experiment.store import ResultStore
    from hashbench.reporting.board import Board
    from hashbench.reporting.rows import Row

Decorator = Callable[[Any], Any]


def _options(*options: Decorator) -> Decorator:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_results_option = click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that `run` wrote to.",
)
board_options = _options(
    _results_option,
    click.option(
        "--dataset",
        metavar="NAME|PATH",
        shell_complete=complete_names,
        help="Dataset, or path of documents of your own.  [default: the one in the results]",
    ),
    click.option(
        "--featurizer",
        metavar="NAME",
        shell_complete=complete_names,
        help="Featurizer.  [default: the one in the results]",
    ),
    click.option(
        "--task",
        metavar="FINGERPRINT",
        help="Task, or its first characters, where the results have several.",
    ),
)


def methods_option(default: str = "") -> Decorator:
    """Return the option --methods; its help ends with what is taken without it."""
    return click.option(
        "--methods",
        type=NameList(),
        multiple=True,
        callback=joined,
        shell_complete=complete_names,
        help=f"Methods as the leaderboards name them; * matches any letters.{default}",
    )


bits_option = click.option(
    "--bits", type=click.IntRange(1), metavar="N", help="Code length.  [default: the one in the results]"
)
output_options = _options(
    click.option("--title", metavar="TEXT", help="Title; '' leaves it out.  [default: says what is shown]"),
    click.option(
        "--out",
        "files",
        type=click.Path(path_type=Path),
        required=True,
        multiple=True,
        metavar="FILE.svg|.png|.pdf",
        help="File to write; may be repeated.",
    ),
)


def store_and_board(options: Mapping[str, Any]) -> tuple[ResultStore, Board]:
    """Open the results and choose the board that the options name; unreadable records are named."""
    from hashbench.data.user_files import file_component
    from hashbench.experiment.store import ResultStore
    from hashbench.registry import registry
    from hashbench.reporting.catalogue import Catalogue
    from hashbench.reporting.record_selection import choose_board

    path = path_of(options["dataset"])
    dataset = file_component(path, registry().names("dataset")).name if path else options["dataset"]
    store = ResultStore(options["results"])
    records, unreadable = store.records()
    for record in unreadable:
        click.echo(f"Warning: {record}", err=True)
    if not records:
        raise HashbenchError(
            f"no records in {store.records_folder}; name the folder that `hashbench run --out` wrote"
        )
    catalogue = Catalogue(registry(), marks=False)
    return store, choose_board(records, dataset, options["featurizer"], options["task"], catalogue)


def store_board_and_rows(options: Mapping[str, Any]) -> tuple[ResultStore, Board, list[Row]]:
    """Open the results, and choose the board and those of its rows that --methods names."""
    from hashbench.reporting.record_selection import choose_rows

    store, board = store_and_board(options)
    return store, board, choose_rows(board, options["methods"])


def best_rows(rows: Sequence[Row], metric: str, bits: Sequence[int | None]) -> list[Row]:
    """Return the rows that a figure draws unless it is told which, and say how many it leaves out."""
    from hashbench.reporting.record_selection import MOST_LINES, best_and_references

    chosen = best_and_references(rows, metric, bits)
    if left_out := len(rows) - len(chosen):
        click.echo(
            f"Drawn are the {MOST_LINES} best rows by {metric} and the references; {left_out} left out, "
            "--methods '*' draws all",
            err=True,
        )
    return chosen


def path_of(dataset: str | None) -> str | None:
    """Return the path that --dataset gives, None where it gives a name."""
    from hashbench.data.user_files import looks_like_path
    from hashbench.registry import registry

    return dataset if dataset and looks_like_path(dataset, registry().names("dataset")) else None


def warn_of_missing(rows: Iterable[Row], shown: Sequence[str], what: str) -> None:
    """Name the rows that are not shown."""
    missing = [row.label for row in rows if row.label not in shown]
    if missing:
        click.echo(f"Warning: not shown, without {what}: {', '.join(missing)}", err=True)


def check_files(files: Iterable[Path]) -> None:
    """Raise a HashbenchError unless the files of --out can be written; nothing is computed before."""
    from hashbench.reporting.figures.style import check_suffix

    for file in files:
        check_suffix(file)
        existing = next(path for path in file.absolute().parents if path.exists())
        if not existing.is_dir():
            raise HashbenchError(f"--out {file}: {existing} is a file; name a folder")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise HashbenchError(f"--out {file}: {existing} is not writable; name another folder")


def write_figure(drawn: Figure, files: Iterable[Path]) -> None:
    """Write a figure to all files of --out."""
    from hashbench.atomic import write_atomically
    from hashbench.reporting.figures.style import figure_bytes

    for file in files:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, figure_bytes(drawn, file.suffix.lower()))
        except OSError as error:
            raise HashbenchError(f"--out {file}: {error.strerror}; name another file") from error
        click.echo(f"Wrote {file}", err=True)
