"""Many trials: which of them to run, in parallel processes; one that dies takes no other along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from hashbench.errors import Argument, DataError, HashbenchError, StorageError
from hashbench.experiment import environment
from hashbench.experiment.choices import Choice
from hashbench.experiment.evidence import differing_parts, with_evidence
from hashbench.experiment.grid import (
    LoadedDataset,
    PlannedTrial,
    Selection,
    check_argument,
    load_dataset,
    plan_trials,
)
from hashbench.experiment.queries import Labels
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.search import rescoring_factor
from hashbench.experiment.store import ResultStore, UnreadableRecord
from hashbench.experiment.trial import TrialInputs, failed_record, request_of, reusable, run_trial
from hashbench.features.build import load_or_build_features, open_features
from hashbench.ranges import OneOf, Whole

IDLE_SECONDS = 20
Overwrite = Literal["never", "missing", "always"]


@dataclass(frozen=True)
class RunOptions:
    """How a grid is run.

    Attributes:
        jobs: number of trials at a time; with 1 they run in this process.
        overwrite: "missing" runs the trials without a readable record; "always" runs all of them again;
            "never" runs those without a file and leaves every file as it is.
        retry_failed: run the trials again whose record says failed.
        keep_same_version: reuse records of the declared version that other code made, and note in them that
            the code of today gives the same.

    Raises:
        HashbenchError: a value is out of range, or two of them contradict each other.
    """

    jobs: int = 1
    overwrite: Overwrite = "missing"
    retry_failed: bool = False
    keep_same_version: bool = False

    def __post_init__(self) -> None:
        check_argument("jobs", self.jobs, Whole(1))
        check_argument("overwrite", self.overwrite, OneOf("never", "missing", "always"))
        if self.overwrite == "never" and self.retry_failed:
            raise HashbenchError(
                Argument("retry_failed"),
                " replaces records, ",
                Argument("overwrite", self.overwrite),
                " does not: give one of them",
            )


@dataclass(frozen=True, eq=False)
class PlannedGroup:
    """The trials that share a dataset and the vectors they are given.

    Attributes:
        dataset: the dataset.
        featurizer: what makes the vectors.
        todo: the trials to run.
        stored: each trial that does not run, with its record.
        other_code: how many of those to run have a record of the same version that other code made.
        noted: records that are to be stored with another name of their dataset, or with more evidence.
    """

    dataset: LoadedDataset
    featurizer: Choice
    todo: Sequence[PlannedTrial]
    stored: Sequence[tuple[PlannedTrial, TrialRecord]]
    other_code: int = 0
    noted: Sequence[TrialRecord] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """A grid whose trials are known, none of which has run yet.

    Attributes:
        selection: the components.
        groups: the trials, those to run and those that are stored.
        store: where results are.
        options: how it is run.
    """

    selection: Selection
    groups: Sequence[PlannedGroup]
    store: ResultStore
    options: RunOptions

    @property
    def n_todo(self) -> int:
        """Number of trials to run."""
        return sum(len(group.todo) for group in self.groups)

    @property
    def n_stored(self) -> int:
        """Number of trials whose record is stored already."""
        return sum(len(group.stored) for group in self.groups)

    @property
    def n_other_code(self) -> int:
        """Number of trials to run though other code of the same version has run them."""
        return sum(group.other_code for group in self.groups)

    def outcomes(self) -> Iterator[Outcome]:
        """Run what is to be run and yield every outcome as it is known, stored ones first in each group."""
        return run_groups(self.groups, self.selection, self.store, self.options)


@dataclass(frozen=True)
class Outcome:
    """A trial that ended: "ok" or "failed" just now or "failed" earlier, or "reused" from an earlier run."""

    status: Literal["ok", "failed", "reused"]
    record: TrialRecord


def plan_groups(selection: Selection, store: ResultStore, options: RunOptions) -> list[PlannedGroup]:
    """Load the datasets, and sort the trials of a grid into those to run and those that are stored.

    Raises:
        DataError: a dataset cannot be loaded.
    """
    groups = []
    for choice in selection.datasets:
        dataset = load_dataset(choice)
        by_features: dict[str, list[PlannedTrial]] = {}
        for requested in selection.featurizers:
            for planned in plan_trials(selection, dataset, requested):
                by_features.setdefault(planned.features_name, []).append(planned)
        groups += [_planned_group(dataset, trials, store, options) for trials in by_features.values()]
    return groups


def _planned_group(
    dataset: LoadedDataset, trials: Sequence[PlannedTrial], store: ResultStore, options: RunOptions
) -> PlannedGroup:
    todo, stored, noted, other_code = [], [], [], 0
    for planned in trials:
        as_stored = store.find(planned.key)
        found = _noted(planned, as_stored, options)
        if isinstance(found, TrialRecord) and found != as_stored:
            noted.append(found)
        record = _reusable(planned, found, options)
        if record is not None:
            stored.append((planned, record))
        elif not isinstance(found, TrialRecord) or options.overwrite == "always":
            todo.append(planned)
        elif differing_parts(found, planned.code):
            todo.append(planned)
            other_code += 1
        else:
            has_codes = store.find_codes(found.codes_name) is not None
            todo.append(replace(planned, evidence=found.code) if has_codes else planned)
    return PlannedGroup(dataset, trials[0].featurizer, todo, stored, other_code, noted)


def run_groups(
    groups: Iterable[PlannedGroup], selection: Selection, store: ResultStore, options: RunOptions
) -> Iterator[Outcome]:
    """Run what is to be run and yield every outcome as it is known, stored ones first in each group."""
    for group in groups:
        for record in group.noted:
            store.save(record)
        for _, record in group.stored:
            yield Outcome("reused" if record.status == "ok" else "failed", record)
        if group.todo:
            for record in _run_group(group, selection, store, options):
                yield Outcome(record.status, record)


def _noted(
    planned: PlannedTrial, found: TrialRecord | UnreadableRecord | None, options: RunOptions
) -> TrialRecord | UnreadableRecord | None:
    """Return what is stored of a trial, with what this run adds to it.

    The record takes the name that its dataset has now, since the same documents may be asked for by another
    name; and if asked for, it notes that the code of today gives the same.
    """
    if not isinstance(found, TrialRecord) or options.overwrite == "never":
        return found
    kept = found
    if found.trial.dataset != planned.trial.dataset:
        trial = planned.trial
        renamed = replace(found.trial, dataset=trial.dataset, dataset_params=trial.dataset_params)
        kept = replace(found, trial=renamed)
    if options.keep_same_version:
        with_today = with_evidence(kept, planned.code)
        kept = kept if differing_parts(with_today, planned.code) else with_today
    return kept


def _reusable(
    planned: PlannedTrial, found: TrialRecord | UnreadableRecord | None, options: RunOptions
) -> TrialRecord | None:
    """Return the record that makes it unnecessary to run a trial, or None."""
    if found is None or options.overwrite == "always":
        return None
    if isinstance(found, UnreadableRecord):
        return failed_record(planned, DataError(str(found))) if options.overwrite == "never" else None
    if options.overwrite == "never":
        return found
    if differing_parts(found, planned.code):
        return None
    if found.status == "failed":
        return None if options.retry_failed else found
    return None if planned.keeps_values_by_query and not found.by_query else found


def _run_group(
    group: PlannedGroup, selection: Selection, store: ResultStore, options: RunOptions
) -> Iterator[TrialRecord]:
    reuse_codes = options.overwrite != "always"
    asked = selection.request
    needs_features = (
        not reuse_codes
        or rescoring_factor(asked.search) is not None
        or any(reusable(planned, request_of(planned, asked), store) is None for planned in group.todo)
    )
    if needs_features:
        try:
            _build_features(group, selection)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - a featurizer may raise anything; its rows say what
            for planned in group.todo:
                record = failed_record(planned, error, phase="features")
                store.save(record)
                yield record
            return
    inputs = TrialInputs(
        features=partial(open_features, group.todo[0].features_name),
        labels=Labels.of(group.dataset.corpus),
        split=group.dataset.split,
        request=selection.request,
        metrics=tuple(selection.metrics),
        kernel_threads=max(1, environment.available_cores() // options.jobs),
        reuse_codes=reuse_codes,
    )
    if options.jobs == 1:
        for planned in group.todo:
            yield run_trial(planned, inputs, store)
    else:
        yield from _in_processes(group.todo, inputs, store, options.jobs)


def _build_features(group: PlannedGroup, selection: Selection) -> None:
    with environment.limited_threads(selection.request.threads):
        load_or_build_features(
            group.dataset.corpus,
            group.dataset.split,
            group.featurizer.featurizer_spec,
            group.featurizer.params,
            distribution=group.featurizer.component.plugin.distribution,
            inputs=sorted({name for planned in group.todo for name in planned.spec.inputs}),
        )


def _in_processes(
    todo: Sequence[PlannedTrial], inputs: TrialInputs, store: ResultStore, jobs: int
) -> Iterator[TrialRecord]:
    """Run trials in parallel. When a process dies, those that may have been in it run one by one."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting = {planned.key: planned for planned in todo}
    in_flight = 2 * jobs
    while waiting:
        try:
            for record in _parallel(waiting.values(), inputs, store, jobs, in_flight):
                del waiting[record.key]
                yield record
        except TerminatedWorkerError:
            for planned in list(waiting.values())[:in_flight]:
                del waiting[planned.key]
                yield _isolated(planned, inputs, store)


def _parallel(
    todo: Iterable[PlannedTrial], inputs: TrialInputs, store: ResultStore, jobs: int, in_flight: int
) -> Iterator[TrialRecord]:
    from joblib import Parallel, delayed

    parallel = Parallel(
        n_jobs=jobs,
        backend="loky",
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch=in_flight,
        idle_worker_timeout=IDLE_SECONDS,
    )
    with closing(parallel(delayed(run_trial)(planned, inputs, store) for planned in list(todo))) as records:
        yield from records


def _isolated(planned: PlannedTrial, inputs: TrialInputs, store: ResultStore) -> TrialRecord:
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    try:
        return next(_parallel([planned], inputs, store, jobs=2, in_flight=1))
    except TerminatedWorkerError as error:
        reason = RuntimeError(f"the process that ran the trial died, perhaps out of memory: {error}")
        record = failed_record(planned, reason)
        store.save(record)
        return record
