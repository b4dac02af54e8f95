"""One trial: fit, encode, evaluate, and the record of how it went."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.data.split import Split
from hashbench.errors import HashbenchError, StorageError
from hashbench.evaluation.evaluator import evaluate, evaluate_ranking
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.scores import Scores
from hashbench.experiment import environment
from hashbench.experiment.grid import HEADLINE_N, GridRequest, PlannedTrial, ns_of
from hashbench.experiment.label_use import needs_vectors
from hashbench.experiment.queries import Labels, Queries
from hashbench.experiment.record import Score, Seconds, TrialRecord, packed_values
from hashbench.experiment.returned import checked_codes, checked_fit_diagnostics, checked_metric
from hashbench.experiment.store import ResultStore, StoredCodes
from hashbench.experiment.vectors import with_vectors
from hashbench.features.build import open_features
from hashbench.features.features import Features
from hashbench.hashing.fit_diagnostics import FitDiagnostics
from hashbench.printable import printable, printable_line
from hashbench.registry import Component


@dataclass(frozen=True, eq=False)
class TrialInputs:
    """What the trials of one dataset and featurizer share.

    Attributes:
        features: opens the features with extra inputs by name, in the process that runs the trial.
        labels: labels of all documents of the corpus.
        split: the split of the corpus, all documents included.
        request: the grid they belong to.
        metrics: metrics beside P@N.
        kernel_threads: threads of the evaluation kernel.
        reuse_codes: score stored codes where there are some.
        ids: what names each document of the corpus, or None.
    """

    features: Callable[[Sequence[str]], Features]
    labels: Labels
    split: Split
    request: GridRequest
    metrics: tuple[Component, ...]
    kernel_threads: int
    reuse_codes: bool
    ids: Sequence[str] | None = None


@dataclass
class Stopwatch:
    """Wall-clock seconds by phase, and the phase that began last."""

    seconds: Seconds = field(default_factory=Seconds)
    phase: str = ""

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        self.phase = phase
        start = time.perf_counter()
        yield
        self.seconds = replace(self.seconds, **{phase: time.perf_counter() - start})


@dataclass(frozen=True)
class Evaluation:
    """Scores of a trial and what goes with them into the record."""

    scores: Mapping[str, Score]
    chance: Mapping[str, float]
    counts: Mapping[str, int]
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    by_query: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()


def run_trial(planned: PlannedTrial, inputs: TrialInputs, store: ResultStore) -> TrialRecord:
    """Run one trial, write its codes and its record, and return the record.

    What a plugin raises becomes a failed record.

    Raises:
        StorageError: something cannot be stored, or no longer be read; that is no result of the trial.
    """
    watch = Stopwatch()
    try:
        record = _run(planned, inputs, store, watch)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its row says what
        record = failed_record(planned, error, phase=watch.phase, seconds=watch.seconds)
    store.save(record)
    return record


def failed_record(
    planned: PlannedTrial, error: BaseException, *, phase: str = "", seconds: Seconds | None = None
) -> TrialRecord:
    """Return the record of a trial that raised, in a phase and after the phases that took ``seconds``."""
    reason = printable_line(str(error)) or "no message"
    kind = "" if isinstance(error, HashbenchError) else f"{type(error).__name__}: "
    return replace(
        _blank_record(planned),
        status="failed",
        seconds=seconds or Seconds(),
        error=f"{phase + ': ' if phase else ''}{kind}{reason}",
        traceback=printable("".join(traceback.format_exception(error))),
    )


def _blank_record(planned: PlannedTrial) -> TrialRecord:
    return TrialRecord(
        key=planned.key,
        codes_key=planned.codes_key,
        features_key=planned.features_key,
        status="ok",
        trial=planned.trial,
        task=planned.task,
        origins=planned.origins,
        code=planned.recorded_code,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        overrides=planned.overrides,
        changed=planned.changed,
        labels=planned.labels,
        reference=planned.spec.reference,
        threads=planned.threads,
        versions=environment.package_versions(),
        machine=environment.machine(),
        description=planned.description,
        notes=planned.notes,
    )


def _run(planned: PlannedTrial, inputs: TrialInputs, store: ResultStore, watch: Stopwatch) -> TrialRecord:
    values: Mapping[str, float | int | str] = {}
    if planned.spec.ranker:
        evaluation = _rank(planned, inputs, watch)
        peak: float | None = environment.peak_memory_mib()
    else:
        stored = store.find_codes(planned.codes_name) if inputs.reuse_codes else None
        if stored is None:
            features = inputs.features(planned.spec.inputs)
            stored = fit_and_encode(planned, features, inputs.labels, watch).named(inputs.ids)
            store.save_codes(planned.codes_name, stored)
        elif stored.ids != stored.named(inputs.ids).ids:
            stored = stored.named(inputs.ids)
            store.save_codes(planned.codes_name, stored)
        watch.seconds = stored.seconds
        peak, values = stored.peak_rss_mib, stored.fit_diagnostics.values
        with watch("evaluate"):
            evaluation = evaluate_codes(stored, inputs, partial(open_features, planned.requested_name))
    by_query = {}
    if planned.keeps_values_by_query and evaluation.by_query is not None:
        by_query[f"p@{HEADLINE_N}"] = packed_values(evaluation.by_query)
    return replace(
        _blank_record(planned),
        scores=evaluation.scores,
        by_query=by_query,
        chance=evaluation.chance,
        counts=evaluation.counts,
        metrics=evaluation.metrics,
        fit_diagnostics=values,
        notes=(*planned.notes, *evaluation.notes),
        seconds=watch.seconds,
        peak_rss_mib=peak,
    )


def fit_and_encode(
    planned: PlannedTrial, features: Features, labels: Labels, watch: Stopwatch
) -> StoredCodes:
    """Fit a hasher on the training documents and encode the documents of all three splits.

    The hasher is given the labels that ``planned.labels`` names, and never those of the test documents.

    Raises:
        ValueError: the hasher returned something other than uint8 codes of 0 and 1, shape (n, n_bits), or
            fit_diagnostics that cannot be stored.
    """
    watch.seconds = Seconds(features=features.seconds)
    environment.reset_peak_memory()
    hasher = _construct(planned)
    with environment.limited_threads(planned.threads):
        with watch("fit"):
            hasher.fit(features.train, **_fit_arguments(planned, features, labels))
        with watch("encode"):
            bits = {split: hasher.transform(matrix) for split, matrix in features.matrices.items()}
    if getattr(hasher, "training_codes_", None) is not None:
        bits["train"] = hasher.training_codes_
    assert planned.trial.bits is not None
    codes = {
        split: checked_codes(bits[split], matrix.shape[0], planned.trial.bits)
        for split, matrix in features.matrices.items()
    }
    return StoredCodes(
        codes,
        features.split.rows,
        features.empty,
        watch.seconds,
        environment.peak_memory_mib(),
        checked_fit_diagnostics(
            getattr(hasher, "fit_diagnostics_", FitDiagnostics()), features.train.shape[0]
        ),
    )


def evaluate_codes(
    stored: StoredCodes, inputs: TrialInputs, vectors: Callable[[], Features] | None = None
) -> Evaluation:
    """Score codes: precision at N if there are labels, and the other metrics.

    Args:
        stored: the codes.
        inputs: labels, split and metrics.
        vectors: opens the vectors whose neighbours codes are compared with, for metrics that need them.
    """
    split = inputs.request.queries
    queries = Queries.of(inputs.labels, inputs.split.rows[split], stored.rows[split])
    database = inputs.labels[stored.rows["train"]]
    encoded = queries.labels_of_encoded
    query_codes, database_codes = stored.codes[split][queries.encoded], stored.codes["train"]
    given = EvaluationInput(
        query_codes, database_codes, encoded.fine, database.fine, encoded.coarse, database.coarse
    )
    if vectors is not None and needs_vectors(inputs.metrics):
        given = with_vectors(
            given, vectors(), split, stored.rows[split][queries.encoded], stored.rows["train"]
        )
    metrics = {
        metric.name: checked_metric(metric.name, metric.spec.load()(given)) for metric in inputs.metrics
    }
    n_encoded = sum(len(codes) for codes in stored.codes.values())
    if not inputs.labels.exist:
        return unlabelled_evaluation(
            len(database_codes), stored.empty["train"], queries, metrics=metrics, encoded=n_encoded
        )
    scores = evaluate(
        query_codes,
        database_codes,
        encoded.fine,
        database.fine,
        at=ns_of(inputs.request, len(database_codes)),
        query_coarse=encoded.coarse,
        database_coarse=database.coarse,
        n_threads=inputs.kernel_threads,
    )
    complete = queries.with_empty(scores, database)
    return _evaluation(complete, stored.empty["train"], queries, metrics, n_encoded)


def _rank(planned: PlannedTrial, inputs: TrialInputs, watch: Stopwatch) -> Evaluation:
    features = inputs.features(())
    watch.seconds = Seconds(features=features.seconds)
    environment.reset_peak_memory()
    split = inputs.request.queries
    queries = Queries.of(inputs.labels, inputs.split.rows[split], features.split.rows[split])
    database = inputs.labels[features.split.train]
    encoded = queries.labels_of_encoded
    if not inputs.labels.exist:
        return unlabelled_evaluation(
            features.train.shape[0], features.empty["train"], queries, metrics={}, encoded=0
        )
    ranker = _construct(planned)
    with environment.limited_threads(planned.threads):
        with watch("fit"):
            ranker.fit(features.train)
        with watch("evaluate"):
            scores = evaluate_ranking(
                ranker.similarities(features.matrices[split][queries.encoded]),
                encoded.fine,
                database.fine,
                at=ns_of(inputs.request, features.train.shape[0]),
                query_coarse=encoded.coarse,
                database_coarse=database.coarse,
            )
    return _evaluation(queries.with_empty(scores, database), features.empty["train"], queries, {}, 0)


def unlabelled_evaluation(
    n_database: int,
    empty_database: int,
    queries: Queries,
    *,
    metrics: Mapping[str, Mapping[str, float]],
    encoded: int,
) -> Evaluation:
    """Return the evaluation of documents without labels: counts, and the metrics that need none."""
    counts = {
        "database": n_database,
        "queries": len(queries.has_code),
        "encoded": encoded,
        "empty-database": empty_database,
        "empty-queries": queries.n_empty,
    }
    return Evaluation(scores={}, chance={}, counts=counts, metrics=metrics)


def _construct(planned: PlannedTrial) -> Any:
    trial = planned.trial
    given = {"n_bits": trial.bits, "random_state": trial.seed}
    return planned.spec.load()(
        **trial.params, **{name: value for name, value in given.items() if value is not None}
    )


def _fit_arguments(planned: PlannedTrial, features: Features, labels: Labels) -> dict[str, Any]:
    spec = planned.spec
    arguments: dict[str, Any] = {name: features.inputs[name] for name in spec.inputs}
    if "training" in planned.labels:
        arguments["y"] = labels.fine[features.split.train]
    if spec.validation:
        arguments["X_val"] = features.validation
    if "validation" in planned.labels:
        arguments["y_val"] = labels.fine[features.split.validation]
    return arguments


def _evaluation(
    scores: Scores,
    empty_database: int,
    queries: Queries,
    metrics: Mapping[str, Mapping[str, float]],
    encoded: int,
) -> Evaluation:
    levels = {"": scores} | ({"coarse-": scores.coarse} if scores.coarse else {})
    headline = scores.precision.get(HEADLINE_N)
    return Evaluation(
        scores={
            f"{prefix}p@{n}": Score(level.expected[n], level.worst[n], level.best[n])
            for prefix, level in levels.items()
            for n in level.expected
        },
        chance={f"{prefix}p": level.chance for prefix, level in levels.items()},
        counts={
            "database": scores.n_database,
            "queries": scores.n_queries,
            "encoded": encoded,
            "empty-database": empty_database,
            "empty-queries": queries.n_empty,
            "unlabelled-queries": queries.n_unlabelled,
        },
        metrics=metrics,
        by_query=None if headline is None else headline.expected,
        notes=scores.notes,
    )
