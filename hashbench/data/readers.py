"""Readers of a user's own documents: JSON lines, CSV, TSV, Parquet, and folders and archives of files.

Every reader yields one record a document.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from hashbench.data.decoding import COMPRESSIONS, CP1252, check_regular, detect
from hashbench.data.delimited import read_table
from hashbench.data.folders import read_folder
from hashbench.data.json_lines import read_jsonl
from hashbench.data.reading import Columns, Reading, ReadOptions, Record, check_repeated
from hashbench.data.trees import is_archive
from hashbench.errors import DataError

TEXT_FORMATS = (".jsonl", ".csv", ".tsv")
FORMATS = (*TEXT_FORMATS, ".parquet")
PICKLES = (".pkl", ".pickle", ".p", ".joblib")
FOLDER = "folder"
BATCH_ROWS = 1000


def format_of(path: Path) -> str:
    """Return "folder" or the suffix that says how a file is read, such as ".jsonl".

    Raises:
        DataError: the path does not exist, is a pipe, a socket or a device, or no reader reads such a file.
    """
    if str(path) == "-":
        raise DataError("standard input cannot be read twice, as documents are; write it to a file")
    try:
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    if not exists:
        raise DataError(f"{path} does not exist; name a file or a folder of class folders")
    check_regular(path)
    if path.is_dir() or is_archive(path):
        return FOLDER
    suffix = path.with_suffix("").suffix if is_compressed(path) else path.suffix
    suffix = suffix.lower()
    if suffix in PICKLES:
        raise DataError(f"{path} is a pickle, which may run code when it is read; save it as .jsonl")
    if suffix not in (TEXT_FORMATS if is_compressed(path) else FORMATS):
        array = (
            "; write a JSON array as one object a line, with the suffix .jsonl" if suffix == ".json" else ""
        )
        raise DataError(
            f"cannot tell how to read {path}: known are {', '.join(FORMATS)}, the first three also with "
            f"{', '.join(COMPRESSIONS)} added, and a folder of class folders, also as .zip or .tar{array}"
        )
    return suffix


def is_compressed(path: Path) -> bool:
    """Tell from the suffix whether a file is compressed as a whole."""
    return path.suffix.lower() in COMPRESSIONS


def read_records(path: Path, options: ReadOptions, reading: Reading) -> Iterator[Record]:
    """Yield the documents of a file or folder in its order, a folder in the order of names.

    Args:
        path: what to read.
        options: how.
        reading: receives what was understood.

    Raises:
        DataError: the content is not what the suffix says, or lacks a column.
    """
    form = format_of(path)
    reading.facts["format"] = "folder or archive" if form == FOLDER else form.removeprefix(".")
    if form == FOLDER:
        return read_folder(path, reading, options.encoding)
    if form == ".parquet":
        return read_parquet(path, options.columns, reading)
    encoding = detect(path, options.encoding)
    reading.facts["encoding"] = encoding.shown
    if encoding.name == "cp1252" and not options.encoding:
        reading.counts[CP1252] += 1
    if form == ".jsonl":
        return read_jsonl(path, options, encoding, reading)
    return read_table(path, options, encoding, "\t" if form == ".tsv" else ",", reading)


def read_parquet(path: Path, columns: Columns, reading: Reading) -> Iterator[Record]:
    """Yield a record for each row.

    Raises:
        DataError: the file cannot be read, or lacks a column or has one twice; pyarrow is not installed.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        errors = importlib.import_module("pyarrow").ArrowException
    except ImportError as error:
        raise DataError(f"{path}: reading Parquet takes pyarrow: pip install pyarrow") from error
    try:
        with parquet.ParquetFile(path) as file:
            present = file.schema_arrow.names
            columns.check(present, str(path))
            check_repeated(str(path), present, columns)
            reading.saw_columns(present, columns)
            wanted = [name for name in present if name in columns]
            batches = file.iter_batches(BATCH_ROWS, columns=wanted)
            rows = (values for batch in batches for values in batch.to_pylist())
            for number, values in enumerate(rows, 1):
                yield columns.record(f"row {number}", values)
    except (OSError, errors) as error:
        raise DataError(f"cannot read {path}: {' '.join(str(error).split())}") from error
