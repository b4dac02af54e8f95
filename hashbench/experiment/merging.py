"""Merging folders of results into committed results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from hashbench.errors import DataError, HashbenchError
from hashbench.experiment.committed import committed_form, read_committed, write_committed
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.store import ResultStore, UnreadableRecord

_CONFLICTS_NAMED = 5
_Results = Sequence[tuple[Path, TrialRecord]]
"""Results of one trial, each with the folder it is from."""


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes:
        records: the committed results, one a trial.
        added: how many of them they did not hold before.
        newer: trials of which an older result gave way to a newer one, each in a line.
        unreadable: what could not be read, and was skipped.
        files: the files that changed.
    """

    records: Sequence[TrialRecord]
    added: int
    newer: Sequence[str]
    unreadable: Sequence[UnreadableRecord]
    files: Sequence[Path]


def merge(folders: Sequence[Path], out: Path) -> Merged:
    """Merge folders of results, in either form, into the committed results in a folder.

    Trials that are in the committed results stay. Of several results of a trial the one that finished last is
    taken. Results of one trial that differ in nothing but the evidence about their code are one result, with
    the evidence of all of them. Merges into one folder take turns.

    Raises:
        HashbenchError: a folder holds no results, or several results of one trial finished at the same time
            and differ, or ``out`` cannot be written.
        DataError: committed results that would be replaced cannot be read.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(out / ".lock"):
            return _merge(folders, out)
    except OSError as error:
        raise HashbenchError(f"{out} cannot be written: {error.strerror}; name another folder") from error


def _merge(folders: Sequence[Path], out: Path) -> Merged:
    before, damaged = read_committed(out)
    if damaged:
        raise DataError(
            f"{damaged[0][0]} {damaged[0][1]}; restore the file or delete the line, then merge again"
        )
    found: defaultdict[str, list[tuple[Path, TrialRecord]]] = defaultdict(list)
    unreadable = []
    for record in before:
        found[record.key].append((out, record))
    for folder in folders:
        records, skipped = _read_folder(folder)
        unreadable += skipped
        for record in records:
            found[record.key].append((folder, committed_form(record)))
    latest = {key: _latest(results) for key, results in found.items()}
    _refuse_conflicts(latest)
    joined = [_joined([record for _, record in results]) for results in latest.values()]
    files = write_committed(out, joined)
    newer = [line for key in sorted(found) for line in _given_way(found[key], latest[key])]
    added = len(found) - len({record.key for record in before})
    return Merged(joined, added, newer, unreadable, files)


def _latest(results: _Results) -> _Results:
    finished = max(record.finished for _, record in results)
    return [(folder, record) for folder, record in results if record.finished == finished]


def _refuse_conflicts(latest: Mapping[str, _Results]) -> None:
    conflicts = []
    for key, ((first_folder, first), *others) in sorted(latest.items()):
        for folder, record in others:
            if _without_evidence(record) != _without_evidence(first):
                conflicts.append(f"{key} ({record.trial}) in {first_folder} and {folder}")
    if conflicts:
        more = f" and {len(conflicts) - _CONFLICTS_NAMED} more" if len(conflicts) > _CONFLICTS_NAMED else ""
        raise HashbenchError(
            "nothing merged: two results of one trial finished at the same time and differ: "
            f"{'; '.join(conflicts[:_CONFLICTS_NAMED])}{more}; delete one of the two records"
        )


def _without_evidence(record: TrialRecord) -> TrialRecord:
    return replace(record, code={part: digests[:1] for part, digests in record.code.items()})


def _joined(records: Sequence[TrialRecord]) -> TrialRecord:
    """Return one of several equal records, with the evidence of all of them."""
    first = records[0]
    evidence = {
        part: (*digests[:1], *sorted({digest for each in records for digest in each.code[part][1:]}))
        for part, digests in first.code.items()
    }
    return replace(first, code=evidence)


def _given_way(results: _Results, latest: _Results) -> list[str]:
    folder, record = latest[0]
    return [
        f"{record.key[:8]} {record.trial}: the result in {folder} of {record.finished} is taken, "
        f"not that in {other} of {older.finished}"
        for other, older in results
        if older.finished < record.finished
    ]


def _read_folder(folder: Path) -> tuple[list[TrialRecord], list[UnreadableRecord]]:
    working, unreadable = ResultStore(folder).working_records()
    committed, damaged = read_committed(folder)
    unreadable += [UnreadableRecord(*damage) for damage in damaged]
    if not (working or committed or unreadable):
        raise HashbenchError(f"no records in {folder}; name the folder that `hashbench run --out` wrote")
    return [*working, *committed], unreadable
