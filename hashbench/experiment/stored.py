"""What can be had again from a stored record: its corpus, its codes, and its scores at other Ns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from hashbench.data.corpus import Corpus
from hashbench.data.split import make_split
from hashbench.data.user_files import dataset_component, looks_like_path
from hashbench.errors import DataError, HashbenchError, UnknownNameError
from hashbench.evaluation.version import EVALUATOR_VERSION
from hashbench.experiment import environment
from hashbench.experiment.choices import Choice
from hashbench.experiment.grid import GridRequest, load_dataset
from hashbench.experiment.kinds import Request, adapter_of_stored
from hashbench.experiment.queries import Labels
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.search import rescoring_factor
from hashbench.experiment.store import ResultStore, StoredCodes
from hashbench.experiment.trial import TrialInputs, evaluate_stored
from hashbench.features.build import load_or_build_features
from hashbench.features.features import Features
from hashbench.parameters import full_parameters
from hashbench.registry import Registry, registry
from hashbench.specs import FeaturizerSpec


def open_corpus(record: TrialRecord, registry: Registry, path: str | None = None) -> Corpus:
    """Load the corpus of a record with the parameters that the record holds.

    Args:
        record: of a trial on the corpus.
        registry: where its dataset is looked up.
        path: the file or folder, of a dataset that was one; records do not tell where it was.

    Raises:
        UnknownNameError: the dataset is not registered, and no path is given.
        DataError: it cannot be loaded, or its documents or labels are not those of the record.
    """
    trial = record.trial
    known = registry.names("dataset")
    if path is None and trial.dataset not in known:
        raise UnknownNameError(
            f"dataset {trial.dataset!r} of trial {record.key[:8]} is not registered here; "
            "if it is a file or folder of yours, give --dataset PATH"
        )
    if path is not None and not looks_like_path(path, known):
        raise HashbenchError(f"--dataset {path}: there is no such file or folder; give the path of one")
    component = dataset_component(path or trial.dataset, registry)
    retired = component.spec.retired.items()
    params = {name: v for name, v in trial.dataset_params.items() if (name, v) not in retired}
    corpus = load_dataset(Choice(component, full_parameters(component, params), {})).corpus
    for what, found, recorded in (
        ("documents", corpus.fingerprint, record.task.documents),
        ("labels", corpus.label_fingerprint, record.task.labels),
    ):
        if found != recorded:
            raise DataError(
                f"the {what} of {path or trial.dataset} are not those of trial {record.key[:8]} "
                f"({found[:8]}, recorded {recorded[:8]}); `hashbench run` makes trials on what is there now"
            )
    return corpus


def stored_codes(record: TrialRecord, store: ResultStore) -> StoredCodes:
    """Return the codes of a record, or the lists of a ranker.

    Raises:
        HashbenchError: the trial failed, or their file is missing or damaged.
    """
    named = f"trial {record.key[:8]} ({record.trial})"
    if record.status == "failed":
        raise HashbenchError(
            f"{named} failed and has no codes; `hashbench show {record.key[:8]}` tells why, "
            "`hashbench run --retry-failed` tries again"
        )
    codes = store.find_codes(record.codes_name)
    if codes is None:
        damage = store.damage_of_codes(record.codes_name)
        what = (
            f"are not in {store.codes_folder}" if damage is None else f"cannot be used: their file {damage}"
        )
        raise HashbenchError(
            f"the codes of {named} {what}; "
            "`hashbench run --overwrite always` with its options makes them anew"
        )
    return codes


def ranked(record: TrialRecord, stored: StoredCodes, query: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the documents of the database in the order in which a query finds them, and their distances.

    Args:
        record: of a trial.
        stored: its codes.
        query: index of the query among the documents of its split that have a code.

    Returns:
        Indices into the database and distances, of a ranker similarities, both of shape (n,).

    Raises:
        HashbenchError: the trial is of a rescored search, whose ranking depends on N.
    """
    task = record.task
    if record.kind != "ranker" and rescoring_factor(task.search):
        raise HashbenchError(
            f"trial {record.key[:8]} ranks other candidates for each N ({task.search}); name that of the "
            "same method with symmetric search, whose codes are the same"
        )
    request = Request(record.trial.bits, task.queries, task.search, 1)
    return adapter_of_stored(stored).ranking(stored, request, query)


def _features(record: TrialRecord, corpus: Corpus, inputs: Sequence[str]) -> Features:
    """Return the features of a record, from the cache or computed anew."""
    component = registry().get("featurizer", record.trial.featurizer)
    retired = component.spec.retired.items()
    params = {name: v for name, v in record.trial.featurizer_params.items() if (name, v) not in retired}
    features = load_or_build_features(
        corpus,
        make_split(corpus),
        cast(FeaturizerSpec, component.spec),
        full_parameters(component, params),
        distribution=component.plugin.distribution,
        inputs=inputs,
    )
    if features.key != record.features_key:
        raise DataError(
            f"featurizer {component.name} of today gives other vectors than those of trial {record.key[:8]}; "
            "`hashbench run` makes trials of today's"
        )
    return features


def holds(record: TrialRecord, at: Iterable[int]) -> bool:
    """Tell whether a record has scores at all those Ns, by the evaluator of today."""
    return record.task.evaluator == EVALUATOR_VERSION and all(f"p@{n}" in record.scores for n in at)


def rescored(record: TrialRecord, store: ResultStore, corpus: Corpus, at: Iterable[int]) -> TrialRecord:
    """Return a record with its scores at the given Ns and no others, from its stored codes.

    Args:
        record: of a trial on the corpus.
        store: where its codes are.
        corpus: documents and labels.
        at: the Ns of P@N.

    Raises:
        HashbenchError: there are no codes.
    """
    inputs = TrialInputs(
        features=partial(_features, record, corpus),
        labels=Labels.of(corpus),
        split=make_split(corpus),
        request=GridRequest(at=tuple(at), queries=record.task.queries, search=record.task.search),
        metrics=(),
        kernel_threads=environment.available_cores(),
        reuse_codes=True,
    )
    evaluation = evaluate_stored(stored_codes(record, store), inputs)
    return replace(record, scores=evaluation.scores, chance=evaluation.chance)
