"""Records as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from hashbench.errors import DataError
from hashbench.experiment.record import TrialRecord, packed_values, unpacked_values
from tests.unit.records import make_record


@pytest.mark.parametrize(
    "record", [make_record(coarse=0.7), make_record(value=None), make_record(bits=None, seed=None)]
)
def test_records_survive_json(record: TrialRecord) -> None:
    assert TrialRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (make_record().to_json()[:100], "not complete JSON"),
        ("", "not complete JSON"),
        ("[]", "not a trial record"),
        ("{}", "not a trial record"),
        (make_record().to_json().replace('"schema": 2', '"schema": 99'), "schema 99"),
        (json.dumps({**json.loads(make_record().to_json()), "unheard_of": 1}), "not a trial record"),
    ],
)
def test_what_is_no_record_says_so(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        TrialRecord.from_json(text)


def test_an_event_has_the_fields_that_scripts_rely_on() -> None:
    event = make_record(coarse=0.7).event("reused")
    assert list(event) == [
        "schema",
        "key",
        "status",
        "trial",
        "labels",
        "scores",
        "seconds",
        "peak_rss_mib",
        "error",
    ]
    assert event["schema"] == 2
    assert event["status"] == "reused"
    assert list(event["trial"]) == [
        *("dataset", "dataset_params", "featurizer", "featurizer_params", "method", "recipe", "params"),
        *("bits", "seed", "requested", "requested_params"),
    ]
    assert event["scores"]["p@100"] == {"expected": 0.5, "worst": 0.4, "best": 0.6}
    assert event["scores"]["coarse-p@100"]["expected"] == 0.7
    assert list(event["seconds"]) == ["features", "fit", "encode", "evaluate"]


def test_tasks_differ_when_anything_in_them_does() -> None:
    from dataclasses import fields, replace

    task = make_record().task
    for each in fields(task):
        value = 2 if each.name == "evaluator" else "other"
        assert replace(task, **{each.name: value}).fingerprint != task.fingerprint


def test_values_by_query_survive_as_16_bits() -> None:
    values = np.random.default_rng(0).uniform(size=1000)
    values[:3] = 0, 1, 0.5
    read = unpacked_values(packed_values(values))
    assert np.abs(read - values).max() <= 0.5 / (2**16 - 1)
    assert read[0] == 0
    assert read[1] == 1
    assert len(unpacked_values(packed_values(np.array([])))) == 0


@pytest.mark.parametrize("text", ["nonsense!", "AAAA", packed_values(np.ones(9))[:-8]])
def test_damaged_values_by_query_are_named(text: str) -> None:
    with pytest.raises(DataError, match="values by query are damaged"):
        unpacked_values(text)


def test_names_of_codes_hold_the_key_and_the_code_that_made_them() -> None:
    record = make_record(code={"method": ("a",), "featurizer": ("b",), "metric m": ("c",)})
    later = make_record(code={"method": ("a", "z"), "featurizer": ("b",), "metric m": ("d",)})
    other = make_record(code={"method": ("z",), "featurizer": ("b",)})
    assert record.codes_name.startswith(f"{record.codes_key}-")
    assert replace(later, codes_key=record.codes_key).codes_name == record.codes_name
    assert replace(other, codes_key=record.codes_key).codes_name != record.codes_name
