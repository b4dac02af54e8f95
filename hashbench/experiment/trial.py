"""One trial: fit, encode, evaluate, and the record of how it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from hashbench.boundary import boundary, described, traceback_of
from hashbench.codes import Codes
from hashbench.data.split import Split
from hashbench.errors import HashbenchError, MachineError
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.scores import Scores
from hashbench.experiment import environment
from hashbench.experiment.cost import search_seconds
from hashbench.experiment.features_source import FeaturesSource
from hashbench.experiment.grid import DEFAULT_AT, HEADLINE_N, GridRequest, PlannedTrial, ns_of
from hashbench.experiment.kinds import Request, Scoring, adapter_of, adapter_of_stored
from hashbench.experiment.label_use import needs_vectors
from hashbench.experiment.metric_values import metric_values
from hashbench.experiment.queries import Labels, Queries
from hashbench.experiment.record import Score, Seconds, TrialRecord, packed_values
from hashbench.experiment.returned import checked_fit_diagnostics
from hashbench.experiment.store import ResultStore, StoredCodes
from hashbench.experiment.vectors import Vectors
from hashbench.features.features import Features
from hashbench.hashing.fit_diagnostics import FitDiagnostics
from hashbench.hashing.nearest import cosine_blocks, unit_rows
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
        reuse_codes: score what is stored where there is something.
        ids: what names each document of the corpus, or None.
        measure_cost: measure the search as well; the trial runs by itself.
    """

    features: Callable[[Sequence[str]], Features]
    labels: Labels
    split: Split
    request: GridRequest
    metrics: tuple[Component, ...]
    kernel_threads: int
    reuse_codes: bool
    ids: Sequence[str] | None = None
    measure_cost: bool = False


@dataclass
class Stopwatch:
    """Seconds by phase, and the phase that began last."""

    seconds: Seconds = field(default_factory=Seconds)
    phase: str = ""

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        self.phase = phase
        start, cpu_start = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            if phase == "fit":
                self.seconds = replace(self.seconds, fit_cpu=time.process_time() - cpu_start)
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


@dataclass(frozen=True, eq=False)
class TrialWork:
    """What is called for each trial of one dataset and featurizer, in whatever process it runs."""

    inputs: TrialInputs
    store: ResultStore

    def __call__(self, planned: PlannedTrial) -> TrialRecord:
        """Run a trial, see ``run_trial``."""
        return run_trial(planned, self.inputs, self.store)


def run_trial(planned: PlannedTrial, inputs: TrialInputs, store: ResultStore) -> TrialRecord:
    """Run one trial, write its codes and its record, and return the record.

    What a plugin raises becomes a failed record.

    Raises:
        MachineError: something cannot be stored or no longer be read, or there is no such device; that is no
            result of the trial.
    """
    watch = Stopwatch()
    try:
        with boundary():
            record = _run(planned, inputs, store, watch)
    except MachineError:
        raise
    except HashbenchError as error:
        record = failed_record(planned, error, phase=watch.phase, seconds=watch.seconds)
    store.save(record)
    return record


def failed_record(
    planned: PlannedTrial, error: HashbenchError, *, phase: str = "", seconds: Seconds | None = None
) -> TrialRecord:
    """Return the record of a trial that raised, in a phase and after the phases that took ``seconds``."""
    return replace(
        _blank_record(planned),
        status="failed",
        seconds=seconds or Seconds(),
        error=f"{phase + ': ' if phase else ''}{described(error)}",
        traceback=traceback_of(error),
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
        kind=adapter_of(planned.spec).kind,
        threads=planned.threads,
        tuning=planned.method.recipe.tuning_for(planned.trial.dataset, planned.trial.bits),
        recipe_file=planned.method.recipe.file,
        versions=environment.package_versions(),
        machine=environment.machine(),
        description=planned.description,
        notes=planned.notes,
    )


def _run(planned: PlannedTrial, inputs: TrialInputs, store: ResultStore, watch: Stopwatch) -> TrialRecord:
    request = request_of(planned, inputs.request)
    stored = reusable(planned, request, store) if inputs.reuse_codes else None
    if stored is None:
        features = inputs.features(planned.spec.inputs)
        stored = fit_and_encode(planned, features, inputs.labels, watch, request).named(inputs.ids)
        stored = _with_other_lists(stored, store.find_codes(planned.codes_name))
        store.save_codes(planned.codes_name, stored)
    elif stored.ids != stored.named(inputs.ids).ids:
        stored = stored.named(inputs.ids)
        store.save_codes(planned.codes_name, stored)
    watch.seconds = stored.seconds
    with watch("evaluate"):
        evaluation = evaluate_stored(stored, inputs, partial(_requested_vectors, planned, inputs))
    if inputs.measure_cost:
        search = search_seconds(stored, planned.task.queries, planned.task.search)
        watch.seconds = replace(watch.seconds, search=search)
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
        memory_bits=stored.memory_bits,
        fit_diagnostics=stored.fit_diagnostics.values,
        notes=(*planned.notes, *evaluation.notes),
        seconds=watch.seconds,
        peak_rss_mib=stored.peak_rss_mib,
        cost_measured=inputs.measure_cost,
    )


def _requested_vectors(planned: PlannedTrial, inputs: TrialInputs) -> Features:
    """Return the vectors of the featurizer that the run names, made first on a machine without them."""
    source = inputs.features
    assert isinstance(source, FeaturesSource)
    return replace(source, name=planned.requested_name, featurizer=planned.requested)(())


def request_of(planned: PlannedTrial, asked: GridRequest) -> Request:
    """Return what of its method a trial asks for."""
    depth = max(asked.at or DEFAULT_AT)
    return Request(planned.trial.bits, planned.task.queries, planned.task.search, depth)


def reusable(planned: PlannedTrial, request: Request, store: ResultStore) -> StoredCodes | None:
    """Return what is stored of the method of a trial, if all that the trial needs is there."""
    stored = store.find_codes(planned.codes_name)
    return stored if stored and adapter_of(planned.spec).suffices(stored, request) else None


def fit_and_encode(
    planned: PlannedTrial, features: Features, labels: Labels, watch: Stopwatch, request: Request
) -> StoredCodes:
    """Fit a method on the training documents, and encode or rank the documents.

    The method is given the labels that ``planned.labels`` names, and never those of the test documents.

    Raises:
        ValueError: the method returned something other than its kind has to, or fit_diagnostics that cannot
            be stored.
    """
    watch.seconds = Seconds(features=features.seconds)
    environment.reset_peak_memory()
    method = _construct(planned)
    with environment.limited_threads(planned.threads):
        with watch("fit"):
            method.fit(features.train, **_fit_arguments(planned, features, labels))
        with watch("encode"):
            encoded = adapter_of(planned.spec).encode(method, features, request)
    return StoredCodes(
        encoded.codes,
        features.split.rows,
        features.empty,
        watch.seconds,
        environment.peak_memory_mib(),
        checked_fit_diagnostics(
            getattr(method, "fit_diagnostics_", FitDiagnostics()), features.train.shape[0]
        ),
        encoded.queries,
        encoded.lists,
        encoded.memory_bits,
    )


def _with_other_lists(stored: StoredCodes, before: StoredCodes | None) -> StoredCodes:
    """Keep the lists of a ranker for the queries of another split."""
    return replace(stored, lists={**before.lists, **stored.lists}) if before else stored


def evaluate_stored(
    stored: StoredCodes, inputs: TrialInputs, vectors: Callable[[], Features] | None = None
) -> Evaluation:
    """Score what is stored of a method: precision at N if there are labels, and the other metrics.

    Args:
        stored: what is stored.
        inputs: labels, split and metrics.
        vectors: opens the vectors whose neighbours codes are compared with, for metrics that need them.
    """
    asked = inputs.request
    split, rows = asked.queries, stored.rows["train"]
    queries = Queries.of(inputs.labels, inputs.split.rows[split], stored.rows[split])
    database, encoded = inputs.labels[rows], queries.labels_of_encoded
    n_encoded = sum(len(codes) for codes in stored.codes.values())
    given = None
    if isinstance(stored.codes.get("train"), Codes):
        given = EvaluationInput(
            cast(Codes, stored.codes[split][queries.encoded]),
            cast(Codes, stored.codes["train"]),
            encoded.fine,
            database.fine,
            encoded.coarse,
            database.coarse,
        )
    at = ns_of(asked, len(rows))
    adapter = adapter_of_stored(stored)
    request = Request(None, split, asked.search, max(at))
    scoring = Scoring(
        queries.encoded,
        (encoded.fine, database.fine),
        (encoded.coarse, database.coarse),
        at,
        inputs.kernel_threads,
        _cosines(inputs, queries),
    )
    ranking = adapter.ranking_with_ties(stored, request, scoring, queries.labels_for_ranking(database))
    if vectors is not None and needs_vectors(inputs.metrics):
        compared = Vectors.of(vectors(), split, stored.rows[split][queries.encoded], rows)
        given = given and compared.with_codes(given)
        ranking = ranking and compared.with_ranking(ranking)
    metrics = metric_values(inputs.metrics, ranking, given)
    if not inputs.labels.exist:
        return unlabelled_evaluation(
            len(rows), stored.empty["train"], queries, metrics=metrics, encoded=n_encoded
        )
    scores = adapter.scores(stored, request, scoring)
    complete = queries.with_empty(scores, database)
    return _evaluation(complete, stored.empty["train"], queries, metrics, n_encoded)


def _cosines(inputs: TrialInputs, queries: Queries) -> Iterator[NDArray[np.floating[Any]]]:
    """Yield the cosines of the features of queries and database, opened when they are first needed."""
    features = inputs.features(())
    searched = features.matrices[inputs.request.queries][queries.encoded]
    yield from cosine_blocks(unit_rows(searched), unit_rows(features.train))


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
