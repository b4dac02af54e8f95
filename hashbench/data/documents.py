"""Gathers the records of a user's file, one at a time, into texts, labels and a split."""

from __future__ import annotations

import json
import textwrap
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.readers import Columns, Record
from hashbench.errors import DataError
from hashbench.progress import track

SPLITS = ("train", "validation", "test")
PROGRESS_STEP = 1000


class Numbering:
    """Numbers names in the order of their first occurrence."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    def in_order(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Return the names in alphabetical order, and the rank there of each number."""
        names = sorted(self._numbers)
        ranks = np.empty(len(names), dtype=np.int64)
        ranks[[self._numbers[name] for name in names]] = np.arange(len(names))
        return tuple(names), ranks


class LabelSets:
    """Any number of labels for each document."""

    def __init__(self) -> None:
        self._names = Numbering()
        self._numbers = array("q")
        self._ends = array("q", [0])

    def append(self, labels: Iterable[str]) -> None:
        """Add the labels of the next document, each once however often it is named."""
        self._numbers.extend(self._names[label] for label in dict.fromkeys(labels))
        self._ends.append(len(self._numbers))

    def indicator(self) -> tuple[tuple[str, ...], csr_array]:
        """Return the names of the labels in alphabetical order, and the matrix, bool CSR (n, n_labels)."""
        names, ranks = self._names.in_order()
        columns = ranks[np.frombuffer(self._numbers, dtype=np.int64)]
        ends = np.frombuffer(self._ends, dtype=np.int64)
        shape = (len(ends) - 1, len(names))
        matrix = csr_array((np.ones(len(columns), dtype=bool), columns, ends), shape=shape)
        matrix.sort_indices()
        return names, matrix


class FullColumn:
    """A column that has a value for every document, or for none."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._names = Numbering()
        self._numbers = array("q")
        self._first_gap: str | None = None

    def append(self, value: str | None, place: str) -> None:
        """Add the value of the next document."""
        if value is not None:
            self._numbers.append(self._names[value])
        elif self._first_gap is None:
            self._first_gap = place

    def values(self, path: Path) -> tuple[tuple[str, ...], NDArray[np.int64]] | None:
        """Return the distinct values in alphabetical order and the index of each document's value, or None.

        Raises:
            DataError: some documents have a value and others have none.
        """
        if not self._numbers:
            return None
        if self._first_gap is not None:
            raise DataError(
                f"{path}, {self._first_gap}: no value in column {self._name!r}, which other documents have; "
                f"fill it in, or leave the column out"
            )
        names, ranks = self._names.in_order()
        return names, ranks[np.frombuffer(self._numbers, dtype=np.int64)]


class Documents:
    """The documents of one file.

    Attributes:
        texts: the documents.
        labels: the labels of each.
        coarse: the coarse label of each.
        splits: the split that each is in: "train", "validation" or "test".
    """

    def __init__(self, path: Path, columns: Columns, separator: str) -> None:
        self._path, self._separator = path, separator
        self.texts: list[str] = []
        self.labels = LabelSets()
        self.coarse = FullColumn(columns.coarse)
        self.splits = FullColumn(columns.split)
        self._without_text: list[str] = []

    def gather(self, records: Iterable[Record]) -> None:
        """Add all records.

        Raises:
            DataError: there are no records, some have no text, or a field has a value that is not allowed.
        """
        for step in track(_in_steps(records), f"Reading {self._path.name}, thousands of documents"):
            for record in step:
                try:
                    self._append(record)
                except ValueError as error:
                    raise DataError(f"{self._path}, {record.place}: {error}") from error
        if self._without_text:
            n = len(self._without_text)
            raise DataError(
                f"{self._path}: {n} document{'s have' if n > 1 else ' has'} no text, the first in "
                f"{self._without_text[0]}; leave such documents out"
            )
        if not self.texts:
            raise DataError(f"{self._path} has no documents")

    def _append(self, record: Record) -> None:
        text = "" if record.text is None else record.text
        if not isinstance(text, str):
            raise ValueError(f"the text is {_shown(text)}, not a string")
        if not text or text.isspace():
            self._without_text.append(record.place)
            return
        self.texts.append(text)
        self.labels.append(labels_of(record, self._separator))
        self.coarse.append(label_name(record.coarse), record.place)
        split = label_name(record.split)
        if split is not None and split not in SPLITS:
            raise ValueError(f"{split!r} is not a split; write {', '.join(SPLITS)}")
        self.splits.append(split, record.place)


def labels_of(record: Record, separator: str) -> list[str]:
    """Return the names of the labels of a record.

    Raises:
        ValueError: it has both one label and several, or a value that is no label.
    """
    if record.labels is None:
        values = [record.label]
    elif record.label is not None:
        raise ValueError(
            "it has both a label and labels; leave one out with label_column='' or labels_column=''"
        )
    elif isinstance(record.labels, list):
        values = record.labels
    elif isinstance(record.labels, str):
        values = record.labels.split(separator)
    else:
        raise ValueError(f"{_shown(record.labels)} is neither a list of labels nor a string")
    names = (label_name(value) for value in values)
    return [name for name in names if name is not None]


def label_name(value: Any) -> str | None:
    """Return the name of a label, a number as JSON writes it; None where the value is empty.

    Raises:
        ValueError: the value is neither a string nor a number.
    """
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value != value:
        return None
    if isinstance(value, int | float):
        return json.dumps(value)
    raise ValueError(f"{_shown(value)} is neither a string nor a number; set labels_column to read lists")


def _shown(value: Any) -> str:
    return textwrap.shorten(repr(value), 60)


def _in_steps(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while step := list(islice(iterator, PROGRESS_STEP)):
        yield step
