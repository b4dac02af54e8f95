"""A folder of older results, brought to the schema and to the recipes of today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hashbench.errors import DataError
from hashbench.experiment.committed import read_committed, write_committed
from hashbench.experiment.evidence import installed_code, standing, with_evidence
from hashbench.experiment.record import TrialRecord, parsed_json
from hashbench.experiment.relabelling import Relabelled, relabelled
from hashbench.experiment.schema1 import is_schema1, upgraded
from hashbench.experiment.store import ResultStore
from hashbench.registry import Registry

SET_ASIDE = "schema-1"
RENAMED = "other-recipe"


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


def relabel_records(store: ResultStore, registry: Registry) -> Iterator[Relabelled]:
    """Give the records of a folder, in either form, the recipe that they are of today, and yield those.

    The files of records that get another name are moved to ``other-recipe`` beside the records. Where the
    trial under its new name has a newer result already, that one stays.

    Raises:
        DataError: committed results in the folder cannot be read.
    """
    for record in store.working_records()[0]:
        found = relabelled(record, registry)
        if found is not None:
            _store_relabelled(found, store)
            yield found
    committed = _committed_records(store)
    all_found = [(record, relabelled(record, registry)) for record in committed]
    as_stored = [found.record if found else record for record, found in all_found]
    if as_stored != committed:
        newest = {record.key: record for record in sorted(as_stored, key=lambda record: record.finished)}
        write_committed(store.root, newest.values())
    yield from (found for _, found in all_found if found)


def _store_relabelled(found: Relabelled, store: ResultStore) -> None:
    if found.fate == "left":
        return
    there = store.find(found.record.key) if found.fate == "renamed" else None
    if not isinstance(there, TrialRecord) or there.finished < found.record.finished:
        store.save(found.record)
    if found.fate == "renamed":
        aside = store.root / RENAMED
        aside.mkdir(exist_ok=True)
        name = f"{found.before.key}.json"
        (store.records_folder / name).replace(aside / name)


def _committed_records(store: ResultStore) -> list[TrialRecord]:
    committed, damaged = read_committed(store.root)
    if damaged:
        raise DataError("{} {}; restore the file or delete the line".format(*damaged[0]))
    return committed


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
    committed = _committed_records(store)
    all_kept = [_kept(record, registry) for record in committed]
    write_committed(store.root, all_kept)
    yield from (kept for kept, record in zip(all_kept, committed, strict=True) if kept is not record)


def _kept(record: TrialRecord, registry: Registry) -> TrialRecord:
    if standing(record, registry) != "other code":
        return record
    return with_evidence(record, installed_code(record, registry))


def _codes_key(text: str) -> str:
    return str(json.loads(text)["codes_key"])
