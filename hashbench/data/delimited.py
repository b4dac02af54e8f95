"""Tables of text: fields with a delimiter between them, quoted or not."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hashbench.data.decoding import Encoding, open_text
from hashbench.data.reading import Columns, Reading, ReadOptions, Record, check_repeated
from hashbench.errors import Argument, DataError

DELIMITERS = (",", "\t", ";", "|")
LONGEST_FIELD = 2**31 - 1
MOST_SUSPECTS = 1000

NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
Row = tuple[int, list[str]]


def read_table(
    path: Path, options: ReadOptions, encoding: Encoding, usual: str, reading: Reading
) -> Iterator[Record]:
    """Yield a record for each row below the header.

    Args:
        path: the file.
        options: how it is to be read.
        encoding: its encoding.
        usual: the delimiter that files of its suffix have.
        reading: receives what was understood.

    Raises:
        DataError: the header lacks a column or has one twice, a row has another number of fields, or it
            cannot be told whether fields are quoted; the message names the line.
    """
    csv.field_size_limit(LONGEST_FIELD)  # the limit holds for the process; its default is 128 KiB
    table = _Table(path, encoding.name, options.delimiter or _delimiter(path, options, encoding, usual))
    if table.delimiter != usual and not options.delimiter:
        reading.remarks.append(f"the fields are separated by the {NAMES[table.delimiter]}")
    quoted = _is_quoted(table, options, encoding, reading)
    reading.facts["delimiter"] = NAMES.get(table.delimiter, repr(table.delimiter))
    rows = table.rows(quoted=quoted)
    _, header = next(rows)
    check_header(path, header, options.columns)
    reading.saw_columns(header, options.columns)
    for line, row in rows:
        if any("\0" in value for value in row):
            raise DataError(f"{path}, line {line}: a NUL character, which is no text; remove it")
        yield options.columns.record(f"line {line}", dict(zip(header, row, strict=True)))


def check_header(path: Path, header: list[str], columns: Columns) -> None:
    """Check that a header has the columns that are read, each once.

    Raises:
        DataError: it has not.
    """
    columns.check(header, str(path))
    check_repeated(str(path), header, columns)


@dataclass(frozen=True)
class _Table:
    path: Path
    encoding: str
    delimiter: str

    def rows(self, *, quoted: bool, lines_of: _Lines | None = None) -> Iterator[Row]:
        """Yield the number of the first line and the fields of each row that is not blank, header first.

        Raises:
            DataError: a row has another number of fields than the header, or broken quotes.
        """
        with open_text(self.path, self.encoding, newline="") as file:
            lines = lines_of.recorded(file) if lines_of else file
            reader = csv.reader(
                lines,
                delimiter=self.delimiter,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
                strict=True,
            )
            start, width = 1, 0
            try:
                for row in reader:
                    if row and not width:
                        row[0] = row[0].lstrip("\ufeff")
                        width = len(row)
                    if row and len(row) != width:
                        raise self._ragged(start, len(row), width)
                    if row:
                        yield start, row
                    if lines_of:
                        lines_of.forget()
                    start = reader.line_num + 1
            except csv.Error as error:
                raise DataError(
                    f"{self.path}, line {reader.line_num}: {error}; inside a quoted field a quote is written "
                    "twice"
                ) from error
        if not width:
            raise DataError(f"{self.path} is empty")

    def _ragged(self, line: int, found: int, width: int) -> DataError:
        return DataError(
            f"{self.path}, line {line}: {found} fields where the header has {width}; "
            f"quote fields that hold {self.delimiter!r} or a line end"
        )


class _Lines:
    """The lines of a file that make the row being read."""

    def __init__(self) -> None:
        self.current: list[str] = []

    def recorded(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.current.append(line)
            yield line

    def forget(self) -> None:
        self.current = []


def _delimiter(path: Path, options: ReadOptions, encoding: Encoding, usual: str) -> str:
    """Return the delimiter with which the header has the column of the documents, the usual one first."""
    with open_text(path, encoding.name, newline="") as file:
        line = file.readline().lstrip("\ufeff").rstrip("\r\n")
    for delimiter in (usual, *DELIMITERS):
        names = line.split(delimiter)
        if {options.columns.text, f'"{options.columns.text}"'} & set(names):
            return delimiter
    return usual


@dataclass
class _Comparison:
    """A table read with and without quoting.

    Attributes:
        errors: why a reading fails, by whether it is the quoted one.
        n_rows: rows, likewise.
        width: number of columns.
        difference: line of the first row that differs.
        needless: fields in quotes that need none, by column.
        needed: fields in quotes that need them, by column.
        plain: fields that are not in quotes and not empty, by column.
        stray: a field that is not quoted has a quote.
        suspect: line of a quoted field whose lines look like rows.
        has_labels: there is a column by which that could be told.
    """

    errors: dict[bool, DataError] = field(default_factory=dict)
    n_rows: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    width: int = 0
    difference: int | None = None
    needless: dict[int, int] = field(default_factory=dict)
    needed: dict[int, int] = field(default_factory=dict)
    plain: dict[int, int] = field(default_factory=dict)
    stray: bool = False
    suspect: int | None = None
    has_labels: bool = False

    @property
    def is_mixed(self) -> bool:
        """Whether some fields of a column are in quotes without need, and others are not."""
        return any(self.plain.get(column) for column in self.needless)


def _is_quoted(table: _Table, options: ReadOptions, encoding: Encoding, reading: Reading) -> bool:
    """Tell whether fields of a table may stand in quotes.

    Raises:
        DataError: it cannot be told.
    """
    if options.quoting != "auto":
        reading.facts["quoting"] = options.quoting
        return options.quoting == "quoted"
    if not encoding.has_quote:
        reading.facts["quoting"] = "no quotes"
        return True
    found = _compare(table, options.columns)
    quoted = _decide(table, found, reading)
    reading.facts["quoting"] = "quoted" if quoted else "none: quotes are characters"
    return quoted


def _decide(table: _Table, found: _Comparison, reading: Reading) -> bool:
    if True in found.errors and False in found.errors:
        whole = found.errors[True]
        raise DataError(*whole.parts, f" ({found.errors[False]}, without quoting)")
    if True in found.errors:
        reading.remarks.append("quotes are characters, since the fields are not quoted")
        return False
    if found.suspect is not None:
        raise _ambiguous(table, found.suspect)
    if False in found.errors or found.difference is None:
        return True
    if found.n_rows[True] != found.n_rows[False]:
        if found.width > 1 and (table.delimiter == "\t" or found.stray or not found.has_labels):
            raise _ambiguous(table, found.difference)
        merged = found.n_rows[False] - found.n_rows[True]
        reading.counts[f"line ends in quoted fields, the first in line {found.difference}"] += merged
        return True
    if found.stray:
        reading.remarks.append("quotes are characters, since the fields are not quoted")
        return False
    if found.is_mixed and table.delimiter == "\t":
        raise _ambiguous(table, found.difference)
    if table.delimiter == "\t" and any(found.plain.get(column) for column in found.needed):
        n = sum(found.needed.values())
        reading.counts["fields in quotes, taken for quoted fields"] += n
    if found.is_mixed:
        n = sum(found.needless.values())
        reading.counts["fields whose quotes were taken off, where others of the column have none"] += n
    return True


def _ambiguous(table: _Table, line: int) -> DataError:
    return DataError(
        f"{table.path}, line {line}: this quote may begin a quoted field or be a character of it; set ",
        Argument("quoting", "quoted"),
        " or ",
        Argument("quoting", "none"),
    )


def _compare(table: _Table, columns: Columns) -> _Comparison:
    """Read a table with and without quoting, side by side."""
    found, lines = _Comparison(), _Lines()
    readings = {True: table.rows(quoted=True, lines_of=lines), False: table.rows(quoted=False)}
    suspects: _Suspects | None = None
    while readings:
        rows: dict[bool, Row] = {}
        for quoted in list(readings):
            try:
                rows[quoted] = next(readings[quoted])
                found.n_rows[quoted] += 1
                if not quoted and found.n_rows[False] == 1:
                    columns.check(rows[False][1], str(table.path))
            except StopIteration:
                del readings[quoted]
            except DataError as error:
                found.errors[quoted] = error
                del readings[quoted]
        if True in rows:
            if suspects is None:
                suspects = _Suspects(table.delimiter, _places(rows[True][1], columns))
                found.width = len(rows[True][1])
            else:
                suspects.saw(*rows[True], lines.current)
        if len(rows) == 2:
            _compare_rows(found, rows[True], rows[False])
        elif rows and found.difference is None and not found.errors:
            found.difference = next(iter(rows.values()))[0]
    if suspects is not None:
        found.suspect, found.has_labels = suspects.first(), bool(suspects.places)
    return found


def _places(header: list[str], columns: Columns) -> list[int]:
    """Return where in a header the columns are whose values recur."""
    named = {columns.label, columns.labels, columns.coarse, columns.split} - {""}
    return [place for place, name in enumerate(header) if name in named]


def _compare_rows(found: _Comparison, quoted: Row, plain: Row) -> None:
    (line, fields), (_, raw) = quoted, plain
    if quoted != plain and found.difference is None:
        found.difference = line
    if quoted[0] != plain[0]:
        return
    for column, (value, as_written) in enumerate(zip(fields, raw, strict=False)):
        if value == as_written:
            found.stray = found.stray or '"' in value
            found.plain[column] = found.plain.get(column, 0) + bool(value)
        elif as_written == f'"{value}"' and '"' not in value and value.strip() == value != "":
            found.needless[column] = found.needless.get(column, 0) + 1
        else:
            found.needed[column] = found.needed.get(column, 0) + 1


class _Suspects:
    """Quoted fields over several lines, each of which has as many fields as a row, and known labels.

    In a column of labels or splits, the values of all these lines are also those of rows on one line. Such a
    field is more likely to be rows than to hold them.

    Args:
        delimiter: the delimiter.
        places: where the columns of labels and splits are.
    """

    def __init__(self, delimiter: str, places: Sequence[int]) -> None:
        self._delimiter, self.places = delimiter, places
        self._known: list[set[int]] = [set() for _ in places]  # hashes, since a field may be long
        self._found: list[tuple[int, list[set[int]]]] = []

    def saw(self, start: int, row: list[str], lines: list[str]) -> None:
        """Take a row and the lines that make it."""
        if len(lines) == 1:
            for known, place in zip(self._known, self.places, strict=True):
                known.add(hash(row[place]))
            return
        parts = [line.rstrip("\r\n").split(self._delimiter) for line in lines]
        if all(len(each) == len(row) for each in parts) and len(self._found) < MOST_SUSPECTS:
            self._found.append((start, [{hash(each[place]) for each in parts} for place in self.places]))

    def first(self) -> int | None:
        """Return the line of the first such field, or None."""
        for start, columns in self._found:
            if any(values <= known for values, known in zip(columns, self._known, strict=True)):
                return start
        return None
