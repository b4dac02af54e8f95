"""A study: the trials of one method on one corpus at one code length, and what they found.

Settings come from Optuna's tree-structured Parzen estimator with a fixed seed, one after the other, the
default first. Each is an ordinary trial on validation documents, stored as ``hashbench run`` stores it. A
study that was interrupted begins anew and finds its trials stored: equal scores give equal settings.

Source: Bergstra, Bardenet, Bengio and Kegl (2011), Algorithms for hyper-parameter optimization, NIPS 24.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hashbench.errors import HashbenchError
from hashbench.experiment.executors import Execution
from hashbench.experiment.grid import HEADLINE_N, GridRequest, select
from hashbench.experiment.loaded import LoadedDataset
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.runner import RunOptions, groups_of, run_groups
from hashbench.experiment.store import ResultStore
from hashbench.registry import registry
from hashbench.spaces import Dimension, FloatDimension, IntegerDimension
from hashbench.tuning.settings import Setting, Tuned

if TYPE_CHECKING:
    import optuna

DRAWN_SHARE = 3
"""One in so many trials is drawn at random before the estimator has enough of them."""
METRIC = f"p@{HEADLINE_N}"


@dataclass(frozen=True)
class Tried:
    """A setting and the record of its trial."""

    setting: Setting
    record: TrialRecord

    @property
    def score(self) -> float | None:
        """P@100 of the validation documents; None where the trial failed."""
        found = self.record.scores.get(METRIC)
        return None if found is None else found.expected


@dataclass(frozen=True, eq=False)
class Study:
    """What is searched, and where.

    Attributes:
        tuned: the method with its input.
        given: the dataset as it was asked for, by name or path.
        dataset: its corpus.
        bits: the code length; None for a method without.
    """

    tuned: Tuned
    given: str
    dataset: LoadedDataset
    bits: int | None

    @property
    def dataset_name(self) -> str:
        """Name of the corpus."""
        return self.dataset.choice.name

    def __str__(self) -> str:
        bits = "" if self.bits is None else f" {self.bits} bits"
        return f"{self.tuned.name}{bits} on {self.dataset_name}/{self.tuned.featurizer.name}"


@dataclass(frozen=True, eq=False)
class Found:
    """A study that has ended, its trials in their order, the default first."""

    study: Study
    tried: tuple[Tried, ...]

    @property
    def default(self) -> Tried:
        """The trial of the default setting."""
        return self.tried[0]

    @property
    def best(self) -> Tried | None:
        """The trial of the highest score, of equal ones the first; None if all failed."""
        scored = [each for each in self.tried if each.score is not None]
        return max(scored, key=lambda each: each.score or 0.0) if scored else None

    @property
    def cpu_seconds(self) -> float | None:
        """CPU seconds of fit, each trial counted once; None where one that succeeded does not tell."""
        return cpu_seconds(each.record for each in self.tried)


def cpu_seconds(records: Iterable[TrialRecord]) -> float | None:
    """Return the CPU seconds of fit of records, each counted once; None where one does not tell."""
    by_key = {record.key: record for record in records}.values()
    spent = [record.seconds.fit_cpu for record in by_key]
    unknown = any(r.status == "ok" and r.seconds.fit_cpu is None for r in by_key)
    return None if unknown else sum(seconds or 0.0 for seconds in spent)


@dataclass(frozen=True, eq=False)
class Trials:
    """Runs settings as ordinary trials on validation documents, or finds them stored.

    Attributes:
        store: where results are.
        seed: seed of the trials.
        execution: how they are run.
        on_trial: is called with each record.
    """

    store: ResultStore
    seed: int
    execution: Execution = field(default_factory=Execution)
    on_trial: Callable[[TrialRecord], None] | None = None

    def run(self, study: Study, setting: Setting) -> Tried:
        """Return a setting with the record of its trial."""
        tuned, options = study.tuned, RunOptions(execution=self.execution)
        request = GridRequest(
            methods=(tuned.name,),
            datasets=(study.given,),
            featurizers=(tuned.featurizer.name,),
            bits=(study.bits or 1,),
            seeds=(self.seed,),
            assignments=setting.assignments(tuned.name, tuned.featurizer.name),
            queries="validation",
        )
        selection = select(request, registry())
        groups = groups_of(selection, study.dataset, self.store, options)
        (record,) = (outcome.record for outcome in run_groups(groups, selection, self.store, options))
        if self.on_trial is not None:
            self.on_trial(record)
        return Tried(setting, record)


def search(study: Study, trials: Trials, budget: int, seed: int) -> Found:
    """Run the trials of a study.

    Args:
        study: what is searched.
        trials: runs a setting.
        budget: the number of trials.
        seed: seed of the search.

    Raises:
        HashbenchError: Optuna is not installed.
    """
    optuna = optuna_or_advice()
    tuned = study.tuned
    default = tuned.default(study.dataset_name, study.bits)
    dimensions = tuned.dimensions()
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(1, budget // DRAWN_SHARE))
    proposals = optuna.create_study(direction="maximize", sampler=sampler)
    proposals.enqueue_trial(dict(default))
    distributions = {name: _distribution(optuna, each) for name, each in dimensions.items()}
    tried: list[Tried] = []
    for _ in range(budget):
        proposal = proposals.ask(distributions)
        values = default if not tried else _rounded(proposal.params, dimensions)
        tried.append(trials.run(study, tuned.setting(values, default)))
        score = tried[-1].score
        if score is None:
            proposals.tell(proposal, state=optuna.trial.TrialState.FAIL)
        else:
            proposals.tell(proposal, score)
    return Found(study, tuple(tried))


def optuna_or_advice() -> Any:
    """Return the module optuna, quiet.

    Raises:
        HashbenchError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise HashbenchError("tune needs Optuna: pip install 'hashbench[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _distribution(optuna: Any, dimension: Dimension) -> optuna.distributions.BaseDistribution:
    if isinstance(dimension, FloatDimension):
        return optuna.distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    if isinstance(dimension, IntegerDimension):
        return optuna.distributions.IntDistribution(dimension.low, dimension.high, log=dimension.log)
    return optuna.distributions.CategoricalDistribution(dimension.values)


def _rounded(values: Mapping[str, Any], dimensions: Mapping[str, Dimension]) -> dict[str, Any]:
    """Return values with numbers to three significant digits, within their bounds."""
    found = dict(values)
    for name, dimension in dimensions.items():
        if isinstance(dimension, FloatDimension):
            rounded = float(f"{values[name]:.3g}")
            found[name] = min(max(rounded, float(dimension.low)), float(dimension.high))
    return found
