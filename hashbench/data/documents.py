"""Gathers the records of a user's file, one at a time, into texts, labels and a split."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.label_values import label_name, labels_of, shown, written_list
from hashbench.data.reading import Columns, Record
from hashbench.errors import Argument, DataError, HashbenchError
from hashbench.progress import track

SPLITS = ("train", "validation", "test")
PROGRESS_STEP = 1000
_SURROGATE = re.compile("[\ud800-\udfff]")
_OTHER_SEPARATORS = (";", ",", "|")


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

    def __init__(self, name: str, parameter: str) -> None:
        self.name, self._parameter = name, parameter
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
                f"{path}, {self._first_gap}: no value in column {self.name!r}, which other documents have; "
                f"fill it in, or leave the column out with ",
                Argument(self._parameter, "''"),
            )
        names, ranks = self._names.in_order()
        return names, ranks[np.frombuffer(self._numbers, dtype=np.int64)]


class Documents:
    """The documents of one file.

    Args:
        path: the file, for messages.
        columns: names of its columns.
        separator: what stands between two labels of a string.
        drop_empty: leave documents without text out, instead of refusing the file.

    Attributes:
        texts: the documents.
        labels: the labels of each.
        coarse: the coarse label of each.
        splits: the split that each is in: "train", "validation" or "test".
        ids: what names each, None where it has no id.
        without_text: places of the documents that have no text.
        counts: what was seen that may be read otherwise than meant, with how often.
    """

    def __init__(self, path: Path, columns: Columns, separator: str, *, drop_empty: bool) -> None:
        self._path, self._separator, self._drop_empty = path, separator, drop_empty
        self.texts: list[str] = []
        self.labels = LabelSets()
        self.coarse = FullColumn(columns.coarse, "coarse_column")
        self.splits = FullColumn(columns.split, "split_column")
        self.ids: list[str | None] = []
        self.without_text: list[str] = []
        self.counts: Counter[str] = Counter()

    def gather(self, records: Iterable[Record]) -> None:
        """Add all records.

        Raises:
            DataError: there are no records, some have no text, or a field has a value that is not allowed.
        """
        for step in track(_in_steps(records), f"Reading {self._path.name}, thousands of documents"):
            for record in step:
                try:
                    self._append(record)
                except DataError:
                    raise
                except HashbenchError as error:
                    raise DataError(f"{self._path}, {record.place}: ", *error.parts) from error
        if self.without_text and not self._drop_empty:
            n = len(self.without_text)
            raise DataError(
                f"{self._path}: {n} document{'s have' if n > 1 else ' has'} no text, the first in "
                f"{self.without_text[0]}; fill it in, or leave such documents out with ",
                Argument("drop_empty"),
            )
        if self.without_text:
            self.counts[f"documents without text, left out, the first in {self.without_text[0]}"] = len(
                self.without_text
            )
        if not self.texts:
            raise DataError(f"{self._path} has no documents{' with text' if self.without_text else ''}")

    def _append(self, record: Record) -> None:
        text = "" if record.text is None else record.text
        if isinstance(text, float) and text != text:
            text = ""
        if not isinstance(text, str):
            raise HashbenchError(f"the text is {shown(text)}, not a string")
        labels = labels_of(record, self._separator)
        coarse = label_name(record.coarse)
        split = label_name(record.split)
        if split is not None and split not in SPLITS:
            raise HashbenchError(f"{split!r} is not a split; write {', '.join(SPLITS)}")
        if not text or text.isspace():
            self.without_text.append(record.place)
            return
        self._look_at(record, text)
        self.texts.append(text)
        self.labels.append(labels)
        self.coarse.append(coarse, record.place)
        self.splits.append(split, record.place)
        self.ids.append(_id(record.id))

    def _look_at(self, record: Record, text: str) -> None:
        if not text.isascii() and _SURROGATE.search(text):
            self.counts["documents with half of a surrogate pair"] += 1
        if "\ufffd" in text:
            self.counts["documents with U+FFFD, which stands for what an earlier reader lost"] += 1
        if isinstance(record.label, str) and record.label.strip() not in ("", record.label):
            self.counts["labels with blanks at their ends, which were taken off"] += 1
        if isinstance(record.label, str) and self._separator in record.label:
            self.counts[f"labels with {self._separator!r} in them, each read as one label"] += 1
        if isinstance(record.labels, str) and self._separator not in record.labels:
            other = next((each for each in _OTHER_SEPARATORS if each in record.labels), None)
            if other and written_list(record.labels) is None:
                what = (
                    f"labels without {self._separator!r} and with {other!r} in them, each read as one label"
                )
                self.counts[what] += 1


def _id(value: Any) -> str | None:
    """Return an id as text, None where there is none.

    Raises:
        HashbenchError: it is neither a string nor a number.
    """
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, int | float):
        return label_name(value)
    raise HashbenchError(
        f"the id {shown(value)} is neither a string nor a number; set ", Argument("id_column", "''")
    )


def _in_steps(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while step := list(islice(iterator, PROGRESS_STEP)):
        yield step
