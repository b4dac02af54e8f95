"""A corpus: documents, their labels, and how they are split."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.split import SplitRecipe
from hashbench.errors import DataError
from hashbench.specs import DocumentForm


@dataclass(frozen=True, eq=False)
class Corpus:
    """Documents with labels on one or two levels.

    A corpus holds its documents in one form: as ``texts`` or, where only that was published, as ``counts`` of
    words or as ``vectors`` that are not to be weighted again. It may have no labels at all.

    Attributes:
        name: what the records call it.
        labels: indicator matrix, bool CSR of shape (n, n_labels); n_labels is 0 for a corpus without labels.
        label_names: one name a column of ``labels``.
        texts: the n documents, or None.
        counts: word counts, CSR of shape (n, n_words), or None.
        words: one word a column of ``counts``, or None.
        vectors: finished vectors such as tf-idf weights, CSR of shape (n, n_features), or None.
        coarse: coarse label of each document, int64 of shape (n,), or None.
        coarse_names: names of the coarse labels.
        recipe: how the documents are split by default.
        official_split: rows of the official training, validation and test documents, int64 arrays by
            "train", "validation" and "test", where such a split is published.
        description: provenance for people; not part of any fingerprint.
        notes: what a loader dropped, repaired or decided, with counts.
        ids: what names each document, or None; not part of any fingerprint of the documents.
        understood: how a file was read, for people, such as "encoding": "UTF-8".

    Raises:
        DataError: no documents, none or several forms of them, or labels, words, coarse labels or ids that do
            not fit them.
    """

    name: str
    labels: csr_array
    label_names: tuple[str, ...]
    texts: Sequence[str] | None = None
    counts: csr_array | None = None
    words: tuple[str, ...] | None = None
    vectors: csr_array | None = None
    coarse: NDArray[np.int64] | None = None
    coarse_names: tuple[str, ...] = ()
    recipe: SplitRecipe = field(default_factory=SplitRecipe)
    official_split: Mapping[str, NDArray[np.int64]] | None = None
    description: str = ""
    notes: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = None
    understood: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if sum(form is not None for form in (self.texts, self.counts, self.vectors)) != 1:
            raise DataError(
                f"corpus {self.name}: give the documents either as texts or as counts or as vectors"
            )
        n = len(self)
        if n == 0:
            raise DataError(f"corpus {self.name} has no documents")
        _check_labels(self.name, self.labels, (n, len(self.label_names)))
        if self.words is not None and (self.counts is None or len(self.words) != self.counts.shape[1]):
            raise DataError(f"corpus {self.name}: give one word for each column of the counts")
        if self.ids is not None and len(self.ids) != n:
            raise DataError(f"corpus {self.name}: {len(self.ids)} ids for {n} documents")
        if self.coarse is not None:
            if self.coarse.shape != (n,):
                raise DataError(f"corpus {self.name}: {len(self.coarse)} coarse labels for {n} documents")
            if not 0 <= self.coarse.min() <= self.coarse.max() < len(self.coarse_names):
                raise DataError(f"corpus {self.name}: coarse labels without a name")

    def __len__(self) -> int:
        return len(self.texts) if self.texts is not None else int(self._matrix.shape[0])

    @property
    def form(self) -> DocumentForm:
        """Which form the documents have."""
        if self.texts is not None:
            return "text"
        return "counts" if self.vectors is None else "vectors"

    @property
    def documents(self) -> Sequence[str] | csr_array:
        """The texts, counts or vectors, whichever there are."""
        return self.texts if self.texts is not None else self._matrix

    @property
    def _matrix(self) -> csr_array:
        matrix = self.counts if self.vectors is None else self.vectors
        assert matrix is not None
        return matrix

    @property
    def has_labels(self) -> bool:
        """Whether there are labels; documents can be hashed without, but not scored by relevance."""
        return len(self.label_names) > 0

    @cached_property
    def single_label(self) -> NDArray[np.int64] | None:
        """The one label of each document, shape (n,), or None when some document has none or several."""
        if (np.diff(self.labels.indptr) == 1).all():
            return self.labels.indices.astype(np.int64)
        return None

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the documents alone: neither names nor labels nor the description change it."""
        digest = hashlib.sha256()
        if self.texts is not None:
            for text in self.texts:
                encoded = text.encode("utf-8", "surrogatepass")
                digest.update(len(encoded).to_bytes(8, "little"))
                digest.update(encoded)
        else:
            _update_with_csr(digest, self._matrix)
            digest.update("\0".join(self.words or ()).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    @cached_property
    def label_fingerprint(self) -> str:
        """Hash of the fine and coarse labels with their names."""
        digest = hashlib.sha256()
        _update_with_csr(digest, self.labels)
        digest.update("\0".join(self.label_names).encode("utf-8", "surrogatepass"))
        if self.coarse is not None:
            digest.update(self.coarse.astype("<i8").tobytes())
            digest.update("\0".join(self.coarse_names).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def indicator(labels: NDArray[np.int64], n_labels: int) -> csr_array:
    """Return the indicator matrix, bool CSR of shape (n, n_labels), of one label a document."""
    n = len(labels)
    return csr_array((np.ones(n, dtype=bool), labels, np.arange(n + 1)), shape=(n, n_labels))


def _check_labels(name: str, labels: csr_array, shape: tuple[int, int]) -> None:
    if labels.shape != shape:
        raise DataError(f"corpus {name}: the label matrix has shape {labels.shape}, expected {shape}")
    if labels.format != "csr" or labels.dtype != bool or not labels.data.all():
        raise DataError(f"corpus {name}: the label matrix is not a bool CSR matrix that stores only True")


def _update_with_csr(digest: hashlib._Hash, matrix: csr_array) -> None:
    canonical = matrix.copy()
    canonical.sum_duplicates()
    digest.update(f"{canonical.shape}".encode())
    for array, dtype in ((canonical.indptr, "<i8"), (canonical.indices, "<i8"), (canonical.data, "<f8")):
        digest.update(array.astype(dtype).tobytes())
