"""Records as JSON."""

from __future__ import annotations

import json

import pytest

from hashbench.errors import DataError
from hashbench.experiment.record import TrialRecord
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
        (make_record().to_json().replace('"schema": 1', '"schema": 99'), "schema 99"),
        (json.dumps({**json.loads(make_record().to_json()), "unheard_of": 1}), "not a trial record"),
    ],
)
def test_what_is_no_record_says_so(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        TrialRecord.from_json(text)


def test_an_event_has_the_fields_that_scripts_rely_on() -> None:
    event = make_record(coarse=0.7).event("reused")
    assert list(event) == ["schema", "key", "status", "trial", "scores", "seconds", "peak_rss_mib", "error"]
    assert event["schema"] == 1
    assert event["status"] == "reused"
    assert list(event["trial"]) == [
        *("dataset", "dataset_params", "features", "feature_params", "method", "params", "bits", "seed")
    ]
    assert event["scores"]["p@100"] == {"expected": 0.5, "worst": 0.4, "best": 0.6}
    assert event["scores"]["coarse-p@100"]["expected"] == 0.7
    assert list(event["seconds"]) == ["features", "fit", "encode", "evaluate"]


def test_protocols_differ_when_anything_in_them_does() -> None:
    from dataclasses import fields, replace

    protocol = make_record().protocol
    for each in fields(protocol):
        value = 2 if each.name == "evaluator" else "other"
        assert replace(protocol, **{each.name: value}).fingerprint != protocol.fingerprint
