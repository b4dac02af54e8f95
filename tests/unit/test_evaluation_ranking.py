"""Rankings by real-valued similarities."""

from __future__ import annotations

import numpy as np
import pytest

from hashbench.errors import HashbenchError
from hashbench.evaluation import evaluator
from hashbench.evaluation.evaluator import evaluate, evaluate_lists, evaluate_ranking
from hashbench.evaluation.similarity import ranked_lists

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


@pytest.mark.parametrize("depth", [1, 10, 60, 400])
@pytest.mark.parametrize("n_values", [1, 3, 10**6])
def test_lists_of_the_nearest_score_as_all_similarities(problem, depth, n_values):
    *_, query_labels, database_labels = problem
    similarities = np.random.default_rng(2).integers(0, n_values, (25, 400)).astype(np.float32)
    labels = query_labels, database_labels
    at = [n for n in AT if n <= depth]
    coarse = query_labels // 2, database_labels // 2
    lists = ranked_lists([similarities[:9], similarities[9:]], 25, 400, depth)
    found = evaluate_lists(lists, *labels, at, *coarse)
    expected = evaluate_ranking([similarities], *labels, at, *coarse)
    assert_same(found, expected)
    assert_same(found.coarse, expected.coarse)


def test_lists_hold_the_nearest_in_order_and_no_rest_that_is_tied():
    similarities = np.array([[0, 5, 0, 7, 5, 0], [1, 1, 1, 1, 1, 1], [3, 9, 8, 1, 2, 3]], np.float32)
    lists = ranked_lists([similarities], 3, 6, 3)
    assert [list(lists.of(query)[0]) for query in range(3)] == [[3, 1, 4], [], [1, 2, 0, 5]]
    some = lists[np.array([2, 0])]
    assert [list(some.of(query)[0]) for query in range(2)] == [[1, 2, 0, 5], [3, 1, 4]]
    assert list(ranked_lists([similarities], 3, 6, 5).of(0)[0]) == [3, 1, 4]


def test_an_n_beyond_the_lists_is_refused(problem):
    *_, query_labels, database_labels = problem
    lists = ranked_lists(hamming_similarities(*problem[:2]), 25, 400, 20)
    with pytest.raises(HashbenchError, match="too few for N = 21"):
        evaluate_lists(lists, query_labels, database_labels, (21,))
