"""Trials and what is stored of them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hashbench.code_digest import combined_digest
from hashbench.errors import DataError
from hashbench.experiment.record_checks import check_record
from hashbench.experiment.typed_json import from_json_value
from hashbench.fingerprint import content_key
from hashbench.specs import Tuning

SCHEMA = 2
LABELS_USED = ("none", "training", "validation", "training and validation")
LabelsUsed = Literal["none", "training", "validation", "training and validation"]
Kind = Literal["bits", "quantiser", "ranker"]
_STEPS = 2**16 - 1


@dataclass(frozen=True)
class Trial:
    """One cell of a grid, complete with every parameter.

    ``bits`` is None for rankers without code lengths, ``seed`` for methods that draw nothing at random.

    Attributes:
        featurizer: what made the vectors that the method was given.
        recipe: name of the recipe of the method.
        requested: the featurizer that the run named, where the recipe has one of its own; else None.
        requested_params: its parameters.
    """

    dataset: str
    dataset_params: Mapping[str, Any]
    featurizer: str
    featurizer_params: Mapping[str, Any]
    method: str
    recipe: str
    params: Mapping[str, Any]
    bits: int | None
    seed: int | None
    requested: str | None = None
    requested_params: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        recipe = "" if self.recipe == "default" else f"@{self.recipe}"
        bits = "" if self.bits is None else f" {self.bits} bits"
        seed = "" if self.seed is None else f" seed {self.seed}"
        return f"{self.method}{recipe}{bits}{seed} on {self.dataset}/{self.requested or self.featurizer}"


@dataclass(frozen=True)
class Task:
    """What is asked of every method: which documents are ranked for which queries, and what is relevant.

    Attributes:
        documents: fingerprint of the documents.
        labels: fingerprint of their labels.
        split: recipe of the split, in words.
        split_rows: fingerprint of the split.
        queries: the split whose documents are the queries; the database is the training documents.
        evaluator: version of the evaluator.
        relevance: when a document is relevant to a query.
        ties: what is reported of documents at equal distance.
        search: how the codes are searched: "symmetric", "asymmetric" or "rescored:R".
    """

    documents: str
    labels: str
    split: str
    split_rows: str
    queries: Literal["test", "validation"]
    evaluator: int
    relevance: str = "shares a label with the query"
    ties: str = "expectation over random orders"
    search: str = "symmetric"

    @property
    def fingerprint(self) -> str:
        """Short hash; scores of different tasks are not comparable."""
        return _task_fingerprint(self)

    def to_json(self) -> dict[str, Any]:
        """Return the task as a JSON object; symmetric search, as before there were others, is left out."""
        document = asdict(self)
        if self.search == "symmetric":
            del document["search"]
        return document


@cache
def _task_fingerprint(task: Task) -> str:
    return content_key(task.to_json())[:12]


@dataclass(frozen=True)
class Score:
    """Mean precision over queries: expected under random tie order, and in the worst and best order."""

    expected: float
    worst: float
    best: float


@dataclass(frozen=True)
class Seconds:
    """Wall-clock seconds of each phase; None where a phase did not run.

    Attributes:
        fit_cpu: CPU seconds of fit, one that failed included: of all threads of the process, not of a GPU.
        search: seconds to find the 100 nearest documents of one query, where the cost was measured.
    """

    features: float | None = None
    fit: float | None = None
    encode: float | None = None
    evaluate: float | None = None
    fit_cpu: float | None = None
    search: float | None = None


@dataclass(frozen=True)
class Origin:
    """Where a component comes from.

    Attributes:
        distribution: the installed distribution.
        release: its release, such as "1.2.0".
        version: version of the component, as its spec declares it.
    """

    distribution: str
    release: str
    version: int


@dataclass(frozen=True)
class TrialRecord:
    """What is stored of a trial.

    Attributes:
        key: hash of all that decides its scores, see ``hashbench.identity``.
        codes_key: hash of all that decides the codes.
        features_key: hash of all that decides the vectors.
        status: "ok" or "failed".
        trial: the trial.
        task: the task.
        origins: where the components come from, by "method", "featurizer", "dataset" and "metric NAME".
        code: evidence of the code that made it, by "method", "featurizer", "input NAME" and "metric NAME":
            digests of ``hashbench.code_digest``. The first is of the code that ran; those that follow are of
            code that is known to give the same; none where it is unknown.
        overrides: parameters that the user set, by "dataset", "featurizer" and "method".
        changed: a parameter of the method was set to another value than its recipe has, and it is not one
            that the source of the recipe varies.
        labels: which labels the method was given.
        reference: the method is a baseline such as random codes.
        kind: "bits" ranked by Hamming distance, "quantiser" by asymmetric distance, "ranker" by a similarity
            of its own. Records of rankers without code lengths from before there were kinds say "bits".
        memory_bits: bits that are stored of a document, where it is known and no code length.
        scores: by metric, such as "p@100" and "coarse-p@100".
        by_query: values of each query by metric, see ``packed_values``; of "p@100" at 32 and 64 bits and of
            methods without codes. The queries are those of the task, in the order of the corpus.
        chance: what random ranking would score, by "p" and "coarse-p".
        metrics: values of the other metrics, by metric and name.
        fit_diagnostics: what the method reports about its fit, see ``hashbench.hashing``.
        counts: documents by role: "database", "queries", "encoded", and those without a feature or a label.
        seconds: wall-clock seconds of each phase.
        peak_rss_mib: peak resident memory of the process during fit and encode, in MiB.
        threads: threads that fit and encode were allowed.
        versions: versions of Python and of the packages that compute.
        machine: processor, cores, and what BLAS and torch make of the processor.
        description: provenance of the corpus.
        notes: remarks of the corpus and the evaluator.
        error: one-line reason of a failure.
        traceback: its traceback.
        finished: when the trial ended, ISO 8601 in UTC.
        tuning: how ``hashbench tune`` chose the values of its recipe, where it did.
        recipe_file: the file of its recipe, as the user named it; empty for a recipe that comes with the
            method.
        cost_measured: its seconds and its memory are of a trial that ran by itself: on one thread, in a
            process of its own, with no other trial of the same run beside it.
    """

    key: str
    codes_key: str
    features_key: str
    status: Literal["ok", "failed"]
    trial: Trial
    task: Task
    origins: Mapping[str, Origin]
    code: Mapping[str, tuple[str, ...]]
    finished: str
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    changed: bool = False
    labels: LabelsUsed = "none"
    reference: bool = False
    kind: Kind = "bits"
    memory_bits: float | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    by_query: Mapping[str, str] = field(default_factory=dict)
    chance: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    fit_diagnostics: Mapping[str, float | int | str] = field(default_factory=dict)
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
    tuning: Tuning | None = None
    recipe_file: str = ""
    cost_measured: bool = False
    schema: int = SCHEMA

    @property
    def all_labels(self) -> LabelsUsed:
        """Which labels of its dataset were used: given to the method, or used to tune it."""
        tuned_here = self.tuning is not None and self.trial.dataset in self.tuning.datasets
        if not tuned_here or "validation" in self.labels:
            return self.labels
        return "training and validation" if self.supervised else "validation"

    @property
    def supervised(self) -> bool:
        """Whether the method was given labels of training documents."""
        return "training" in self.labels

    @property
    def ranked_by(self) -> str:
        """What the documents are ranked by."""
        if self.kind == "ranker" or self.trial.bits is None:
            return "a similarity of its own"
        if self.task.search.startswith("rescored"):
            return f"the cosine of the features, {self.task.search}"
        real = self.kind == "quantiser" or self.task.search == "asymmetric"
        return "asymmetric distance" if real else "Hamming distance"

    @property
    def bits_per_document(self) -> float | None:
        """Bits that are stored of a document; None where it is not known."""
        return self.trial.bits if self.memory_bits is None else self.memory_bits

    @property
    def features_name(self) -> str:
        """Name of the cached features it was made from."""
        return stored_name(self.features_key, self.code, ("featurizer",))

    @property
    def codes_name(self) -> str:
        """Name of the file of its codes."""
        parts = [part for part in self.code if not part.startswith("metric ")]
        return stored_name(self.codes_key, self.code, sorted(parts))

    def to_json(self) -> str:
        """Return the record as an indented JSON document, with a digest of its content."""
        document = {**asdict(self), "task": self.task.to_json()}
        document["digest"] = content_key(document)
        return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> TrialRecord:
        """Read a record back, and check its types, its numbers and its digest.

        A record without a digest is one that was written before records had them; ``hashbench upgrade`` adds
        it.

        Raises:
            DataError: not JSON, not a record, of another schema, or not as it was written.
        """
        document = parsed_json(text)
        digest = document.pop("digest", None)
        schema = document.get("schema")
        if schema != SCHEMA:
            raise DataError("is not a trial record" if schema is None else _of_another_schema(schema))
        try:
            record = from_json_value(cls, document)
            check_record(record)
        except DataError as error:
            raise DataError(f"is not a trial record: it {error}") from error
        if digest not in (None, _digest(document)):
            raise DataError("differs from its digest: it was damaged or changed by hand")
        return record

    def event(self, status: Literal["ok", "failed", "reused"]) -> dict[str, Any]:
        """Return what ``hashbench run --json`` prints when the trial ends."""
        document = asdict(self)
        names = (
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
        )
        return {name: status if name == "status" else document[name] for name in names}


def stored_name(key: str, code: Mapping[str, tuple[str, ...]], parts: Any) -> str:
    """Return the name under which features or codes are stored: their key, and the code that made them.

    Args:
        key: the key.
        code: see ``TrialRecord``.
        parts: the parts of ``code`` that count.
    """
    digests = [f"{part} {code[part][0] if code.get(part) else 'unknown'}" for part in parts]
    return f"{key}-{combined_digest(*digests)}"


def packed_values(values: NDArray[np.floating[Any]]) -> str:
    """Return shares, 0 to 1, as text: 16 bits each, rounded by 8e-6 at most, compressed.

    Args:
        values: one a query, shape (n_queries,).
    """
    steps = np.rint(np.asarray(values, dtype=np.float64) * _STEPS).astype("<u2")
    return base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode("ascii")


def unpacked_values(text: str) -> NDArray[np.float64]:
    """Return the shares that ``packed_values`` wrote, float64 of shape (n_queries,).

    Raises:
        DataError: the text is damaged.
    """
    try:
        steps = np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), dtype="<u2")
    except (ValueError, zlib.error) as error:
        raise DataError(f"the values by query are damaged: {error}") from error
    return steps.astype(np.float64) / _STEPS


def parsed_json(text: str) -> dict[str, Any]:
    """Return the JSON object in a text.

    Raises:
        DataError: it is no complete JSON object.
    """
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise DataError("is not a trial record: it is nested too deeply") from error
    except ValueError as error:
        raise DataError(f"is not complete JSON: {error}") from error
    if not isinstance(document, dict):
        raise DataError("is not a trial record")
    return document


def _digest(document: Mapping[str, Any]) -> str:
    try:
        return content_key(document)
    except ValueError as error:
        raise DataError("is not a trial record: it holds NaN or an infinite number") from error


def _of_another_schema(schema: Any) -> str:
    known = f"is of schema {schema}, this hashbench reads schema {SCHEMA}"
    return f"{known}; `hashbench upgrade` brings a folder of results to it" if schema == 1 else known
