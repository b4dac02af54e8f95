"""Rankings by real-valued similarities."""

from __future__ import annotations

import numpy as np
import pytest

from hashbench.evaluation import evaluator
from hashbench.evaluation.evaluator import evaluate, evaluate_ranking

AT = (1, 10, 60, 500)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    queries, database = (rng.integers(0, 2, (n, 9), dtype=np.uint8) for n in (25, 400))
    return queries, database, rng.integers(0, 6, 25), rng.integers(0, 6, 400)


def hamming_similarities(queries, database, dtype=np.float32, block=10):
    for start in range(0, len(queries), block):
        yield -(queries[start : start + block, None] != database).sum(axis=2).astype(dtype)


def assert_same(one, other):
    assert one.precision.keys() == other.precision.keys()
    for n, precision in one.precision.items():
        for name in ("expected", "worst", "best"):
            np.testing.assert_array_equal(getattr(precision, name), getattr(other.precision[n], name))
    assert (one.chance, one.notes, one.n_queries, one.n_database) == (
        other.chance,
        other.notes,
        other.n_queries,
        other.n_database,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("block", [1, 10, 25])
def test_minus_hamming_distances_score_as_the_codes(problem, dtype, block):
    queries, database, query_labels, database_labels = problem
    coarse = query_labels // 2, database_labels // 2
    by_codes = evaluate(*problem, AT, *coarse)
    blocks = hamming_similarities(queries, database, dtype, block)
    by_similarity = evaluate_ranking(blocks, query_labels, database_labels, AT, *coarse)
    assert_same(by_codes, by_similarity)
    assert_same(by_codes.coarse, by_similarity.coarse)


def test_indicator_labels_score_as_with_codes(problem):
    queries, database, *_ = problem
    rng = np.random.default_rng(1)
    labels = [rng.random((n, 70)) < 0.02 for n in (25, 400)]
    assert_same(
        evaluate(queries, database, *labels, AT),
        evaluate_ranking(hamming_similarities(queries, database), *labels, AT),
    )


def test_histograms_in_small_blocks_give_the_same(problem, monkeypatch):
    queries, database, *labels = problem
    whole = evaluate_ranking(hamming_similarities(queries, database), *labels, AT)
    monkeypatch.setattr(evaluator, "BLOCK_BYTES", 1)
    assert_same(whole, evaluate_ranking(hamming_similarities(queries, database), *labels, AT))
    assert_same(whole, evaluate(*problem, AT))


def test_without_ties_the_order_decides():
    similarities = np.array([[0.1, 3.0, -np.inf, 2.0], [np.inf, 1e-30, 2e-30, 0.0]])
    scores = evaluate_ranking([similarities], [0, 1], [0, 0, 1, 1], at=(1, 2, 3, 4))
    np.testing.assert_allclose([scores.per_query[n][0] for n in (1, 2, 3, 4)], [1, 1 / 2, 2 / 3, 1 / 2])
    np.testing.assert_allclose([scores.per_query[n][1] for n in (1, 2, 3, 4)], [0, 1 / 2, 1 / 3, 1 / 2])
    assert scores.worst == scores.expected == scores.best


def test_only_exactly_equal_similarities_are_tied():
    near = np.nextafter(np.float32(1), np.float32(2))
    scores = evaluate_ranking(
        [np.array([[near, 1, 1, 0, -0.0]], np.float32)], [0], [1, 0, 1, 0, 1], at=(1, 2, 4)
    )
    assert scores.expected == {1: 0, 2: 1 / 4, 4: 3 / 8}
    assert scores.worst == {1: 0, 2: 0, 4: 1 / 4}
    assert scores.best == {1: 0, 2: 1 / 2, 4: 1 / 2}
