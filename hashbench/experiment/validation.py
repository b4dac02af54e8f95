"""Whether stored results are what they say: their keys, and their scores where the codes are at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hashbench.data.corpus import Corpus
from hashbench.errors import HashbenchError
from hashbench.experiment.record import Origin, TrialRecord
from hashbench.experiment.relabelling import known_key
from hashbench.experiment.store import ResultStore
from hashbench.experiment.stored import open_corpus, rescored
from hashbench.features.extra_inputs import input_version
from hashbench.identity import codes_key, declared_identity, features_key, files_read, key_parameters
from hashbench.registry import Component, Registry
from hashbench.specs import HasherSpec

TOLERANCE = 2e-6
"""By which a recomputed score may differ, relative to 1: committed scores have six digits."""


@dataclass
class Validation:
    """What was found of some results.

    Attributes:
        checked: number of results.
        rescored: how many of them were scored again from their codes.
        problems: what is wrong, a line each.
        left_out: what could not be checked, by reason, with the number of results.
    """

    checked: int = 0
    rescored: int = 0
    problems: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def validate(records: Iterable[TrialRecord], store: ResultStore, registry: Registry) -> Validation:
    """Check results of one folder.

    The key of a result follows from what it declares, so that a result that was edited, or copied under
    another name, is found. Where its codes are stored beside it and its dataset is registered and there, its
    scores are computed again.

    Args:
        records: the results.
        store: the folder, with the codes that there are.
        registry: the installed components.
    """
    found, corpora = Validation(), dict[str, Corpus | str]()
    for record in records:
        found.checked += 1
        named = f"{record.key[:8]} {record.trial}"
        found.problems += [f"{named}: {problem}" for problem in _wrong_keys(record, registry, found.left_out)]
        if record.status == "ok":
            _check_scores(record, named, store, registry, corpora, found)
    return found


def _wrong_keys(record: TrialRecord, registry: Registry, left_out: Counter[str]) -> list[str]:
    problems = []
    trial, task = record.trial, record.task
    try:
        if known_key(record, registry) != record.key:
            problems.append("its key does not follow from what it declares")
    except HashbenchError:
        left_out["its requested featurizer is not installed"] += 1
    featurizer = _component("featurizer", trial.featurizer, record.origins, registry)
    if featurizer is None:
        left_out["its featurizer is not installed"] += 1
    else:
        identity = _identity(featurizer, record.origins["featurizer"], trial.featurizer_params)
        if features_key(task.documents, task.split_rows, identity) != record.features_key:
            problems.append("the key of its features does not follow from what it declares")
    method = _component("method", trial.method, record.origins, registry)
    if method is None:
        left_out["its method is not installed"] += 1
    elif record.codes_key not in _possible_codes_keys(record, method):
        problems.append("the key of its codes does not follow from what it declares")
    return problems


def _possible_codes_keys(record: TrialRecord, method: Component) -> list[str]:
    """Return the keys that the codes may have: a record does not say whether labels were withheld."""
    trial, spec = record.trial, method.spec
    assert isinstance(spec, HasherSpec)
    return [
        codes_key(
            record.features_key,
            {name: input_version(name) for name in spec.inputs},
            record.task.labels,
            _identity(method, record.origins["method"], trial.params),
            trial.bits,
            trial.seed,
            record.threads,
            validation_labels=given,
        )
        for given in (True, False)
    ]


def _identity(component: Component, origin: Origin, params: Mapping[str, object]) -> dict[str, object]:
    spec = component.spec
    return declared_identity(
        origin.distribution, spec.name, origin.version, key_parameters(spec, params), files_read(spec, params)
    )


def _component(kind: str, name: str, origins: Mapping[str, Origin], registry: Registry) -> Component | None:
    origin = origins.get(kind)
    named = (each for each in registry.components(kind) if each.name == name)
    component = next(named, None)
    same = component and origin and component.plugin.distribution == origin.distribution
    return component if same else None


def _check_scores(
    record: TrialRecord,
    named: str,
    store: ResultStore,
    registry: Registry,
    corpora: dict[str, Corpus | str],
    found: Validation,
) -> None:
    if record.trial.bits is None or store.find_codes(record.codes_name) is None:
        found.left_out["no codes at hand to score again"] += 1
        return
    corpus = _corpus(record, registry, corpora)
    if isinstance(corpus, str):
        found.left_out[corpus] += 1
        return
    at = sorted(int(name.removeprefix("p@")) for name in record.scores if name.startswith("p@"))
    again = rescored(record, store, corpus, at)
    found.rescored += 1
    for name, score in record.scores.items():
        for which, value in vars(score).items():
            other = getattr(again.scores[name], which)
            if abs(other - value) > TOLERANCE:
                found.problems.append(f"{named}: {which} {name} is {value:g}, its codes give {other:g}")


def _corpus(record: TrialRecord, registry: Registry, corpora: dict[str, Corpus | str]) -> Corpus | str:
    """Return the corpus of a record, or why there is none."""
    what = f"{record.trial.dataset} {dict(record.trial.dataset_params)} {record.task.fingerprint}"
    if what not in corpora:
        try:
            corpora[what] = open_corpus(record, registry)
        except HashbenchError as error:
            corpora[what] = f"dataset {record.trial.dataset} cannot be loaded: {error}"
    return corpora[what]
