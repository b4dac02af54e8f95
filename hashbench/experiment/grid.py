"""The grid: from what a user asks for to trials with keys. Nothing is fitted and nothing is written here."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hashbench.codes import MAX_BITS
from hashbench.data.corpus import Corpus
from hashbench.data.split import Split, make_split
from hashbench.data.user_files import dataset_component
from hashbench.errors import DataError, HashbenchError
from hashbench.evaluation.version import EVALUATOR_VERSION
from hashbench.experiment.record import PluginSource, Protocol, Trial
from hashbench.features.build import features_key
from hashbench.features.extra_inputs import available_inputs, input_key
from hashbench.fingerprint import content_key, source_fingerprint
from hashbench.parameters import (
    Assignment,
    assign,
    default_parameters,
    full_parameters,
    signature_parameters,
)
from hashbench.registry import Component, Registry
from hashbench.specs import FeaturizerSpec, HasherSpec

DEFAULT_METHODS = ("random", "lsh", "itq", "cosine")
DEFAULT_DATASETS = ("docstrings",)
DEFAULT_FEATURIZERS = ("tfidf",)
DEFAULT_BITS = (16, 32, 64, 128)
DEFAULT_SEEDS = (0, 1, 2)
DEFAULT_METRICS = ("diagnostics",)
HEADLINE_N = 100
DEFAULT_AT = (1, 10, 50, *range(100, 1001, 100))


@dataclass(frozen=True)
class GridRequest:
    """What a user asks for, in names and numbers.

    Attributes:
        methods: names of methods; ``*`` matches any letters.
        datasets: names of datasets, or paths of files and folders.
        featurizers: names of featurizers.
        bits: code lengths, 1 to 4096.
        seeds: seeds of the trials.
        assignments: parameters that differ from their defaults.
        at: the Ns of P@N; None takes 100 and those of 1, 10, 50, 200, 300, ... 1000 up to the database.
        metrics: names of metrics beside P@N.
        queries: the part whose documents are the queries.
        threads: threads that fit and transform may use.
        device: where the components that have a ``device`` compute; None leaves it to their parameters.
    """

    methods: Sequence[str] = DEFAULT_METHODS
    datasets: Sequence[str] = DEFAULT_DATASETS
    featurizers: Sequence[str] = DEFAULT_FEATURIZERS
    bits: Sequence[int] = DEFAULT_BITS
    seeds: Sequence[int] = DEFAULT_SEEDS
    assignments: Sequence[Assignment] = ()
    at: Sequence[int] | None = None
    metrics: Sequence[str] = DEFAULT_METRICS
    queries: Literal["test", "validation"] = "test"
    threads: int = 1
    device: str | None = None

    def __post_init__(self) -> None:
        for option in ("methods", "datasets", "featurizers", "bits", "seeds"):
            if not getattr(self, option):
                raise HashbenchError(f"--{option}: the list is empty")
        for bits in self.bits:
            if not 1 <= bits <= MAX_BITS:
                raise HashbenchError(f"--bits {bits}: a code has 1 to {MAX_BITS} bits")
        if self.at is not None and (not self.at or min(self.at) < 1):
            raise HashbenchError("--at: give positive numbers of retrieved documents")
        if self.threads < 1:
            raise HashbenchError(f"--threads {self.threads}: give a positive number")


@dataclass(frozen=True, eq=False)
class Choice:
    """A component with all its parameters, and those among them that the user set."""

    component: Component
    params: Mapping[str, Any]
    overrides: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name it was asked for by."""
        return self.component.name

    @property
    def hasher_spec(self) -> HasherSpec:
        """The spec, of a method."""
        assert isinstance(self.component.spec, HasherSpec)
        return self.component.spec

    @property
    def featurizer_spec(self) -> FeaturizerSpec:
        """The spec, of a featurizer."""
        assert isinstance(self.component.spec, FeaturizerSpec)
        return self.component.spec

    @property
    def source(self) -> PluginSource:
        """Distribution, version and source hash behind it."""
        plugin = self.component.plugin
        return PluginSource(
            plugin.distribution, plugin.version, source_fingerprint(self.component.spec.target)
        )


@dataclass(frozen=True, eq=False)
class Selection:
    """The components of a grid, checked, with their parameters."""

    request: GridRequest
    methods: Sequence[Choice]
    datasets: Sequence[Choice]
    featurizers: Sequence[Choice]
    metrics: Sequence[Component]


@dataclass(frozen=True, eq=False)
class LoadedDataset:
    """A dataset of the grid with its corpus and split."""

    choice: Choice
    corpus: Corpus
    split: Split


@dataclass(frozen=True, eq=False)
class PlannedTrial:
    """A trial with its keys and all that its record says about where it came from."""

    trial: Trial
    key: str
    codes_key: str
    protocol: Protocol
    method: Choice
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    description: str = ""
    notes: tuple[str, ...] = ()
    threads: int = 1

    @property
    def spec(self) -> HasherSpec:
        """The spec of the method."""
        return self.method.hasher_spec


def select(request: GridRequest, registry: Registry) -> Selection:
    """Look every name and parameter of a request up.

    Raises:
        HashbenchError: an unknown name or parameter, a value of the wrong type, a featurizer that does not
            provide what a method needs, or a component that cannot be imported.
    """
    named = {
        "method": _expand(request.methods, "method", registry),
        "dataset": _expand(request.datasets, "dataset", registry),
        "featurizer": _expand(request.featurizers, "featurizer", registry),
    }
    selected = list(itertools.chain.from_iterable(named.values()))
    overrides = assign([*request.assignments, *_device_assignments(request.device, selected)], selected)
    choices = {
        kind: [
            Choice(component, full_parameters(component, overrides[component]), overrides[component])
            for component in components
        ]
        for kind, components in named.items()
    }
    _check_inputs(choices["method"], choices["featurizer"])
    metrics = [registry.get("metric", name) for name in dict.fromkeys(request.metrics)]
    return Selection(request, choices["method"], choices["dataset"], choices["featurizer"], metrics)


def load_dataset(choice: Choice) -> LoadedDataset:
    """Load the corpus of a dataset and split it.

    Raises:
        DataError: the loader fails, or there are fewer than two classes.
    """
    loader = choice.component.spec.load()
    try:
        corpus = loader(**choice.params)
    except HashbenchError:
        raise
    except Exception as error:
        raise DataError(f"dataset {choice.name} cannot be loaded: {type(error).__name__}: {error}") from error
    if len(corpus.label_names) < 2:
        raise DataError(
            f"dataset {choice.name} has {len(corpus.label_names)} class; ranking needs at least two"
        )
    return LoadedDataset(choice, corpus, make_split(corpus))


def plan_trials(selection: Selection, dataset: LoadedDataset, featurizer: Choice) -> list[PlannedTrial]:
    """Return the trials of one dataset and featurizer, in the order methods, bits, seeds."""
    request = selection.request
    protocol = _protocol(request, dataset, key_of_features(dataset, featurizer))
    metrics = [[c.name, c.plugin.version, source_fingerprint(c.spec.target)] for c in selection.metrics]
    scoring = {
        "protocol": protocol.fingerprint,
        "at": None if request.at is None else sorted(set(request.at)),
        "metrics": metrics,
    }
    return [_planned(cell, request, dataset, featurizer, protocol, scoring) for cell in _cells(selection)]


Cell = tuple[Choice, int | None, int | None]


def _planned(
    cell: Cell,
    request: GridRequest,
    dataset: LoadedDataset,
    featurizer: Choice,
    protocol: Protocol,
    scoring: Mapping[str, Any],
) -> PlannedTrial:
    method, bits, seed = cell
    codes_key = content_key(
        {
            "features": protocol.features,
            "inputs": [input_key(protocol.features, name) for name in method.hasher_spec.inputs],
            "labels": protocol.labels,
            "method": method.name,
            "plugin": vars(method.source),
            "params": method.params,
            "bits": bits,
            "seed": seed,
            "threads": request.threads,
        }
    )
    return PlannedTrial(
        trial=Trial(
            dataset=dataset.choice.name,
            dataset_params=dataset.choice.params,
            features=featurizer.name,
            feature_params=featurizer.params,
            method=method.name,
            params=method.params,
            bits=bits,
            seed=seed,
        ),
        key=content_key({"codes": codes_key, **scoring}),
        codes_key=codes_key,
        protocol=protocol,
        method=method,
        overrides={
            "dataset": dataset.choice.overrides,
            "features": featurizer.overrides,
            "method": method.overrides,
        },
        description=dataset.corpus.description,
        notes=dataset.corpus.notes,
        threads=request.threads,
    )


def _protocol(request: GridRequest, dataset: LoadedDataset, features: str) -> Protocol:
    return Protocol(
        dataset=dataset.choice.name,
        documents=dataset.corpus.fingerprint,
        labels=dataset.corpus.label_fingerprint,
        split=str(dataset.split.recipe),
        split_rows=dataset.split.fingerprint,
        features=features,
        queries=request.queries,
        evaluator=EVALUATOR_VERSION,
    )


def key_of_features(dataset: LoadedDataset, featurizer: Choice) -> str:
    """Return the key of the features of a dataset."""
    return features_key(
        dataset.corpus,
        dataset.split,
        featurizer.featurizer_spec,
        featurizer.params,
        plugin_version=featurizer.component.plugin.version,
    )


def ns_of(request: GridRequest, n_database: int) -> tuple[int, ...]:
    """Return the Ns of P@N for a database of that size."""
    if request.at is not None:
        return tuple(sorted(set(request.at)))
    return tuple(n for n in DEFAULT_AT if n <= n_database or n == HEADLINE_N)


def _cells(selection: Selection) -> Iterator[Cell]:
    """Yield method, bits and seed of each trial; what a method does not take is None, once."""
    request = selection.request
    for method in selection.methods:
        takes = signature_parameters(method.component)
        ranker = method.hasher_spec.ranker
        bits: Sequence[int | None] = (None,) if ranker else tuple(dict.fromkeys(request.bits))
        seeds: Sequence[int | None] = (
            tuple(dict.fromkeys(request.seeds)) if "random_state" in takes else (None,)
        )
        yield from itertools.product((method,), bits, seeds)


def _expand(names: Iterable[str], kind: str, registry: Registry) -> list[Component]:
    found: dict[str, Component] = {}
    for name in names:
        matches = fnmatch.filter(registry.names(kind), name) if kind == "method" and "*" in name else [name]
        if not matches:
            raise HashbenchError(f"no {kind} matches {name!r}; `hashbench list {kind}s` shows the known ones")
        for match in matches:
            is_dataset = kind == "dataset"
            component = dataset_component(match, registry) if is_dataset else registry.get(kind, match)
            if found.setdefault(component.name, component).spec != component.spec:
                raise DataError(
                    f"--datasets {match}: another one is called {component.name!r} too; rename it"
                )
    return list(found.values())


def _device_assignments(device: str | None, selected: Sequence[Component]) -> list[Assignment]:
    if device is None:
        return []
    movable = [component.name for component in selected if "device" in default_parameters(component)]
    if not movable:
        raise HashbenchError(f"--device {device}: nothing of what is selected has a device to choose")
    return [Assignment(name, "device", device) for name in movable]


def _check_inputs(methods: Iterable[Choice], featurizers: Iterable[Choice]) -> None:
    for method, featurizer in itertools.product(methods, featurizers):
        missing = set(method.hasher_spec.inputs) - available_inputs(featurizer.featurizer_spec)
        if missing:
            raise HashbenchError(
                f"method {method.name} needs {', '.join(sorted(missing))}, which featurizer "
                f"{featurizer.name} does not provide"
            )
