"""Committed results: what comes back of them, how they are merged, and what is said of damage."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hashbench.errors import DataError, HashbenchError, UnknownNameError
from hashbench.experiment.committed import (
    _sealed,
    committed_form,
    committed_keys,
    read_committed,
    write_committed,
)
from hashbench.experiment.merging import merge
from hashbench.experiment.record import Score, Seconds, TrialRecord, packed_values, unpacked_values
from hashbench.experiment.store import ResultStore, UnreadableRecord
from hashbench.experiment.upgrade import keep_same_version
from hashbench.registry import registry
from hashbench.reporting.leaderboard import render
from tests.unit.records import CODE, make_record

DEFAULT_NS = (1, 10, 50, *range(100, 1001, 100))
VALUES = np.linspace(0, 1, 7)


def curve(ns: tuple[int, ...]) -> dict[str, Score]:
    return {f"{kind}p@{n}": Score(2 / 3, 1 / 3, 8 / 9 + n * 1e-9) for kind in ("", "coarse-") for n in ns}


def some_records() -> list[TrialRecord]:
    """Records with every field that a record may have, of two datasets and three methods."""
    full = make_record(
        bits=32,
        scores=curve(DEFAULT_NS),
        by_query={"p@100": packed_values(VALUES)},
        metrics={"diagnostics": {"tied": 1 / 3, "distinct-codes": 10530.0}},
        fit_diagnostics={"epochs": 30, "loss": 2 / 3, "stage": "training"},
        peak_rss_mib=1234.5678,
        threads=2,
        versions={"numpy": "2.0"},
        machine={"cores": 2, "system": "Linux"},
        description="Toys of 1998, «größer»",
        notes=("a note", "another"),
        overrides={"method": {"n_iter": 50}},
        changed=True,
        labels="validation",
    )
    reference = make_record("cosine", bits=None, seed=None, reference=True)
    failed = make_record("lsh", value=None)
    own_input = replace(
        full,
        key="f" * 20,
        trial=replace(full.trial, requested="lsa", requested_params={"n_components": 2}, dataset="an/other"),
    )
    return [
        full,
        *(make_record(seed=seed, bits=bits) for bits in (128, 16) for seed in (1, 0)),
        reference,
        failed,
        own_input,
    ]


def folder_of(path: Path, *records: TrialRecord) -> Path:
    store = ResultStore(path)
    store.prepare()
    for record in records:
        store.save(record)
    return path


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def by_key(records: list[TrialRecord]) -> list[TrialRecord]:
    return sorted(records, key=lambda record: record.key)


def test_records_come_back_rounded_and_without_what_is_left_out(tmp_path: Path) -> None:
    records = some_records()
    write_committed(tmp_path, records)
    found, damaged = read_committed(tmp_path)
    assert damaged == []
    assert by_key(found) == by_key([committed_form(record) for record in records])
    assert committed_keys(tmp_path) == {record.key for record in records}
    full = next(record for record in found if record.key == records[0].key)
    assert set(full.scores) == set(curve((1, 10, 50, 100, 500, 1000)))
    assert full.scores["p@1"] == Score(0.666667, 0.333333, 0.888889)
    assert (full.metrics, full.peak_rss_mib) == (
        {"diagnostics": {"tied": 0.333333, "distinct-codes": 10530}},
        1234.57,
    )
    assert full.fit_diagnostics == {"epochs": 30, "loss": 0.666667, "stage": "training"}
    np.testing.assert_allclose(unpacked_values(full.by_query["p@100"]), VALUES, atol=8e-6)
    same = {"scores", "metrics", "fit_diagnostics", "peak_rss_mib"}
    assert {name for name, value in vars(full).items() if value != getattr(records[0], name)} == same
    failed = next(record for record in found if record.status == "failed")
    assert (failed.error, failed.traceback) == ("fit: RuntimeError: no", None)


def test_ns_that_a_run_asked_for_stay(tmp_path: Path) -> None:
    record = make_record(scores=curve((3, 200)))
    write_committed(tmp_path, [record])
    assert set(read_committed(tmp_path)[0][0].scores) == set(record.scores)


def test_lines_are_in_readable_order_and_blocks_stand_once(tmp_path: Path) -> None:
    files = write_committed(tmp_path, some_records())
    names = {str(path.relative_to(tmp_path)) for path in files}
    assert names == {f"toy/{name}.jsonl" for name in ("_shared", "itq", "cosine", "lsh")} | {
        "an-other/_shared.jsonl",
        "an-other/itq.jsonl",
    }
    found, _ = read_committed(tmp_path / "nowhere")
    assert found == []
    plain = [
        record
        for record in read_committed(tmp_path)[0]
        if record.trial.method == "itq" and not record.changed
    ]
    assert [(record.trial.bits, record.trial.seed) for record in plain] == [
        (16, 0),
        (16, 1),
        (128, 0),
        (128, 1),
    ]
    shared = (tmp_path / "toy/_shared.jsonl").read_text().splitlines()
    assert len(set(shared)) == len(shared)
    assert sum('"block": "code ' in line for line in shared) == 1


def test_datasets_with_long_names_have_folders_of_their_own(tmp_path: Path) -> None:
    records = [make_record(), make_record(seed=1)]
    names = ["a" * 300, "a" * 301]
    records = [
        replace(record, trial=replace(record.trial, dataset=name))
        for record, name in zip(records, names, strict=True)
    ]
    write_committed(tmp_path, records)
    assert len(list(tmp_path.iterdir())) == 2
    assert by_key(read_committed(tmp_path)[0]) == by_key([committed_form(record) for record in records])


def test_boards_of_both_forms_are_equal(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "working", *some_records())
    merge([folder], tmp_path / "committed")
    working, committed = (ResultStore(path).records() for path in (folder, tmp_path / "committed"))
    assert render(committed[0]) == render(working[0])
    assert committed[1] == []


def test_merging_twice_or_in_another_order_gives_the_same_bytes(tmp_path: Path) -> None:
    records = some_records()
    one, two = folder_of(tmp_path / "one", *records[:3]), folder_of(tmp_path / "two", *records[3:])
    merged = merge([one, two], tmp_path / "out")
    assert (len(merged.records), merged.added, merged.newer, merged.unreadable) == (
        len(records),
        len(records),
        [],
        [],
    )
    wanted = contents(tmp_path / "out")
    again = merge([two, tmp_path / "out"], tmp_path / "out")
    assert (len(again.records), again.added, again.files) == (len(records), 0, [])
    merge([two], tmp_path / "steps")
    merge([one], tmp_path / "steps")
    merge([tmp_path / "out"], tmp_path / "copy")
    assert contents(tmp_path / "out") == contents(tmp_path / "steps") == contents(tmp_path / "copy") == wanted


def test_the_newer_result_is_taken_and_said(tmp_path: Path) -> None:
    old = make_record(value=0.5)
    new = replace(make_record(value=0.6), key=old.key, finished="2026-01-02T00:00:00+00:00")
    one, two = folder_of(tmp_path / "one", old), folder_of(tmp_path / "two", new)
    for out, folders in ((tmp_path / "12", [one, two]), (tmp_path / "21", [two, one])):
        merged = merge(folders, out)
        assert read_committed(out)[0] == [committed_form(new)]
        assert str(two) in merged.newer[0].partition("not that in")[0]


def test_two_results_that_finished_at_once_are_refused(tmp_path: Path) -> None:
    record = make_record(value=0.5)
    other = replace(record, seconds=Seconds(fit=9.0))
    one, two = folder_of(tmp_path / "one", record), folder_of(tmp_path / "two", other)
    with pytest.raises(HashbenchError, match=f"{record.key}.*one and .*two; delete one"):
        merge([one, two], tmp_path / "out")
    assert read_committed(tmp_path / "out") == ([], [])


def test_evidence_about_code_is_joined(tmp_path: Path) -> None:
    record = make_record()
    added = [replace(record, code={**CODE, "method": (*CODE["method"], digest)}) for digest in ("bb", "aa")]
    folders = [folder_of(tmp_path / str(number), each) for number, each in enumerate((record, *added))]
    assert merge(folders, tmp_path / "out").newer == []
    (found,) = read_committed(tmp_path / "out")[0]
    assert found.code == {**CODE, "method": (*CODE["method"], "aa", "bb")}


def test_of_both_forms_the_newest_result_counts(tmp_path: Path) -> None:
    old = make_record(value=0.5)
    new = replace(make_record(value=0.6), key=old.key, finished="2026-01-02T00:00:00+00:00")
    for committed, working, wanted in ((old, new, new), (new, old, committed_form(new)), (new, new, new)):
        write_committed(tmp_path, [committed])
        store = ResultStore(folder_of(tmp_path, working))
        assert store.records() == ([wanted], [])
        assert store.find(old.key) == store.find_prefix(old.key[:9]) == wanted
        assert vars(pickle.loads(pickle.dumps(store))) == {
            name: value for name, value in vars(store).items() if isinstance(value, Path)
        }
    with pytest.raises(UnknownNameError, match="no record"):
        store.find_prefix("0" * 20)


def resealed(line: str, old: str, new: str) -> str:
    """Return a line with something replaced in it and a digest that fits."""
    document = json.loads(line)
    del document["digest"]
    return _sealed(json.loads(json.dumps(document).replace(old, new)))


def test_a_damaged_line_is_named_and_skipped_but_never_overwritten(tmp_path: Path) -> None:
    records = [make_record(seed=seed) for seed in range(3)]
    write_committed(tmp_path / "damaged", records)
    path = tmp_path / "damaged/toy/itq.jsonl"
    lines = path.read_text().splitlines()
    kept = [record for record in records if record.key != lines[1][9:29]]
    for line, reason in (
        (lines[1][:80], "not complete JSON"),
        (lines[1].replace('"p@100": [0.5', '"p@100": [0.9'), "differs from its digest"),
        (lines[1].replace('"digest"', '"digit"'), "differs from its digest"),
        (resealed(lines[1], '"p@100": [0.5', '"p@100": ["0.5"'), "a score is not a number"),
        (resealed(lines[1], "itq default", "itq lost"), "'method itq lost .*' is missing"),
        (resealed(lines[1], '"status"', '"unheard-of"'), "'status' is missing"),
    ):
        path.write_text("\n".join([lines[0], line, lines[2], ""]))
        found, unreadable = ResultStore(tmp_path / "damaged").records()
        assert found == by_key([committed_form(record) for record in kept])
        (damage,) = unreadable
        assert isinstance(damage, UnreadableRecord)
        assert str(damage).startswith(f"{path} line 2 ")
        assert re.search(reason, damage.reason)
        assert merge([tmp_path / "damaged"], tmp_path / "out").unreadable == unreadable
        with pytest.raises(DataError, match="line 2 .*restore the file"):
            merge([tmp_path / "out"], tmp_path / "damaged")
        assert path.read_text().splitlines()[1] == line


@pytest.mark.parametrize("text", [None, '{"block": "schema", "schema": 99}\n'])
def test_trials_without_shared_blocks_of_this_schema_are_not_read(tmp_path: Path, text: str | None) -> None:
    write_committed(tmp_path, [make_record()])
    shared = tmp_path / "toy/_shared.jsonl"
    shared.unlink() if text is None else shared.write_text(text)
    assert read_committed(tmp_path)[0] == []
    assert {path for path, _ in read_committed(tmp_path)[1]} == {shared}


def test_merging_needs_results(tmp_path: Path) -> None:
    with pytest.raises(HashbenchError, match="no records in .*nowhere"):
        merge([tmp_path / "nowhere"], tmp_path / "out")
    with pytest.raises(HashbenchError, match="hashbench cannot be written"):
        merge([tmp_path], Path("/proc/hashbench"))


def test_keeping_the_version_notes_evidence_in_committed_results(tmp_path: Path) -> None:
    write_committed(tmp_path, [make_record(seed=seed) for seed in range(2)])
    lines = (tmp_path / "toy/itq.jsonl").read_bytes()
    kept = list(keep_same_version(ResultStore(tmp_path), registry()))
    assert len(kept) == 2
    assert by_key(kept) == by_key(read_committed(tmp_path)[0])
    assert all(len(record.code["method"]) == 2 for record in kept)
    assert (tmp_path / "toy/itq.jsonl").read_bytes() == lines
