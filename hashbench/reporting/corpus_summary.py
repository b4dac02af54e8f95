"""What a corpus is like, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import Split
from hashbench.evaluation.relevance import relevance


@dataclass(frozen=True)
class LevelSummary:
    """One level of labels.

    Attributes:
        classes: number of labels.
        labels_per_document: mean over all documents.
        unlabelled: documents without a label.
        largest_share: share of the documents that have the most frequent label.
        chance: precision of a random ranking: the mean over the labelled test documents of the share of
            training documents that are relevant to them; None where no test document has a label.
    """

    classes: int
    labels_per_document: float
    unlabelled: int
    largest_share: float
    chance: float | None


@dataclass(frozen=True)
class CorpusSummary:
    """A corpus under a split.

    Attributes:
        documents: number of documents.
        split_sizes: number of training, validation and test documents, by "train", "validation" and "test".
        mean_words: words a document, as white space separates them; in a corpus of counts their sum, in one
            of vectors the entries.
        median_words: the same, the median.
        fine: the fine labels, where there are some.
        coarse: the coarse labels, where there are some.
    """

    documents: int
    split_sizes: Mapping[str, int]
    mean_words: float
    median_words: float
    fine: LevelSummary | None
    coarse: LevelSummary | None


def summarise(corpus: Corpus, split: Split) -> CorpusSummary:
    """Summarise a corpus and its labels; documents that a featurizer will leave out count as well."""
    words = _words(corpus)
    coarse = None if corpus.coarse is None else indicator(corpus.coarse, len(corpus.coarse_names))
    return CorpusSummary(
        documents=len(corpus),
        split_sizes={name: len(rows) for name, rows in split.rows.items()},
        mean_words=float(words.mean()),
        median_words=float(np.median(words)),
        fine=_level(corpus.labels, split) if corpus.has_labels else None,
        coarse=None if coarse is None else _level(coarse, split),
    )


def _level(labels: csr_array, split: Split) -> LevelSummary:
    counts = np.diff(labels.indptr)
    return LevelSummary(
        classes=labels.shape[1],
        labels_per_document=float(counts.mean()),
        unlabelled=int((counts == 0).sum()),
        largest_share=float(labels.sum(axis=0).max() / labels.shape[0]),
        chance=_chance(labels, split.test[counts[split.test] > 0], split.train),
    )


def _chance(labels: csr_array, queries: NDArray[np.int64], database: NDArray[np.int64]) -> float | None:
    if len(queries) == 0:
        return None
    single = (np.diff(labels.indptr) == 1).all()
    compared = labels.indices if single else labels
    shares = relevance(compared[queries], compared[database], len(queries), len(database)).relevant_shares()
    return float(shares.mean())


def _words(corpus: Corpus) -> NDArray[np.int64]:
    if corpus.texts is not None:
        return np.fromiter((len(text.split()) for text in corpus.texts), np.int64, len(corpus))
    if corpus.counts is not None:
        return corpus.counts.sum(axis=1).astype(np.int64)
    assert corpus.vectors is not None
    return np.diff(corpus.vectors.indptr).astype(np.int64)
