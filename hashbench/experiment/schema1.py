"""Records of schema 1, which were keyed by the bytes of the sources, brought to the schema of today.

The table beside this module holds, for every component of that time, the hash of its sources and the digest
of the same code. By recomputing the keys of a record from it, each part of the record is found to belong to
that code or not; where it does not, its code is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from hashbench.errors import DataError
from hashbench.experiment.record import LabelsUsed, Origin, Score, Seconds, Task, Trial, TrialRecord
from hashbench.fingerprint import content_key
from hashbench.identity import codes_key, declared_identity, features_key, trial_key

SCHEMA = 1
BUILDER_VERSION = 2
Document = Mapping[str, Any]


def is_schema1(text: str) -> bool:
    """Tell whether a text is a record of schema 1."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("schema") == SCHEMA


def upgraded(text: str) -> TrialRecord:
    """Return a record of schema 1 in the schema of today, with the key that it has today.

    Args:
        text: the record.

    Raises:
        DataError: it is no such record, or of components that were not part of hashbench.
    """
    try:
        return _upgraded(json.loads(text))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"cannot be upgraded: {type(error).__name__}: {error}") from error


def _upgraded(document: Document) -> TrialRecord:
    trial, protocol, plugin = document["trial"], document["protocol"], document["plugin"]
    method, featurizer = _table()["methods"][trial["method"]], _table()["featurizers"][trial["features"]]
    if document["counts"].get("empty-queries"):
        raise DataError("cannot be upgraded: queries without a feature were left out, today they count")
    at, metrics = _scoring(document)
    code = _code(document, metrics)
    task = Task(
        **{name: protocol[name] for name in ("documents", "labels", "split", "split_rows", "queries")},
        evaluator=protocol["evaluator"],
    )
    distribution, release = plugin["distribution"], plugin["version"]
    features = features_key(
        task.documents,
        task.split_rows,
        declared_identity(
            distribution, trial["features"], 1, trial["feature_params"], _target(featurizer).get("files")
        ),
    )
    codes = codes_key(
        features,
        dict.fromkeys(method["inputs"], 1),
        task.labels,
        declared_identity(distribution, trial["method"], 1, trial["params"], None),
        trial["bits"],
        trial["seed"],
        document["threads"],
    )
    own = Origin(distribution, release, 1)
    return TrialRecord(
        key=trial_key(codes, task.fingerprint, "default", at, [(distribution, name, 1) for name in metrics]),
        codes_key=codes,
        features_key=features,
        status=document["status"],
        trial=Trial(
            dataset=trial["dataset"],
            dataset_params=trial["dataset_params"],
            featurizer=trial["features"],
            featurizer_params=trial["feature_params"],
            method=trial["method"],
            recipe="default",
            params=trial["params"],
            bits=trial["bits"],
            seed=trial["seed"],
        ),
        task=task,
        origins=dict.fromkeys(("method", "featurizer", "dataset", *(f"metric {m}" for m in metrics)), own),
        code=code,
        finished=document["finished"],
        overrides={
            name: document["overrides"].get(old, {})
            for name, old in (("dataset", "dataset"), ("featurizer", "features"), ("method", "method"))
        },
        changed=bool(document["overrides"].get("method")),
        labels=_labels(document["supervised"], method["validation"]),
        scores={name: Score(**score) for name, score in document["scores"].items()},
        seconds=Seconds(**document["seconds"]),
        fit_diagnostics=document.get("facts", {}),
        notes=tuple(document["notes"]),
        **{name: document[name] for name in _SAME if name in document},
    )


_SAME = (
    "reference",
    "chance",
    "metrics",
    "counts",
    "peak_rss_mib",
    "threads",
    "versions",
    "machine",
    "description",
    "error",
    "traceback",
)


def _labels(supervised: bool, validation: bool) -> LabelsUsed:
    if supervised:
        return "training and validation" if validation else "training"
    return "validation" if validation else "none"


def _scoring(document: Document) -> tuple[list[int] | None, list[str]]:
    """Return the Ns and the metrics that a record was asked for, by trying which give its key."""
    ns = sorted({int(name.rpartition("@")[2]) for name in document["scores"]})
    for at in (None, ns):
        for metrics in (sorted(_table()["metrics"]), []):
            scored = [[m, document["plugin"]["version"], _source(_table()["metrics"][m])] for m in metrics]
            protocol = content_key(document["protocol"])[:12]
            parts = {"codes": document["codes_key"], "protocol": protocol, "at": at, "metrics": scored}
            if content_key(parts) == document["key"]:
                return at, metrics
    raise DataError("cannot be upgraded: it was scored by metrics that are not known")


def _code(document: Document, metrics: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the digests of the code behind a record, none where it is not that of the table."""
    trial, protocol, plugin = document["trial"], document["protocol"], document["plugin"]
    method, featurizer = _table()["methods"][trial["method"]], _table()["featurizers"][trial["features"]]
    known = {
        "method": (method["target"], plugin["source"] == _source(method["target"])),
        "featurizer": (featurizer, protocol["features"] == _old_features_key(document, featurizer)),
        **{f"metric {name}": (_table()["metrics"][name], True) for name in metrics},
        **{
            f"input {name}": (_table()["inputs"][name], document["codes_key"] == _old_codes_key(document))
            for name in method["inputs"]
            if name in _table()["inputs"]
        },
    }
    return {part: (_target(target)["code"],) if same else () for part, (target, same) in known.items()}


def _old_features_key(document: Document, target: str) -> str:
    trial, protocol = document["trial"], document["protocol"]
    return content_key(
        {
            "documents": protocol["documents"],
            "split": protocol["split_rows"],
            "featurizer": trial["features"],
            "params": trial["feature_params"],
            "files": _target(target).get("files"),
            "plugin_version": document["plugin"]["version"],
            "source": _source(target),
            "builder": BUILDER_VERSION,
        }
    )


def _old_codes_key(document: Document) -> str:
    trial, protocol = document["trial"], document["protocol"]
    inputs = _table()["methods"][trial["method"]]["inputs"]
    sources = {name: _table()["inputs"].get(name) for name in inputs}
    return content_key(
        {
            "features": protocol["features"],
            "inputs": [
                content_key(
                    {
                        "features": protocol["features"],
                        "input": name,
                        "source": None if target is None else _source(target),
                    }
                )
                for name, target in sources.items()
            ],
            "labels": protocol["labels"],
            "method": trial["method"],
            "plugin": document["plugin"],
            "params": trial["params"],
            "bits": trial["bits"],
            "seed": trial["seed"],
            "threads": document["threads"],
        }
    )


def _source(target: str) -> str:
    return str(_target(target)["source"])


def _target(target: str) -> Mapping[str, str]:
    found: Mapping[str, str] = _table()["targets"][target]
    return found


@cache
def _table() -> Mapping[str, Any]:
    table = files("hashbench.experiment").joinpath("schema1_sources.json")
    read: Mapping[str, Any] = json.loads(table.read_text(encoding="utf-8"))
    return read
