"""Readers of a user's own documents: JSON lines, CSV, TSV, Parquet, and a folder of class folders.

Every reader yields one record a document and holds one record at a time.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import importlib
import json
import lzma
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TextIO, TypeVar

from hashbench.errors import DataError

TEXT_FORMATS = (".jsonl", ".csv", ".tsv")
FORMATS = (*TEXT_FORMATS, ".parquet")
COMPRESSIONS: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
PICKLES = (".pkl", ".pickle", ".p", ".joblib")
FOLDER = "folder"
LONGEST_FIELD = 2**31 - 1
BATCH_ROWS = 1000

T = TypeVar("T")


class Record(NamedTuple):
    """One document as it was read; a field is None if the file has no value for it.

    Attributes:
        place: where in the file or folder it is, for messages.
        text: the document.
        label: its only label.
        labels: its labels, as a list or joined by a separator.
        coarse: its coarse label.
        split: the split it is in, "train", "validation" or "test".
    """

    place: str
    text: Any
    label: Any = None
    labels: Any = None
    coarse: Any = None
    split: Any = None


class Columns(NamedTuple):
    """Names of the columns of a record's fields, in the order of the fields; "" reads no column."""

    text: str = "text"
    label: str = "label"
    labels: str = "labels"
    coarse: str = "coarse"
    split: str = "split"

    def check(self, present: Collection[str], where: str) -> None:
        """Check that a file has a text column, a label column, and all columns that are not named by default.

        Raises:
            DataError: one is missing; the message names the columns that are there.
        """
        there = f"(there are: {', '.join(map(repr, present)) or 'none'})"
        if self.text not in present:
            raise DataError(f"{where} has no column {self.text!r} {there}; set text_column")
        if not {self.label, self.labels} & (set(present) - {""}):
            wanted = " or ".join(repr(name) for name in (self.label, self.labels) if name)
            raise DataError(
                f"{where} has no column {wanted or 'for labels'} {there}; set label_column or labels_column"
            )
        for field, name in self._asdict().items():
            if name not in ("", self._field_defaults[field], *present):
                raise DataError(f"{where} has no column {name!r} {there}; set {field}_column")

    def record(self, place: str, values: Mapping[str, Any]) -> Record:
        """Return the record of one row."""
        return Record(place, *[values.get(name) if name else None for name in self])


def format_of(path: Path) -> str:
    """Return "folder" or the suffix that says how a file is read, such as ".jsonl".

    Raises:
        DataError: the path does not exist, or no reader reads such a file.
    """
    if path.is_dir():
        return FOLDER
    if not path.exists():
        raise DataError(f"{path} does not exist; name a file or a folder of class folders")
    suffix = path.with_suffix("").suffix if is_compressed(path) else path.suffix
    suffix = suffix.lower()
    if suffix in PICKLES:
        raise DataError(f"{path} is a pickle, which may run code when it is read; save it as .jsonl")
    if suffix not in (TEXT_FORMATS if is_compressed(path) else FORMATS):
        raise DataError(
            f"cannot tell how to read {path}: known are {', '.join(FORMATS)}, the first three also with "
            f"{', '.join(COMPRESSIONS)} added, and a folder of class folders"
        )
    return suffix


def is_compressed(path: Path) -> bool:
    """Tell from the suffix whether a file is compressed as a whole."""
    return path.suffix.lower() in COMPRESSIONS


def read_records(path: Path, columns: Columns, encoding: str, counts: Counter[str]) -> Iterator[Record]:
    """Yield the documents of a file or folder in its order, a folder in the order of names.

    Args:
        path: what to read.
        columns: the columns of a file.
        encoding: of a text file; in a folder each file is decoded by itself.
        counts: receives the numbers of files that were left out or read in another encoding.

    Raises:
        DataError: the content is not what the suffix says, or lacks a column.
        UnicodeDecodeError: a text file is not of that encoding.
    """
    form = format_of(path)
    if form == FOLDER:
        return read_folder(path, counts)
    if form == ".parquet":
        return read_parquet(path, columns)
    if form == ".jsonl":
        return read_jsonl(path, columns, encoding)
    return read_table(path, columns, encoding, "\t" if form == ".tsv" else ",")


def read_utf8_or_cp1252(path: Path, read: Callable[[str], T], counts: Counter[str]) -> T:
    """Return ``read(encoding)`` for UTF-8 or, if the bytes are not UTF-8, for cp1252, which is counted.

    Raises:
        DataError: they are not cp1252 either.
    """
    with suppress(UnicodeDecodeError):
        return read("utf-8-sig")
    counts["files read as cp1252, since they are not UTF-8"] += 1
    try:
        return read("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is neither UTF-8 nor cp1252; save it as UTF-8") from error


def read_jsonl(path: Path, columns: Columns, encoding: str) -> Iterator[Record]:
    """Yield a record for each line that is not blank; a line may leave out all fields but the text."""
    seen: set[str] = set()
    with _open_text(path, encoding) as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            values = _parse_line(line, f"{path}, line {number}")
            if columns.text not in values:
                columns.check(values, f"{path}, line {number},")
            seen.update(values)
            yield columns.record(f"line {number}", values)
    if seen:
        columns.check(sorted(seen), str(path))


def read_table(path: Path, columns: Columns, encoding: str, delimiter: str) -> Iterator[Record]:
    """Yield a record for each row below the header."""
    csv.field_size_limit(LONGEST_FIELD)  # the limit holds for the process; its default is 128 KiB
    with _open_text(path, encoding, newline="") as lines:
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            header = next(rows, [])
            _check_header(path, header, columns)
            start = rows.line_num + 1
            for row in rows:
                if row and len(row) != len(header):
                    raise DataError(
                        f"{path}, line {start}: {len(row)} fields where the header has {len(header)}; "
                        f"quote fields that hold {delimiter!r} or a line end"
                    )
                if row:
                    yield columns.record(f"line {start}", dict(zip(header, row, strict=True)))
                start = rows.line_num + 1
        except csv.Error as error:
            raise DataError(
                f"{path}, line {rows.line_num}: {error}; inside a quoted field a quote is written twice"
            ) from error


def read_parquet(path: Path, columns: Columns) -> Iterator[Record]:
    """Yield a record for each row."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        errors = importlib.import_module("pyarrow").ArrowException
    except ImportError as error:
        raise DataError(f"{path}: reading Parquet takes pyarrow: pip install pyarrow") from error
    try:
        with parquet.ParquetFile(path) as file:
            present = file.schema_arrow.names
            columns.check(present, str(path))
            wanted = [name for name in present if name in columns]
            batches = file.iter_batches(BATCH_ROWS, columns=wanted)
            rows = (values for batch in batches for values in batch.to_pylist())
            for number, values in enumerate(rows, 1):
                yield columns.record(f"row {number}", values)
    except (OSError, errors) as error:
        raise DataError(f"cannot read {path}: {' '.join(str(error).split())}") from error


def read_folder(path: Path, counts: Counter[str]) -> Iterator[Record]:
    """Yield a record for each file of each class folder; hidden files are no documents."""
    for folder in _entries(path):
        if not folder.is_dir():
            counts["files beside the class folders, ignored"] += 1
            continue
        for file in _entries(folder):
            if file.is_dir():
                raise DataError(
                    f"{file} is a folder within a class folder; name the folder whose folders are the classes"
                )
            yield Record(f"{folder.name}/{file.name}", _read_document(file, counts), folder.name)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"cannot read {folder}: {error.strerror}") from error


def _read_document(path: Path, counts: Counter[str]) -> str:
    def read(encoding: str) -> str:
        with _open_text(path, encoding) as file:
            return file.read()

    text = read_utf8_or_cp1252(path, read, counts)
    if "\0" in text:
        raise DataError(f"{path} is not a text file; every file of a class folder is a document")
    return text


@contextmanager
def _open_text(path: Path, encoding: str, newline: str | None = None) -> Iterator[TextIO]:
    opener = COMPRESSIONS.get(path.suffix.lower(), open)
    try:
        with opener(path, "rt", encoding=encoding, newline=newline) as file:
            yield file
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}") from error


def _parse_line(line: str, where: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise DataError(f"{where} is not JSON: {str(error).partition(': line')[0]}") from error
    if not isinstance(values, dict):
        raise DataError(f"{where} is not a JSON object with a field for the text")
    return values


def _check_header(path: Path, header: list[str], columns: Columns) -> None:
    if not header:
        raise DataError(f"{path} is empty")
    columns.check(header, str(path))
    for name in columns:
        if name and header.count(name) > 1:
            raise DataError(f"{path} has {header.count(name)} columns {name!r}; rename all but one")
