"""The grid: from what a user asks for to trials with keys. Nothing is fitted and nothing is written here."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from hashbench.codes import MAX_BITS
from hashbench.data.corpus import Corpus
from hashbench.data.given_corpus import corpus_component
from hashbench.data.user_files import dataset_component
from hashbench.errors import Argument, DataError, HashbenchError
from hashbench.experiment.choices import Choice, MethodChoice, assigned, check_inputs, check_searched
from hashbench.experiment.label_use import (
    LABEL_FREE_METRIC,
    labels_used,
    metrics_for,
    notes_on_labels,
)
from hashbench.experiment.loaded import LoadedDataset
from hashbench.experiment.provenance import code_of, origins_of
from hashbench.experiment.record import LabelsUsed, Origin, Task, Trial, stored_name
from hashbench.experiment.search import SYMMETRIC, check_search, rescoring_factor
from hashbench.experiment.unimportable import (
    UnimportableFeaturizer,
    importable_or_failing,
    importable_or_failing_dataset,
    importable_or_failing_featurizer,
)
from hashbench.features.build import key_of_features, name_of_features
from hashbench.features.extra_inputs import input_version
from hashbench.identity import codes_key, component_identity, trial_key
from hashbench.parameters import Assignment, signature_parameters
from hashbench.ranges import OneOf, Range, Whole, shown
from hashbench.recipes import OwnRecipes, choose_recipes
from hashbench.registry import Component, Registry
from hashbench.specs import HasherSpec

DEFAULT_METHODS = ("random", "lsh", "itq", "nash", "cosine")
ONE_SEED_BY_DEFAULT = ("nash",)
"""Default methods that have one seed unless seeds are named, since they train for long."""
DEFAULT_DATASETS = ("docstrings",)
DEFAULT_FEATURIZERS = ("tfidf",)
DEFAULT_BITS = (16, 32, 64, 128)
DEFAULT_SEEDS = (0, 1, 2)
DEFAULT_METRICS = ("diagnostics",)
HEADLINE_N = 100
DEFAULT_AT = (1, 10, 50, *range(100, 1001, 100))
BY_QUERY_BITS = (32, 64, None)
"""Code lengths at which the value of each query is kept; None stands for methods without codes."""

_RANGES: Mapping[str, Range] = {
    "bits": Whole(1, MAX_BITS),
    "seeds": Whole(0, 2**32 - 1),
    "at": Whole(1),
}


def check_argument(name: str, value: Any, allowed: Range) -> None:
    """Raise a HashbenchError unless an argument has a value that is allowed."""
    if value not in allowed:
        raise HashbenchError(Argument(name, shown(value)), f": give {allowed}")


@dataclass(frozen=True)
class GridRequest:
    """What a user asks for, in names and numbers.

    Attributes:
        methods: names of methods, ``method`` or ``method@recipe``; ``*`` matches any letters.
        datasets: names of datasets, paths of files and folders, or corpora.
        featurizers: names of featurizers.
        bits: code lengths, 1 to 4096.
        seeds: seeds of the trials; None takes 0, 1 and 2, and 0 alone for ``nash`` of the default methods.
        assignments: parameters that differ from their defaults.
        at: the Ns of P@N; None takes 100 and those of 1, 10, 50, 200, 300, ... 1000 up to the database.
        metrics: names of metrics beside P@N.
        queries: the split whose documents are the queries.
        threads: threads that fit and transform may use.
        device: where the components that have a ``device`` compute; None leaves it to their parameters.
        validation_labels: whether methods that select a model on validation labels are given them.
        own_recipes: recipes of a user's file, by method and name.
        search: how codes are searched, "symmetric", "asymmetric" or "rescored:R".

    Raises:
        HashbenchError: a list is empty, or a value is out of range.
    """

    methods: Sequence[str] = DEFAULT_METHODS
    datasets: Sequence[str | Corpus] = DEFAULT_DATASETS
    featurizers: Sequence[str] = DEFAULT_FEATURIZERS
    bits: Sequence[int] = DEFAULT_BITS
    seeds: Sequence[int] | None = None
    assignments: Sequence[Assignment] = ()
    at: Sequence[int] | None = None
    metrics: Sequence[str] = DEFAULT_METRICS
    queries: Literal["test", "validation"] = "test"
    threads: int = 1
    device: str | None = None
    validation_labels: bool = True
    own_recipes: OwnRecipes = field(default_factory=dict)
    search: str = SYMMETRIC

    def __post_init__(self) -> None:
        for name in ("methods", "datasets", "featurizers", "bits", "seeds", "at"):
            values = getattr(self, name)
            if values is not None and not values:
                raise HashbenchError(Argument(name), ": the list is empty")
        for name, allowed in _RANGES.items():
            for value in getattr(self, name) or ():
                check_argument(name, value, allowed)
        check_argument("threads", self.threads, Whole(1))
        check_argument("queries", self.queries, OneOf("test", "validation"))
        check_search(self.search)


@dataclass(frozen=True, eq=False)
class Selection:
    """The components of a grid, checked, with their parameters.

    Attributes:
        label_free: the metric that ranks methods on a corpus without labels.
    """

    request: GridRequest
    methods: Sequence[MethodChoice]
    datasets: Sequence[Choice]
    featurizers: Sequence[Choice]
    metrics: Sequence[Component]
    label_free: Component | None = None

    def metrics_for(self, corpus: Corpus) -> list[Component]:
        """Return the metrics that a corpus can be scored by."""
        return metrics_for(self.metrics, self.label_free, corpus)


@dataclass(frozen=True, eq=False)
class PlannedTrial:
    """A trial with its keys and all that its record says about where it came from.

    Attributes:
        code: digests of the code of today, by part.
        evidence: what an earlier record of the trial says of the code, where its codes are scored again.
        requested: the featurizer that the run named, which ``featurizer`` is unless the recipe has its own.
        requested_name: name of its features, whose neighbours codes are compared with.
    """

    trial: Trial
    key: str
    codes_key: str
    features_key: str
    features_name: str
    task: Task
    method: MethodChoice
    featurizer: Choice
    requested: Choice
    requested_name: str
    origins: Mapping[str, Origin]
    code: Mapping[str, str]
    overrides: Mapping[str, Mapping[str, Any]]
    changed: bool
    labels: LabelsUsed
    description: str = ""
    notes: tuple[str, ...] = ()
    threads: int = 1
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def recorded_code(self) -> Mapping[str, tuple[str, ...]]:
        """What its record says of the code that made it."""
        return self.evidence or {part: (digest,) for part, digest in self.code.items()}

    @property
    def spec(self) -> HasherSpec:
        """The spec of the method."""
        return self.method.spec

    @property
    def codes_name(self) -> str:
        """Name of the file of its codes: their key, and the code that makes them."""
        parts = sorted(part for part in self.code if not part.startswith("metric "))
        return stored_name(self.codes_key, self.recorded_code, parts)

    @property
    def keeps_values_by_query(self) -> bool:
        """Whether its record holds the value of each query."""
        return self.trial.bits in BY_QUERY_BITS


def select(request: GridRequest, registry: Registry) -> Selection:
    """Look every name and parameter of a request up.

    Raises:
        HashbenchError: an unknown name, recipe or parameter, a value out of range, a featurizer that does not
            provide what a method needs, or a component that cannot be imported.
    """
    chosen_recipes = choose_recipes(request.methods, registry, request.own_recipes)
    recipes = [importable_or_failing(chosen) for chosen in chosen_recipes]
    datasets = [*map(importable_or_failing_dataset, dataset_components(request.datasets, registry))]
    featurizers = [
        importable_or_failing_featurizer(registry.get("featurizer", name))
        for name in dict.fromkeys(request.featurizers)
    ]
    chosen = assigned(
        request.assignments, request.device, datasets, featurizers, recipes, registry, request.bits
    )
    check_inputs(chosen.methods, chosen.featurizers)
    check_searched(chosen.methods, request.search)
    metrics = chosen_metrics(request.metrics, registry)
    label_free = registry.get("metric", LABEL_FREE_METRIC) if _has_label_free(registry) else None
    return Selection(request, chosen.methods, chosen.datasets, chosen.featurizers, metrics, label_free)


def chosen_metrics(names: Iterable[str], registry: Registry) -> list[Component]:
    """Return the metrics of these names, each once; see ``Registry.metric``."""
    return list({metric.name: metric for metric in map(registry.metric, names)}.values())


def _has_label_free(registry: Registry) -> bool:
    return LABEL_FREE_METRIC in registry.names("metric")


def plan_trials(selection: Selection, dataset: LoadedDataset, requested: Choice) -> list[PlannedTrial]:
    """Return the trials of one dataset and requested featurizer, in the order methods, bits, seeds."""
    planner = _Planner(selection, dataset, requested)
    return [planner.planned(*cell) for cell in _cells(selection)]


def ns_of(request: GridRequest, n_database: int) -> tuple[int, ...]:
    """Return the Ns of P@N for a database of that size."""
    if request.at is not None:
        return tuple(sorted(set(request.at)))
    return tuple(n for n in DEFAULT_AT if n <= n_database or n == HEADLINE_N)


@dataclass(frozen=True, eq=False)
class _Planner:
    """Plans the trials of one dataset and requested featurizer."""

    selection: Selection
    dataset: LoadedDataset
    requested: Choice

    @cached_property
    def metrics(self) -> Sequence[Component]:
        return self.selection.metrics_for(self.dataset.corpus)

    @cached_property
    def task(self) -> Task:
        return self.dataset.task(self.selection.request.queries, self.selection.request.search)

    def key_of_features(self, featurizer: Choice) -> str:
        component = featurizer.component
        return key_of_features(
            self.dataset.corpus,
            self.dataset.split,
            featurizer.featurizer_spec,
            featurizer.params,
            distribution=component.plugin.distribution,
        )

    def planned(self, method: MethodChoice, bits: int | None, seed: int | None) -> PlannedTrial:
        request = self.selection.request
        featurizer = (own := method.featurizer_for(self.dataset.choice.name, bits)) or self.requested
        features = self.key_of_features(featurizer)
        params = method.params_for(self.dataset.choice.name, bits)
        corpus = self.dataset.corpus
        self._check_labels_suffice(method)
        labels, withheld = labels_used(method.spec, params, request.validation_labels and corpus.has_labels)
        plugin = method.component.plugin
        codes = codes_key(
            features,
            {name: input_version(name) for name in method.spec.inputs},
            corpus.label_fingerprint,
            component_identity(method.spec, plugin.distribution, params),
            bits,
            seed,
            request.threads,
            validation_labels=not withheld,
        )
        key = trial_key(
            codes,
            self.task.fingerprint,
            method.recipe_name,
            None if request.at is None else sorted(set(request.at)),
            [(c.plugin.distribution, c.name, c.spec.version) for c in self.metrics],
            None if own is None else self.key_of_features(self.requested),
        )
        return PlannedTrial(
            trial=self._trial(method, featurizer, bits, seed),
            key=key,
            codes_key=codes,
            features_key=features,
            features_name=_features_name(features, featurizer),
            task=self.task,
            method=method,
            featurizer=featurizer,
            requested=self.requested,
            requested_name=_features_name(self.key_of_features(self.requested), self.requested),
            origins=origins_of(method, featurizer, self.dataset.choice, self.metrics),
            code=code_of(method.spec, featurizer, self.metrics),
            overrides={
                "dataset": self.dataset.choice.overrides,
                "featurizer": self.requested.overrides,
                "method": method.overrides_for(self.dataset.choice.name, bits),
            },
            changed=method.changed_for(self.dataset.choice.name, bits),
            labels=labels,
            description=corpus.description,
            notes=(*corpus.notes, *notes_on_labels(withheld, corpus)),
            threads=request.threads,
        )

    def _check_labels_suffice(self, method: MethodChoice) -> None:
        """Refuse what cannot be measured on a corpus without labels.

        Raises:
            DataError: the method learns from labels or the search is rescored, and no document has a label.
        """
        corpus, search = self.dataset.corpus, self.selection.request.search
        if corpus.has_labels:
            return
        if method.spec.supervised:
            raise DataError(
                f"method {method.name} is given the labels of training documents, and no document of "
                f"{corpus.name} has one; leave one of the two out"
            )
        if rescoring_factor(search):
            raise DataError(
                f"no document of {corpus.name} has a label, so that methods are compared by the recall of "
                "cosine neighbours, which is not defined for rescoring: leave out ",
                Argument("search", search),
            )

    def _trial(self, method: MethodChoice, featurizer: Choice, bits: int | None, seed: int | None) -> Trial:
        dataset = self.dataset.choice
        own_input = featurizer is not self.requested
        return Trial(
            dataset=dataset.name,
            dataset_params=dataset.params,
            featurizer=featurizer.name,
            featurizer_params=featurizer.params,
            method=method.name,
            recipe=method.recipe_name,
            params=method.params_for(dataset.name, bits),
            bits=bits,
            seed=seed,
            requested=self.requested.name if own_input else None,
            requested_params=self.requested.params if own_input else None,
        )


def _features_name(key: str, featurizer: Choice) -> str:
    spec = featurizer.featurizer_spec
    return key if isinstance(spec, UnimportableFeaturizer) else name_of_features(key, spec)


def _cells(selection: Selection) -> Iterator[tuple[MethodChoice, int | None, int | None]]:
    """Yield method, bits and seed of each trial; what a method does not take is None, once."""
    request = selection.request
    for method in selection.methods:
        takes = signature_parameters(method.component)
        without_bits = method.spec.ranker and "n_bits" not in takes
        bits: Sequence[int | None] = (None,) if without_bits else tuple(dict.fromkeys(request.bits))
        seeds = _seeds(request, method.component.name) if "random_state" in takes else (None,)
        yield from itertools.product((method,), bits, seeds)


def _seeds(request: GridRequest, method: str) -> tuple[int | None, ...]:
    quick = tuple(request.methods) == DEFAULT_METHODS and method in ONE_SEED_BY_DEFAULT
    by_default = DEFAULT_SEEDS[:1] if quick else DEFAULT_SEEDS
    return tuple(dict.fromkeys(by_default if request.seeds is None else request.seeds))


def dataset_components(datasets: Iterable[str | Corpus], registry: Registry) -> list[Component]:
    """Look datasets up by name or path, each once; a corpus stands for itself.

    Raises:
        HashbenchError: a name is unknown, a path cannot be read, or two datasets have one name.
    """
    found: dict[str, Component] = {}
    for dataset in datasets:
        if isinstance(dataset, Corpus):
            component = corpus_component(dataset, registry)
        else:
            component = dataset_component(dataset, registry)
        if found.setdefault(component.name, component).spec != component.spec:
            named = dataset.name if isinstance(dataset, Corpus) else dataset
            why = f": another one is called {component.name!r} too; rename it"
            raise DataError(Argument("datasets", named), why)
    return list(found.values())
