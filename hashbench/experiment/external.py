"""Codes that were made elsewhere: scored, and stored like those of a trial."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from hashbench.code_digest import code_digest
from hashbench.codes import MAX_BITS, Codes, QuantiserCodes
from hashbench.data.split import Split
from hashbench.errors import Argument, HashbenchError
from hashbench.experiment import environment
from hashbench.experiment.choices import Choice, assigned
from hashbench.experiment.code_arrays import checked_codes, checked_quantiser
from hashbench.experiment.grid import (
    BY_QUERY_BITS,
    HEADLINE_N,
    GridRequest,
    check_argument,
    chosen_metrics,
    dataset_components,
)
from hashbench.experiment.kinds import adapter_of_stored
from hashbench.experiment.label_use import LABEL_FREE_METRIC, metrics_for, notes_on_labels
from hashbench.experiment.loaded import LoadedDataset, load_dataset
from hashbench.experiment.provenance import origin_of
from hashbench.experiment.queries import Labels
from hashbench.experiment.record import (
    LABELS_USED,
    LabelsUsed,
    Origin,
    Seconds,
    Trial,
    TrialRecord,
    packed_values,
)
from hashbench.experiment.store import ResultStore, StoredCodes
from hashbench.experiment.trial import Evaluation, Stopwatch, TrialInputs, evaluate_stored
from hashbench.features.build import key_of_features, load_or_build_features, open_features
from hashbench.features.features import Features
from hashbench.fingerprint import content_key
from hashbench.identity import trial_key
from hashbench.ranges import OneOf, Whole, shown
from hashbench.registry import Component, Registry

EXTERNAL = "external"
"""The recipe and the distribution of codes that were made elsewhere, and the name of input of their own."""

NOTE = "the codes were made elsewhere; which labels they used is as stated by who scored them"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, eq=False)
class ExternalCodes:
    """Codes that were made elsewhere, and what is said of them.

    Attributes:
        arrays: by "train", "test" and perhaps "validation", see ``checked_codes``.
        name: what the leaderboards call it.
        labels: which labels were used.
        bits: length of a code; None takes the number of columns.
        seed: the seed they were made with, or None.
        own_input: they were made from other vectors than those of a featurizer of hashbench.

    Raises:
        HashbenchError: the name, the labels, the bits or the seed are not of that form.
    """

    arrays: Mapping[str, Any]
    name: str
    labels: LabelsUsed
    bits: int | None = None
    seed: int | None = None
    own_input: bool = True

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            why = ": use lower-case letters, digits and single hyphens"
            raise HashbenchError(Argument("name", shown(self.name)), why)
        check_argument("labels", self.labels, OneOf(*LABELS_USED))
        if self.bits is not None:
            check_argument("bits", self.bits, Whole(1, MAX_BITS))
        if self.seed is not None:
            check_argument("seed", self.seed, Whole(0, 2**32 - 1))


def score_external(
    external: ExternalCodes, request: GridRequest, registry: Registry, store: ResultStore
) -> TrialRecord:
    """Score codes that were made elsewhere, and store the codes and the record.

    Args:
        external: the codes.
        request: dataset and featurizer, one of each, their parameters, and what is scored.
        registry: where names are looked up.
        store: where codes and record are stored.

    Raises:
        HashbenchError: a name is unknown, or the codes do not fit the split of the dataset.
    """
    datasets = dataset_components(request.datasets, registry)
    featurizers = [registry.get("featurizer", name) for name in request.featurizers]
    chosen = assigned(request.assignments, None, datasets, featurizers, (), registry, ())
    dataset, featurizer = load_dataset(chosen.datasets[0]), chosen.featurizers[0]
    metrics = tuple(
        metrics_for(
            chosen_metrics(request.metrics, registry),
            registry.get("metric", LABEL_FREE_METRIC),
            dataset.corpus,
        )
    )
    documents, empty = _documents(external, dataset, featurizer)
    stored = _stored(external, documents, empty, request.queries).named(dataset.corpus.ids)
    record = _record(external, stored, dataset, featurizer, metrics, request)
    inputs = TrialInputs(
        features=partial(open_features, record.features_name),
        labels=Labels.of(dataset.corpus),
        split=dataset.split,
        request=request,
        metrics=metrics,
        kernel_threads=environment.available_cores(),
        reuse_codes=True,
    )
    watch = Stopwatch()
    with watch("evaluate"):
        evaluation = evaluate_stored(stored, inputs, partial(_vectors, dataset, featurizer))
    record = _scored(record, evaluation, watch.seconds)
    store.prepare()
    store.save_codes(record.codes_name, stored)
    store.save(record)
    return record


def _stored(external: ExternalCodes, documents: Split, empty: Mapping[str, int], queries: str) -> StoredCodes:
    """Return the codes as they are stored: those of a quantiser where there are lookup tables."""
    codes: Mapping[str, Codes | QuantiserCodes]
    if f"{queries}_tables" in external.arrays:
        codes, tables = checked_quantiser(external.arrays, documents, external.bits, queries)
    else:
        codes, tables = checked_codes(external.arrays, documents, external.bits, queries), {}
    parts = dict.fromkeys([*codes, *tables])
    rows = {part: documents.rows[part] for part in parts}
    return StoredCodes(codes, rows, {part: empty[part] for part in parts}, Seconds(), None, queries=tables)


def _documents(
    external: ExternalCodes, dataset: LoadedDataset, featurizer: Choice
) -> tuple[Split, Mapping[str, int]]:
    """Return the documents that have a code, and how many of each split have none."""
    if external.own_input:
        return dataset.split, dict.fromkeys(dataset.split.rows, 0)
    features = _vectors(dataset, featurizer)
    return features.split, features.empty


def _vectors(dataset: LoadedDataset, featurizer: Choice) -> Features:
    with environment.limited_threads(1):
        return load_or_build_features(
            dataset.corpus,
            dataset.split,
            featurizer.featurizer_spec,
            featurizer.params,
            distribution=featurizer.component.plugin.distribution,
        )


def _record(
    external: ExternalCodes,
    stored: StoredCodes,
    dataset: LoadedDataset,
    featurizer: Choice,
    metrics: Sequence[Component],
    request: GridRequest,
) -> TrialRecord:
    """Return the record without scores."""
    corpus, own_input = dataset.corpus, external.own_input
    features = key_of_features(
        corpus,
        dataset.split,
        featurizer.featurizer_spec,
        featurizer.params,
        distribution=featurizer.component.plugin.distribution,
    )
    digest = _digest(stored)
    bits, task = stored.codes["train"].n_bits, dataset.task(request.queries)
    said = {"name": external.name, "labels": external.labels, "bits": bits, "seed": external.seed}
    input_key = content_key({"input": EXTERNAL, "split": task.split_rows}) if own_input else features
    codes_key = content_key({EXTERNAL: digest, "features": input_key, **said})
    used = {"featurizer": featurizer.component, **{f"metric {metric.name}": metric for metric in metrics}}
    elsewhere = Origin(EXTERNAL, digest[:8], 1)
    origins = {part: origin_of(component) for part, component in used.items()}
    code = {part: (code_digest(component.spec.target),) for part, component in used.items()}
    if own_input:
        origins["featurizer"] = elsewhere
        del code["featurizer"]
    return TrialRecord(
        key=trial_key(
            codes_key,
            task.fingerprint,
            EXTERNAL,
            None if request.at is None else sorted(set(request.at)),
            [(c.plugin.distribution, c.name, c.spec.version) for c in metrics],
            features if own_input else None,
        ),
        codes_key=codes_key,
        features_key=input_key,
        status="ok",
        trial=_trial(external, dataset, featurizer, bits),
        task=task,
        origins={**origins, "method": elsewhere, "dataset": origin_of(dataset.choice.component)},
        code={**code, "method": ()},
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        overrides={
            "dataset": dataset.choice.overrides,
            "featurizer": featurizer.overrides,
            "method": {},
        },
        labels=external.labels,
        kind=adapter_of_stored(stored).kind,
        versions=environment.package_versions(),
        machine=environment.machine(),
        description=corpus.description,
        notes=(*corpus.notes, *notes_on_labels(False, corpus), NOTE),
    )


def _trial(external: ExternalCodes, dataset: LoadedDataset, featurizer: Choice, bits: int) -> Trial:
    own_input = external.own_input
    return Trial(
        dataset=dataset.choice.name,
        dataset_params=dataset.choice.params,
        featurizer=EXTERNAL if own_input else featurizer.name,
        featurizer_params={} if own_input else featurizer.params,
        method=external.name,
        recipe=EXTERNAL,
        params={},
        bits=bits,
        seed=external.seed,
        requested=featurizer.name if own_input else None,
        requested_params=featurizer.params if own_input else None,
    )


def _scored(record: TrialRecord, evaluation: Evaluation, seconds: Seconds) -> TrialRecord:
    by_query = {}
    if record.trial.bits in BY_QUERY_BITS and evaluation.by_query is not None:
        by_query[f"p@{HEADLINE_N}"] = packed_values(evaluation.by_query)
    return replace(
        record,
        scores=evaluation.scores,
        by_query=by_query,
        chance=evaluation.chance,
        counts=evaluation.counts,
        metrics=evaluation.metrics,
        notes=(*record.notes, *evaluation.notes),
        seconds=seconds,
    )


def _digest(stored: StoredCodes) -> str:
    digest = hashlib.sha256()
    for part, codes in sorted(stored.codes.items()):
        array = codes.words.astype("<u8") if isinstance(codes, Codes) else codes.indices
        digest.update(f"{part} {array.shape}".encode())
        digest.update(array.tobytes())
    for part, tables in sorted(stored.queries.items()):
        digest.update(f"{part} {tables.shape}".encode())
        digest.update(tables.astype("<f4").tobytes())
    return digest.hexdigest()
