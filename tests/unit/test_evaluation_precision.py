"""Scores against enumeration, brute force, Monte Carlo and laws that they must obey."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse

from hashbench.codes import Codes
from hashbench.evaluation.evaluator import evaluate


def random_codes(n, n_bits, rng):
    return rng.integers(0, 2, (n, n_bits), dtype=np.uint8)


def few_codes(n, n_bits, rng, n_codes=7):
    return random_codes(n_codes, n_bits, rng)[rng.integers(0, n_codes, n)]


def all_distances(queries, database):
    return (queries[:, None] != database).sum(axis=2)


def enumerated_precisions(distances, relevant, n):
    """Every precision that an order of the tied documents can give, each set of retrieved documents once."""
    order = sorted(range(len(distances)), key=lambda document: distances[document])
    n = min(n, len(order))
    cut = distances[order[n - 1]]
    certain = [document for document in order if distances[document] < cut]
    tied = [document for document in order if distances[document] == cut]
    return [
        Fraction(int(sum(relevant[document] for document in (*certain, *chosen))), n)
        for chosen in combinations(tied, n - len(certain))
    ]


def sorted_precisions(distances, relevant, n):
    """(expected, worst, best): each place in the ranking expects the mean relevance of its group."""
    n = min(n, len(distances))
    group_means = {d: relevant[distances == d].mean() for d in np.unique(distances)}
    expected = np.mean([group_means[d] for d in np.sort(distances)[:n]])
    worst = relevant[np.lexsort((relevant, distances))][:n].mean()
    best = relevant[np.lexsort((~relevant, distances))][:n].mean()
    return expected, worst, best


def assert_brute_force(scores, distances, relevant):
    for n, precision in scores.precision.items():
        reference = np.array([sorted_precisions(d, r, n) for d, r in zip(distances, relevant, strict=True)])
        np.testing.assert_allclose(precision.expected, reference[:, 0], atol=1e-12)
        np.testing.assert_allclose(precision.worst, reference[:, 1], atol=1e-12)
        np.testing.assert_allclose(precision.best, reference[:, 2], atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_enumeration_of_all_tie_orders(seed):
    rng = np.random.default_rng(seed)
    queries, database = random_codes(6, 3, rng), random_codes(9, 3, rng)
    query_labels, database_labels = rng.integers(0, 3, 6), rng.integers(0, 3, 9)
    scores = evaluate(queries, database, query_labels, database_labels, at=(1, 2, 4, 9, 30))
    for query, distances in enumerate(all_distances(queries, database)):
        relevant = database_labels == query_labels[query]
        for n, precision in scores.precision.items():
            possible = enumerated_precisions(distances, relevant, n)
            assert precision.expected[query] == pytest.approx(float(sum(possible) / len(possible)), abs=1e-14)
            assert precision.worst[query] == float(min(possible))
            assert precision.best[query] == float(max(possible))


@pytest.mark.parametrize("make_codes", [random_codes, few_codes])
@pytest.mark.parametrize(("n_bits", "n_database"), [(4, 300), (16, 700), (70, 700)])
def test_single_label_scores_agree_with_brute_force(make_codes, n_bits, n_database):
    rng = np.random.default_rng(n_bits)
    queries, database = np.vsplit(make_codes(n_database + 21, n_bits, rng), [21])
    query_labels, database_labels = rng.integers(-3, 4, 21), rng.integers(-3, 3, n_database)
    scores = evaluate(queries, database, query_labels, database_labels, at=(1, 10, 100, 650, 5000))
    assert_brute_force(scores, all_distances(queries, database), database_labels == query_labels[:, None])


@pytest.mark.parametrize("n_labels", [5, 90])
def test_multi_label_scores_agree_with_brute_force(n_labels):
    rng = np.random.default_rng(n_labels)
    queries, database = np.vsplit(few_codes(420, 9, rng, n_codes=40), [20])
    query_labels, database_labels = (rng.random((n, n_labels)) < 2 / n_labels for n in (20, 400))
    query_labels[3] = False
    sets = [[set(np.flatnonzero(row)) for row in labels] for labels in (query_labels, database_labels)]
    relevant = np.array([[bool(q & d) for d in sets[1]] for q in sets[0]])
    scores = evaluate(queries, database, query_labels, database_labels, at=(1, 10, 100))
    assert_brute_force(scores, all_distances(queries, database), relevant)
    assert scores.chance == pytest.approx(relevant.mean(), abs=1e-15)
    assert scores.per_query[10][3] == 0


def test_expected_and_range_agree_with_random_tie_orders():
    rng = np.random.default_rng(5)
    queries, database = random_codes(4, 4, rng), random_codes(60, 4, rng)
    query_labels, database_labels = rng.integers(0, 3, 4), rng.integers(0, 3, 60)
    precision = evaluate(queries, database, query_labels, database_labels, at=(10,)).precision[10]
    distances, draws = all_distances(queries, database), []
    for _ in range(4000):
        order = rng.permutation(60)
        nearest = order[np.argsort(distances[:, order], axis=1, kind="stable")[:, :10]]
        draws.append((database_labels[nearest] == query_labels[:, None]).mean(axis=1))
    drawn = np.array(draws)
    standard_error = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    assert (standard_error > 1e-4).sum() >= 3
    assert (np.abs(drawn.mean(axis=0) - precision.expected) < 3.5 * standard_error + 1e-12).all()
    assert (drawn.min(axis=0) >= precision.worst - 1e-12).all()
    assert (drawn.max(axis=0) <= precision.best + 1e-12).all()


def test_equal_codes_score_exactly_chance():
    rng = np.random.default_rng(0)
    query_labels, database_labels = rng.integers(0, 7, 101), rng.integers(0, 7, 9001)
    codes = np.ones((9001, 24), np.uint8)
    scores = evaluate(codes[:101], codes, query_labels, database_labels, at=(1, 7, 100, 8999))
    shares = [(database_labels == label).mean() for label in query_labels]
    assert scores.chance == pytest.approx(np.mean(shares), abs=1e-15)
    assert set(scores.expected.values()) == {scores.chance}
    assert scores.worst[100] == 0
    assert scores.best[100] == 1


def test_the_small_multi_label_case():
    queries, database = ["1111", "0001"], ["1101", "0110", "0000"]
    labels = {"a": 0, "b": 1, "c": 2, "d": 3}
    query_labels, database_labels = (
        np.array([[name in row for name in labels] for row in rows])
        for rows in (["ab", "c"], ["bc", "d", "ac"])
    )
    bits = [np.array([[int(bit) for bit in code] for code in codes]) for codes in (queries, database)]
    scores = evaluate(*bits, query_labels, database_labels, at=(1, 2, 3))
    assert scores.expected == pytest.approx({1: 1, 2: 0.75, 3: 2 / 3})


@pytest.fixture
def problem():
    rng = np.random.default_rng(11)
    queries, database = random_codes(30, 7, rng), random_codes(500, 7, rng)
    return queries, database, rng.integers(0, 4, 30), rng.integers(0, 4, 500)


def assert_same(one, other):
    for name in ("expected", "worst", "best"):
        assert getattr(one, name) == getattr(other, name)


def test_the_order_of_the_database_does_not_matter(problem):
    queries, database, query_labels, database_labels = problem
    order = np.argsort(database_labels, kind="stable")
    assert_same(
        evaluate(*problem, at=(1, 50)),
        evaluate(queries, database[order], query_labels, database_labels[order], at=(1, 50)),
    )


def test_order_and_sign_of_the_bits_do_not_matter(problem):
    queries, database, *labels = problem
    columns, flipped = [3, 1, 6, 0, 2, 5, 4], np.array([1, 0, 0, 1, 0, 1, 0], np.uint8)
    expected = evaluate(*problem, at=(1, 50))
    assert_same(expected, evaluate(queries[:, columns], database[:, columns], *labels, at=(1, 50)))
    assert_same(expected, evaluate(queries ^ flipped, database ^ flipped, *labels, at=(1, 50)))


def test_packed_codes_score_as_unpacked_ones(problem):
    queries, database, *labels = problem
    assert_same(evaluate(*problem), evaluate(Codes.pack(queries), Codes.pack(database.astype(bool)), *labels))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.coo_matrix, np.asfortranarray])
def test_one_hot_labels_score_as_integers(problem, form):
    queries, database, *labels = problem
    one_hot = [form(np.eye(4)[label]) for label in labels]
    integer, indicator = evaluate(*problem, at=(1, 50)), evaluate(queries, database, *one_hot, at=(1, 50))
    assert_same(integer, indicator)
    assert integer.chance == indicator.chance


def test_integral_floats_are_labels(problem):
    queries, database, *labels = problem
    assert_same(evaluate(*problem), evaluate(queries, database, *(label.astype(float) for label in labels)))


def test_coarse_scores_are_those_of_the_coarse_labels_and_not_below_nested_fine_ones(problem):
    queries, database, query_labels, database_labels = problem
    coarse = query_labels // 2, database_labels // 2
    scores = evaluate(*problem, (1, 50), *coarse)
    assert scores.coarse is not None
    assert_same(scores, evaluate(*problem, at=(1, 50)))
    assert_same(scores.coarse, evaluate(queries, database, *coarse, at=(1, 50)))
    assert (scores.coarse.per_query[50] >= scores.per_query[50]).all()
    assert scores.coarse.chance > scores.chance


def test_coarse_integers_may_accompany_a_fine_indicator(problem):
    queries, database, query_labels, database_labels = problem
    wide = np.eye(90)
    scores = evaluate(
        queries, database, wide[query_labels], wide[database_labels], (20,), query_labels, database_labels
    )
    assert scores.coarse is not None
    assert_same(scores, scores.coarse)


def test_one_class_scores_one(problem):
    queries, database, *_ = problem
    scores = evaluate(queries, database, np.zeros(30, int), np.zeros(500, int))
    assert (scores.expected[100], scores.worst[100], scores.best[100], scores.chance) == (1, 1, 1, 1)


def test_means_are_those_of_the_queries(problem):
    scores = evaluate(*problem, at=(50,))
    precision = scores.precision[50]
    assert (scores.n_queries, scores.n_database, scores.coarse, scores.notes) == (30, 500, None, ())
    assert scores.per_query[50].dtype == np.float64
    assert scores.per_query[50].shape == (30,)
    assert scores.expected == {50: pytest.approx(scores.per_query[50].mean())}
    assert scores.worst == {50: pytest.approx(precision.worst.mean())}
    assert scores.best == {50: pytest.approx(precision.best.mean())}
    assert (precision.worst <= precision.expected).all()
    assert (precision.expected <= precision.best).all()
    assert scores.worst[50] < scores.expected[50] < scores.best[50]


def test_an_n_beyond_the_database_is_cut_with_a_note(problem):
    scores = evaluate(*problem, at=(600, 20, 500))
    assert list(scores.expected) == [600, 20, 500]
    assert scores.expected[600] == scores.expected[500] == pytest.approx(scores.chance)
    assert len(scores.notes) == 1
    assert "600" in scores.notes[0]
    assert "500" in scores.notes[0]


def test_many_bits_are_scored_in_blocks_of_queries():
    rng = np.random.default_rng(2)
    queries, database = random_codes(300, 4096, rng), random_codes(5, 4096, rng)
    query_labels, database_labels = rng.integers(0, 2, 300), rng.integers(0, 2, 5)
    scores = evaluate(queries, database, query_labels, database_labels, at=(2,))
    assert_brute_force(scores, all_distances(queries, database), database_labels == query_labels[:, None])
