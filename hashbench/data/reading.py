"""What a user says about how documents are to be read, and what was understood while reading them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hashbench.errors import Argument, DataError


class Record(NamedTuple):
    """One document as it was read; a field is None if the file has no value for it.

    Attributes:
        place: where in the file or folder it is, for messages.
        text: the document.
        label: its only label.
        labels: its labels, as a list or joined by a separator.
        coarse: its coarse label.
        split: the split it is in, "train", "validation" or "test".
        id: what names the document.
    """

    place: str
    text: Any
    label: Any = None
    labels: Any = None
    coarse: Any = None
    split: Any = None
    id: Any = None


class Columns(NamedTuple):
    """Names of the columns of a record's fields, in the order of the fields; "" reads no column."""

    text: str = "text"
    label: str = "label"
    labels: str = "labels"
    coarse: str = "coarse"
    split: str = "split"
    id: str = "id"

    def check(self, present: Collection[str], where: str) -> None:
        """Check that a file has a text column and all columns that are not named by default.

        A column of labels may be missing, unless a column is named like one but for case or blanks.

        Raises:
            DataError: one is missing; the message names the columns that are there.
        """
        there = f"(there are: {', '.join(map(repr, present)) or 'none'})"
        if self.text not in present:
            raise DataError(f"{where} has no column {self.text!r} {there}; set ", Argument("text_column"))
        for field_, name in self._asdict().items():
            if name not in ("", self._field_defaults[field_], *present):
                raise DataError(f"{where} has no column {name!r} {there}; set ", Argument(f"{field_}_column"))
        if not {self.label, self.labels} & set(present):
            for field_, alike in self.alike(present).items():
                if field_ in ("label", "labels"):
                    raise DataError(
                        f"{where} has no column {getattr(self, field_)!r} {there}; set ",
                        Argument(f"{field_}_column", repr(alike)),
                    )

    def alike(self, present: Collection[str]) -> dict[str, str]:
        """Return columns that differ from the name of a missing one in case or blanks only, by field."""
        found: dict[str, str] = {}
        for field_, name in self._asdict().items():
            if name and name not in present:
                plain = _plain(name)
                alike = next((each for each in present if _plain(each) == plain), None)
                found.update({field_: alike} if alike is not None else {})
        return found

    def record(self, place: str, values: Mapping[str, Any]) -> Record:
        """Return the record of one row."""
        return Record(place, *[values.get(name) if name else None for name in self])


def _plain(name: str) -> str:
    return name.strip("\ufeff \t\u00a0").casefold()


@dataclass(frozen=True)
class ReadOptions:
    """How a file is to be read.

    Attributes:
        columns: names of its columns.
        encoding: its encoding; "" tells it from the bytes.
        delimiter: what separates the fields of a table; "" tells it from the header.
        quoting: "quoted" or "none", whether fields of a table may stand in quotes; "auto" tells it from the
            rows.
    """

    columns: Columns
    encoding: str = ""
    delimiter: str = ""
    quoting: str = "auto"


@dataclass
class Reading:
    """What was understood while reading.

    Attributes:
        facts: what the file is taken to be, for people: encoding, delimiter, quoting, columns.
        counts: decisions by what they were, with how often each was taken.
        remarks: other decisions.
        columns: the columns or keys that are there.
    """

    facts: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    columns: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """All decisions as notes of a corpus."""
        return (*self.remarks, *(f"{what}: {count:,}" for what, count in sorted(self.counts.items())))

    def saw_columns(self, present: Collection[str], columns: Columns) -> None:
        """Keep the columns of a file, and note those that are named like one that is read but for case."""
        self.columns = tuple(present)
        read = {name: field_ for field_, name in columns._asdict().items() if name in present and name}
        self.facts["columns"] = ", ".join(f"{name!r} ({read.get(name, 'not read')})" for name in present)
        for field_, name in columns.alike(present).items():
            self.remarks.append(f"column {name!r} is not read as {getattr(columns, field_)!r}")


def check_repeated(where: str, present: Collection[str], columns: Columns) -> None:
    """Refuse a row, header or schema that has a column twice which is read.

    Raises:
        DataError: it has one.
    """
    names = list(present)
    for name in columns:
        if name and names.count(name) > 1:
            raise DataError(f"{where} has {names.count(name)} columns {name!r}; rename all but one")
