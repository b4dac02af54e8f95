"""Documents as tensors, a batch at a time, without a dense matrix of documents x terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from torch import Tensor

from hashbench.hashing.nn.random_values import bernoulli
from hashbench.hashing.projection import Matrix, mean_row


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Rows of a sparse matrix.

    Attributes:
        columns: column of each entry, row by row, integers of shape (n_entries,).
        starts: index of the first entry of each row and, last, the number of entries, shape (n + 1,).
        values: floats of shape (n_entries,).
        n_columns: number of columns.
    """

    columns: Tensor
    starts: Tensor
    values: Tensor
    n_columns: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.values.device

    def row_of_entry(self) -> Tensor:
        """Return the row of each entry, int64 of shape (n_entries,)."""
        return self._row_of_entry

    @cached_property
    def _row_of_entry(self) -> Tensor:
        rows = torch.arange(len(self), device=self.columns.device)
        return rows.repeat_interleave(self.starts.diff(), output_size=len(self.columns))

    def row_sums(self) -> Tensor:
        """Return the sum of the values of each row, shape (n,)."""
        return self.values.new_zeros(len(self)).index_add_(0, self.row_of_entry(), self.values)

    def with_values(self, values: Tensor) -> SparseRows:
        """Return the same rows with other values, shape (n_entries,)."""
        rows = replace(self, values=values)
        vars(rows)["_row_of_entry"] = self.row_of_entry()
        return rows

    def to_dense(self) -> Tensor:
        """Return the rows as a dense tensor, shape (n, n_columns)."""
        dense = self.values.new_zeros(len(self), self.n_columns)
        return dense.index_put_((self.row_of_entry(), self.columns.long()), self.values, accumulate=True)


Rows = SparseRows | Tensor


@dataclass(frozen=True, eq=False)
class Batch:
    """Some of the training documents.

    Attributes:
        documents: their rows.
        rows: their indices among the training documents, int64 of shape (n,).
        labels: int64 classes of shape (n,) where every training document has one label, else a float32
            indicator of shape (n, n_labels); None without labels.
    """

    documents: Rows
    rows: NDArray[np.int64]
    labels: Tensor | None = None


class TrainingData:
    """The training documents, cut into batches.

    Args:
        X: documents, CSR or dense, shape (n, n_features).
        y: bool indicator of their labels, shape (n, n_labels), or None.
        device: where the batches go.
    """

    def __init__(self, X: Matrix, y: csr_array | None = None, device: torch.device | str = "cpu") -> None:
        self._X = X
        self._y = y
        self._device = device
        self._classes = None if y is None or (np.diff(y.indptr) != 1).any() else y.indices

    @property
    def sparse(self) -> bool:
        """Whether the documents are rows of a sparse matrix."""
        return bool(issparse(self._X))

    @property
    def n_features(self) -> int:
        """Number of terms, or of dimensions."""
        return int(self._X.shape[1])

    @property
    def n_labels(self) -> int:
        """Number of labels, 0 without labels."""
        return 0 if self._y is None else int(self._y.shape[1])

    def __len__(self) -> int:
        return int(self._X.shape[0])

    def __getitem__(self, rows: NDArray[np.int64]) -> Batch:
        return Batch(as_rows(self._X[rows], self._device), rows, self._labels(rows))

    def batches(self, order: NDArray[np.int64], batch_size: int) -> Iterator[Batch]:
        """Yield the documents in an order, ``batch_size`` at a time; the last batch may be smaller."""
        for start in range(0, len(order), batch_size):
            yield self[order[start : start + batch_size]]

    def document_shares(self) -> Tensor:
        """Return the fraction of the documents that contain each term, float32 of shape (n_features,)."""
        if issparse(self._X):
            counts = np.bincount(self._X.indices[self._X.data > 0], minlength=self.n_features)
        else:
            counts = (self._X > 0).sum(axis=0)
        return torch.tensor(counts / len(self), dtype=torch.float32)

    def mean(self) -> Tensor:
        """Return the mean of the documents, float32 of shape (n_features,)."""
        return torch.tensor(mean_row(self._X), dtype=torch.float32)

    def _labels(self, rows: NDArray[np.int64]) -> Tensor | None:
        if self._y is None:
            return None
        if self._classes is not None:
            return torch.tensor(self._classes[rows], dtype=torch.int64, device=self._device)
        return torch.tensor(self._y[rows].toarray(), dtype=torch.float32, device=self._device)


def as_rows(X: Matrix, device: torch.device | str = "cpu") -> Rows:
    """Copy a CSR or dense matrix to a device; the values keep their dtype."""
    if isinstance(X, np.ndarray):
        return torch.tensor(X, device=device)
    columns, starts, values = (torch.tensor(part, device=device) for part in (X.indices, X.indptr, X.data))
    return SparseRows(columns, starts, values, X.shape[1])


def drop_words(documents: Rows, rate: float, generator: torch.Generator | None) -> Rows:
    """Drop each term of each document with a probability; the others keep their values.

    Args:
        documents: n documents.
        rate: the probability, from 0 to below 1.
        generator: source of randomness; None drops nothing.
    """
    if generator is None or rate == 0:
        return documents
    values = documents.values if isinstance(documents, SparseRows) else documents
    kept = bernoulli(values, 1 - rate, generator)
    if isinstance(documents, Tensor):
        return documents * kept
    chosen = kept.bool()
    n_kept_before = torch.cat([kept.new_zeros(1, dtype=torch.int64), chosen.cumsum(0)])
    return replace(
        documents,
        columns=documents.columns[chosen],
        starts=n_kept_before[documents.starts.long()].to(documents.starts.dtype),
        values=documents.values[chosen],
    )
