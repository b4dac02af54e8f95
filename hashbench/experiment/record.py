"""Trials and what is stored of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from hashbench.errors import DataError
from hashbench.fingerprint import content_key

SCHEMA = 1


@dataclass(frozen=True)
class Trial:
    """One cell of a grid, complete with every parameter.

    ``bits`` is None for methods without codes, ``seed`` is None for methods that draw nothing at random.
    """

    dataset: str
    dataset_params: Mapping[str, Any]
    features: str
    feature_params: Mapping[str, Any]
    method: str
    params: Mapping[str, Any]
    bits: int | None
    seed: int | None

    def __str__(self) -> str:
        bits = "" if self.bits is None else f" {self.bits} bits"
        seed = "" if self.seed is None else f" seed {self.seed}"
        return f"{self.method}{bits}{seed} on {self.dataset}/{self.features}"


@dataclass(frozen=True)
class Protocol:
    """Everything besides the method that decides what a score means.

    Attributes:
        documents: fingerprint of the documents.
        labels: fingerprint of their labels.
        split: recipe of the split, in words.
        split_rows: fingerprint of the split.
        features: key of the features.
        queries: the part whose documents are the queries; the database is the training part.
        relevance: when a document is relevant to a query.
        ties: what is reported of documents at equal distance.
        evaluator: version of the evaluator.
    """

    dataset: str
    documents: str
    labels: str
    split: str
    split_rows: str
    features: str
    queries: Literal["test", "validation"]
    evaluator: int
    relevance: str = "shares a label with the query"
    ties: str = "expectation over random orders"

    @property
    def fingerprint(self) -> str:
        """Short hash; scores with different fingerprints are not comparable."""
        return content_key(asdict(self))[:12]


@dataclass(frozen=True)
class Score:
    """Mean precision over queries: expected under random tie order, and in the worst and best order."""

    expected: float
    worst: float
    best: float


@dataclass(frozen=True)
class Seconds:
    """Wall-clock seconds of each phase; None where a phase did not run."""

    features: float | None = None
    fit: float | None = None
    encode: float | None = None
    evaluate: float | None = None


@dataclass(frozen=True)
class PluginSource:
    """Where the code of a method came from."""

    distribution: str
    version: str
    source: str


@dataclass(frozen=True)
class TrialRecord:
    """What is stored of a trial.

    Attributes:
        key: hash of the codes key, the protocol, the Ns and the metrics.
        codes_key: hash of all that decides the codes.
        status: "ok" or "failed".
        trial: the trial.
        overrides: parameters that differ from their defaults, by "dataset", "features" and "method".
        reference: the method is a mark on the scale.
        supervised: the method was given the labels of the training documents.
        protocol: the protocol.
        plugin: where the method came from.
        scores: by metric, such as "p@100" and "coarse-p@100".
        chance: what random ranking would score, by "p" and "coarse-p".
        metrics: values of the other metrics, by metric and name.
        facts: what the method tells about itself beside its codes, see ``hashbench.hashing``.
        counts: documents by role: "train", "database", "queries", "encoded", and those left out.
        seconds: wall-clock seconds of each phase.
        peak_rss_mib: peak resident memory of the process during fit and encode, in MiB.
        threads: threads that fit and encode were allowed.
        versions: versions of Python and of the packages that compute.
        machine: processor and number of cores.
        description: provenance of the corpus.
        notes: remarks of the corpus and the evaluator.
        error: one-line reason of a failure.
        traceback: its traceback.
        finished: when the trial ended, ISO 8601 in UTC.
    """

    key: str
    codes_key: str
    status: Literal["ok", "failed"]
    trial: Trial
    protocol: Protocol
    plugin: PluginSource
    finished: str
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reference: bool = False
    supervised: bool = False
    scores: Mapping[str, Score] = field(default_factory=dict)
    chance: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: Seconds = field(default_factory=Seconds)
    peak_rss_mib: float | None = None
    threads: int = 1
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str | int] = field(default_factory=dict)
    description: str = ""
    notes: tuple[str, ...] = ()
    error: str | None = None
    traceback: str | None = None
    schema: int = SCHEMA

    def to_json(self) -> str:
        """Return the record as an indented JSON document."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> TrialRecord:
        """Read a record back.

        Raises:
            DataError: not JSON, not a record, or of another schema.
        """
        try:
            document = json.loads(text)
            if document["schema"] != SCHEMA:
                raise DataError(f"is of schema {document['schema']}, this hashbench reads schema {SCHEMA}")
            return cls(**{name: _READ.get(name, _same)(value) for name, value in document.items()})
        except json.JSONDecodeError as error:
            raise DataError(f"is not complete JSON: {error}") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"is not a trial record: {type(error).__name__}: {error}") from error

    def event(self, status: Literal["ok", "failed", "reused"]) -> dict[str, Any]:
        """Return what ``hashbench run --json`` prints when the trial ends."""
        document = asdict(self)
        names = ("schema", "key", "status", "trial", "scores", "seconds", "peak_rss_mib", "error")
        return {name: status if name == "status" else document[name] for name in names}


def _same(value: Any) -> Any:
    return value


_READ: Mapping[str, Any] = {
    "trial": lambda value: Trial(**value),
    "plugin": lambda value: PluginSource(**value),
    "protocol": lambda value: Protocol(**value),
    "scores": lambda value: {name: Score(**score) for name, score in value.items()},
    "seconds": lambda value: Seconds(**value),
    "notes": tuple,
}
assert set(_READ) <= {each.name for each in fields(TrialRecord)}
