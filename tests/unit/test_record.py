"""Records as JSON."""

from __future__ import annotations

import json
import math
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
        "metrics",
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
    assert list(event["seconds"]) == ["features", "fit", "encode", "evaluate", "fit_cpu", "search"]


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


def changed(path: str, value: object, **kept: object) -> str:
    """Return a record without a digest in which one field, such as "trial.bits", is another."""
    document = json.loads(make_record().to_json())
    del document["digest"]
    *parents, name = path.split("/")
    inner = document
    for parent in parents:
        inner = inner[parent]
    inner[name] = value
    return json.dumps({**document, **kept})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("key", 3),
        ("status", "fine"),
        ("status", None),
        ("labels", "all"),
        ("trial", "itq"),
        ("trial/bits", "16"),
        ("trial/bits", 16.5),
        ("trial/bits", True),
        ("trial/bits", 0),
        ("trial/bits", 4097),
        ("trial/params", []),
        ("task/queries", "train"),
        ("origins", {}),
        ("origins/method/version", "1"),
        ("code", {"method": "abc"}),
        ("changed", "no"),
        ("scores", []),
        ("scores/p@100", {"expected": 0.5}),
        ("scores/p@100", {"expected": "0.5", "worst": 0.4, "best": 0.6}),
        ("scores/p@100", {"expected": math.nan, "worst": 0.4, "best": 0.6}),
        ("scores/p@100", {"expected": 50.0, "worst": 40.0, "best": 60.0}),
        ("scores/p@100", {"expected": 0.3, "worst": 0.4, "best": 0.6}),
        ("scores/p@100", {"expected": 0.7, "worst": 0.4, "best": 0.6}),
        ("scores/p@100", {"expected": -0.1, "worst": -0.2, "best": 0.6}),
        ("scores/precision", {"expected": 0.5, "worst": 0.4, "best": 0.6}),
        ("chance/p", 1.5),
        ("chance/r", 0.5),
        ("metrics", {"diagnostics": {"balance": None}}),
        ("metrics", {"diagnostics": {"balance": math.inf}}),
        ("fit_diagnostics", {"loss": [1.0]}),
        ("counts/queries", -1),
        ("counts", {}),
        ("seconds/fit", -1.0),
        ("peak_rss_mib", math.inf),
        ("threads", 0),
        ("notes", "one"),
        ("notes", [1]),
        ("error", "no"),
    ],
)
def test_a_record_that_cannot_be_is_refused_and_its_field_named(path: str, value: object) -> None:
    assert TrialRecord.from_json(changed("threads", 2)).threads == 2
    with pytest.raises(DataError, match=f"not a trial record: it .*{path.split('/')[0]}"):
        TrialRecord.from_json(changed(path, value))


def test_not_finite_numbers_in_parameters_and_endless_nesting_are_refused() -> None:
    for text in (
        changed("trial/params", {"power": math.nan}),
        changed("trial/params", {"power": 5}).replace('"power": 5', '"power": 1e999'),
    ):
        with pytest.raises(DataError, match="NaN or an infinite"):
            TrialRecord.from_json(text)
    for text in ("[" * 200_000, '{"schema": ' + "9" * 5000 + "}"):
        with pytest.raises(DataError, match="nested too deeply|not complete JSON"):
            TrialRecord.from_json(text)


def test_rounding_may_take_a_mean_across_its_bounds() -> None:
    above = {"expected": 1.0000000000000002, "worst": 1.0000000000000004, "best": 1.0}
    assert TrialRecord.from_json(changed("scores/p@100", above)).scores["p@100"].best == 1.0


def test_every_changed_character_of_a_record_is_noticed() -> None:
    text = make_record(description="a corpus").to_json()
    record = TrialRecord.from_json(text)
    for position in range(0, len(text), 7):
        damaged = text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]
        try:
            read = TrialRecord.from_json(damaged)
        except DataError:
            continue
        assert read == record
