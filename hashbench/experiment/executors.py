"""Where trials run: in this process, in processes of this machine, or on a cluster.

The runner hands an executor what is to be called for each trial and gets the records as they are known; it
does not know where they come from.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from hashbench.errors import Argument, HashbenchError, MachineError
from hashbench.experiment.grid import PlannedTrial
from hashbench.experiment.isolation import Limits, ProcessEndedError, call_isolated, end_all
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.trial import failed_record
from hashbench.registry import Component

IDLE_SECONDS = 20

Work = Callable[[PlannedTrial], TrialRecord]
"""Runs one trial and returns its record; must be picklable."""


class Executor(Protocol):
    """Runs trials."""

    def run(self, work: Work, trials: Sequence[PlannedTrial]) -> Iterator[TrialRecord]:
        """Yield the record of every trial as it is known; a trial whose process ends has a failed one.

        Raises:
            MachineError: something cannot be stored or read, or there is no such device.
        """
        ...


@dataclass(frozen=True)
class InThisProcess:
    """One trial after the other, in this process."""

    def run(self, work: Work, trials: Sequence[PlannedTrial]) -> Iterator[TrialRecord]:
        """Yield the record of every trial, in their order."""
        yield from map(work, trials)


@dataclass(frozen=True)
class IsolatedProcesses:
    """Every trial in a process of its own, with limits of time and memory.

    Attributes:
        jobs: number of trials at a time.
        limits: what a trial may use.
    """

    jobs: int = 1
    limits: Limits = field(default_factory=Limits)

    def run(self, work: Work, trials: Sequence[PlannedTrial]) -> Iterator[TrialRecord]:
        """Yield the record of every trial as it ends."""
        pool = ThreadPoolExecutor(self.jobs)
        try:
            waiting = {pool.submit(self._record, work, planned) for planned in trials}
            while waiting:
                done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            pool.shutdown()

    def _record(self, work: Work, planned: PlannedTrial) -> TrialRecord:
        try:
            record: TrialRecord = call_isolated(work, planned, limits=self.limits)
        except MachineError:
            raise
        except HashbenchError as error:
            return failed_record(planned, error)
        return record


@dataclass(frozen=True)
class LocalProcesses:
    """Trials in processes that are used again for the next ones.

    Attributes:
        jobs: number of trials at a time.
    """

    jobs: int

    def run(self, work: Work, trials: Sequence[PlannedTrial]) -> Iterator[TrialRecord]:
        """Yield the record of every trial as it ends.

        When a process dies, the trials that may have been in it run again, each in a process of its own.
        """
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        waiting = {planned.key: planned for planned in trials}
        in_flight = 2 * self.jobs
        while waiting:
            try:
                for record in self._parallel(work, [*waiting.values()], in_flight):
                    del waiting[record.key]
                    yield record
            except TerminatedWorkerError:
                suspects = [*waiting.values()][:in_flight]
                for planned in suspects:
                    del waiting[planned.key]
                yield from IsolatedProcesses(self.jobs).run(work, suspects)

    def _parallel(self, work: Work, trials: Sequence[PlannedTrial], in_flight: int) -> Iterator[TrialRecord]:
        from joblib import Parallel, delayed

        parallel = Parallel(
            n_jobs=self.jobs,
            backend="loky",
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch=in_flight,
            idle_worker_timeout=IDLE_SECONDS,
        )
        here = _AsHere(work, os.getcwd(), _own_variables())
        with (
            warnings.catch_warnings(),
            closing(parallel(delayed(here)(planned) for planned in trials)) as records,
        ):
            # joblib warns of workers that idled until they stopped; it starts new ones
            warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
            yield from records


@dataclass(frozen=True)
class DaskCluster:
    """Trials on the workers of a Dask cluster, which share the folder of results with this machine.

    Attributes:
        scheduler: address of the scheduler, such as "tcp://10.0.0.1:8786".
        limits: what a trial may use; each runs in a process of its own.
    """

    scheduler: str
    limits: Limits = field(default_factory=Limits)

    def run(self, work: Work, trials: Sequence[PlannedTrial]) -> Iterator[TrialRecord]:
        """Yield the record of every trial as it ends; one whose worker dies runs on another.

        Raises:
            HashbenchError: Dask is not installed, or no scheduler answers at the address.
        """
        try:
            from dask.distributed import Client, as_completed
        except ImportError:
            raise HashbenchError(
                Argument("executor", "dask"), " needs Dask: pip install 'hashbench[dask]'"
            ) from None
        try:
            client: Any = cast(Any, Client)(self.scheduler, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            raise HashbenchError(
                Argument("scheduler", self.scheduler), f": no scheduler of Dask answers there ({error})"
            ) from None
        with client:
            futures = client.map(_Alone(work, self.limits), trials, pure=False, retries=0)
            by_key = dict(zip((future.key for future in futures), trials, strict=True))
            for future in cast(Any, as_completed)(futures, loop=client.loop):
                yield _outcome(future, by_key[future.key])


@dataclass(frozen=True)
class Execution:
    """How trials are run.

    Attributes:
        jobs: number of trials at a time.
        isolate: every trial in a process of its own; one with a component from outside hashbench always is.
        limits: what a trial may use.
        scheduler: address of the scheduler of a Dask cluster; None runs them on this machine.
    """

    jobs: int = 1
    isolate: bool = False
    limits: Limits = field(default_factory=Limits)
    scheduler: str | None = None

    def isolates(self, *components: Component) -> bool:
        """Tell whether code of these components runs in a process of its own."""
        return self.isolate or bool(self.limits) or any(component.plugin.foreign for component in components)

    def executors(
        self, trials: Sequence[PlannedTrial], metrics: Sequence[Component]
    ) -> list[tuple[Executor, list[PlannedTrial]]]:
        """Return what runs which trials; ``metrics`` are run with each."""
        if self.scheduler is not None:
            return [(DaskCluster(self.scheduler, self.limits), [*trials])]
        alone: list[PlannedTrial] = []
        together: list[PlannedTrial] = []
        for planned in trials:
            used = (planned.method.component, planned.featurizer.component, *metrics)
            (alone if self.isolates(*used) else together).append(planned)
        plain: Executor = InThisProcess() if self.jobs == 1 else LocalProcesses(self.jobs)
        isolated = IsolatedProcesses(self.jobs, self.limits)
        return [(executor, share) for executor, share in ((plain, together), (isolated, alone)) if share]


@dataclass(frozen=True)
class _AsHere:
    """Runs a trial in a process that may have been started from another folder and with other variables."""

    work: Work
    folder: str
    variables: Mapping[str, str]

    def __call__(self, planned: PlannedTrial) -> TrialRecord:
        os.chdir(self.folder)
        for name in _own_variables().keys() - self.variables.keys():
            del os.environ[name]
        os.environ.update(self.variables)
        return self.work(planned)


def _own_variables() -> dict[str, str]:
    """Return the variables that hashbench reads; joblib sets others for its processes."""
    return {name: value for name, value in os.environ.items() if name.startswith("HASHBENCH_")}


@dataclass(frozen=True)
class _Alone:
    """Runs a trial on a worker of a cluster, in a process of its own."""

    work: Work
    limits: Limits

    def __call__(self, planned: PlannedTrial) -> TrialRecord:
        record: TrialRecord = call_isolated(self.work, planned, limits=self.limits)
        return record


def _outcome(future: Any, planned: PlannedTrial) -> TrialRecord:
    from dask.distributed import KilledWorker

    try:
        record: TrialRecord = future.result()
    except MachineError:
        raise
    except HashbenchError as error:
        return failed_record(planned, error)
    except KilledWorker as error:
        return failed_record(planned, ProcessEndedError(str(error)))
    return record
