"""Evidence of code: what is compared, and what a record says of code that gives the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashbench.experiment.evidence import differing_parts, installed_code, standing, with_evidence
from hashbench.experiment.record import Origin, TrialRecord
from hashbench.registry import registry
from tests.unit.records import ORIGINS, make_record


@pytest.fixture(scope="module")
def current() -> TrialRecord:
    """A record that today's code might have made."""
    record = make_record("itq", code={"method": (), "featurizer": ()})
    code = installed_code(record, registry())
    return replace(record, code={part: (digest,) for part, digest in code.items()})


def test_only_parts_of_other_digests_differ() -> None:
    record = make_record(code={"method": ("a", "b"), "featurizer": ("c",)})
    assert differing_parts(record, {"method": "b", "featurizer": "c"}) == []
    assert differing_parts(record, {"method": "z", "featurizer": "c"}) == ["method"]
    assert differing_parts(record, {"method": "a", "metric m": "d"}) == ["metric m"]


def test_evidence_is_added_to_what_is_known_and_not_to_what_is_unknown() -> None:
    record = make_record(code={"method": ("a",), "featurizer": ()})
    added = with_evidence(record, {"method": "b", "featurizer": "c", "metric m": "d"})
    assert added.code == {"method": ("a", "b"), "featurizer": (), "metric m": ()}
    assert with_evidence(added, {"method": "b"}).code == added.code


def test_a_record_of_the_installed_code_is_current(current: TrialRecord) -> None:
    assert set(current.code) == {"method", "featurizer"}
    assert standing(current, registry()) == "current"


def test_other_code_unknown_code_and_other_versions_are_told_apart(current: TrialRecord) -> None:
    other = replace(current, code={**current.code, "method": ("0" * 20,)})
    assert standing(other, registry()) == "other code"
    assert standing(replace(current, code={**current.code, "featurizer": ()}), registry()) == "unknown code"
    raised = {**ORIGINS, "featurizer": Origin("hashbench", "1.0", 7)}
    assert standing(replace(current, origins=raised), registry()) == "other version"
    known = with_evidence(other, installed_code(other, registry()))
    assert standing(known, registry()) == "current"


def test_what_is_not_installed_cannot_be_compared(current: TrialRecord) -> None:
    gone = replace(current, trial=replace(current.trial, method="gone"))
    assert standing(gone, registry()) == "not installed"
    elsewhere = {**ORIGINS, "method": Origin("another", "1.0", 1)}
    assert standing(replace(current, origins=elsewhere), registry()) == "not installed"
