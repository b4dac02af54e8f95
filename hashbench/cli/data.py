"""``hashbench data``: the files of datasets, and what is in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from hashbench.cli.options import data_home_option, loaded_registry, parameters
from hashbench.cli.output import echo_table
from hashbench.cli.reading import reading_options, with_reading_options
from hashbench.data.dataset_files import (
    dataset_with_files,
    datasets_with_files,
    download_size,
    missing_files,
)
from hashbench.data.home import data_home, dataset_folder
from hashbench.errors import CheckFailedError
from hashbench.progress_bars import progress_bars
from hashbench.registry import registry
from hashbench.reporting.table import Table

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hashbench.data.download import ProgressBar, Verified
    from hashbench.data.duplicates import Duplicates
    from hashbench.experiment.loaded import LoadedDataset
    from hashbench.reporting.case_study import Document
    from hashbench.reporting.corpus_summary import CorpusSummary, LevelSummary
    from hashbench.reporting.scripts import Scripts
    from hashbench.specs import DatasetFile, DatasetSpec


FIRST_ROWS = 3


@click.group()
def data() -> None:
    """List, describe, fetch and verify datasets."""


_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def _names(
    ctx: click.Context,  # noqa: ARG001 - click passes it
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    return [name for name in datasets_with_files(registry()) if name.startswith(incomplete)]


@data.command("list")
@data_home_option
@_json
def list_(as_json: bool) -> None:
    """List the datasets that have files, and which files are there."""
    listed = [_listed(name, spec) for name, spec in datasets_with_files(loaded_registry()).items()]
    if as_json:
        click.echo(json.dumps({"schema": 1, "data_home": str(data_home()), "datasets": listed}, indent=1))
        return
    rows = [
        [row["name"], row["folder"], _there(row), _megabytes(row["bytes"]), row["needs"]] for row in listed
    ]
    header = ["dataset", "folder", "there", "download", "needs"]
    echo_table(Table(f"Data home {data_home()}", header, rows))


def _listed(name: str, spec: DatasetSpec) -> dict[str, Any]:
    return {
        "name": name,
        "folder": dataset_folder(spec).name,
        "missing": [file.name for file in missing_files(spec)],
        "files": [file.name for file in spec.files],
        "bytes": download_size(spec),
        "needs": spec.needs,
        "page": spec.page,
    }


def _there(row: Mapping[str, Any]) -> str:
    if not row["missing"]:
        return "yes"
    return "no" if len(row["missing"]) >= len(row["files"]) else f"lacks {', '.join(row['missing'])}"


@data.command()
@click.argument("name", metavar="DATASET|PATH", shell_complete=_names)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME.PARAMETER=VALUE",
    help="Set a parameter of the dataset; may be repeated.",
)
@reading_options
@data_home_option
@_json
def info(name: str, settings: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Describe a dataset, or the documents at PATH and how they were read.

    Chance is what a random ranking gets: the mean over the test documents of the share of training documents
    that are relevant to them. Documents that a featurizer will leave out count as well. Documents without
    text are left out and counted.
    """
    from hashbench.data.duplicates import count_duplicates
    from hashbench.reporting.case_study import describe
    from hashbench.reporting.corpus_summary import summarise
    from hashbench.reporting.scripts import scripts_of

    params = with_reading_options(parameters(settings), options, [name])
    with progress_bars(not as_json):
        loaded = _load(name, params)
    corpus = loaded.corpus
    seen = _Seen(
        loaded,
        summarise(corpus, loaded.split),
        count_duplicates(corpus, loaded.split),
        None if corpus.texts is None else scripts_of(corpus.texts),
        [describe(corpus, row) for row in range(min(FIRST_ROWS, len(corpus)))],
    )
    if as_json:
        click.echo(json.dumps(_document(seen), indent=1))
        return
    facts = [[what, value] for what, value in _facts(seen).items() if value]
    echo_table(Table(f"Dataset {loaded.choice.name}", ["what", "value"], facts))
    echo_table(_first_rows(seen))


@dataclass(frozen=True, eq=False)
class _Seen:
    """What there is to tell of a dataset."""

    loaded: LoadedDataset
    summary: CorpusSummary
    duplicates: Duplicates
    scripts: Scripts | None
    first: Sequence[Document]


def _load(name: str, params: Mapping[str, Mapping[str, Any]]) -> LoadedDataset:
    from hashbench.data.user_files import FileSpec, dataset_component
    from hashbench.experiment.choices import choose_datasets
    from hashbench.experiment.loaded import load_dataset
    from hashbench.parameters import Assignment

    component = dataset_component(name, loaded_registry())
    assignments = [Assignment(each, *item) for each, given in params.items() for item in given.items()]
    (choice,) = choose_datasets(assignments, [component])
    if not isinstance(component.spec, FileSpec):
        return load_dataset(choice)
    return replace(load_dataset(replace(choice, params={**choice.params, "drop_empty": True})), choice=choice)


def _document(seen: _Seen) -> dict[str, Any]:
    loaded = seen.loaded
    spec = loaded.choice.component.spec
    return {
        "schema": 1,
        "name": loaded.choice.name,
        "parameters": loaded.choice.params,
        "description": loaded.corpus.description,
        "read_as": dict(loaded.corpus.understood),
        "split": str(loaded.split.recipe),
        **asdict(seen.summary),
        "duplicates": asdict(seen.duplicates),
        "scripts": asdict(seen.scripts) if seen.scripts else None,
        "first_documents": [asdict(document) for document in seen.first],
        "notes": loaded.corpus.notes,
        "terms": spec.licence,
        "citation": vars(spec.citation) if spec.citation else None,
    }


def _first_rows(seen: _Seen) -> Table:
    named = any(document.id is not None for document in seen.first)
    header = ["row", *(["id"] if named else []), "labels", "text"]
    rows = [
        [str(each.row), *([each.id or ""] if named else []), ", ".join(each.labels), each.text]
        for each in seen.first
    ]
    return Table("First documents", header, rows)


def _facts(seen: _Seen) -> dict[str, str]:
    loaded, summary = seen.loaded, seen.summary
    needs_option = not loaded.choice.params.get("drop_empty", True)
    understood = dict(loaded.corpus.understood)
    if needs_option and understood.get("empty texts") not in (None, "none"):
        understood["empty texts"] += "; a run needs --drop-empty to leave them out"
    spec = loaded.choice.component.spec
    sizes = ", ".join(f"{name} {n:,}" for name, n in summary.split_sizes.items())
    return {
        **understood,
        "documents": f"{summary.documents:,}",
        "split": f"{loaded.split.recipe}: {sizes}",
        "words a document": f"mean {summary.mean_words:,.1f}, median {summary.median_words:,g}",
        "fine classes": _level(summary.fine) if summary.fine else "none: there are no labels",
        "coarse classes": _level(summary.coarse) if summary.coarse else "",
        "duplicates": "; ".join(seen.duplicates.note) or ("" if seen.scripts is None else "none"),
        "scripts": str(seen.scripts or ""),
        "description": loaded.corpus.description,
        "notes": "; ".join(loaded.corpus.notes),
        "terms of use": spec.licence,
        "citation": str(spec.citation or ""),
    }


def _level(level: LevelSummary) -> str:
    chance = "no labelled test document" if level.chance is None else f"chance {level.chance:.4f}"
    unlabelled = f", {level.unlabelled:,} documents without" if level.unlabelled else ""
    return (
        f"{level.classes:,}; {level.labels_per_document:.2f} a document{unlabelled}; "
        f"the largest has {level.largest_share:.1%} of the documents; {chance}"
    )


@data.command()
@click.argument("names", nargs=-1, required=True, metavar="DATASET...", shell_complete=_names)
@data_home_option
def fetch(names: tuple[str, ...]) -> None:
    """Download the official files of datasets.

    Prints the paths of the files. Files that are there already stay as they are. A download is kept only if
    it is complete and has the official checksum, where one is known.
    """
    from hashbench.data.download import fetch as fetch_files

    known = loaded_registry()
    for name, spec in [(name, dataset_with_files(name, known)) for name in names]:
        with _download_bars() as bar:
            paths = fetch_files(spec, bar)
        for path in paths:
            click.echo(path)
        click.echo(f"Terms of use of {name}: {spec.licence or 'not stated'}", err=True)


@contextmanager
def _download_bars() -> Iterator[Callable[[DatasetFile], ProgressBar]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    terminal = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=not terminal) as progress:

        def bar(file: DatasetFile) -> ProgressBar:
            if not terminal:
                click.echo(f"Downloading {file.name} {_megabytes(file.size)}".rstrip(), err=True)
            return _DownloadBar(progress, progress.add_task(file.name, total=file.size))

        yield bar


class _DownloadBar:
    """A progress bar of rich with the methods that pooch calls."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    @property
    def total(self) -> int:
        return int(self._progress.tasks[self._task].total or 0)

    @total.setter
    def total(self, n: int) -> None:
        self._progress.reset(self._task, total=n)

    def update(self, n: int) -> None:
        self._progress.advance(self._task, n)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.stop_task(self._task)


@data.command()
@click.argument("names", nargs=-1, metavar="[DATASET...]", shell_complete=_names)
@data_home_option
@_json
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Compare the files of datasets with known checksums; of all datasets unless some are named.

    \b
    States:
      official    the checksum is that of the official file
      known copy  the checksum is that of another known file; see the remark
      differs     the checksum is neither of the two
      unknown     no official checksum is known
      missing     the dataset cannot be loaded without the file

    Exits with 3 if a file differs, or if a file of a named dataset is missing.
    """
    from hashbench.data.download import verify as verify_files

    known = loaded_registry()
    specs = {name: dataset_with_files(name, known) for name in names or datasets_with_files(known)}
    found = [(name, file) for name, spec in specs.items() for file in verify_files(spec)]
    if as_json:
        files = [{"dataset": name, **asdict(file), "path": str(file.path)} for name, file in found]
        click.echo(json.dumps({"schema": 1, "files": files}, indent=1))
    else:
        rows = [
            [name, file.path.name, file.state, file.remark, _shown_checksum(file)] for name, file in found
        ]
        header = ["dataset", "file", "state", "remark", "sha256"]
        echo_table(Table(f"Data home {data_home()}", header, rows))
    _fail(
        different=[str(file.path) for _, file in found if file.state == "differs"],
        missing=[str(file.path) for _, file in found if names and file.state == "missing"],
    )


def _shown_checksum(file: Verified) -> str:
    """Return the first digits of a known checksum, and all digits of one that is not known."""
    digits = file.sha256 or ""
    return digits if file.state in ("unknown", "differs") else digits[:12]


def _fail(different: list[str], missing: list[str]) -> None:
    reasons = []
    if different:
        reasons.append(f"not the official file: {', '.join(different)}; delete it to have it fetched again")
    if missing:
        reasons.append(f"missing: {', '.join(missing)}; `hashbench data fetch` downloads it")
    if reasons:
        raise CheckFailedError("; ".join(reasons))


@data.command()
@click.argument("name", required=False, metavar="[DATASET]", shell_complete=_names)
@data_home_option
def path(name: str | None) -> None:
    """Print the data home, or the folder of a dataset."""
    click.echo(dataset_folder(dataset_with_files(name, loaded_registry())) if name else data_home())


def _megabytes(n: int | None) -> str:
    return "" if n is None else f"{n / 1e6:,.1f} MB"
