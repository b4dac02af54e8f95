"""Datasets of the Hugging Face Hub: ``hf:OWNER/NAME`` as a dataset of a grid.

The optional package ``datasets`` downloads and caches them; with HF_HUB_OFFLINE=1 only what it has cached is
read. The same columns are read as in files of one's own, see ``hashbench.data.user_files``.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from hashbench.data.corpus import Corpus
from hashbench.data.documents import Documents
from hashbench.data.loaders import (
    OFFICIAL,
    check_classes,
    rows_by_split,
    stratified_where_possible,
    unlabelled_note,
    with_unseen_labels,
)
from hashbench.data.reading import Columns, Record
from hashbench.data.split import SplitRecipe
from hashbench.errors import DataError
from hashbench.ranges import OneOf, Text, checks_arguments
from hashbench.registry import OWN_DISTRIBUTION, Component, Plugin
from hashbench.specs import DatasetSpec

PREFIX = "hf:"
_REPOSITORY = re.compile(r"([\w.-]+/)?[\w.-]+")
_SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class HuggingFaceSpec(DatasetSpec):
    """A dataset of the Hugging Face Hub.

    Attributes:
        repository: its name there, "owner/name" or "name".
    """

    repository: str

    def load(self) -> Any:
        """Return ``load_hugging_face`` with the repository filled in."""
        return partial(super().load(), self.repository)


def is_hugging_face(text: str) -> bool:
    """Tell whether a user means a dataset of the Hugging Face Hub."""
    return text.startswith(PREFIX)


def hugging_face_component(text: str, registered: Collection[str] = ()) -> Component:
    """Return the dataset behind ``hf:OWNER/NAME``, called hf-owner-name.

    Raises:
        DataError: the text is not of that form, or its name is taken.
    """
    repository = text.removeprefix(PREFIX)
    if not _REPOSITORY.fullmatch(repository):
        raise DataError(f"{text}: write {PREFIX}OWNER/NAME, such as {PREFIX}fancyzhx/ag_news")
    name = "-".join(["hf", *re.findall(r"[a-z0-9]+", repository.lower())])
    if name in registered:
        raise DataError(f"{text} would be called {name!r}, as a dataset that is registered")
    target, summary = f"{__name__}:load_hugging_face", f"{repository} of the Hugging Face Hub"
    spec = HuggingFaceSpec(name, target, summary, repository)
    return Component(name, spec, Plugin("files", OWN_DISTRIBUTION, version(OWN_DISTRIBUTION), "ok"))


@checks_arguments
def load_hugging_face(
    repository: str,
    *,
    config: Annotated[str, Text()] = "",
    revision: Annotated[str, Text()] = "",
    text_column: Annotated[str, Text()] = "text",
    label_column: Annotated[str, Text()] = "label",
    labels_column: Annotated[str, Text()] = "labels",
    coarse_column: Annotated[str, Text()] = "coarse",
    id_column: Annotated[str, Text()] = "",
    drop_empty: Annotated[bool, OneOf(False, True)] = False,
) -> Corpus:
    """Read a corpus from the Hugging Face Hub or the cache of the package ``datasets``.

    Labels that are stored as numbers with names get their names. Where there are training and test documents,
    they are the official split; without validation documents, half of the test documents are for validation.
    Other documents, such as those of a split "unsupervised", are left out with a note. Where there are no
    test documents all are split 80/10/10, stratified if every class has documents enough.

    Args:
        repository: "owner/name".
        config: the configuration, where there are several.
        revision: a commit, branch or tag; "" for the newest that there is.
        text_column: the documents.
        label_column: the one label of each document.
        labels_column: any number of labels of each document, in place of ``label_column``.
        coarse_column: a second, coarser label, of all documents or of none.
        id_column: what names each document; "" for none.
        drop_empty: leave documents without text out, with a note, instead of refusing the dataset.

    Raises:
        HashbenchError: an option is not a string.
        DataError: the package is not installed, the dataset cannot be downloaded and is not in the cache,
            or a column is missing or holds something else than described.
    """
    tables = _tables(repository, config, revision)
    columns = Columns(text_column, label_column, labels_column, coarse_column, "", id_column)
    source = Path(f"{PREFIX}{repository}")
    known = {name: _SPLITS[name] for name in tables if name in _SPLITS}
    official = {"train", "test"} <= set(known.values())
    read = known if official else dict.fromkeys(tables, None)

    def records() -> Iterator[Record]:
        for name, split in read.items():
            table = tables[name]
            columns.check(table.column_names, f"{source} ({name})")
            names = {column: _names_of(feature) for column, feature in table.features.items()}
            for row, values in enumerate(table, start=1):
                record = columns.record(f"{name} row {row}", _named(values, names))
                yield record._replace(split=split)

    documents = Documents(source, columns, "|", drop_empty=drop_empty)
    documents.gather(records())
    label_names, labels = documents.labels.indicator()
    if label_names:
        check_classes(source, label_names)
    coarse_names, coarse = documents.coarse.values(source) or ((), None)
    parts, numbers = documents.splits.values(source) or ((), np.empty(0, dtype=np.int64))
    ids = [each for each in documents.ids if each is not None]
    left_out = {name: len(tables[name]) for name in tables if name not in read}
    corpus = Corpus(
        name=f"{PREFIX}{repository}",
        texts=documents.texts,
        labels=labels,
        label_names=label_names,
        coarse=coarse,
        coarse_names=coarse_names,
        recipe=OFFICIAL if official else SplitRecipe("random"),
        official_split=rows_by_split(np.array(parts)[numbers]) if official else None,
        description=f"{repository} of the Hugging Face Hub{f', {config}' if config else ''}",
        notes=tuple(f"split {name} left out: {n:,} documents" for name, n in left_out.items())
        + tuple(f"{what}: {count:,}" for what, count in sorted(documents.counts.items()))
        + (unlabelled_note(labels) if label_names else _no_labels_note(tables)),
        ids=tuple(ids) if ids and len(ids) == len(documents.ids) else None,
    )
    if not official and corpus.single_label is not None:
        corpus = stratified_where_possible(corpus)
    return with_unseen_labels(corpus)


def _no_labels_note(tables: Mapping[str, Any]) -> tuple[str, ...]:
    columns = dict.fromkeys(column for table in tables.values() for column in table.column_names)
    return (f"no document has a label, among the columns {', '.join(map(repr, columns))}",)


def _tables(repository: str, config: str, revision: str) -> Mapping[str, Any]:
    """Return the splits of a dataset by name."""
    try:
        datasets = importlib.import_module("datasets")
    except ImportError as error:
        raise DataError(
            f'{PREFIX}{repository} is read by the package datasets: pip install "hashbench[hf]"'
        ) from error
    try:
        found: Mapping[str, Any] = datasets.load_dataset(
            repository, config or None, revision=revision or None
        )
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{PREFIX}{repository} cannot be loaded: {reason}") from error
    return found


def _names_of(feature: Any) -> list[str] | None:
    """Return the names behind numbers of a column, or of the items of its lists; None for other columns."""
    return getattr(feature, "names", None) or getattr(getattr(feature, "feature", None), "names", None)


def _named(values: Mapping[str, Any], names: Mapping[str, list[str] | None]) -> dict[str, Any]:
    return {column: _name(value, names.get(column)) for column, value in values.items()}


def _name(value: Any, names: list[str] | None) -> Any:
    """Return the name of a number, or those of a list of numbers; -1 is a document without a label."""
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [_name(each, names) for each in value]
    return names[value] if value >= 0 else None
