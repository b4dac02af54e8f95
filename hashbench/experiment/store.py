"""Results on disk: one JSON file a trial, its packed codes beside it, and the leaderboards made of them.

What is damaged, or not what its name says, is as good as not there. It is set aside before something new
takes its name, and never deleted.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from hashbench.atomic import remove_stale_files, storing, write_atomically
from hashbench.errors import DataError, HashbenchError, UnknownNameError
from hashbench.experiment.codes_file import StoredCodes, codes_from_bytes, codes_to_bytes
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
            raise HashbenchError(f"--out {self.root}: {existing} is a file; name a folder")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise HashbenchError(f"--out {self.root}: {existing} is not writable; name another folder")

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
        path = self.records_folder / f"{key}.json"
        return _read(path) if path.exists() else None

    def records(self) -> tuple[list[TrialRecord], list[UnreadableRecord]]:
        """Return all records in the order of their keys, and the files that cannot be read."""
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
        paths = sorted(self.records_folder.glob(f"{_literal(prefix)}*.json"))
        if len(paths) != 1:
            found = "no record" if not paths else f"{len(paths)} records"
            raise UnknownNameError(
                f"{found} in {self.records_folder} with a key that begins with {prefix!r}; "
                f"`ls {self.records_folder}` shows the keys"
            )
        record = _read(paths[0])
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


def _literal(prefix: str) -> str:
    return "".join(character for character in prefix if character.isalnum())
