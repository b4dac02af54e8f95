"""The queries of a task: which of its documents they are, and what they score without a code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus
from hashbench.evaluation import tie_groups
from hashbench.evaluation.relevance import relevance
from hashbench.evaluation.scores import PrecisionAtN, Scores


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of a corpus: int64 (n,) where every document has one, else indicator CSR; coarse or None.

    The indicator of a corpus without labels has no columns.
    """

    fine: NDArray[np.int64] | csr_array
    coarse: NDArray[np.int64] | None

    @classmethod
    def of(cls, corpus: Corpus) -> Labels:
        """Return the labels of a corpus."""
        single = corpus.single_label
        return cls(corpus.labels if single is None else single, corpus.coarse)

    def __getitem__(self, rows: NDArray[np.int64]) -> Labels:
        return Labels(self.fine[rows], None if self.coarse is None else self.coarse[rows])

    @property
    def exist(self) -> bool:
        """Whether the corpus has labels."""
        return not (isinstance(self.fine, csr_array) and self.fine.shape[1] == 0)

    def labelled(self) -> NDArray[np.bool_]:
        """Return which documents have a label; all are taken for labelled where the corpus has none."""
        if isinstance(self.fine, csr_array) and self.exist:
            return np.diff(self.fine.indptr) > 0
        return np.ones(self.fine.shape[0], dtype=bool)


@dataclass(frozen=True, eq=False)
class Queries:
    """The labelled documents of a split, all of which are queries.

    A document without any feature has no code. It is a query all the same and scores at chance level, so that
    methods with different inputs answer the same queries.

    Attributes:
        labels: labels of all queries.
        encoded: which documents with a code are queries, bool, one a document with a code.
        has_code: which queries have a code, bool of shape (n_queries,).
        n_unlabelled: documents without a label, which are no queries.
    """

    labels: Labels
    encoded: NDArray[np.bool_]
    has_code: NDArray[np.bool_]
    n_unlabelled: int

    @classmethod
    def of(cls, labels: Labels, rows: NDArray[np.int64], rows_with_code: NDArray[np.int64]) -> Queries:
        """Return the queries among the documents of a split.

        Args:
            labels: labels of the corpus.
            rows: all documents of the split, ascending.
            rows_with_code: those that have a code, ascending.
        """
        labelled = labels[rows].labelled()
        return cls(
            labels=labels[rows[labelled]],
            encoded=labels[rows_with_code].labelled(),
            has_code=np.isin(rows[labelled], rows_with_code),
            n_unlabelled=int((~labelled).sum()),
        )

    @property
    def labels_of_encoded(self) -> Labels:
        """Labels of the queries that have a code."""
        return self.labels[np.flatnonzero(self.has_code)]

    def labels_for_ranking(self, database: Labels) -> tie_groups.Labels:
        """Return the labels that metrics of the ranking need, given those of the database."""
        ranked, unranked = self.labels_of_encoded, self.labels[np.flatnonzero(~self.has_code)]
        sides = (ranked, unranked, database)
        return tie_groups.Labels(*((side.fine, side.coarse) for side in sides))

    @property
    def n_empty(self) -> int:
        """Number of queries without a code."""
        return int((~self.has_code).sum())

    def with_empty(self, scores: Scores, database: Labels) -> Scores:
        """Return the scores of all queries, given those of the queries with a code.

        Args:
            scores: of the queries that have a code.
            database: labels of the database.
        """
        if not self.n_empty:
            return scores
        coarse = None
        if scores.coarse is not None:
            coarse = self._completed(scores.coarse, self.labels.coarse, database.coarse)
        return replace(self._completed(scores, self.labels.fine, database.fine), coarse=coarse)

    def _completed(self, scores: Scores, labels: Any, database: Any) -> Scores:
        shares = relevance(labels, database, len(self.has_code), scores.n_database).relevant_shares()

        def completed(values: NDArray[np.float64]) -> NDArray[np.float64]:
            everywhere = shares.copy()
            everywhere[self.has_code] = values
            return everywhere

        return replace(
            scores,
            precision={
                n: PrecisionAtN(completed(found.expected), completed(found.worst), completed(found.best))
                for n, found in scores.precision.items()
            },
            chance=float(shares.mean()),
            n_queries=len(shares),
        )
