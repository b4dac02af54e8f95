"""The vectors behind codes and rankings, for metrics that compare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.evaluation.cosine_recall import EvaluationWithVectors, RankingWithVectors
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.tie_groups import Ranking
from hashbench.features.features import Features

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Vectors:
    """The vectors of queries and database, CSR or dense float32 (n, n_features)."""

    queries: Any
    database: Any

    @classmethod
    def of(cls, features: Features, split: str, queries: Rows, database: Rows) -> Vectors:
        """Return the vectors of some documents, zeros for those that have none.

        Args:
            features: the vectors.
            split: the split of the queries.
            queries: rows of the corpus that are queries.
            database: rows of the corpus that are the database.
        """
        rows = features.split.rows
        return cls(
            _taken(features.matrices[split], rows[split], queries),
            _taken(features.train, rows["train"], database),
        )

    def with_codes(self, given: EvaluationInput) -> EvaluationWithVectors:
        """Return what a metric of codes is given."""
        return EvaluationWithVectors(
            **vars(given), query_vectors=self.queries, database_vectors=self.database
        )

    def with_ranking(self, given: Ranking) -> RankingWithVectors:
        """Return what a metric of rankings is given."""
        return RankingWithVectors(**vars(given), query_vectors=self.queries, database_vectors=self.database)


def _taken(matrix: Any, rows: Rows, wanted: Rows) -> Any:
    """Return the vectors of the wanted rows, zeros where there is none."""
    places = np.searchsorted(rows, wanted)
    found = np.isin(wanted, rows)
    if found.all():
        return matrix[places]
    selection = csr_array(
        (np.ones(found.sum(), dtype=np.float32), (np.flatnonzero(found), places[found])),
        shape=(len(wanted), len(rows)),
    )
    return selection @ matrix
