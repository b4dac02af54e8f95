"""Features of a split corpus: computed by a featurizer, or opened from the cache."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from hashbench.data.corpus import Corpus
from hashbench.data.home import cache_home
from hashbench.data.split import Split
from hashbench.errors import DataError, HashbenchError
from hashbench.features.features import Features, Matrix
from hashbench.features.sparse import canonical_csr
from hashbench.features.storage import read_features, write_features
from hashbench.fingerprint import content_key, source_fingerprint
from hashbench.specs import FeaturizerSpec

BUILDER_VERSION = 1
"""To be raised whenever the same featurizer would leave other features, or other files, behind."""


def features_key(
    corpus: Corpus, split: Split, spec: FeaturizerSpec, params: Mapping[str, Any], *, plugin_version: str
) -> str:
    """Return the content hash of everything that the features depend on.

    Args:
        corpus: the documents; their labels do not count.
        split: the split, all documents included.
        spec: the featurizer.
        params: all parameters of its constructor, JSON values.
        plugin_version: version of the distribution that the featurizer comes from.
    """
    return content_key(
        {
            "documents": corpus.fingerprint,
            "split": split.fingerprint,
            "featurizer": spec.name,
            "params": dict(params),
            "plugin_version": plugin_version,
            "source": source_fingerprint(spec.target),
            "builder": BUILDER_VERSION,
        }
    )


def load_or_build_features(
    corpus: Corpus, split: Split, spec: FeaturizerSpec, params: Mapping[str, Any], *, plugin_version: str
) -> Features:
    """Return the features from the cache, where they are put first if need be, by one process alone.

    The arguments are those of ``features_key``. The arrays are read-only views of files, and ``seconds`` is
    what the computation took when it was done.

    Raises:
        HashbenchError: see ``build_features``; or the cache folder cannot be written.
        DataError: the cached files are damaged.
        ValueError: see ``build_features``.
    """
    key = features_key(corpus, split, spec, params, plugin_version=plugin_version)
    folder = _folder(key)
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                features = build_features(corpus, split, spec, params, plugin_version=plugin_version)
                write_features(folder, features)
    return read_features(folder)


def open_features(key: str) -> Features:
    """Open features that ``load_or_build_features`` has put into the cache.

    Raises:
        DataError: they are not there, or damaged.
    """
    return read_features(_folder(key))


def build_features(
    corpus: Corpus, split: Split, spec: FeaturizerSpec, params: Mapping[str, Any], *, plugin_version: str
) -> Features:
    """Fit the featurizer on the training documents and transform all three parts.

    The arguments are those of ``features_key``. Extra inputs are asked for the training documents that remain
    once those whose vector is all zeros are left out.

    Raises:
        HashbenchError: the featurizer does not read this form of documents.
        DataError: every document of a part has a vector of zeros.
        ValueError: the featurizer breaks its contract; the message names it.
    """
    _check_form(corpus, spec)
    key = features_key(corpus, split, spec, params, plugin_version=plugin_version)
    started = time.perf_counter()
    featurizer = spec.load()(**params)
    featurizer.fit(_take(corpus, split.train))
    matrices: dict[str, Matrix] = {}
    rows: dict[str, NDArray[np.int64]] = {}
    for part, part_rows in split.parts.items():
        where = f"featurizer {spec.name}, {part} part of {corpus.name}"
        matrix = _checked_matrix(featurizer.transform(_take(corpus, part_rows)), len(part_rows), where)
        filled = _filled_rows(matrix)
        if not filled.any():
            raise DataError(f"{where}: every vector is all zeros; try other parameters or another featurizer")
        matrices[part], rows[part] = matrix[filled], part_rows[filled]
    if len(widths := {matrix.shape[1] for matrix in matrices.values()}) > 1:
        raise ValueError(
            f"featurizer {spec.name}: the parts have vectors of different widths {sorted(widths)}"
        )
    inputs = _inputs(featurizer, spec, _take(corpus, rows["train"])) if spec.provides else {}
    return Features(
        **matrices,
        split=Split(**rows, recipe=split.recipe),
        empty={part: len(before) - len(rows[part]) for part, before in split.parts.items()},
        key=key,
        seconds=time.perf_counter() - started,
        inputs=inputs,
    )


def _folder(key: str) -> Path:
    return cache_home() / "features" / key


def _check_form(corpus: Corpus, spec: FeaturizerSpec) -> None:
    form = "counts" if corpus.texts is None else "text"
    if form not in spec.accepts:
        forms = {"text": "texts", "counts": "word counts"}
        raise HashbenchError(
            f"featurizer {spec.name} needs {forms[spec.accepts[0]]}, "
            f"corpus {corpus.name} comes as {forms[form]}"
        )


def _take(corpus: Corpus, rows: NDArray[np.int64]) -> Sequence[str] | csr_array:
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


def _inputs(
    featurizer: Any, spec: FeaturizerSpec, documents: Sequence[str] | csr_array
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
    return {
        name: value if isinstance(value, np.ndarray) else canonical_csr(value, value.dtype)
        for name, value in inputs.items()
    }
