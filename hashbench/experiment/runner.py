"""Many trials: which of them to run, in parallel processes; one that dies takes no other along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Literal

from hashbench.errors import DataError
from hashbench.experiment import environment
from hashbench.experiment.grid import (
    Choice,
    LoadedDataset,
    PlannedTrial,
    Selection,
    load_dataset,
    plan_trials,
)
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.store import ResultStore, UnreadableRecord
from hashbench.experiment.trial import Labels, TrialInputs, failed_record, run_trial
from hashbench.features.build import load_or_build_features, open_features

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
    """

    jobs: int = 1
    overwrite: Overwrite = "missing"
    retry_failed: bool = False


@dataclass(frozen=True, eq=False)
class PlannedGroup:
    """The trials that share a dataset and a featurizer: those to run, and the outcomes that are stored.

    ``stored`` pairs each trial that does not run with its record.
    """

    dataset: LoadedDataset
    featurizer: Choice
    todo: Sequence[PlannedTrial]
    stored: Sequence[tuple[PlannedTrial, TrialRecord]]


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
        for featurizer in selection.featurizers:
            todo, stored = [], []
            for planned in plan_trials(selection, dataset, featurizer):
                record = _stored_record(planned, store, options)
                if record is None:
                    todo.append(planned)
                else:
                    stored.append((planned, record))
            groups.append(PlannedGroup(dataset, featurizer, todo, stored))
    return groups


def run_groups(
    groups: Iterable[PlannedGroup], selection: Selection, store: ResultStore, options: RunOptions
) -> Iterator[Outcome]:
    """Run what is to be run and yield every outcome as it is known, stored ones first in each group."""
    for group in groups:
        for _, record in group.stored:
            yield Outcome("reused" if record.status == "ok" else "failed", record)
        if group.todo:
            for record in _run_group(group, selection, store, options):
                yield Outcome(record.status, record)


def _stored_record(planned: PlannedTrial, store: ResultStore, options: RunOptions) -> TrialRecord | None:
    found = store.find(planned.key)
    if found is None or options.overwrite == "always":
        return None
    if isinstance(found, UnreadableRecord):
        return failed_record(planned, DataError(str(found))) if options.overwrite == "never" else None
    return None if found.status == "failed" and options.retry_failed else found


def _run_group(
    group: PlannedGroup, selection: Selection, store: ResultStore, options: RunOptions
) -> Iterator[TrialRecord]:
    reuse_codes = options.overwrite != "always"
    needs_features = not reuse_codes or any(
        planned.spec.ranker or store.find_codes(planned.codes_key) is None for planned in group.todo
    )
    if needs_features:
        try:
            _build_features(group, selection)
        except Exception as error:  # noqa: BLE001 - a featurizer may raise anything; its rows say what
            for planned in group.todo:
                record = failed_record(planned, error, phase="features")
                store.save(record)
                yield record
            return
    inputs = TrialInputs(
        features=partial(open_features, group.todo[0].protocol.features),
        labels=Labels.of(group.dataset.corpus),
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
            plugin_version=group.featurizer.component.plugin.version,
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
