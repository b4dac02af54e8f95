"""Rescoring: candidates by the distance of codes, ranked anew by a similarity."""

from __future__ import annotations

from itertools import combinations
from math import lgamma

import numpy as np
import pytest

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import HashbenchError
from hashbench.evaluation.evaluator import evaluate, evaluate_ranking, evaluate_tables
from hashbench.evaluation.rescoring import evaluate_rescored
from hashbench.evaluation.rescoring_kernel import rescored_precision

AT = (1, 5, 20)


def brute_force(distances, similarities, relevant, n_candidates, n):
    """Return the mean, least and greatest precision over all candidates that ties leave possible."""
    cut = np.sort(distances)[n_candidates - 1]
    certain, tied = np.flatnonzero(distances < cut), np.flatnonzero(distances == cut)
    expected, worst, best = [], [], []
    for drawn in combinations(tied, n_candidates - len(certain)):
        candidates = np.array([*certain, *drawn])
        values, matches = similarities[candidates], relevant[candidates]
        last = np.sort(values)[-n]
        above, slots = int(matches[values > last].sum()), n - int((values > last).sum())
        group, matching = int((values == last).sum()), int(matches[values == last].sum())
        expected.append((above + slots * matching / group) / n)
        worst.append((above + max(0, slots - (group - matching))) / n)
        best.append((above + min(slots, matching)) / n)
    return np.mean(expected), min(worst), max(best)


@pytest.mark.parametrize("seed", range(300))
def test_precision_equals_that_of_all_draws_of_candidates(seed):
    rng = np.random.default_rng(seed)
    size = rng.integers(3, 12)
    distances = rng.integers(0, rng.integers(1, 5), size).astype(float)
    similarities = rng.integers(0, rng.integers(1, 8), size).astype(float)
    relevant = rng.random(size) < 0.5
    n_candidates = rng.integers(1, size + 1)
    n = rng.integers(1, n_candidates + 1)
    order = np.argsort(-similarities, kind="stable")
    found = rescored_precision(
        distances[order],
        similarities[order],
        relevant[order],
        n_candidates,
        n,
        np.array([lgamma(i + 1) for i in range(size + 1)]),
    )
    np.testing.assert_allclose(
        found, brute_force(distances, similarities, relevant, n_candidates, n), atol=1e-12
    )


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    queries, database = (Codes.pack(rng.integers(0, 2, (n, 9), dtype=np.uint8)) for n in (25, 400))
    similarities = rng.random((25, 400)).round(1)
    return queries, database, similarities, rng.integers(0, 6, 25), rng.integers(0, 6, 400)


def assert_same(one, other):
    for n, precision in one.precision.items():
        for name in ("expected", "worst", "best"):
            np.testing.assert_allclose(
                getattr(precision, name), getattr(other.precision[n], name), atol=1e-12
            )
    assert one.chance == other.chance


def test_all_documents_as_candidates_are_ranked_by_similarity_alone(problem):
    queries, database, similarities, *labels = problem
    coarse = labels[0] // 2, labels[1] // 2
    rescored = evaluate_rescored(queries, database, [similarities], *labels, 400, AT, *coarse)
    plain = evaluate_ranking([similarities], *labels, AT, *coarse)
    assert_same(rescored, plain)
    assert_same(rescored.coarse, plain.coarse)


def test_candidates_that_all_are_retrieved_keep_the_precision_of_their_distance(problem):
    queries, database, similarities, *labels = problem
    rescored = evaluate_rescored(queries, database, [similarities[:7], similarities[7:]], *labels, 1, AT)
    assert_same(rescored, evaluate(queries, database, *labels, AT))


def test_candidates_by_asymmetric_distance(problem):
    _, _, similarities, *labels = problem
    rng = np.random.default_rng(1)
    database = QuantiserCodes(rng.integers(0, 4, (400, 3), dtype=np.uint8), 4)
    tables = rng.integers(0, 3, (25, 3, 4)).astype(np.float32)
    rescored = evaluate_rescored(tables, database, [similarities], *labels, 1, AT, n_threads=1)
    assert_same(rescored, evaluate_tables(tables, database, *labels, AT))


@pytest.mark.parametrize(("rows", "reason"), [(24, "for 24 queries"), (26, "more than the 25")])
def test_a_wrong_number_of_similarities_is_refused(problem, rows, reason):
    queries, database, similarities, *labels = problem
    some = np.vstack([similarities, similarities])[:rows]
    with pytest.raises(HashbenchError, match=reason):
        evaluate_rescored(queries, database, [some], *labels, 2, AT)
