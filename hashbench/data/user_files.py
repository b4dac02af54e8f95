"""A user's own documents: a file or a folder as a corpus, and as a dataset of a grid."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from hashbench.data.corpus import Corpus
from hashbench.data.documents import Documents
from hashbench.data.hugging_face import hugging_face_component, is_hugging_face
from hashbench.data.loaders import (
    check_classes,
    stratified_where_possible,
    unlabelled_note,
    with_unseen_labels,
)
from hashbench.data.readers import (
    COMPRESSIONS,
    FORMATS,
    PICKLES,
    Columns,
    format_of,
    is_compressed,
    read_records,
    read_utf8_or_cp1252,
)
from hashbench.data.split import SplitRecipe
from hashbench.errors import DataError
from hashbench.ranges import Text, checks_arguments
from hashbench.registry import OWN_DISTRIBUTION, Component, Plugin, Registry
from hashbench.specs import DatasetSpec

SEPARATORS = (os.sep, *(os.altsep or ""))


@checks_arguments
def load_file(
    path: str | Path,
    *,
    text_column: Annotated[str, Text()] = "text",
    label_column: Annotated[str, Text()] = "label",
    labels_column: Annotated[str, Text()] = "labels",
    labels_separator: Annotated[str, Text(empty=False)] = "|",
    coarse_column: Annotated[str, Text()] = "coarse",
    split_column: Annotated[str, Text()] = "split",
) -> Corpus:
    """Read a corpus from a ``.jsonl``, ``.csv``, ``.tsv`` or ``.parquet`` file, or from a folder.

    In a folder every folder is a class and every file in it a document. All but Parquet may be compressed
    (``.gz``, ``.bz2``, ``.xz``). Text that is not UTF-8 is read as cp1252, with a note. A column name of ""
    leaves that column unread.

    Args:
        path: the file or folder.
        text_column: the documents.
        label_column: the one label of each document, a string or a number; a document without is kept.
        labels_column: any number of labels of each document, in place of ``label_column``: a list, or a
            string with ``labels_separator`` between them.
        labels_separator: see ``labels_column``.
        coarse_column: a second, coarser label, of all documents or of none.
        split_column: "train", "validation" or "test", of all documents or of none. Where it is missing the
            split is 80/10/10: stratified if every document has exactly one label and every class has
            documents enough, else random.

    Returns:
        The corpus, named like the file without its suffixes; labels are in alphabetical order.

    Raises:
        HashbenchError: an option is not a string, or the separator is empty.
        DataError: the path cannot be read or lacks a column, a document has no text, there are fewer than
            two classes, or a column holds something else than described.
    """
    source = Path(path).expanduser()
    columns = Columns(text_column, label_column, labels_column, coarse_column, split_column)
    counts: Counter[str] = Counter()

    def read(encoding: str) -> Documents:
        documents = Documents(source, columns, labels_separator)
        documents.gather(read_records(source, columns, encoding, counts))
        return documents

    documents = read_utf8_or_cp1252(source, read, counts)
    label_names, labels = documents.labels.indicator()
    check_classes(source, label_names)
    coarse_names, coarse = documents.coarse.values(source) or ((), None)
    official_split = _official_split(source, split_column, documents)
    repaired = tuple(f"{what}: {count:,}" for what, count in sorted(counts.items()))
    corpus = Corpus(
        name=_stem(source),
        texts=documents.texts,
        labels=labels,
        label_names=label_names,
        coarse=coarse,
        coarse_names=coarse_names,
        recipe=SplitRecipe("official" if official_split else "random"),
        official_split=official_split,
        description=f"Documents of {_name(source)}",
        notes=repaired + unlabelled_note(labels),
    )
    if official_split is None and corpus.single_label is not None:
        corpus = stratified_where_possible(corpus)
    return with_unseen_labels(corpus)


@dataclass(frozen=True)
class FileSpec(DatasetSpec):
    """A dataset that is a file or folder of the user's.

    The path is no parameter of the dataset: the same content elsewhere gives the same trials, and no record
    tells where it was.

    Attributes:
        path: as the user gave it.
    """

    path: str

    def load(self) -> Any:
        """Return ``load_file`` with its path filled in."""
        return partial(super().load(), self.path)


def dataset_component(text: str, registry: Registry) -> Component:
    """Return the registered dataset of that name, or the one that a path or ``hf:OWNER/NAME`` stands for.

    Raises:
        UnknownNameError: it is none of them.
        DataError: see ``file_component``.
    """
    registered = registry.names("dataset")
    if is_hugging_face(text):
        return hugging_face_component(text, registered)
    if looks_like_path(text, registered):
        return file_component(text, registered)
    return registry.get("dataset", text)


def looks_like_path(text: str, registered: Collection[str] = ()) -> bool:
    """Tell whether a user means a path and not the name of a dataset.

    A path has a separator or a suffix that documents have, or is there while no dataset has that name.
    """
    if text in registered or is_hugging_face(text):
        return False
    path = Path(text)
    has_separator = any(separator in text for separator in SEPARATORS)
    return has_separator or path.suffix.lower() in (*FORMATS, *PICKLES, *COMPRESSIONS) or path.exists()


def file_component(path: str, registered: Collection[str] = ()) -> Component:
    """Return the dataset that a path stands for, named like the file in the form that names have.

    Args:
        path: a file or folder that ``load_file`` reads.
        registered: names that are taken.

    Raises:
        DataError: nothing readable is there, or its name is taken or has neither letter nor digit.
    """
    source = Path(path).expanduser()
    format_of(source)
    plain = unicodedata.normalize("NFKD", _stem(source)).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name:
        raise DataError(f"{path}: its name makes no dataset's name; rename it in letters a to z or digits")
    if name in registered:
        raise DataError(f"{path} would be called {name!r}, as a dataset that is registered; rename it")
    spec = FileSpec(name, f"{__name__}:load_file", f"Documents of {_name(source)}", str(source))
    return Component(name, spec, Plugin("files", OWN_DISTRIBUTION, version(OWN_DISTRIBUTION), "ok"))


def _name(path: Path) -> str:
    """Return the last part of a path, also of one such as ".."."""
    return Path(os.path.abspath(path)).name


def _stem(path: Path) -> str:
    if path.is_dir():
        return _name(path)
    return path.with_suffix("").stem if is_compressed(path) else path.stem


def _official_split(path: Path, column: str, documents: Documents) -> dict[str, NDArray[np.int64]] | None:
    found = documents.splits.values(path)
    if found is None:
        return None
    names, numbers = found
    if missing := {"train", "test"} - set(names):
        raise DataError(
            f"{path}: column {column!r} puts no document into {' or '.join(sorted(missing))}; "
            "split_column='' leaves that column unread"
        )
    return {name: np.flatnonzero(numbers == index) for index, name in enumerate(names)}
