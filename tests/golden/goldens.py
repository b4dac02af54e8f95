"""Goldens: what every method of ours gives with each of its recipes, on a tiny corpus.

A golden holds the codes and the precision of one method and recipe, with all that they depend on: parameters,
versions, features, libraries and processor. On the same kind of machine with the same libraries the codes are
compared exactly, elsewhere the precision within a tolerance. ``python -m tests.golden.record`` writes them.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse

from hashbench import Codes, evaluate, make_split
from hashbench.codes import QuantiserCodes
from hashbench.data.split import Split
from hashbench.evaluation.evaluator import evaluate_ranking, evaluate_tables
from hashbench.experiment.environment import limited_threads, machine, package_versions
from hashbench.fingerprint import content_key
from hashbench.identity import key_parameters
from hashbench.parameters import full_parameters, signature_parameters
from hashbench.registry import OWN_DISTRIBUTION, Component, registry
from hashbench.specs import FeaturesOf, Recipe
from hashbench.testing.toy_inputs import extra_inputs
from tests.golden.tiny import tiny_corpus

FILE = Path(__file__).with_name("goldens.json")
RECORD = "python -m tests.golden.record"
N_BITS, N = 16, 10
GIVEN = {"n_bits": N_BITS, "random_state": 7, "device": "cpu"}
"""What every method that takes it is given, whatever its parameters."""
DENSE = FeaturesOf("lsa", {"n_components": 24})
FEATURES = dict.fromkeys(("contrastive", "equal_memory", "hierarchical"), DENSE)
"""The featurizer by plugin, where it is not tf-idf: their methods are made for dense vectors."""
TOLERANCE = 0.03
"""By how much P@10 may differ on another machine, beside twice the spread of the golden."""
COMPUTING = ("numpy", "scipy", "scikit-learn", "torch", "numba")


@dataclass(frozen=True)
class Settings:
    """What the result of a method and recipe depends on.

    Attributes:
        version: version of the method.
        params: its parameters without ``GIVEN``, with those of the recipe and what makes it cheap to check in
            place. One that was added later is left out while it has the value with which the method does what
            it did before.
        features: name, version and such parameters of the featurizer.
    """

    version: int
    params: Mapping[str, Any]
    features: Mapping[str, Any]


@dataclass(frozen=True)
class Golden:
    """The result of a method and recipe.

    Attributes:
        settings: what it depends on.
        vectors: digest of the features.
        codes: digest of the packed codes of the training and test documents; of a quantiser, of indices and
            tables; of a ranker, of similarities.
        precision: P@10 of the test documents, the expectation under ties.
        spread: the largest change of the precision where matrix products are rounded as on other processors.
        machine: key of the libraries and the processor that computed it.
    """

    settings: Settings
    vectors: str
    codes: str
    precision: float
    spread: float
    machine: str


@dataclass(frozen=True)
class Difference:
    """Why a golden does not hold.

    Attributes:
        message: what is different, and what to do.
        meant: parameters or a version say so: the golden may be recorded anew.
    """

    message: str
    meant: bool


@dataclass(frozen=True, eq=False)
class Case:
    """A method with one of its recipes."""

    component: Component
    recipe_name: str
    recipe: Recipe

    @property
    def name(self) -> str:
        """The name as ``--methods`` takes it."""
        return f"{self.component.name}@{self.recipe_name}"

    def settings(self) -> Settings:
        """Return what its result depends on."""
        spec = self.component.spec
        overrides = self.recipe.params_for("tiny", N_BITS)
        params = {**full_parameters(self.component, overrides), **spec.check_params}
        params = {name: value for name, value in params.items() if name not in GIVEN}
        params = key_parameters(spec, params)
        asked = self._features()
        featurizer = registry().get("featurizer", asked.name)
        features = {
            "name": asked.name,
            "version": featurizer.spec.version,
            "params": key_parameters(featurizer.spec, full_parameters(featurizer, asked.params)),
        }
        return Settings(spec.version, *json.loads(json.dumps([params, features])))

    def _features(self) -> FeaturesOf:
        """Return the featurizer of the recipe, LSA for one that reads no texts or needs a trained model."""
        asked = self.recipe.features
        if asked is None:
            return FEATURES.get(self.component.plugin.name, FeaturesOf("tfidf"))
        featurizer = registry().get("featurizer", asked.name)
        pretrained = "model" in signature_parameters(featurizer)
        return DENSE if pretrained or "text" not in featurizer.spec.accepts else asked


@cache
def cases() -> Mapping[str, Case]:
    """Return every method of ours with each of its recipes, by name."""
    found = [
        Case(component, recipe_name, recipe)
        for component in registry().components("method")
        if component.plugin.distribution == OWN_DISTRIBUTION
        for recipe_name, recipe in {"default": Recipe(), **component.spec.recipes}.items()
    ]
    return {case.name: case for case in found}


@cache
def fingerprint() -> Mapping[str, Any]:
    """Return the libraries and the processor on which the last bit of a result may depend."""
    import scipy.linalg  # noqa: F401 - brings its BLAS
    import torch
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    bundled = [pool for pool in pools if Path(pool["filepath"]).parent.name.startswith(("numpy", "scipy"))]
    blas = {
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
        for pool in bundled or pools
    }
    return {
        **{name: package_versions()[name] for name in COMPUTING},
        "blas": sorted(blas),
        "torch capability": torch.backends.cpu.get_cpu_capability(),
        "processor": machine()["processor"],
    }


def machine_key() -> str:
    """Return a short key of the libraries and the processor."""
    return content_key(fingerprint())[:8]


def compute(case: Case) -> Golden:
    """Fit a method and encode with it, in one thread; the spread is left at 0."""
    settings = case.settings()
    return Golden(settings, *_result(case, settings), spread=0.0, machine=machine_key())


def compare(name: str, golden: Golden | None, now: Golden) -> Difference | None:
    """Return how the result of now differs from the golden, None if it does not."""
    if golden is None:
        return Difference(f"{name} has no golden: run `{RECORD}`", meant=True)
    old, new = golden.settings, now.settings
    if new.version < old.version:
        return Difference(f"{name}: its version went back from {old.version} to {new.version}", meant=False)
    if old != new:
        changes = ", ".join(_changes(asdict(old), asdict(new)))
        return Difference(f"{name} has other settings ({changes}): run `{RECORD}`", meant=True)
    if golden.machine != now.machine:
        return _compare_precision(name, golden, now)
    if golden.vectors != now.vectors:
        featurizer = old.features["name"]
        return Difference(
            _changed(f"featurizer {featurizer}", "vectors", old.features["version"]), meant=False
        )
    if golden.codes != now.codes:
        return Difference(_changed(name, "codes", old.version), meant=False)
    if golden.precision != now.precision:
        reason = f"P@{N} of equal codes was {golden.precision} and is {now.precision}"
        return Difference(f"{name}: {reason}: raise EVALUATOR_VERSION, or restore the behaviour", meant=False)
    return None


def load(file: Path = FILE) -> dict[str, Golden]:
    """Return the stored goldens by name."""
    stored = json.loads(file.read_text(encoding="utf-8"))["goldens"]
    return {
        name: Golden(**{**golden, "settings": Settings(**golden["settings"])})
        for name, golden in stored.items()
    }


def save(goldens: Mapping[str, Golden], file: Path = FILE) -> None:
    """Write goldens, and the libraries and processors that they were computed with."""
    machines = json.loads(file.read_text(encoding="utf-8"))["machines"] if file.exists() else {}
    machines[machine_key()] = fingerprint()
    used = {golden.machine for golden in goldens.values()}
    document = {
        "machines": {key: value for key, value in sorted(machines.items()) if key in used},
        "goldens": {name: asdict(golden) for name, golden in sorted(goldens.items())},
    }
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _compare_precision(name: str, golden: Golden, now: Golden) -> Difference | None:
    tolerance = TOLERANCE + 2 * golden.spread
    if abs(golden.precision - now.precision) <= tolerance:
        return None
    reason = f"P@{N} is {now.precision:.3f} here and was {golden.precision:.3f} on another machine"
    changed = f"more than {tolerance:.3f} apart: {_changed(name, 'codes', golden.settings.version)}"
    return Difference(f"{reason}, {changed}", meant=False)


def _changed(name: str, what: str, version: int) -> str:
    return (
        f"{name} gives other {what} than its version {version} did with the same parameters: "
        "raise `version` in its spec, or restore the behaviour"
    )


def _changes(old: Any, new: Any, path: str = "") -> list[str]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return [] if old == new else [f"{path} {old!r} -> {new!r}"]
    names = dict.fromkeys([*old, *new])
    return [
        change
        for name in names
        for change in _changes(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    ]


def _result(case: Case, settings: Settings) -> tuple[str, str, float]:
    """Return the digests of vectors and codes, and the precision."""
    corpus, split = _corpus()
    train, validation, test = _vectors(json.dumps(settings.features, sort_keys=True))
    labels = corpus.single_label
    assert labels is not None
    spec = case.component.spec
    taken = signature_parameters(case.component)
    params = {**spec.introduced, **settings.params, **GIVEN}
    params |= {name: value for name, value in spec.check_params.items() if name == "n_bits"}
    hasher = spec.load()(**{name: value for name, value in params.items() if name in taken})
    arguments = extra_inputs(spec.inputs, train, _counts())
    arguments |= {"y": labels[split.train]} if spec.supervised else {}
    arguments |= {"X_val": validation, "y_val": labels[split.validation]} if spec.validation else {}
    relevant = labels[split.test], labels[split.train], (N,)
    with limited_threads(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hasher.fit(train, **arguments)
        if spec.ranker:
            similarities = list(hasher.similarities(test))
            codes, scores = _digest(np.concatenate(similarities)), evaluate_ranking(similarities, *relevant)
        elif spec.quantiser:
            database, tables = hasher.transform(train), hasher.query_tables(test)
            codes = _digest(database, hasher.transform(test), tables)
            scores = evaluate_tables(tables, QuantiserCodes(database, hasher.n_centroids), *relevant)
        else:
            database, queries = hasher.transform(train), hasher.transform(test)
            database = getattr(hasher, "training_codes_", database)
            codes = _digest(Codes.pack(np.concatenate([database, queries])).words.astype("<u8"))
            scores = evaluate(Codes.pack(queries), Codes.pack(database), *relevant)
    return _digest(train, validation, test), codes, float(scores.expected[N])


@cache
def _corpus() -> tuple[Any, Split]:
    corpus = tiny_corpus()
    return corpus, make_split(corpus)


@cache
def _vectors(features: str) -> tuple[Any, ...]:
    """Return the training, validation and test vectors of a featurizer, given by its settings as JSON."""
    asked = json.loads(features)
    corpus, split = _corpus()
    parts = [[corpus.texts[row] for row in rows] for rows in (split.train, split.validation, split.test)]
    featurizer = registry().get("featurizer", asked["name"]).spec.load()(**asked["params"])
    with limited_threads(1):
        featurizer.fit(parts[0])
        return tuple(featurizer.transform(part) for part in parts)


def _counts() -> csr_array:
    """Return the counts of the training documents."""
    return _vectors(json.dumps({"name": "counts", "params": {}}))[0]


def _digest(*matrices: Any) -> str:
    digest = hashlib.sha256()
    for matrix in matrices:
        arrays = (matrix.data, matrix.indices, matrix.indptr) if issparse(matrix) else (matrix,)
        for array in arrays:
            wide = array.astype("<i8") if array.dtype.kind == "i" else array
            digest.update(np.ascontiguousarray(wide).tobytes())
    return digest.hexdigest()[:16]
