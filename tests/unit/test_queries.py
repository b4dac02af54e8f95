"""Queries without a code score at chance level, and everybody answers the same queries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench import evaluate
from hashbench.experiment.queries import Labels, Queries

RNG = np.random.default_rng(0)
FINE = RNG.integers(0, 4, size=60)
COARSE = FINE // 2
ROWS, DATABASE = np.arange(40, 60), np.arange(40)
WITH_CODE = np.delete(ROWS, [3, 7, 19])


def test_without_empty_queries_the_scores_are_those_of_the_evaluator() -> None:
    labels = Labels(FINE, None)
    queries = Queries.of(labels, ROWS, ROWS)
    assert (queries.n_empty, queries.n_unlabelled, queries.encoded.all()) == (0, 0, True)
    scores = evaluate(
        RNG.integers(0, 2, (20, 8), dtype=np.uint8),
        RNG.integers(0, 2, (40, 8), dtype=np.uint8),
        FINE[ROWS],
        FINE[DATABASE],
    )
    assert queries.with_empty(scores, labels[DATABASE]) is scores


@pytest.mark.parametrize("indicator", [False, True])
def test_an_empty_query_scores_the_share_of_relevant_documents(indicator: bool) -> None:
    fine = csr_array(np.eye(4, dtype=bool)[FINE]) if indicator else FINE
    labels = Labels(fine, COARSE)
    queries = Queries.of(labels, ROWS, WITH_CODE)
    codes = RNG.integers(0, 2, (60, 8), dtype=np.uint8)
    encoded, database = queries.labels_of_encoded, labels[DATABASE]
    scores = evaluate(
        codes[WITH_CODE],
        codes[DATABASE],
        encoded.fine,
        database.fine,
        (5, 10),
        encoded.coarse,
        database.coarse,
    )
    complete = queries.with_empty(scores, database)
    assert (queries.n_empty, complete.n_queries) == (3, 20)
    places = np.isin(ROWS, WITH_CODE)
    for level, single in ((complete, FINE), (complete.coarse, COARSE)):
        assert level is not None
        shares = np.array([(single[DATABASE] == single[row]).mean() for row in ROWS])
        for n, found in level.precision.items():
            before = scores if level is complete else scores.coarse
            assert before is not None
            np.testing.assert_array_equal(found.expected[places], before.precision[n].expected)
            for values in (found.expected, found.worst, found.best):
                np.testing.assert_allclose(values[~places], shares[~places])
        assert level.chance == pytest.approx(shares.mean())


def test_documents_without_a_label_are_no_queries() -> None:
    fine = csr_array(np.eye(4, dtype=bool)[FINE])
    lil = fine.tolil()
    lil[ROWS[0]] = 0
    lil[ROWS[3]] = 0
    labels = Labels(csr_array(lil), None)
    queries = Queries.of(labels, ROWS, WITH_CODE)
    assert queries.n_unlabelled == 2
    assert queries.n_empty == 2
    assert queries.encoded.sum() == len(WITH_CODE) - 1
    assert len(queries.has_code) == 18
