"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hashbench.data.decoding import Encoding, open_text
from hashbench.data.reading import Reading, ReadOptions, Record, check_repeated
from hashbench.errors import DataError


class _Object(dict[str, Any]):
    """A JSON object and its keys as they were written, repeated ones included."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.written = [key for key, _ in pairs] if len(self) < len(pairs) else None


def read_jsonl(path: Path, options: ReadOptions, encoding: Encoding, reading: Reading) -> Iterator[Record]:
    """Yield a record for each line that is not blank; a line may leave out all fields but the text.

    Raises:
        DataError: a line is not a JSON object, has no text column or a column twice that is read; the
            message names the line.
    """
    columns = options.columns
    seen: dict[str, None] = {}
    with open_text(path, encoding.name) as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            where = f"{path}, line {number}"
            values = _parsed(line.lstrip("\ufeff") if number == 1 else line, where)
            if columns.text not in values:
                columns.check(values, f"{where},")
            if values.written is not None:
                check_repeated(f"{where},", values.written, columns)
            seen.update(dict.fromkeys(values))
            yield columns.record(f"line {number}", values)
    if seen:
        columns.check(seen, str(path))
    reading.saw_columns(seen, columns)


def _parsed(line: str, where: str) -> _Object:
    try:
        values = json.loads(line, object_pairs_hook=_Object)
    except RecursionError as error:
        raise DataError(f"{where} is nested too deeply to be read") from error
    except ValueError as error:
        raise DataError(f"{where} is not JSON: {str(error).partition(': line')[0]}{_hint(line)}") from error
    if not isinstance(values, _Object):
        raise DataError(f"{where} is not a JSON object with a field for the text{_hint(line)}")
    return values


def _hint(line: str) -> str:
    """Say what a file may be whose line is none of an object."""
    start = line.lstrip()[:1]
    if start == "[":
        return "; write one object a line instead of an array of all"
    return "; write each object in one line" if line.strip() == "{" else ""
