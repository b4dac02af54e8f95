"""Results on disk: one JSON file a trial, its packed codes beside it, and the leaderboards made of them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hashbench.atomic import write_atomically
from hashbench.codes import Codes
from hashbench.errors import Argument, DataError, HashbenchError, UnknownNameError
from hashbench.experiment.record import Seconds, TrialRecord
from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups


@dataclass(frozen=True, eq=False)
class StoredCodes:
    """Codes of the three splits of a corpus, with what it cost to make them.

    Attributes:
        codes: codes by "train", "validation" and "test".
        rows: rows of the corpus behind them, int64, by split.
        empty: documents without a feature, left out, by split.
        seconds: seconds of features, fit and encode.
        peak_rss_mib: peak resident memory during fit and encode, in MiB; None where it is not known.
        fit_diagnostics: what the hasher tells beside its codes.
    """

    codes: Mapping[str, Codes]
    rows: Mapping[str, NDArray[np.int64]]
    empty: Mapping[str, int]
    seconds: Seconds
    peak_rss_mib: float | None
    fit_diagnostics: FitDiagnostics = field(default_factory=FitDiagnostics)


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
        existing = next(path for path in (self.root, *self.root.absolute().parents) if path.exists())
        if not existing.is_dir():
            raise HashbenchError(Argument("out", f"{self.root}"), f": {existing} is a file; name a folder")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise HashbenchError(
                Argument("out", f"{self.root}"), f": {existing} is not writable; name another folder"
            )

    def prepare(self) -> None:
        """Create the folders; a HashbenchError says so when they cannot be created."""
        try:
            for folder in (self.records_folder, self.codes_folder, self.leaderboards_folder):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = f": {error.strerror}; name another folder"
            raise HashbenchError(Argument("out", f"{self.root}"), why) from error

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
        """Write a record. An unreadable file of the same name is moved aside, not overwritten."""
        path = self.records_folder / f"{record.key}.json"
        if path.exists() and isinstance(_read(path), UnreadableRecord):
            os.replace(path, _unused(path.with_suffix(".json.unreadable")))
        write_atomically(path, record.to_json().encode())

    def save_codes(self, codes_name: str, stored: StoredCodes) -> None:
        """Write the codes of a trial, under ``TrialRecord.codes_name``."""
        about = {
            "n_bits": stored.codes["train"].n_bits,
            "empty": dict(stored.empty),
            "seconds": vars(stored.seconds),
            "peak_rss_mib": stored.peak_rss_mib,
            "fit_diagnostics": dict(stored.fit_diagnostics.values),
            "groups": [level.name for level in stored.fit_diagnostics.groups],
        }
        arrays: dict[str, Any] = {f"words_{split}": codes.words for split, codes in stored.codes.items()}
        arrays |= {f"rows_{split}": rows for split, rows in stored.rows.items()}
        for level in stored.fit_diagnostics.groups:
            arrays[f"members_{level.name}"] = level.members
            if level.parents is not None:
                arrays[f"parents_{level.name}"] = level.parents
        buffer = io.BytesIO()
        np.savez(buffer, about=np.array(json.dumps(about)), **arrays)
        write_atomically(self.codes_folder / f"{codes_name}.npz", buffer.getvalue())

    def rename_codes(self, old_name: str, new_name: str) -> None:
        """Give the codes of schema 1 their name of today, where there are some."""
        path = self.codes_folder / f"{old_name}.npz"
        stored = self.find_codes(old_name)
        if stored is not None:
            self.save_codes(new_name, stored)
            path.unlink()

    def find_codes(self, codes_name: str) -> StoredCodes | None:
        """Return the codes of that name; None when there are none, or the file is damaged."""
        path = self.codes_folder / f"{codes_name}.npz"
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
                about = json.loads(str(arrays["about"]))
                splits = [name.removeprefix("words_") for name in arrays.files if name.startswith("words_")]
                return StoredCodes(
                    {split: Codes(arrays[f"words_{split}"], about["n_bits"]) for split in splits},
                    {split: arrays[f"rows_{split}"] for split in splits},
                    about["empty"],
                    Seconds(**about["seconds"]),
                    about["peak_rss_mib"],
                    _read_findings(about, arrays),
                )
        except (FileNotFoundError, BadZipFile, KeyError, ValueError, EOFError):
            return None


def _read(path: Path) -> TrialRecord | UnreadableRecord:
    try:
        return TrialRecord.from_json(path.read_text(encoding="utf-8"))
    except DataError as error:
        return UnreadableRecord(path, str(error))
    except (OSError, UnicodeDecodeError) as error:
        return UnreadableRecord(path, f"cannot be read: {error}")


def _read_findings(about: Mapping[str, Any], arrays: Mapping[str, Any]) -> FitDiagnostics:
    groups = tuple(
        Groups(name, arrays[f"members_{name}"], arrays.get(f"parents_{name}"))
        for name in about.get("groups", ())
    )
    return FitDiagnostics(about.get("fit_diagnostics", about.get("facts", {})), groups)


def _literal(prefix: str) -> str:
    return "".join(character for character in prefix if character.isalnum())


def _unused(path: Path) -> Path:
    candidates = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, 1000))]
    return next(candidate for candidate in candidates if not candidate.exists())
