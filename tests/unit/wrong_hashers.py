"""A right hasher without the base class, and copies of it with one bug each."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from hashbench.hashing import Stateful
from hashbench.specs import Citation, HasherSpec
from hashbench.testing import Subject


class PlainHyperplanes(TransformerMixin, BaseEstimator):
    """Sides of random hyperplanes, as a class that derives from scikit-learn's alone."""

    def __init__(self, n_bits=8, random_state=None):
        self.n_bits = n_bits
        self.random_state = random_state

    def fit(self, X, y=None):
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        self.normals_ = self._normals(X)
        return self

    def transform(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return self._codes(csr_array(X))

    def _normals(self, X):
        return check_random_state(self.random_state).standard_normal((X.shape[1], self.n_bits))

    def _codes(self, X):
        return (X @ self.normals_ > 0).astype(np.uint8)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = []
        return tags


class OnlyLooksLikeOne:
    def __init__(self, n_bits=8):
        self.n_bits = n_bits

    def fit(self, X, y=None):
        self.normals_ = np.random.default_rng(0).standard_normal((X.shape[1], self.n_bits))
        return self

    def transform(self, X):
        return (X @ self.normals_ > 0).astype(np.uint8)


class OtherNameForBits(PlainHyperplanes):
    def __init__(self, n_hyperplanes=8):
        self.n_hyperplanes = n_hyperplanes


class NoSparseTag(PlainHyperplanes):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


class PromisesDtype(PlainHyperplanes):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64"]
        return tags


class SkipsEstimatorChecks(PlainHyperplanes):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags._skip_test = True
        return tags


class Packed(PlainHyperplanes):
    def _codes(self, X):
        return np.packbits(super()._codes(X), axis=1)


class Ternary(PlainHyperplanes):
    def _codes(self, X):
        return np.sign(X @ self.normals_).astype(np.int8)


class PlusMinus(PlainHyperplanes):
    def _codes(self, X):
        return np.where(X @ self.normals_ > 0, 1, 255).astype(np.uint8)


class Floats(PlainHyperplanes):
    def _codes(self, X):
        return super()._codes(X).astype(np.float32)


class SparseCodes(PlainHyperplanes):
    def _codes(self, X):
        return csr_array(super()._codes(X))


class HalfTheBits(PlainHyperplanes):
    def _codes(self, X):
        return super()._codes(X)[:, : self.n_bits // 2]


class BitAFeature(PlainHyperplanes):
    def _codes(self, X):
        return super()._codes(X)[:, : X.shape[1]]


class RefusesWithoutReason(PlainHyperplanes):
    def _normals(self, X):
        if X.shape[1] < self.n_bits > 1:
            raise ValueError("operands could not be broadcast together")
        return super()._normals(X)


class Constant(PlainHyperplanes):
    def __init__(self, n_bits=8):
        self.n_bits = n_bits

    def _normals(self, X):
        return np.zeros((X.shape[1], self.n_bits))


class Padded(PlainHyperplanes):
    def _codes(self, X):
        codes = super()._codes(X)
        codes[:, self.n_bits // 4 :] = 0
        return codes


class HashOfTheDocument(PlainHyperplanes):
    def _codes(self, X):
        seeds = [zlib.crc32(row.tobytes(), int(1e9 * abs(self.normals_[0, 0]))) for row in X.toarray()]
        bits = [np.random.default_rng(seed).integers(2, size=self.n_bits) for seed in seeds]
        return np.array(bits, dtype=np.uint8)


class Sampled(PlainHyperplanes):
    def _codes(self, X):
        noise = np.random.default_rng().standard_normal((X.shape[0], self.n_bits))
        return (X @ self.normals_ > 0.3 * noise).astype(np.uint8)


class BatchMedian(PlainHyperplanes):
    def _codes(self, X):
        values = X @ self.normals_
        return (values > np.median(values, axis=0)).astype(np.uint8)


class StoredByPosition(PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        self.codes_ = super().transform(X)
        return self

    def transform(self, X):
        codes = super().transform(X)
        return self.codes_.copy() if codes.shape == self.codes_.shape else codes


class CentredIfDense(PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        self.mean_ = np.asarray(X.mean(axis=0)).ravel()
        return self

    def transform(self, X):
        return super().transform(X if issparse(X) else X - self.mean_)


class TakesIndicesAsSorted(PlainHyperplanes):
    def transform(self, X):
        if issparse(X):
            order = np.lexsort((X.indices, np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))))
            X = csr_array((X.data, X.indices[order], X.indptr), shape=X.shape)
        return super().transform(X)


class RefusesEmptyDocuments(PlainHyperplanes):
    def transform(self, X):
        if (abs(X).sum(axis=1) == 0).any():
            raise ValueError("a document has norm 0")
        return super().transform(X)


class EmptyDocumentsByPosition(PlainHyperplanes):
    def _codes(self, X):
        codes = super()._codes(X)
        empty = np.flatnonzero(np.diff(X.indptr) == 0)
        codes[empty] = (empty % 2)[:, None]
        return codes


class Cuts(PlainHyperplanes):
    def transform(self, X):
        X = csr_array(check_array(X, accept_sparse="csr"))
        n = min(X.shape[1], len(self.normals_))
        return (X[:, :n] @ self.normals_[:n] > 0).astype(np.uint8)


class LeaksLabels(PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        if y is not None:
            self.normals_[: len(y)] += 3 * np.asarray(y)[: len(self.normals_), None]
        return self


class NeedsLabelsSilently(PlainHyperplanes):
    def fit(self, X, y=None):
        if y is None:
            raise ValueError("where are the labels?")
        return super().fit(X)


class SaysItNeedsLabels(PlainHyperplanes):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


class NormalisesInPlace(PlainHyperplanes):
    def fit(self, X, y=None):
        if issparse(X):
            X.data *= 2
        else:
            X *= 2
        return super().fit(X)


class ScalesInPlaceAtTransform(PlainHyperplanes):
    def transform(self, X):
        if issparse(X):
            X.data *= 2
        else:
            X *= 2
        return super().transform(X)


class AsksForWriteableArrays(PlainHyperplanes):
    def transform(self, X):
        if not (X.data if issparse(X) else X).flags.writeable:
            raise ValueError("buffer source array is read-only")
        return super().transform(X)


class ClustersInBatches(PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float32)
        MiniBatchKMeans(2, n_init=1, random_state=0).fit(X)
        return self


class ChangesItsArgument(PlainHyperplanes):
    def __init__(self, n_bits=8, scale=1.0, random_state=None):
        super().__init__(n_bits, random_state)
        self.scale = scale

    def fit(self, X, y=None):
        self.scale = 2 * self.scale
        return super().fit(X)


class RunningMean(PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        self.mean_ = np.zeros(X.shape[1])
        return self

    def _codes(self, X):
        codes = (X @ self.normals_ - self.mean_ @ self.normals_ > 0).astype(np.uint8)
        self.mean_ = 0.5 * self.mean_ + 0.5 * X.mean(axis=0)
        return codes


class CountsDocuments(PlainHyperplanes):
    def _codes(self, X):
        self.n_documents_ = getattr(self, "n_documents_", 0) + X.shape[0]
        return super()._codes(X)


class SeedsGlobally(PlainHyperplanes):
    def _normals(self, X):
        np.random.seed(self.random_state)  # noqa: NPY002
        return np.random.standard_normal((X.shape[1], self.n_bits))  # noqa: NPY002


class Unseeded(PlainHyperplanes):
    def _normals(self, X):
        return np.random.default_rng().standard_normal((X.shape[1], self.n_bits))


class SeedsByStringHash(PlainHyperplanes):
    def _normals(self, X):
        seed = [hash("hyperplanes") % 2**32, self.random_state or 0]
        return np.random.default_rng(seed).standard_normal((X.shape[1], self.n_bits))


class IgnoresItsSeed(PlainHyperplanes):
    def _normals(self, X):
        return np.random.default_rng(0).standard_normal((X.shape[1], self.n_bits))


class KeepsALambda(PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        self.sign_ = lambda values: values > 0
        return self


class KeepsItsStateOutside(PlainHyperplanes):
    OUTSIDE: dict[Any, Any] = {}  # noqa: RUF012

    def fit(self, X, y=None):
        super().fit(X)
        self.key_ = len(self.OUTSIDE)
        self.OUTSIDE[self.key_] = self.normals_
        return self

    def _codes(self, X):
        return (X @ self.OUTSIDE[self.key_] > 0).astype(np.uint8)


class ForgetsPartOfItsState(Stateful, PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        self._learnt = vars(self).pop("normals_")
        return self

    def _codes(self, X):
        return (X @ self._learnt > 0).astype(np.uint8)


class KeepsWhatOnlyPickleSaves(Stateful, PlainHyperplanes):
    def fit(self, X, y=None):
        super().fit(X)
        self.normals_ = HyperplanesByName(self.normals_)
        return self

    def _codes(self, X):
        return (X @ self.normals_.normals > 0).astype(np.uint8)


class HyperplanesByName:
    def __init__(self, normals):
        self.normals = normals


class OtherBitsOnTheGpu(PlainHyperplanes):
    def __init__(self, n_bits=8, device="cpu", random_state=None):
        super().__init__(n_bits, random_state)
        self.device = device

    def _normals(self, X):
        return super()._normals(X) if self.device == "cpu" else -super()._normals(X)


CITATION = Citation("Somebody", "Something", "Somewhere", 2026)


def registered(**changes: Any) -> Subject:
    """Return the right hasher as if a plugin had registered it, with changes to the spec."""
    described = {"licence": "MIT", "citation": CITATION, **changes}
    spec = HasherSpec("plain", f"{__name__}:PlainHyperplanes", "Sides of random hyperplanes", **described)
    hook_module = "hashbench_methods.classic.hashbench_plugin"
    return Subject(PlainHyperplanes(), spec, hook_module, distribution="hashbench")
