"""The vectors behind codes, for metrics that compare the two."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.evaluation.cosine_recall import EvaluationWithVectors
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.features.features import Features

Rows = NDArray[np.int64]


def with_vectors(
    given: EvaluationInput, features: Features, split: str, queries: Rows, database: Rows
) -> EvaluationWithVectors:
    """Return what a metric is given with the vectors of queries and database.

    Args:
        given: codes and labels.
        features: the vectors.
        split: the split of the queries.
        queries: rows of the corpus behind the codes of the queries.
        database: the same for the database.
    """
    rows = features.split.rows
    return EvaluationWithVectors(
        **vars(given),
        query_vectors=_taken(features.matrices[split], rows[split], queries),
        database_vectors=_taken(features.train, rows["train"], database),
    )


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
