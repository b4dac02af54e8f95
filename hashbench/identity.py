"""What a result depends on, as it is declared: the keys under which features, codes and records are stored.

A component counts with its distribution, its name, the version in its spec, its parameters and the contents
of the files it reads. Neither its source code nor the release of its distribution is part of a key; the code
is kept in the record as evidence, see ``hashbench.code_digest``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from hashbench.fingerprint import content_key
from hashbench.specs import HasherSpec, Spec

NEUTRAL = frozenset({"device"})
"""Parameters of methods that say where is computed, not what: neither a key nor a row depends on them.

Featurizers are not among those: a network that is fine-tuned, or has dropout, draws other noise on a GPU.
"""


def component_identity(spec: Spec, distribution: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands for a component in a key.

    Args:
        spec: its spec.
        distribution: name of the distribution that it comes from.
        params: all its parameters, JSON values.

    Raises:
        HashbenchError: the files it reads cannot be found.
    """
    return declared_identity(
        distribution, spec.name, spec.version, key_parameters(spec, params), files_read(spec, params)
    )


def declared_identity(
    distribution: str, name: str, version: int, params: Mapping[str, Any], files: str | None
) -> dict[str, Any]:
    """Return what stands for a component in a key, from its parts; ``files`` is a hash of what it reads."""
    identity = {"distribution": distribution, "name": name, "version": version, "params": dict(params)}
    return identity if files is None else {**identity, "files": files}


def key_parameters(spec: Spec, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are part of a key.

    A parameter that was added to the component later stays out while it has the value it was introduced with.
    One that was removed stays in with the value it was removed at, and a neutral one of a method with its
    default.
    """
    return {
        name: value
        for name, value in {**spec.retired, **params, **_neutral_defaults(spec, params)}.items()
        if name not in spec.introduced or content_key(value) != content_key(spec.introduced[name])
    }


def _neutral_defaults(spec: Spec, params: Mapping[str, Any]) -> dict[str, Any]:
    present = NEUTRAL & set(params) if isinstance(spec, HasherSpec) else set()
    declared = inspect.signature(spec.load()).parameters if present else {}
    return {name: spec.params.get(name, declared[name].default) for name in present if name in declared}


def files_read(spec: Spec, params: Mapping[str, Any]) -> str | None:
    """Return a hash of the files that a component with these parameters reads, None where it reads none.

    A class that reads files, such as the weights of a network, has a method ``fingerprint`` that returns it.
    """
    target = spec.load()
    return str(target(**params).fingerprint()) if hasattr(target, "fingerprint") else None


def features_key(documents: str, split_rows: str, featurizer: Mapping[str, Any]) -> str:
    """Return the key of the vectors of a split corpus.

    Args:
        documents: fingerprint of the documents; their labels do not count.
        split_rows: fingerprint of the split.
        featurizer: see ``component_identity``.
    """
    return content_key({"documents": documents, "split": split_rows, "featurizer": dict(featurizer)})


def codes_key(
    features: str,
    inputs: Mapping[str, int],
    labels: str,
    method: Mapping[str, Any],
    bits: int | None,
    seed: int | None,
    threads: int,
    *,
    validation_labels: bool = True,
) -> str:
    """Return the key of the codes of a corpus.

    Args:
        features: key of the features.
        inputs: versions of the extra inputs by name.
        labels: fingerprint of the labels of the corpus.
        method: see ``component_identity``.
        bits: length of a code, None for methods without codes.
        seed: seed of the method, None for methods that draw nothing at random.
        threads: threads that fit and transform may use.
        validation_labels: False where a method that selects on validation labels was not given them.
    """
    withheld = {} if validation_labels else {"validation_labels": False}
    return content_key(
        {
            "features": features,
            "inputs": dict(inputs),
            "labels": labels,
            "method": dict(method),
            "bits": bits,
            "seed": seed,
            "threads": threads,
            **withheld,
        }
    )


def trial_key(
    codes: str,
    task: str,
    recipe: str,
    at: list[int] | None,
    metrics: list[tuple[str, str, int]],
    requested_features: str | None = None,
) -> str:
    """Return the key of a trial.

    Args:
        codes: key of its codes.
        task: fingerprint of the task.
        recipe: name of the recipe.
        at: the Ns of P@N as they were asked for, ascending; None for the default ones.
        metrics: distribution, name and version of each further metric.
        requested_features: key of the features that the run named, where the recipe has its own.
    """
    requested = {} if requested_features is None else {"requested": requested_features}
    scoring = {"at": at, "metrics": [list(metric) for metric in metrics]}
    return content_key({"codes": codes, "task": task, "recipe": recipe, **scoring, **requested})
