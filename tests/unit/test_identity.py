"""Keys: what is declared decides them, nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hashbench.identity import codes_key, component_identity, features_key, key_parameters, trial_key
from hashbench.specs import FeaturizerSpec, HasherSpec

SPEC = HasherSpec("m", f"{__name__}:Method", "For tests")


class Method:
    def __init__(self, n: int = 1) -> None: ...


class Reader:
    """Reads files whose contents are named by its parameter."""

    def __init__(self, n: int = 1) -> None:
        self.n = n

    def fingerprint(self) -> str:
        return f"files {self.n}"


def test_an_identity_is_made_of_what_is_declared() -> None:
    assert component_identity(SPEC, "d", {"n": 1}) == {
        "distribution": "d",
        "name": "m",
        "version": 1,
        "params": {"n": 1},
    }
    reader = replace(SPEC, target=f"{__name__}:Reader", version=3)
    assert component_identity(reader, "d", {"n": 2})["files"] == "files 2"
    assert component_identity(reader, "d", {"n": 2})["version"] == 3


@pytest.mark.parametrize(
    ("introduced", "params", "counted"),
    [
        ({}, {"n": 1}, {"n": 1}),
        ({"n": 1}, {"n": 1}, {}),
        ({"n": 1}, {"n": 2}, {"n": 2}),
        ({"n": [1, 2]}, {"n": (1, 2), "k": 3}, {"k": 3}),
        ({"gone": 1}, {"n": 1}, {"n": 1}),
    ],
)
def test_a_later_parameter_counts_only_at_another_value_than_its_first(
    introduced: dict[str, Any], params: dict[str, Any], counted: dict[str, Any]
) -> None:
    assert key_parameters(replace(SPEC, introduced=introduced), params) == counted


@pytest.mark.parametrize(
    ("retired", "introduced", "params", "counted"),
    [
        ({"gone": 2}, {}, {"n": 1}, {"gone": 2, "n": 1}),
        ({"gone": 2}, {"gone": 2}, {"n": 1}, {"n": 1}),
        ({"gone": 2}, {"gone": 1}, {"n": 1}, {"gone": 2, "n": 1}),
        ({"gone": 2}, {}, {"gone": 3, "n": 1}, {"gone": 3, "n": 1}),
    ],
    ids=["from the beginning", "at its first value", "at another value", "of an older record"],
)
def test_a_removed_parameter_counts_at_the_value_it_was_removed_at(
    retired: dict[str, Any], introduced: dict[str, Any], params: dict[str, Any], counted: dict[str, Any]
) -> None:
    spec = replace(SPEC, introduced=introduced, retired=retired)
    assert key_parameters(spec, params) == counted
    with_it = {"gone": 2, **params}
    assert key_parameters(replace(SPEC, introduced=introduced), with_it) == counted


CODES: dict[str, Any] = {
    "features": "f",
    "inputs": {"views": 1},
    "labels": "l",
    "method": {"name": "m"},
    "bits": 16,
    "seed": 0,
    "threads": 1,
}
TRIAL: dict[str, Any] = {
    "codes": "c",
    "task": "t",
    "recipe": "default",
    "at": None,
    "metrics": [("d", "x", 1)],
}


@pytest.mark.parametrize(
    "change",
    [
        {"features": "g"},
        {"inputs": {"views": 2}},
        {"inputs": {}},
        {"labels": "m"},
        {"method": {"name": "n"}},
        {"bits": 32},
        {"bits": None},
        {"seed": 1},
        {"seed": None},
        {"threads": 2},
        {"validation_labels": False},
    ],
)
def test_everything_that_decides_codes_is_in_their_key(change: dict[str, Any]) -> None:
    assert codes_key(**{**CODES, **change}) != codes_key(**CODES)


@pytest.mark.parametrize(
    "change",
    [
        {"codes": "d"},
        {"task": "u"},
        {"recipe": "published"},
        {"at": [10]},
        {"metrics": []},
        {"metrics": [("d", "x", 2)]},
        {"metrics": [("e", "x", 1)]},
        {"requested_features": "f"},
    ],
)
def test_everything_that_decides_scores_is_in_the_key_of_a_trial(change: dict[str, Any]) -> None:
    assert trial_key(**{**TRIAL, **change}) != trial_key(**TRIAL)


class Movable:
    def __init__(self, n: int = 1, device: str = "cpu") -> None: ...


@pytest.mark.parametrize(
    ("spec", "first"),
    [
        (replace(SPEC, target=f"{__name__}:Movable"), "cpu"),
        (replace(SPEC, target=f"{__name__}:Movable", params={"device": "cuda:1"}), "cuda:1"),
    ],
)
def test_where_a_method_computes_is_no_part_of_a_key(spec: HasherSpec, first: str) -> None:
    for device in ("cpu", "cuda"):
        assert key_parameters(spec, {"n": 1, "device": device}) == {"n": 1, "device": first}


def test_where_a_featurizer_computes_is_part_of_its_key() -> None:
    spec = FeaturizerSpec("f", f"{__name__}:Movable", "For tests")
    assert key_parameters(spec, {"n": 1, "device": "cuda"}) == {"n": 1, "device": "cuda"}


def test_a_neutral_parameter_that_a_component_no_longer_takes_stays_as_it_was() -> None:
    assert key_parameters(SPEC, {"n": 1, "device": "cuda"}) == {"n": 1, "device": "cuda"}


def test_features_depend_on_documents_split_and_featurizer() -> None:
    keys = {
        features_key(*of) for of in (("a", "b", {}), ("c", "b", {}), ("a", "d", {}), ("a", "b", {"n": 1}))
    }
    assert len(keys) == 4
