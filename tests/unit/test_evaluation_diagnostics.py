from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hashbench.codes import Codes
from hashbench.errors import HashbenchError
from hashbench.evaluation import diagnostics as module
from hashbench.evaluation.diagnostics import diagnostics


@pytest.mark.parametrize("n_bits", [5, 70])
@pytest.mark.parametrize("at", [1, 40, 300, 999])
def test_diagnostics_agree_with_brute_force(n_bits, at, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 77)
    rng = np.random.default_rng(n_bits)
    database = rng.integers(0, 2, (30, n_bits))[rng.integers(0, 30, 300)]
    database[:, 2], database[:, 4] = 0, 1
    queries = rng.integers(0, 2, (20, n_bits))
    found = diagnostics(database, queries, at)
    buckets = Counter(map(tuple, database.tolist()))
    assert (found.n_database, found.n_distinct) == (300, len(buckets))
    assert found.largest_bucket == max(buckets.values())
    np.testing.assert_allclose(found.balance, database.mean(axis=0))
    assert found.n_constant_bits == (np.ptp(database, axis=0) == 0).sum()
    assert found.mean_imbalance == pytest.approx(np.abs(database.mean(axis=0) - 0.5).mean())
    assert found.max_imbalance == 0.5
    ranked = np.sort((queries[:, None] != database).sum(axis=2), axis=1)
    tied = (ranked[:, at - 1] == ranked[:, at]).mean() if at < 300 else 0
    assert found.tied_share == pytest.approx(tied)


def test_ties_need_queries():
    codes = Codes.pack(np.eye(4, dtype=bool))
    assert diagnostics(codes).tied_share is None
    assert diagnostics(codes, codes, at=1).tied_share == 0
    assert diagnostics(codes, codes, at=2).tied_share == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.full((2, 3), 2),), "database_codes"),
        ((np.zeros((0, 3), int),), "database_codes is empty"),
        ((np.eye(3, dtype=int), np.eye(2, dtype=int)), "query_codes have 2 bits"),
        ((np.eye(3, dtype=int), np.eye(3, dtype=int), 0), "at takes positive integers"),
    ],
)
def test_unusable_input_is_refused(arguments, message):
    with pytest.raises(HashbenchError, match=message):
        diagnostics(*arguments)
