"""Records of schema 1 in the schema of today."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hashbench.codes import Codes
from hashbench.errors import DataError
from hashbench.experiment import schema1
from hashbench.experiment.record import Seconds, TrialRecord
from hashbench.experiment.schema1 import is_schema1, upgraded
from hashbench.experiment.store import ResultStore, StoredCodes, UnreadableRecord
from hashbench.experiment.upgrade import upgrade_records
from hashbench.fingerprint import content_key
from hashbench.hashing.fit_diagnostics import FitDiagnostics

OLD = Path(__file__).with_name("schema1_record.json")
"""A record of itq on the docstrings at 16 bits as schema 1 stored it."""

TABLE = json.loads(Path(schema1.__file__).with_name("schema1_sources.json").read_text())


@pytest.fixture
def document() -> dict[str, Any]:
    return json.loads(OLD.read_text())


def rekeyed(document: dict[str, Any]) -> str:
    """Return a changed record with the key that it would have had."""
    scored = [["diagnostics", "0.1.0", TABLE["targets"][TABLE["metrics"]["diagnostics"]]["source"]]]
    protocol = content_key(document["protocol"])[:12]
    parts = {"codes": document["codes_key"], "protocol": protocol, "at": None, "metrics": scored}
    return json.dumps({**document, "key": content_key(parts)})


def test_an_old_record_keeps_its_scores_and_says_what_is_known(document: dict[str, Any]) -> None:
    record = upgraded(OLD.read_text())
    assert TrialRecord.from_json(record.to_json()) == record
    assert record.schema == 2
    assert record.scores["p@100"].expected == document["scores"]["p@100"]["expected"]
    assert record.trial.featurizer == document["trial"]["features"]
    assert (record.trial.recipe, record.labels, record.changed) == ("default", "none", False)
    assert record.task.documents == document["protocol"]["documents"]
    assert record.origins["method"].distribution == "hashbench"
    assert record.key != document["key"]


def test_code_is_known_where_its_sources_were_those_of_the_table(document: dict[str, Any]) -> None:
    target = TABLE["targets"][TABLE["methods"]["lsh"]["target"]]
    document["plugin"]["source"] = target["source"]
    document["trial"]["method"] = "lsh"
    record = upgraded(rekeyed(document))
    assert record.code["method"] == (target["code"],)
    document["plugin"]["source"] = "something else"
    assert upgraded(rekeyed(document)).code["method"] == ()
    assert upgraded(rekeyed(document)).key == record.key
    document["protocol"]["features"] = "other"
    assert upgraded(rekeyed(document)).code["featurizer"] == ()


@pytest.mark.parametrize(
    ("method", "supervised", "labels"),
    [
        ("itq", False, "none"),
        ("ksh", True, "training"),
        ("nash", False, "validation"),
        ("bmsh-s", True, "training and validation"),
    ],
)
def test_the_labels_that_were_used_are_said(
    document: dict[str, Any], method: str, supervised: bool, labels: str
) -> None:
    document["trial"]["method"] = method
    document["supervised"] = supervised
    assert upgraded(rekeyed(document)).labels == labels


def test_overrides_make_a_changed_row(document: dict[str, Any]) -> None:
    document["overrides"] = {"dataset": {}, "features": {"min_df": 5}, "method": {"n_iter": 3}}
    record = upgraded(rekeyed(document))
    assert record.overrides == {"dataset": {}, "featurizer": {"min_df": 5}, "method": {"n_iter": 3}}
    assert record.changed


def test_what_cannot_be_upgraded_says_why(document: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="metrics that are not known"):
        upgraded(json.dumps({**document, "key": "0" * 20}))
    stranger = deepcopy(document)
    stranger["trial"]["method"] = "stranger"
    with pytest.raises(DataError, match="stranger"):
        upgraded(json.dumps(stranger))
    document["counts"]["empty-queries"] = 3
    with pytest.raises(DataError, match="queries without a feature"):
        upgraded(json.dumps(document))
    assert not is_schema1("{}")
    assert not is_schema1("not JSON")


def test_a_folder_is_upgraded_with_its_codes_and_nothing_is_lost(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    store = ResultStore(tmp_path)
    store.prepare()
    old = store.records_folder / f"{document['key']}.json"
    old.write_text(OLD.read_text())
    broken = store.records_folder / "broken.json"
    broken.write_text(json.dumps({**document, "key": "0" * 20}))
    codes = {part: Codes.pack(np.eye(4, 16, dtype=np.uint8)) for part in ("train", "validation", "test")}
    rows = {part: np.arange(4) for part in codes}
    stored = StoredCodes(codes, rows, {}, Seconds(fit=1.0), 5.0, FitDiagnostics({"loss": 0.5}))
    store.save_codes(document["codes_key"], stored)
    assert isinstance(store.find(document["key"]), UnreadableRecord)

    done, left = sorted(upgrade_records(store), key=lambda found: found.record is None)
    assert done.record is not None
    assert left.path == broken
    assert store.find(done.record.key) == done.record
    found = store.find_codes(done.record.codes_name)
    assert found is not None
    assert found.fit_diagnostics.values == {"loss": 0.5}
    assert (tmp_path / "schema-1" / old.name).read_text() == OLD.read_text()
    assert {path.stem for path in store.records_folder.iterdir()} == {done.record.key, "broken"}
    assert [found.path for found in upgrade_records(store)] == [broken]
