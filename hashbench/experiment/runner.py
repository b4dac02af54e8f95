"""Many trials: which of them to run, and their records as they are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from hashbench.boundary import PluginError
from hashbench.errors import Argument, DataError, HashbenchError, MachineError
from hashbench.experiment import environment
from hashbench.experiment.choices import Choice
from hashbench.experiment.evidence import differing_parts, with_evidence
from hashbench.experiment.executors import Execution
from hashbench.experiment.features_source import FeaturesSource
from hashbench.experiment.grid import PlannedTrial, Selection, check_argument, plan_trials
from hashbench.experiment.isolation import call_isolated
from hashbench.experiment.label_use import needs_vectors
from hashbench.experiment.loaded import LoadedDataset, load_dataset
from hashbench.experiment.queries import Labels
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.search import rescoring_factor
from hashbench.experiment.store import ResultStore, UnreadableRecord
from hashbench.experiment.trial import TrialInputs, TrialWork, failed_record, request_of, reusable
from hashbench.ranges import OneOf, Whole

Overwrite = Literal["never", "missing", "always"]


@dataclass(frozen=True)
class Shard:
    """One of several parts of a grid, the same whatever is stored and whatever else is in the grid.

    Attributes:
        index: which part, from 1 on.
        count: the number of parts.

    Raises:
        HashbenchError: there is no such part.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            shown = f"{self.index}/{self.count}"
            raise HashbenchError(Argument("shard", shown), ": give I/N with I from 1 to N, such as 2/8")

    def holds(self, key: str) -> bool:
        """Tell whether a trial belongs to this part, by its key."""
        return int(key, 16) % self.count == self.index - 1


@dataclass(frozen=True)
class RunOptions:
    """How a grid is run.

    Attributes:
        execution: where trials run, and how many at a time.
        overwrite: "missing" runs the trials without a readable record; "always" runs all of them again;
            "never" runs those without a file and leaves every file as it is.
        retry_failed: run the trials again whose record says failed.
        keep_same_version: reuse records of the declared version that other code made, and note in them that
            the code of today gives the same.
        shard: the part of the grid to run; None is all of it.
        measure_cost: run each trial by itself, and again if its cost was not measured so.

    Raises:
        HashbenchError: a value is out of range, or two of them contradict each other.
    """

    execution: Execution = field(default_factory=Execution)
    overwrite: Overwrite = "missing"
    retry_failed: bool = False
    keep_same_version: bool = False
    shard: Shard | None = None
    measure_cost: bool = False

    @property
    def reuse_codes(self) -> bool:
        """Whether stored codes are scored instead of being made again."""
        return self.overwrite != "always" and not self.measure_cost

    def __post_init__(self) -> None:
        check_argument("jobs", self.execution.jobs, Whole(1))
        check_argument("overwrite", self.overwrite, OneOf("never", "missing", "always"))
        if self.overwrite == "never" and self.retry_failed:
            raise HashbenchError(
                Argument("retry_failed"),
                " replaces records, ",
                Argument("overwrite", self.overwrite),
                " does not: give one of them",
            )
        if self.measure_cost and (self.execution.jobs != 1 or self.execution.scheduler is not None):
            raise HashbenchError(
                Argument("measure_cost"),
                " runs trials one by one on this machine: leave out ",
                Argument("jobs" if self.execution.scheduler is None else "scheduler"),
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
        failures: why a dataset has no trials, in a line each.
    """

    selection: Selection
    groups: Sequence[PlannedGroup]
    store: ResultStore
    options: RunOptions
    failures: Sequence[str] = ()

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


def plan_groups(
    selection: Selection, store: ResultStore, options: RunOptions
) -> tuple[list[PlannedGroup], list[str]]:
    """Load the datasets, and sort the trials of a grid into those to run and those that are stored.

    Returns:
        The trials, and why a dataset has none: the loader of a plugin failed, and there are other datasets.

    Raises:
        HashbenchError: a dataset cannot be loaded.
    """
    groups, failures = [], []
    for choice in selection.datasets:
        try:
            dataset = load_dataset(choice, isolate=options.execution.isolate, limits=options.execution.limits)
        except PluginError as error:
            if len(selection.datasets) == 1:
                raise
            failures.append(str(error))
            continue
        groups += groups_of(selection, dataset, store, options)
    return groups, failures


def groups_of(
    selection: Selection, dataset: LoadedDataset, store: ResultStore, options: RunOptions
) -> list[PlannedGroup]:
    """Sort the trials of one dataset into those to run and those that are stored, by their vectors."""
    by_features: dict[str, list[PlannedTrial]] = {}
    for requested in selection.featurizers:
        for planned in plan_trials(selection, dataset, requested):
            if options.shard is not None and not options.shard.holds(planned.key):
                continue
            by_features.setdefault(planned.features_name, []).append(planned)
    return [_planned_group(dataset, trials, store, options) for trials in by_features.values()]


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
        elif not isinstance(found, TrialRecord) or not options.reuse_codes:
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
        _name_documents(group, store, options)
        for _, record in group.stored:
            yield Outcome("reused" if record.status == "ok" else "failed", record)
        if group.todo:
            for record in _run_group(group, selection, store, options):
                yield Outcome(record.status, record)


def _name_documents(group: PlannedGroup, store: ResultStore, options: RunOptions) -> None:
    """Give stored codes the ids that the documents have now; ids change no code and are in no key."""
    ids = group.dataset.corpus.ids
    if ids is None or options.overwrite == "never":
        return
    for _, record in group.stored:
        stored = store.find_codes(record.codes_name)
        if stored is not None and stored.ids != stored.named(ids).ids:
            store.save_codes(record.codes_name, stored.named(ids))


def _noted(
    planned: PlannedTrial, found: TrialRecord | UnreadableRecord | None, options: RunOptions
) -> TrialRecord | UnreadableRecord | None:
    """Return what is stored of a trial, with what this run adds to it.

    The record takes the name that its dataset has now, since the same documents may be asked for by another
    name, the file of the recipe, and what that says today of its tuning; and if asked for, it notes that the
    code of today gives the same.
    """
    if not isinstance(found, TrialRecord) or options.overwrite == "never":
        return found
    kept = found
    if found.trial.dataset != planned.trial.dataset:
        trial = planned.trial
        renamed = replace(found.trial, dataset=trial.dataset, dataset_params=trial.dataset_params)
        kept = replace(found, trial=renamed)
    recipe = planned.method.recipe
    said = (recipe.tuning_for(planned.trial.dataset, planned.trial.bits), recipe.file)
    if (kept.tuning, kept.recipe_file) != said:
        kept = replace(kept, tuning=said[0], recipe_file=said[1])
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
    if options.measure_cost and not found.cost_measured and found.status == "ok":
        return None
    if found.status == "failed":
        return None if options.retry_failed else found
    lacks_values = planned.keeps_values_by_query and bool(found.scores) and not found.by_query
    return None if lacks_values else found


def _run_group(
    group: PlannedGroup, selection: Selection, store: ResultStore, options: RunOptions
) -> Iterator[TrialRecord]:
    execution, reuse_codes = options.execution, options.reuse_codes
    metrics = selection.metrics_for(group.dataset.corpus)
    threads = selection.request.threads
    source = FeaturesSource(group.todo[0].features_name, group.dataset.choice, group.featurizer, threads)
    try:
        if execution.scheduler is None:
            if _needs_features(group, selection, store, reuse_codes):
                inputs = sorted({name for planned in group.todo for name in planned.spec.inputs})
                _build_features(source, inputs, group.dataset, execution)
            if needs_vectors(metrics):
                for name, requested in {
                    planned.requested_name: planned.requested for planned in group.todo
                }.items():
                    vectors = FeaturesSource(name, group.dataset.choice, requested, threads)
                    _build_features(vectors, (), group.dataset, execution)
    except MachineError:
        raise
    except HashbenchError as error:
        for planned in group.todo:
            record = failed_record(planned, error, phase="features")
            store.save(record)
            yield record
        return
    given = TrialInputs(
        features=source,
        labels=Labels.of(group.dataset.corpus),
        split=group.dataset.split,
        request=selection.request,
        metrics=tuple(metrics),
        ids=group.dataset.corpus.ids,
        kernel_threads=max(1, environment.available_cores() // execution.jobs),
        reuse_codes=reuse_codes,
        measure_cost=options.measure_cost,
    )
    for executor, trials in execution.executors(group.todo, metrics):
        for record in executor.run(TrialWork(given, store), trials):
            if record.status == "failed" or execution.scheduler is not None:
                store.save(record)
            yield record


def _needs_features(group: PlannedGroup, selection: Selection, store: ResultStore, reuse_codes: bool) -> bool:
    asked = selection.request
    return (
        not reuse_codes
        or rescoring_factor(asked.search) is not None
        or any(reusable(planned, request_of(planned, asked), store) is None for planned in group.todo)
    )


def _build_features(
    source: FeaturesSource, inputs: Sequence[str], dataset: LoadedDataset, execution: Execution
) -> None:
    if execution.isolates(source.featurizer.component):
        call_isolated(source.build, inputs, dataset, limits=execution.limits)
    else:
        source.build(inputs, dataset)
