"""A user's own documents: a file or a folder as a corpus, and as a dataset of a grid."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from hashbench.data.corpus import Corpus
from hashbench.data.decoding import COMPRESSIONS
from hashbench.data.documents import Documents
from hashbench.data.duplicates import count_duplicates, without_duplicates
from hashbench.data.hugging_face import hugging_face_component, is_hugging_face
from hashbench.data.label_notes import label_notes
from hashbench.data.loaders import stratified_where_possible, unlabelled_note, with_unseen_labels
from hashbench.data.readers import FORMATS, PICKLES, format_of, is_compressed, read_records
from hashbench.data.reading import Columns, Reading, ReadOptions
from hashbench.data.split import SplitRecipe, make_split
from hashbench.data.trees import ARCHIVES, is_archive
from hashbench.errors import Argument, DataError
from hashbench.ranges import OneOf, Text, checks_arguments
from hashbench.registry import OWN_DISTRIBUTION, Component, Plugin, Registry
from hashbench.specs import DatasetSpec

SEPARATORS = (os.sep, *(os.altsep or ""))
DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


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
    id_column: Annotated[str, Text()] = "id",
    encoding: Annotated[str, Text()] = "",
    delimiter: Annotated[str, Text()] = "",
    quoting: Annotated[str, OneOf("auto", "quoted", "none")] = "auto",
    drop_empty: Annotated[bool, OneOf(False, True)] = False,
    drop_duplicates: Annotated[bool, OneOf(False, True)] = False,
) -> Corpus:
    """Read a corpus from a ``.jsonl``, ``.csv``, ``.tsv`` or ``.parquet`` file, a folder or its archive.

    In a folder every folder is a class and every file in it a document, unless the folders are ``train`` and
    ``test``. All but Parquet may be compressed (``.gz``, ``.bz2``, ``.xz``). A byte-order mark decides the
    encoding; without one it is UTF-8 or, with a note, cp1252. A column name of "" leaves that column unread.

    Args:
        path: the file, folder or archive.
        text_column: the documents.
        label_column: the one label of each document, a string or a number; a document without is kept.
        labels_column: any number of labels of each document, in place of ``label_column``: a list, or a
            string with ``labels_separator`` between them.
        labels_separator: see ``labels_column``.
        coarse_column: a second, coarser label, of all documents or of none.
        split_column: "train", "validation" or "test", of all documents or of none. Where it is missing the
            split is 80/10/10: stratified if every document has exactly one label and every class has
            documents enough, else random.
        id_column: what names each document; left out with a note where some document has none.
        encoding: of the file; "" tells it from the bytes.
        delimiter: what separates the fields of a table, one character or "tab"; "" tells it from the header.
        quoting: whether the fields of a table may stand in double quotes, "quoted" or "none"; "auto" tells it
            from the rows.
        drop_empty: leave documents without text out, with a note, instead of refusing the file.
        drop_duplicates: leave documents out whose text an earlier one has; training documents stay before
            those of other splits.

    Returns:
        The corpus, named like the file without its suffixes; labels are in alphabetical order. Without any
        label its documents can be hashed and not scored by relevance.

    Raises:
        HashbenchError: an option is not of the form described.
        DataError: the path cannot be read or lacks a column, a document has no text, all documents have one
            label, or a column holds something else than described.
    """
    source = expanded(path)
    columns = Columns(text_column, label_column, labels_column, coarse_column, split_column, id_column)
    options = ReadOptions(columns, encoding, _delimiter(delimiter), quoting)
    reading = Reading()
    documents = Documents(source, columns, labels_separator, drop_empty=drop_empty)
    documents.gather(read_records(source, options, reading))
    corpus = _corpus(source, documents, reading)
    return with_unseen_labels(_split_and_noted(corpus, drop_duplicates=drop_duplicates))


def _delimiter(given: str) -> str:
    named = DELIMITER_NAMES.get(given, given)
    if len(named) > 1 or named in ('"', "\n", "\r"):
        raise DataError(Argument("delimiter", repr(given)), ": give one character, or the word tab")
    return named


def _corpus(source: Path, documents: Documents, reading: Reading) -> Corpus:
    """Return the corpus of some documents, not yet split if there is no official split."""
    label_names, labels = documents.labels.indicator()
    if len(label_names) == 1:
        raise DataError(
            f"{source}: ranking needs at least two labels, and there is one, {label_names[0]!r}; "
            "to go without labels set ",
            Argument("label_column", "''"),
            " and ",
            Argument("labels_column", "''"),
        )
    coarse_names, coarse = documents.coarse.values(source) or ((), None)
    if coarse is not None and not label_names:
        raise DataError(
            f"{source}: the documents have coarse labels and no labels; set ",
            Argument("label_column", repr(documents.coarse.name)),
            " and ",
            Argument("coarse_column", "''"),
        )
    official_split = _official_split(source, documents)
    ids, notes_on_ids = _ids(documents.ids)
    reading.counts.update(documents.counts)
    empty = documents.without_text
    reading.facts["empty texts"] = f"{len(empty):,}, the first in {empty[0]}" if empty else "none"
    notes_on_labels = unlabelled_note(labels) if label_names else _no_labels_note(reading)
    return Corpus(
        name=_stem(source),
        texts=documents.texts,
        labels=labels,
        label_names=label_names,
        coarse=coarse,
        coarse_names=coarse_names,
        recipe=SplitRecipe("official" if official_split else "random"),
        official_split=official_split,
        description=f"Documents of {_name(source)}",
        notes=(*reading.notes, *notes_on_ids, *notes_on_labels, *label_notes(label_names, labels)),
        ids=ids,
        understood=reading.facts,
    )


def _split_and_noted(corpus: Corpus, *, drop_duplicates: bool) -> Corpus:
    """Return a corpus with its split, and with a note on duplicates or without them."""
    if drop_duplicates:
        corpus = without_duplicates(corpus)
    if corpus.official_split is None and corpus.single_label is not None:
        corpus = stratified_where_possible(corpus)
    found = count_duplicates(corpus, make_split(corpus))
    return replace(corpus, notes=(*corpus.notes, *found.note))


def _no_labels_note(reading: Reading) -> tuple[str, ...]:
    there = f", among the columns {', '.join(map(repr, reading.columns))}" if reading.columns else ""
    return (f"no document has a label{there}",)


def _ids(found: list[str | None]) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the ids of all documents, or None, and notes on what is wrong with them."""
    ids = [each for each in found if each is not None]
    if not ids:
        return None, ()
    if len(ids) < len(found):
        return None, (f"ids left out, since documents have none: {len(found) - len(ids):,}",)
    repeated = len(ids) - len(Counter(ids))
    return tuple(ids), ((f"ids that an earlier document has: {repeated:,}",) if repeated else ())


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
    suffixes = (*FORMATS, *PICKLES, *COMPRESSIONS, *ARCHIVES)
    return text == "-" or has_separator or path.suffix.lower() in suffixes or _is_there(path)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def file_component(path: str, registered: Collection[str] = ()) -> Component:
    """Return the dataset that a path stands for, named like the file in the form that names have.

    Args:
        path: a file or folder that ``load_file`` reads.
        registered: names that are taken.

    Raises:
        DataError: nothing readable is there, or its name is taken or has neither letter nor digit.
    """
    source = expanded(path)
    format_of(source)
    plain = unicodedata.normalize("NFKD", _stem(source)).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name:
        raise DataError(f"{path}: its name makes no dataset's name; rename it in letters a to z or digits")
    if name in registered:
        raise DataError(f"{path} would be called {name!r}, as a dataset that is registered; rename it")
    spec = FileSpec(name, f"{__name__}:load_file", f"Documents of {_name(source)}", str(source))
    return Component(name, spec, Plugin("files", OWN_DISTRIBUTION, version(OWN_DISTRIBUTION), "ok"))


def expanded(path: str | Path) -> Path:
    """Return a path with the home folder in place of ``~``.

    Raises:
        DataError: there is no such user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _name(path: Path) -> str:
    """Return the last part of a path, also of one such as ".."."""
    return Path(os.path.abspath(path)).name


def _stem(path: Path) -> str:
    if path.is_dir():
        return _name(path)
    if is_archive(path):
        return re.sub(r"\.tar$", "", path.stem, flags=re.IGNORECASE)
    return path.with_suffix("").stem if is_compressed(path) else path.stem


def _official_split(path: Path, documents: Documents) -> dict[str, NDArray[np.int64]] | None:
    found = documents.splits.values(path)
    if found is None:
        return None
    names, numbers = found
    if missing := {"train", "test"} - set(names):
        raise DataError(
            f"{path}: the split puts no document into {' or '.join(sorted(missing))}; ",
            Argument("split_column", "''"),
            " leaves its column unread",
        )
    return {name: np.flatnonzero(numbers == index) for index, name in enumerate(names)}
