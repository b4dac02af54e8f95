"""The store: atomic, lossless, and never deleting what it cannot read."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hashbench.codes import Codes
from hashbench.errors import DataError, HashbenchError, StorageError, UnknownNameError
from hashbench.experiment.record import Seconds
from hashbench.experiment.store import ResultStore, StoredCodes, UnreadableRecord
from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups
from tests.unit.records import make_record

Log = pytest.LogCaptureFixture


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


def some_codes(seed: int = 0) -> StoredCodes:
    generator = np.random.default_rng(seed)
    parts = {part: Codes.pack(generator.integers(0, 2, (9, 70))) for part in ("train", "validation", "test")}
    rows = {part: np.arange(9) for part in parts}
    groups = (Groups("topic", np.arange(9), np.arange(9)),)
    return StoredCodes(parts, rows, {"train": 1}, Seconds(1.0, 2.0), 120.5, FitDiagnostics({"a": 1}, groups))


def test_the_record_of_another_trial_is_named_and_set_aside(store: ResultStore, caplog: Log) -> None:
    one, other = make_record(seed=0), make_record(seed=1)
    for record in (one, other):
        store.save(record)
    path = store.records_folder / f"{one.key}.json"
    path.write_text(other.to_json())
    found = store.find(one.key)
    assert isinstance(found, UnreadableRecord)
    assert f"is the record of another trial, {other.key}" in str(found)
    assert store.records()[0] == [other]
    with pytest.raises(DataError, match="another trial"):
        store.find_prefix(one.key)
    store.save(one)
    assert store.find(one.key) == one
    assert path.with_suffix(".json.unreadable").read_text() == other.to_json()
    assert [message.count("\n") for message in caplog.messages] == [0]
    assert "kept as" in caplog.messages[0]


def test_what_is_set_aside_is_kept_once_and_nothing_is_overwritten(store: ResultStore) -> None:
    record = make_record()
    path = store.records_folder / f"{record.key}.json"
    for content in ("one", "two", "one", "two"):
        path.write_text(content)
        store.save(record)
    kept = sorted(store.records_folder.glob("*.unreadable*"))
    assert [each.read_text() for each in kept] == ["one", "two"]
    assert store.find(record.key) == record


def test_a_folder_under_the_name_of_a_record_is_set_aside(store: ResultStore) -> None:
    record = make_record()
    (store.records_folder / f"{record.key}.json").mkdir()
    assert isinstance(store.find(record.key), UnreadableRecord)
    store.save(record)
    assert store.find(record.key) == record
    assert (store.records_folder / f"{record.key}.json.unreadable").is_dir()


def repair(root: Path, seed: int) -> None:
    store = ResultStore(root)
    for _ in range(20):
        store.save(make_record(seed=seed))
        store.save_codes("k", some_codes())


def test_writers_that_repair_the_same_damage_do_not_disturb_each_other(store: ResultStore) -> None:
    record = make_record(seed=5)
    path = store.records_folder / f"{record.key}.json"
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        path.write_text("nonsense")
        (store.codes_folder / "k.npz").write_bytes(b"nonsense")
        writers = [context.Process(target=repair, args=(store.root, 5)) for _ in range(4)]
        for writer in writers:
            writer.start()
        assert [writer.join(60) or writer.exitcode for writer in writers] == [0] * 4
        assert store.find(record.key) == record
        assert store.find_codes("k") is not None
    for folder, name in ((store.records_folder, path.name), (store.codes_folder, "k.npz")):
        assert sorted(each.name for each in folder.iterdir()) == [name, f"{name}.unreadable"]
        assert (folder / f"{name}.unreadable").read_bytes() == b"nonsense"


def test_every_changed_byte_of_codes_is_noticed_or_changes_nothing(store: ResultStore) -> None:
    store.save_codes("k", some_codes())
    path = store.codes_folder / "k.npz"
    content, noticed = path.read_bytes(), 0
    for position in range(0, len(content), 29):
        damaged = bytearray(content)
        damaged[position] ^= 64
        path.write_bytes(damaged)
        found = store.find_codes("k")
        noticed += found is None
        assert (store.damage_of_codes("k") is None) == (found is not None)
        if found is not None:
            assert dict(found.codes) == dict(some_codes().codes)
            assert found.fit_diagnostics.values == {"a": 1}
    assert noticed > len(content) / 29 / 3


def test_damaged_codes_are_set_aside_with_a_line(store: ResultStore, caplog: Log) -> None:
    store.save_codes("k", some_codes())
    path = store.codes_folder / "k.npz"
    path.write_bytes(path.read_bytes()[:300])
    damaged = path.read_bytes()
    store.save_codes("k", some_codes())
    assert store.find_codes("k") is not None
    assert path.with_name("k.npz.unreadable").read_bytes() == damaged
    assert [message.count("\n") for message in caplog.messages] == [0]
    store.save_codes("k", some_codes(1))
    assert len(list(store.codes_folder.iterdir())) == 2


def test_codes_of_another_trial_are_not_used(store: ResultStore) -> None:
    store.save_codes("k", some_codes())
    shutil.copy(store.codes_folder / "k.npz", store.codes_folder / "other.npz")
    assert store.find_codes("other") is None
    assert store.damage_of_codes("other") == "holds the codes k"
    assert store.damage_of_codes("absent") is None


def test_codes_of_earlier_releases_are_made_anew_or_get_a_name_and_a_digest(store: ResultStore) -> None:
    store.save_codes("k", some_codes())
    path = store.codes_folder / "k.npz"
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "digest"}
    about = json.loads(str(arrays.pop("about")))
    del about["name"]
    np.savez(path, about=np.array(json.dumps(about)), **arrays)
    assert store.find_codes("k") is None
    store.rename_codes("k", "k")
    found = store.find_codes("k")
    assert found is not None
    assert dict(found.codes) == dict(some_codes().codes)
    assert [each.name for each in store.codes_folder.iterdir()] == ["k.npz"]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG])
def test_what_cannot_be_written_is_an_error_in_one_line_and_loses_nothing(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    record = make_record()
    store.save(record)
    store.save_codes("k", some_codes())
    before = {path: path.read_bytes() for path in store.root.rglob("*.*")}

    def refuse(_: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("os.fsync", refuse)
    for write in (
        lambda: store.save(replace(record, description="new")),
        lambda: store.save_codes("k", some_codes(1)),
    ):
        with pytest.raises(StorageError, match=os.strerror(error)) as raised:
            write()
        assert "\n" not in str(raised.value)
        assert raised.value.exit_code == 2
    assert {path: path.read_bytes() for path in store.root.rglob("*.*")} == before


def test_a_folder_with_too_long_a_name_is_a_user_error(tmp_path: Path) -> None:
    for method in (ResultStore.check_writable, ResultStore.prepare):
        with pytest.raises(StorageError, match="too long; choose a shorter name"):
            method(ResultStore(tmp_path / ("l" * 300)))


def test_what_interrupted_runs_left_is_removed_after_a_day(store: ResultStore) -> None:
    for folder in (store.records_folder, store.codes_folder, store.leaderboards_folder):
        for age, name in ((60, ".k.json.0123abcd.tmp"), (90000, ".k.npz.0123abcd.tmp"), (90000, "k.tmp")):
            (folder / name).write_text("")
            os.utime(folder / name, (time.time() - age,) * 2)
    store.prepare()
    for folder in (store.records_folder, store.codes_folder, store.leaderboards_folder):
        assert {path.name for path in folder.iterdir()} == {".k.json.0123abcd.tmp", "k.tmp"}
