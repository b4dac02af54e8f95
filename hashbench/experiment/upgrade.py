"""A folder of results of an older schema, brought to the schema of today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hashbench.errors import DataError
from hashbench.experiment.committed import read_committed, write_committed
from hashbench.experiment.evidence import installed_code, standing, with_evidence
from hashbench.experiment.record import TrialRecord, parsed_json
from hashbench.experiment.schema1 import is_schema1, upgraded
from hashbench.experiment.store import ResultStore
from hashbench.registry import Registry

SET_ASIDE = "schema-1"


@dataclass(frozen=True)
class Upgraded:
    """A record file that was looked at.

    Attributes:
        path: the file.
        record: the record in the schema of today; None where it could not be upgraded.
        reason: why not.
    """

    path: Path
    record: TrialRecord | None
    reason: str = ""


def upgrade_records(store: ResultStore) -> Iterator[Upgraded]:
    """Upgrade the records of schema 1 in a folder, with their codes, and yield each.

    The files of schema 1 are moved to ``schema-1`` beside the records. A record that is there already in the
    schema of today stays if it is newer.
    """
    aside = store.root / SET_ASIDE
    for path in sorted(store.records_folder.glob("*.json")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if not is_schema1(text):
            continue
        try:
            record = upgraded(text)
        except DataError as error:
            yield Upgraded(path, None, str(error))
            continue
        there = store.find(record.key)
        if not isinstance(there, TrialRecord) or there.finished < record.finished:
            store.save(record)
        store.rename_codes(_codes_key(text), record.codes_name)
        aside.mkdir(exist_ok=True)
        path.replace(aside / path.name)
        yield Upgraded(path, record)


def seal_records(store: ResultStore) -> Iterator[TrialRecord]:
    """Give the records of today's schema that have no digest one, with their codes, and yield each."""
    for path in sorted(store.records_folder.glob("*.json")):
        record = store.find(path.stem)
        if isinstance(record, TrialRecord) and "digest" not in parsed_json(path.read_text(encoding="utf-8")):
            store.save(record)
            store.rename_codes(record.codes_name, record.codes_name)
            yield record


def keep_same_version(store: ResultStore, registry: Registry) -> Iterator[TrialRecord]:
    """Note in every record of the declared versions that the installed code gives the same; yield those.

    This is for maintainers, after a change of the code that is known to change no result. Records whose code
    is unknown, or of another version, stay as they are.

    Raises:
        DataError: committed results in the folder cannot be read.
    """
    for record in store.working_records()[0]:
        kept = _kept(record, registry)
        if kept is not record:
            store.save(kept)
            yield kept
    committed, damaged = read_committed(store.root)
    if damaged:
        raise DataError("{} {}; restore the file or delete the line".format(*damaged[0]))
    all_kept = [_kept(record, registry) for record in committed]
    write_committed(store.root, all_kept)
    yield from (kept for kept, record in zip(all_kept, committed, strict=True) if kept is not record)


def _kept(record: TrialRecord, registry: Registry) -> TrialRecord:
    if standing(record, registry) != "other code":
        return record
    return with_evidence(record, installed_code(record, registry))


def _codes_key(text: str) -> str:
    return str(json.loads(text)["codes_key"])
