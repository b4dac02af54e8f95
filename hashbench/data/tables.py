"""Lines and CSV rows of text files that should be UTF-8, with line numbers in the messages."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hashbench.errors import DataError


@dataclass(frozen=True)
class TextFile:
    """A text file and its encoding: UTF-8, or cp1252 if its bytes are not valid UTF-8."""

    path: Path
    encoding: str

    @classmethod
    def detect(cls, path: Path) -> TextFile:
        """Read through a file and tell its encoding.

        Raises:
            DataError: the file is empty.
        """
        if path.stat().st_size == 0:
            raise DataError(f"{path} is empty")
        return cls(path, "utf-8-sig" if _is_utf8(path) else "cp1252")

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the corpus: one if the file is not UTF-8."""
        return (f"{self.path.name} is not UTF-8 and was read as cp1252",) if self.encoding == "cp1252" else ()

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield number and content of every line, without white space at its ends.

        Raises:
            DataError: the file is neither UTF-8 nor cp1252.
        """
        with self._open(newline="\n") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.strip()

    def rows(self, n_columns: int | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield the fields of every row of a comma-separated file, with the number of its last line.

        Args:
            n_columns: number of fields; None takes that of the first row.

        Raises:
            DataError: there are no rows, one has another number of fields, the quoting is broken, or the file
                is neither UTF-8 nor cp1252.
        """
        with self._open(newline="") as file:
            reader = csv.reader(file, strict=True)
            row = None
            try:
                for row in filter(None, reader):
                    n_columns = n_columns or len(row)
                    if len(row) != n_columns:
                        raise self.error(reader.line_num, f"{len(row)} columns instead of {n_columns}")
                    yield reader.line_num, row
            except csv.Error as error:
                raise self.error(reader.line_num, str(error)) from error
            if row is None:
                raise DataError(f"{self.path} has no rows")

    def records(self, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        """Yield some fields of every row of a comma-separated file whose first row names the columns.

        Args:
            columns: names of the columns wanted.

        Raises:
            DataError: as ``rows``; a column is not there, or a wanted field is blank.
        """
        rows = self.rows()
        _, header = next(rows)
        if missing := [column for column in columns if column not in header]:
            raise self.error(1, f"no column {', '.join(missing)} among {', '.join(header)}")
        places = [header.index(column) for column in columns]
        number = None
        for number, row in rows:
            fields = [row[place].strip() for place in places]
            if not all(fields):
                raise self.error(number, f"column {columns[fields.index('')]} is blank")
            yield number, fields
        if number is None:
            raise DataError(f"{self.path} has no rows below its header")

    @contextmanager
    def _open(self, newline: str) -> Iterator[TextIO]:
        with self.path.open(encoding=self.encoding, newline=newline) as file:
            try:
                yield file
            except UnicodeDecodeError as error:
                raise DataError(f"{self.path} is neither UTF-8 nor cp1252; save it as UTF-8") from error

    def error(self, number: int, what: str) -> DataError:
        """Return the error to raise about a line."""
        return DataError(f"{self.path}, line {number}: {what}")


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
