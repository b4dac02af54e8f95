"""The store: atomic, lossless, and never deleting what it cannot read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hashbench.codes import Codes
from hashbench.errors import DataError, HashbenchError, UnknownNameError
from hashbench.experiment.record import Seconds
from hashbench.experiment.store import ResultStore, StoredCodes, UnreadableRecord
from tests.unit.records import make_record


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    made = ResultStore(tmp_path / "results")
    made.prepare()
    return made


def test_saved_records_are_found_and_listed(store: ResultStore) -> None:
    records = [make_record(seed=seed) for seed in range(3)]
    for record in records:
        store.save(record)
    assert store.find(records[1].key) == records[1]
    assert store.find("absent") is None
    assert sorted(store.records()[0], key=lambda r: r.trial.seed or 0) == records
    assert store.find_prefix(records[2].key[:10]) == records[2]


def test_a_truncated_record_is_named_skipped_and_kept(store: ResultStore) -> None:
    record, other = make_record(seed=0), make_record(seed=1)
    store.save(record)
    store.save(other)
    path = store.records_folder / f"{record.key}.json"
    path.write_text(path.read_text()[:50])
    readable, unreadable = store.records()
    assert readable == [other]
    assert [entry.path for entry in unreadable] == [path]
    assert isinstance(store.find(record.key), UnreadableRecord)
    with pytest.raises(DataError, match="not complete JSON"):
        store.find_prefix(record.key)

    truncated = path.read_text()
    store.save(record)
    assert store.find(record.key) == record
    assert path.with_suffix(".json.unreadable").read_text() == truncated


def test_key_prefixes_must_name_one_record(store: ResultStore) -> None:
    with pytest.raises(UnknownNameError, match="no record"):
        store.find_prefix("abc")
    for seed in range(20):
        store.save(make_record(seed=seed))
    with pytest.raises(UnknownNameError, match="20 records"):
        store.find_prefix("")
    with pytest.raises(UnknownNameError, match="no record"):
        store.find_prefix("../*x")


def test_codes_come_back_with_all_that_belongs_to_them(store: ResultStore) -> None:
    generator = np.random.default_rng(0)
    parts = {part: Codes.pack(generator.integers(0, 2, (n, 70))) for part, n in (("train", 9), ("test", 4))}
    rows = {"train": np.arange(9), "test": np.arange(9, 13)}
    stored = StoredCodes(parts, rows, {"train": 1, "test": 0}, Seconds(1.0, 2.0, 3.0), 120.5)
    store.save_codes("k", stored)
    found = store.find_codes("k")
    assert found is not None
    assert dict(found.codes) == parts
    assert {part: list(r) for part, r in found.rows.items()} == {part: list(r) for part, r in rows.items()}
    assert (found.empty, found.seconds, found.peak_rss_mib) == (stored.empty, stored.seconds, 120.5)
    assert store.find_codes("absent") is None
    path = store.codes_folder / "k.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert store.find_codes("k") is None


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for root in (file, file / "below"):
        with pytest.raises(HashbenchError, match="is a file"):
            ResultStore(root).check_writable()
    with pytest.raises(HashbenchError, match="name another folder"):
        ResultStore("/proc/hashbench").prepare()
