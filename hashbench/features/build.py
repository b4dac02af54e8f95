"""Features of a split corpus: computed by a featurizer, or opened from the cache."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from hashbench.atomic import remove_stale_files, storing
from hashbench.code_digest import code_digest
from hashbench.data.corpus import Corpus
from hashbench.data.home import cache_folder, cache_home
from hashbench.data.split import Split
from hashbench.errors import DataError, HashbenchError
from hashbench.features.extra_inputs import COMPUTED, ComputedInput, available_inputs, input_name
from hashbench.features.features import ExtraInput, Features, Matrix
from hashbench.features.matrices import canonical, canonical_csr
from hashbench.features.storage import (
    find_damage,
    read_features,
    read_input,
    remove_folder,
    write_features,
    write_input,
)
from hashbench.identity import component_identity, features_key
from hashbench.specs import FeaturizerSpec

Documents = Sequence[str] | csr_array
logger = logging.getLogger(__name__)


def key_of_features(
    corpus: Corpus, split: Split, spec: FeaturizerSpec, params: Mapping[str, Any], *, distribution: str
) -> str:
    """Return the key of the features of a corpus, see ``hashbench.identity``.

    Args:
        corpus: the documents; their labels do not count.
        split: the split, all documents included.
        spec: the featurizer.
        params: all parameters of its constructor, JSON values.
        distribution: the distribution that the featurizer comes from.
    """
    return features_key(corpus.fingerprint, split.fingerprint, component_identity(spec, distribution, params))


def name_of_features(key: str, spec: FeaturizerSpec) -> str:
    """Return the name of the cached features of a key: the key, and the code that makes them."""
    return f"{key}-{code_digest(spec.target)}"


def load_or_build_features(
    corpus: Corpus,
    split: Split,
    spec: FeaturizerSpec,
    params: Mapping[str, Any],
    *,
    distribution: str,
    inputs: Sequence[str] = (),
) -> Features:
    """Return the features from the cache, where they are put first if need be, by one process alone.

    The arguments are those of ``build_features``. The arrays are read-only views of files, and ``seconds`` is
    what the computation took when it was done.

    Damaged files are removed, with a warning, and computed anew. A cache that holds everything is not
    written to.

    Raises:
        HashbenchError: see ``build_features``.
        StorageError: something has to be computed, and the cache folder cannot be written.
        ValueError: see ``build_features``.
    """
    _check_inputs(inputs, spec)
    key = key_of_features(corpus, split, spec, params, distribution=distribution)
    name = name_of_features(key, spec)
    paths = (_folder(name), *_input_folders(name, inputs).values())
    if not all(_exists(path) and find_damage(path) is None for path in paths):
        _complete(_Builder(corpus, split, spec, params), key, name, inputs)
    return open_features(name, inputs)


def _complete(builder: _Builder, key: str, name: str, inputs: Sequence[str]) -> None:
    """Put what is missing or damaged into the cache, one process at a time."""
    cache_home()
    folder = _folder(name)
    with ExitStack() as stack:
        with storing(folder.parent):
            folder.parent.mkdir(exist_ok=True)
            remove_stale_files(folder.parent)
            stack.enter_context(FileLock(folder.with_suffix(".lock")))
        if not _is_intact(folder):
            write_features(folder, builder.features(key))
        for each, path in _input_folders(name, inputs).items():
            if not _is_intact(path):
                with storing(path.parent):
                    path.parent.mkdir(exist_ok=True)
                write_input(path, builder.extra_input(each, read_features(folder)))


def _is_intact(path: Path) -> bool:
    """Tell whether features or an extra input are there; damaged ones are removed, with a warning."""
    if not _exists(path):
        return False
    damage = find_damage(path)
    if damage is not None:
        logger.warning(damage)
        remove_folder(path)
    return damage is None


def _exists(path: Path) -> bool:
    with storing(path):
        return path.exists()


def open_features(name: str, inputs: Sequence[str] = ()) -> Features:
    """Open features and extra inputs that ``load_or_build_features`` has put into the cache.

    Args:
        name: see ``name_of_features``.
        inputs: names of the extra inputs.

    Raises:
        DataError: they are not there, or damaged.
    """
    extra = {each: read_input(path) for each, path in _input_folders(name, inputs).items()}
    return read_features(_folder(name)).with_inputs(extra)


def build_features(
    corpus: Corpus,
    split: Split,
    spec: FeaturizerSpec,
    params: Mapping[str, Any],
    *,
    distribution: str,
    inputs: Sequence[str] = (),
) -> Features:
    """Fit the featurizer on the training documents and transform the documents of all three splits.

    The first arguments are those of ``key_of_features``. Extra inputs are computed for the training documents
    that remain once those whose vector is all zeros are left out.

    Args:
        inputs: names of the extra inputs to compute, see ``hashbench.features.extra_inputs``.

    Raises:
        HashbenchError: the featurizer does not read this form of documents, or does not provide an input.
        DataError: every document of a split has a vector of zeros.
        ValueError: the featurizer breaks its contract; the message names it.
    """
    _check_inputs(inputs, spec)
    builder = _Builder(corpus, split, spec, params)
    key = key_of_features(corpus, split, spec, params, distribution=distribution)
    features = builder.features(key)
    return features.with_inputs({name: builder.extra_input(name, features) for name in inputs})


@dataclass(frozen=True, eq=False)
class _Builder:
    """Computes features and extra inputs; the featurizer is fitted when first needed, and once."""

    corpus: Corpus
    split: Split
    spec: FeaturizerSpec
    params: Mapping[str, Any]

    @cached_property
    def featurizer(self) -> Any:
        _check_form(self.corpus, self.spec)
        featurizer = self.spec.load()(**self.params)
        featurizer.fit(_take(self.corpus, self.split.train))
        return featurizer

    def features(self, key: str) -> Features:
        started = time.perf_counter()
        matrices: dict[str, Matrix] = {}
        rows: dict[str, NDArray[np.int64]] = {}
        for split, split_rows in self.split.rows.items():
            where = f"featurizer {self.spec.name}, {split} split of {self.corpus.name}"
            result = self.featurizer.transform(_take(self.corpus, split_rows))
            matrix = _checked_matrix(result, len(split_rows), where)
            filled = _filled_rows(matrix)
            if not filled.any():
                raise DataError(
                    f"{where}: every vector is all zeros; try other parameters or another featurizer"
                )
            matrices[split], rows[split] = canonical(matrix[filled]), split_rows[filled]
        if len(widths := {matrix.shape[1] for matrix in matrices.values()}) > 1:
            raise ValueError(
                f"featurizer {self.spec.name}: the splits have vectors of different widths {sorted(widths)}"
            )
        return Features(
            **matrices,
            split=Split(**rows, recipe=self.split.recipe),
            empty={split: len(before) - len(rows[split]) for split, before in self.split.rows.items()},
            key=key,
            seconds=time.perf_counter() - started,
            inputs={},
        )

    def extra_input(self, name: str, features: Features) -> ExtraInput:
        started = time.perf_counter()
        documents = _take(self.corpus, features.split.train)
        if name in COMPUTED:
            values = self._computed(COMPUTED[name], name, documents, features.train)
        else:
            values = _provided(self.featurizer, self.spec, documents)[name]
        return ExtraInput(canonical(values, values.dtype), time.perf_counter() - started)

    def _computed(
        self, computed: ComputedInput, name: str, documents: Documents, vectors: Matrix
    ) -> csr_array | NDArray[Any]:
        if computed.reads == "vectors":
            return computed(vectors)
        if self.corpus.form == "vectors":
            raise HashbenchError(f"input {name} is computed from words, corpus {self.corpus.name} has none")
        return computed(documents)


def _input_folders(name: str, inputs: Sequence[str]) -> dict[str, Path]:
    return {each: _folder(name) / "inputs" / input_name(each) for each in inputs}


def _folder(name: str) -> Path:
    return cache_folder() / "features" / name


def _check_inputs(inputs: Sequence[str], spec: FeaturizerSpec) -> None:
    if unknown := sorted(set(inputs) - available_inputs(spec)):
        raise HashbenchError(f"featurizer {spec.name} does not provide the input {', '.join(unknown)}")


def _check_form(corpus: Corpus, spec: FeaturizerSpec) -> None:
    if corpus.form not in spec.accepts:
        forms = {"text": "texts", "counts": "word counts", "vectors": "finished vectors"}
        hint = "; use the featurizer `given`" if corpus.form == "vectors" else ""
        raise HashbenchError(
            f"featurizer {spec.name} needs {forms[spec.accepts[0]]}, "
            f"corpus {corpus.name} comes as {forms[corpus.form]}{hint}"
        )


def _take(corpus: Corpus, rows: NDArray[np.int64]) -> Documents:
    documents = corpus.documents
    return documents[rows] if issparse(documents) else [documents[row] for row in rows]


def _is_matrix(value: Any) -> bool:
    return issparse(value) or isinstance(value, np.ndarray)


def _checked_matrix(result: Any, n_rows: int, where: str) -> Matrix:
    """Return the result of a transform as a float32 array or in canonical CSR form."""
    if not _is_matrix(result):
        raise ValueError(
            f"{where}: transform returned a {type(result).__name__}, not an array or sparse matrix"
        )
    if result.ndim != 2 or result.shape[0] != n_rows:
        raise ValueError(f"{where}: transform returned shape {result.shape} for {n_rows} documents")
    if result.dtype.kind not in "biuf":
        raise ValueError(f"{where}: transform returned values of type {result.dtype}, not real numbers")
    with np.errstate(over="ignore"):
        matrix = canonical_csr(result) if issparse(result) else np.asarray(result, dtype=np.float32)
    if not np.isfinite(matrix.data if issparse(matrix) else matrix).all():
        raise ValueError(f"{where}: transform returned values that are not finite in single precision")
    return matrix


def _filled_rows(matrix: Matrix) -> NDArray[np.bool_]:
    return (np.diff(matrix.indptr) if issparse(matrix) else np.count_nonzero(matrix, axis=1)) > 0


def _provided(
    featurizer: Any, spec: FeaturizerSpec, documents: Documents
) -> dict[str, csr_array | NDArray[Any]]:
    inputs = featurizer.inputs(documents)
    n_rows = documents.shape[0] if issparse(documents) else len(documents)
    if set(inputs) != set(spec.provides):
        raise ValueError(
            f"featurizer {spec.name} should provide the inputs {sorted(spec.provides)}, not {sorted(inputs)}"
        )
    for name, value in inputs.items():
        if not _is_matrix(value) or value.shape[:1] != (n_rows,):
            raise ValueError(
                f"featurizer {spec.name}: input {name} is not an array or sparse matrix of "
                f"{n_rows} rows, one a training document"
            )
    return inputs
