"""The contract of a hasher as a base class, and that of a ranker as a protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from numbers import Integral
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, issparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from hashbench.codes import MAX_BITS
from hashbench.errors import HashbenchError
from hashbench.hashing.projection import Matrix, as_csr
from hashbench.hashing.state import Stateful
from hashbench.hashing.thresholds import THRESHOLD_RULES, median_threshold
from hashbench.ranges import check_parameters, declared_ranges

BLOCK_ROWS = 1024
DOCUMENTS: dict[str, Any] = {"accept_sparse": "csr", "dtype": np.float32, "order": "C"}
"""What scikit-learn's ``validate_data`` makes of documents."""


class Hasher(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Stateful, ABC):
    """A hashing method: subclasses write ``__init__``, ``_fit`` and ``_embed``.

    ``__init__`` stores its arguments, ``n_bits`` among them. ``_fit`` and ``_embed`` receive ``X`` validated:
    a C-contiguous float32 array, or a float32 ``csr_array`` as ``as_csr`` returns it. What comes in that form
    is not copied, and stays read-only where it is. What ``_fit`` learns are attributes whose names end with
    an underscore; ``state`` returns them as arrays and JSON, see ``hashbench.hashing.state.Stateful``.

    Attributes:
        n_bits: length of a code, 1 to 4096.
        threshold: "zero" or "median", the rule that cuts the embedding; a method that leaves the choice to
            its user makes it a constructor argument. A method with further rules declares their range.
        supervised: ``_fit`` takes the keyword ``y``, the labels as a bool ``csr_array`` (n, n_labels).
        validation: ``_fit`` takes the keywords ``X_val`` and ``y_val``, in the forms of ``X`` and ``y`` or
            None.
        threshold_: fitted thresholds, float64 of shape (n_bits,).
    """

    n_bits: int
    threshold: str = "zero"
    supervised: bool = False
    validation: bool = False

    @abstractmethod
    def _fit(self, X: Matrix, *args: Any, **kwargs: Any) -> None:
        """Learn from the training documents; keywords are what the class attributes and the spec announce."""

    @abstractmethod
    def _embed(self, X: Matrix) -> NDArray[np.floating[Any]]:
        """Return the real values behind the bits, shape (n, n_bits), finite for empty rows as well."""

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        **inputs: Any,
    ) -> Self:
        """Learn from the training documents.

        Args:
            X: training documents, sparse or dense, shape (n, n_features).
            y: their labels, of shape (n,), or an indicator matrix (n, n_labels), dense or sparse;
                an unsupervised method never sees them.
            X_val: validation documents, for methods that select a model on them.
            y_val: their labels.
            inputs: further inputs by name, as the spec announces.

        Raises:
            ValueError: unusable documents or labels, ``n_bits`` or ``threshold`` out of range, or what the
                method itself refuses.
        """
        self._check_parameters()
        if self.supervised:
            X, y = validate_data(self, X, y, multi_output=True, **DOCUMENTS)
            inputs["y"] = _label_matrix(y, like=y)
        else:
            X = validate_data(self, X, **DOCUMENTS)
        X = _sorted(X)
        if self.validation:
            inputs["X_val"] = None if X_val is None else self._validated(X_val)
            inputs["y_val"] = _label_matrix(y_val, like=y if self.supervised else y_val)
        self._n_features_out = int(self.n_bits)
        self._fit(X, **inputs)
        self.threshold_ = self._find_threshold(X)
        return self

    def embed(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the real values before the threshold, floats of shape (n, n_bits)."""
        check_is_fitted(self, "threshold_")
        return np.concatenate(list(self._embed_blocks(self._validated(X))))

    def decision_values(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return by how much the real values exceed their thresholds, floats of shape (n, n_bits).

        A bit is 1 where its value is greater than 0.
        """
        return self.embed(X) - self.threshold_

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Return the codes, uint8 of 0 and 1, shape (n, n_bits)."""
        check_is_fitted(self, "threshold_")
        blocks = self._embed_blocks(self._validated(X))
        return np.concatenate([(values > self.threshold_).view(np.uint8) for values in blocks])

    def _state_attributes(self) -> dict[str, Any]:
        return {**super()._state_attributes(), "_n_features_out": self._n_features_out}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = self.supervised
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _check_parameters(self) -> None:
        check_parameters(self)
        whole = isinstance(self.n_bits, Integral) and not isinstance(self.n_bits, bool)
        if not whole or not 1 <= self.n_bits <= MAX_BITS:
            raise HashbenchError(f"n_bits is a whole number from 1 to {MAX_BITS}, got {self.n_bits!r}")
        if "threshold" not in declared_ranges(type(self)) and self.threshold not in THRESHOLD_RULES:
            raise HashbenchError(f"threshold is one of {', '.join(THRESHOLD_RULES)}, got {self.threshold!r}")

    def _validated(self, X: Any) -> Matrix:
        return _sorted(validate_data(self, X, reset=False, **DOCUMENTS))

    @property
    def _n_values(self) -> int:
        """Number of real values that ``_embed`` returns for a document."""
        return self._n_features_out

    def _find_threshold(self, X: Matrix) -> NDArray[np.float64]:
        if self.threshold == "zero":
            return np.zeros(self._n_features_out)
        return median_threshold(np.concatenate(list(self._embed_blocks(X))))

    def _embed_blocks(self, X: Matrix) -> Iterator[NDArray[np.floating[Any]]]:
        """Embed block by block, in bounded memory.

        All blocks have the same number of rows, the last one filled up with empty rows: within one shape a
        matrix library gives a row the same value at every place, but a different shape may change it.
        """
        for start in range(0, X.shape[0], BLOCK_ROWS):
            block = X[start : start + BLOCK_ROWS]
            values = self._embed(_filled_up(block))
            if values.shape != (BLOCK_ROWS, self._n_values):
                raise HashbenchError(
                    f"{type(self).__name__}._embed returned shape {values.shape} for {BLOCK_ROWS} documents, "
                    f"expected {(BLOCK_ROWS, self._n_values)}"
                )
            if not np.isfinite(values).all():
                raise HashbenchError(f"{type(self).__name__}._embed returned NaN or infinite values")
            yield values[: block.shape[0]]


class Ranker(Protocol):
    """A method that ranks the database by a similarity of its own, without codes.

    A constructor that takes ``n_bits``, the bits that are stored of a document, gives it code lengths. After
    ``fit``, an attribute ``bits_per_document_``, which may be missing, says how many are stored.
    """

    def fit(self, X: Any) -> Self:
        """Take the database vectors, sparse or dense, shape (n_database, n_features).

        Labels, validation documents and inputs arrive by keyword, where the spec asks for them.
        """
        ...

    def similarities(self, X: Any) -> Iterator[NDArray[np.floating[Any]]]:
        """Yield the similarities of consecutive queries, larger is nearer, shape (n_block, n_database)."""
        ...


def _sorted(X: Any) -> Matrix:
    return X if isinstance(X, np.ndarray) else as_csr(X)


def _filled_up(block: Matrix) -> Matrix:
    missing = BLOCK_ROWS - block.shape[0]
    if not missing:
        return block
    if not issparse(block):
        return np.pad(block, ((0, missing), (0, 0)))
    starts = np.pad(block.indptr, (0, missing), mode="edge")
    return csr_array((block.data, block.indices, starts), shape=(BLOCK_ROWS, block.shape[1]))


def _label_matrix(labels: Any, like: Any) -> csr_array | None:
    """Return labels as a bool indicator matrix, a column for each label that occurs in ``like``."""
    if labels is None:
        return None
    if issparse(labels) or np.ndim(labels) == 2:
        return csr_array(labels, dtype=bool)
    return csr_array(np.asarray(labels)[:, None] == np.unique(like))
