"""Results on disk: one JSON file a trial, its packed codes beside it, and the leaderboards made of them.

Committed results in the folder, see ``hashbench.experiment.committed``, are read as well and never written.
Of a trial that is there in both forms, the result that finished last counts.

What is damaged, or not what its name says, is as good as not there. It is set aside before something new
takes its name, and never deleted.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from hashbench.atomic import remove_stale_files, storing, write_atomically
from hashbench.errors import Argument, DataError, HashbenchError, UnknownNameError
from hashbench.experiment.codes_file import StoredCodes, codes_from_bytes, codes_to_bytes
from hashbench.experiment.committed import SHARED_FILE, read_committed
from hashbench.experiment.record import TrialRecord

UNREADABLE = ".unreadable"
logger = logging.getLogger(__name__)

__all__ = ["ResultStore", "StoredCodes", "UnreadableRecord"]


@dataclass(frozen=True)
class UnreadableRecord:
    """A record file that cannot be read: it is named, skipped, and never deleted."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} {self.reason}: skipped"


class ResultStore:
    """A folder with ``records/*.json``, ``codes/*.npz`` and ``leaderboards/*.md``."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.records_folder = self.root / "records"
        self.codes_folder = self.root / "codes"
        self.leaderboards_folder = self.root / "leaderboards"

    def check_writable(self) -> None:
        """Raise a HashbenchError unless the folder, or the nearest existing one above it, can be written."""
        with storing(self.root):
            existing = next(path for path in (self.root, *self.root.absolute().parents) if path.exists())
        if not existing.is_dir():
            raise HashbenchError(Argument("out", f"{self.root}"), f": {existing} is a file; name a folder")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise HashbenchError(
                Argument("out", f"{self.root}"), f": {existing} is not writable; name another folder"
            )

    def prepare(self) -> None:
        """Create the folders, and remove temporary files that interrupted runs left there over a day ago.

        Raises:
            StorageError: the folders cannot be created.
        """
        for folder in (self.records_folder, self.codes_folder, self.leaderboards_folder):
            with storing(self.root):
                folder.mkdir(parents=True, exist_ok=True)
            remove_stale_files(folder)

    def find(self, key: str) -> TrialRecord | UnreadableRecord | None:
        """Return the record of a key; None when there is none."""
        return self._newest(key, self._committed.get(key))

    def records(self) -> tuple[list[TrialRecord], list[UnreadableRecord]]:
        """Return all records in the order of their keys, and what cannot be read."""
        working, unreadable = self.working_records()
        committed, damaged = read_committed(self.root)
        newest = _by_key([*committed, *working])
        unreadable += [UnreadableRecord(*damage) for damage in damaged]
        return [newest[key] for key in sorted(newest)], unreadable

    def _newest(self, key: str, committed: TrialRecord | None) -> TrialRecord | UnreadableRecord | None:
        path = self.records_folder / f"{key}.json"
        working = _read(path) if path.exists() else committed
        if isinstance(working, TrialRecord) and committed and committed.finished > working.finished:
            return committed
        return working

    @cached_property
    def _committed(self) -> dict[str, TrialRecord]:
        """The committed records by key, as they were when the first one was asked for."""
        return _by_key(read_committed(self.root)[0])

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_committed"}

    def is_empty(self) -> bool:
        """Tell whether there is no record to read, in either form."""
        return not (any(self.records_folder.glob("*.json")) or any(self.root.glob(f"*/{SHARED_FILE}")))

    def working_records(self) -> tuple[list[TrialRecord], list[UnreadableRecord]]:
        """Return the records with a file of their own, by key, and the files that cannot be read."""
        read = [_read(path) for path in sorted(self.records_folder.glob("*.json"))]
        return (
            [record for record in read if isinstance(record, TrialRecord)],
            [record for record in read if isinstance(record, UnreadableRecord)],
        )

    def find_prefix(self, prefix: str) -> TrialRecord:
        """Return the one record whose key begins with ``prefix``.

        Raises:
            UnknownNameError: no record or several records begin so.
            DataError: the record cannot be read.
        """
        wanted = _literal(prefix)
        committed, damaged = read_committed(self.root, wanted)
        by_key = _by_key(committed)
        keys = sorted({*by_key, *(path.stem for path in self.records_folder.glob(f"{wanted}*.json"))})
        if not keys and damaged:
            raise DataError("{} {}".format(*damaged[0]))
        if len(keys) != 1:
            found = "no record" if not keys else f"{len(keys)} records"
            raise UnknownNameError(
                f"{found} in {self.root} with a key that begins with {prefix!r}; "
                f"`ls {self.records_folder}` shows the keys; lines of {self.root}/*/*.jsonl begin with theirs"
            )
        record = self._newest(keys[0], by_key.get(keys[0]))
        assert record is not None
        if isinstance(record, UnreadableRecord):
            raise DataError(f"{record.path} {record.reason}")
        return record

    def save(self, record: TrialRecord) -> None:
        """Write a record. A file of its name that cannot be read is set aside, with a warning.

        Raises:
            StorageError: there is no space, or the folder cannot be written.
        """
        path = self.records_folder / f"{record.key}.json"
        content = record.to_json().encode()
        with storing(path):
            if path.exists() and isinstance(found := _read(path), UnreadableRecord):
                _set_aside(path, found.reason)
            write_atomically(path, content)

    def save_codes(self, codes_name: str, stored: StoredCodes) -> None:
        """Write the codes of a trial, under ``TrialRecord.codes_name``; damaged ones are set aside.

        Raises:
            StorageError: there is no space, or the folder cannot be written.
        """
        path = self._codes_path(codes_name)
        with storing(path):
            if (damage := self.damage_of_codes(codes_name)) is not None:
                _set_aside(path, damage)
            write_atomically(path, codes_to_bytes(stored, codes_name))

    def rename_codes(self, old_name: str, new_name: str) -> None:
        """Give codes of earlier releases a name and a digest in their file; do nothing if there are none.

        Raises:
            StorageError: there is no space, or the folder cannot be written.
        """
        old, new = self._codes_path(old_name), self._codes_path(new_name)
        with storing(new):
            if not old.exists():
                return
            try:
                stored = codes_from_bytes(old.read_bytes(), None)
            except DataError:
                return
            write_atomically(new, codes_to_bytes(stored, new_name))
            if new != old:
                old.unlink()

    def find_codes(self, codes_name: str) -> StoredCodes | None:
        """Return the codes of that name; None when there are none, or none as they were written."""
        try:
            return codes_from_bytes(self._codes_path(codes_name).read_bytes(), codes_name)
        except (OSError, DataError):
            return None

    def damage_of_codes(self, codes_name: str) -> str | None:
        """Tell what is wrong with the file of those codes; None where there is none, or nothing is wrong."""
        try:
            codes_from_bytes(self._codes_path(codes_name).read_bytes(), codes_name)
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        except DataError as error:
            return str(error)
        return None

    def _codes_path(self, codes_name: str) -> Path:
        return self.codes_folder / f"{codes_name}.npz"


def _read(path: Path) -> TrialRecord | UnreadableRecord:
    try:
        record = TrialRecord.from_json(path.read_text(encoding="utf-8"))
    except DataError as error:
        return UnreadableRecord(path, str(error))
    except (OSError, UnicodeDecodeError) as error:
        return UnreadableRecord(path, f"cannot be read: {error}")
    if record.key != path.stem:
        return UnreadableRecord(path, f"is the record of another trial, {record.key}")
    return record


def _set_aside(path: Path, reason: str) -> None:
    """Keep what is at a path beside it, once, however many processes find it at the same time."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError:
        kept = next(kept for kept in _names_beside(path) if not kept.exists())
        os.replace(path, kept)
    else:
        kept = next(k for k in _names_beside(path) if not k.exists() or _holds(k, content))
        if kept.exists():
            return
        write_atomically(kept, content)
    logger.warning("%s %s: kept as %s and made anew", path, reason, kept.name)


def _names_beside(path: Path) -> Iterator[Path]:
    first = path.with_name(f"{path.name}{UNREADABLE}")
    yield first
    yield from (first.with_name(f"{first.name}.{number}") for number in count(1))


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _by_key(records: Iterable[TrialRecord]) -> dict[str, TrialRecord]:
    """Return records by key, of each key the one that finished last."""
    return {record.key: record for record in sorted(records, key=lambda record: record.finished)}


def _literal(prefix: str) -> str:
    return "".join(character for character in prefix if character.isalnum())
