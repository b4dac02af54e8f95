"""Metrics beside precision at N, and what they are given.

A metric is a function of one ``EvaluationInput`` that returns numbers by name::

    def mean_distance(evaluation: EvaluationInput) -> dict[str, float]:
        return {"mean-distance": ...}
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.evaluation.diagnostics import diagnostics


@dataclass(frozen=True, eq=False)
class EvaluationInput:
    """Codes and labels of one trial.

    Attributes:
        query_codes: codes of the queries.
        database_codes: codes of the database.
        query_labels: label of each query, int64 (n,), or indicator CSR (n, n_labels), with n_labels 0 for a
            corpus without labels.
        database_labels: the same for the database.
        query_coarse: coarse label of each query, int64 (n,), or None.
        database_coarse: the same for the database.
    """

    query_codes: Codes
    database_codes: Codes
    query_labels: NDArray[np.int64] | csr_array
    database_labels: NDArray[np.int64] | csr_array
    query_coarse: NDArray[np.int64] | None = None
    database_coarse: NDArray[np.int64] | None = None


def code_diagnostics(evaluation: EvaluationInput) -> dict[str, float]:
    """Describe the codes: how many differ, how full the fullest bucket is, how balanced the bits are."""
    found = diagnostics(evaluation.database_codes, evaluation.query_codes, at=100)
    return {
        "distinct-codes": float(found.n_distinct),
        "largest-bucket": float(found.largest_bucket),
        "constant-bits": float(found.n_constant_bits),
        "mean-imbalance": found.mean_imbalance,
        "max-imbalance": found.max_imbalance,
        "tied-at-100": found.tied_share or 0.0,
    }
