"""The options of commands that read a user's own documents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from hashbench.cli.options import NameList
from hashbench.errors import Argument, HashbenchError

TEXT_OPTIONS = {
    "text_column": ("NAME", "Column of the documents in files of your own.  [default: text]"),
    "label_column": ("NAME", "Column of the one label of a document.  [default: label]"),
    "labels_column": ("NAME", "Column of several labels.  [default: labels]"),
    "labels_separator": ("TEXT", "What stands between two labels of a CSV file.  [default: |]"),
    "coarse_column": ("NAME", "Column of coarse labels.  [default: coarse]"),
    "split_column": ("NAME", "Column of train, validation or test.  [default: split]"),
    "id_column": ("NAME", "Column of what names a document.  [default: id]"),
    "encoding": ("NAME", "Encoding of files, such as utf-16-le.  [default: told from the bytes]"),
    "delimiter": ("CHARACTER|tab", "What separates the fields of a table.  [default: told from the header]"),
    "quoting": (
        "auto|quoted|none",
        "Whether fields of a table may stand in double quotes.  [default: auto, told from the rows]",
    ),
}
FLAGS = {
    "drop_empty": "Leave documents without text out, with a count, instead of refusing the file.",
    "drop_duplicates": "Leave documents out whose text an earlier one has, with a count.",
}


def reading_options(command: Any) -> Any:
    """Add the options to a command; each that is not given is None."""
    for name, text in reversed(FLAGS.items()):
        option = f"--{name.replace('_', '-')}"
        command = click.option(option, is_flag=True, default=None, help=text)(command)
    for name, (metavar, text) in reversed(TEXT_OPTIONS.items()):
        option = f"--{name.replace('_', '-')}"
        command = click.option(option, default=None, metavar=metavar, help=text)(command)
    return command


def taken_reading_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the reading options that were given and take all of them out of the options.

    Raises:
        HashbenchError: one has a value that is not allowed.
    """
    from hashbench.data.user_files import load_file
    from hashbench.ranges import declared_ranges

    given = {name: options.pop(name) for name in (*TEXT_OPTIONS, *FLAGS)}
    found = {name: value for name, value in given.items() if value is not None}
    for name, declared in declared_ranges(load_file).items():
        if name in found and found[name] not in declared.range:
            raise HashbenchError(Argument(name, repr(found[name])), f": give {declared.range}")
    return found


def files_among(datasets: Iterable[str]) -> list[str]:
    """Return the names of the datasets that are files or folders of the user.

    Raises:
        DataError: a path cannot be read.
    """
    from hashbench.data.hugging_face import is_hugging_face
    from hashbench.data.user_files import dataset_component, looks_like_path
    from hashbench.registry import registry

    known = registry().names("dataset")
    return [
        dataset_component(name, registry()).name
        for name in datasets
        if looks_like_path(name, known) or is_hugging_face(name)
    ]


def with_reading_options(
    params: dict[str, dict[str, Any]], options: dict[str, Any], datasets: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return parameters by component, the reading options among those of every dataset that is a file.

    Args:
        params: what ``--set`` sets.
        options: the options of a command; the reading options are taken out.
        datasets: names and paths.

    Raises:
        click.UsageError: options are given and no dataset is a file.
        HashbenchError: an option has a value that is not allowed, or a path cannot be read.
    """
    found, files = taken_reading_options(options), files_among(datasets)
    if found and not files:
        option = next(iter(found)).replace("_", "-")
        raise click.UsageError(f"--{option} is about files of your own, and no path is given")
    return {**params, **{file: {**params.get(file, {}), **found} for file in files}}


class DatasetList(NameList):
    """Names and paths separated by commas; a path that is there may have commas of its own."""

    name = "NAME|PATH,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Take a value as a whole if it is a path that is there, else split it."""
        if isinstance(value, str) and "," in value and _is_there(value):
            return (value,)
        return super().convert(value, param, ctx)


def _is_there(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False
