"""Input that cannot be scored is refused, with its name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from hashbench.codes import Codes
from hashbench.errors import HashbenchError
from hashbench.evaluation.evaluator import evaluate, evaluate_ranking

QUERIES, DATABASE = np.eye(3, 8, dtype=np.uint8), np.eye(5, 8, dtype=np.uint8)
QUERY_LABELS, DATABASE_LABELS = np.array([0, 1, 2]), np.array([0, 1, 2, 0, 1])
GOOD = {
    "query_codes": QUERIES,
    "database_codes": DATABASE,
    "query_labels": QUERY_LABELS,
    "database_labels": DATABASE_LABELS,
}


def one_hot(labels, n_labels=3):
    return np.eye(n_labels, dtype=int)[labels]


def refused(message, **changes):
    with pytest.raises(HashbenchError, match=message):
        evaluate(**{**GOOD, **changes})


@pytest.mark.parametrize("side", ["query_codes", "database_codes"])
@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (2 * QUERIES, "found 2"),
        (QUERIES.astype(int) - 1, "found -1"),
        (QUERIES.astype(np.float32), "dtype float32"),
        (QUERIES[0], "shape"),
        (np.zeros((3, 4097), np.uint8), "1 to 4096 bits"),
        (np.zeros((3, 0), np.uint8), "1 to 4096 bits"),
        (np.zeros((0, 8), np.uint8), "empty"),
    ],
)
def test_codes_are_checked(side, codes, message):
    refused(f"{side}.*{message}", **{side: codes})


def test_both_sides_must_have_one_width():
    refused("query_codes have 7 bits and database_codes 8", query_codes=QUERIES[:, :7])
    refused("query_codes have 7 bits and database_codes 8", query_codes=Codes.pack(QUERIES[:, :7]))


@pytest.mark.parametrize("side", ["query_labels", "query_coarse"])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0.0, np.nan, 1.0], "nan"),
        ([0.0, np.inf, 1.0], "inf"),
        ([0.0, 0.5, 1.0], r"0\.5"),
        ([0, 1], "2 rows for 3 queries"),
        (["a", "b", "c"], "dtype"),
        ([None, 1, 2], "dtype"),
        (7, "shape"),
        ([], "shape"),
        (np.zeros((3, 3, 3)), "shape"),
        (np.zeros((3, 0)), "shape"),
        (one_hot(QUERY_LABELS), "for both"),
        (sparse.csr_array(one_hot(QUERY_LABELS)), "for both"),
        (sparse.coo_array(QUERY_LABELS), "shape"),
    ],
)
def test_integer_labels_are_checked(side, labels, message):
    coarse = {"query_coarse": QUERY_LABELS, "database_coarse": DATABASE_LABELS}
    refused(f"{side}.*{message}", **{**coarse, side: labels})


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    ("indicator", "message"),
    [
        (2 * one_hot(QUERY_LABELS), "holds 2"),
        (-one_hot(QUERY_LABELS), "holds -1"),
        (one_hot(QUERY_LABELS) * 0.5, r"holds 0\.5"),
        (np.where(one_hot(QUERY_LABELS), np.nan, 0), "holds nan"),
        (one_hot(QUERY_LABELS, 4), "4 label columns and database_labels 3"),
        (one_hot(QUERY_LABELS)[:2], "2 rows for 3 queries"),
    ],
)
def test_indicators_are_checked(form, indicator, message):
    refused(
        f"query_labels.*{message}",
        query_labels=form(indicator),
        database_labels=one_hot(DATABASE_LABELS),
    )


def test_database_labels_are_checked_by_name():
    refused("database_labels has 4 rows for 5 database documents", database_labels=DATABASE_LABELS[:4])
    refused("database_labels holds nan", database_labels=np.full(5, np.nan))
    refused(
        "database_labels holds 3",
        query_labels=one_hot(QUERY_LABELS),
        database_labels=3 * one_hot(DATABASE_LABELS),
    )


def test_entries_stored_twice_in_a_sparse_indicator_add_up():
    twice = sparse.coo_array(([1, 1], ([0, 0], [1, 1])), shape=(3, 3))
    refused("holds 2", query_labels=twice, database_labels=one_hot(DATABASE_LABELS))


@pytest.mark.parametrize(
    "at", [(), 100, "100", None, (0,), (-1,), (2.5,), (10.0,), (True,), ("5",), (1, None)]
)
def test_cutoffs_are_positive_integers(at):
    refused(r"\bat\b", at=at)


def test_repeated_cutoffs_count_once():
    assert list(evaluate(**GOOD, at=np.array([3, 1, 3])).expected) == [3, 1]


def test_coarse_labels_come_for_both_sides():
    refused("database_coarse is missing", query_coarse=QUERY_LABELS)
    refused("query_coarse is missing", database_coarse=DATABASE_LABELS)


def ranking_refused(message, blocks, query_labels=QUERY_LABELS):
    with pytest.raises(HashbenchError, match=message):
        evaluate_ranking(blocks, query_labels, DATABASE_LABELS, at=(2,))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([np.full((3, 5), np.nan)], "NaN"),
        ([np.zeros((3, 4))], "shape"),
        ([np.zeros(5)], "shape"),
        ([np.zeros((3, 5), complex)], "dtype"),
        ([np.zeros((2, 5))], "for 2 queries"),
        ([], "for 0 queries"),
        ([np.zeros((2, 5)), np.zeros((2, 5))], "more than the 3"),
    ],
)
def test_similarities_are_checked(blocks, message):
    ranking_refused(message, blocks)


def test_labels_of_a_ranking_are_checked():
    ranking_refused("query_labels", [np.zeros((3, 5))], query_labels=[])
    ranking_refused("query_labels", [np.zeros((3, 5))], query_labels=4)
    ranking_refused("query_labels holds nan", [np.zeros((3, 5))], query_labels=np.full(3, np.nan))


def test_labels_of_rows_of_different_lengths_are_refused():
    refused("database_labels has rows of different lengths", database_labels=[[0], [1], [2, 3], [0], [1]])


def test_a_column_of_labels_is_read_as_integers():
    flat = evaluate(QUERIES, DATABASE, QUERY_LABELS, DATABASE_LABELS, at=(3,))
    columns = (np.reshape(labels, (-1, 1)) for labels in (QUERY_LABELS, DATABASE_LABELS))
    assert evaluate(QUERIES, DATABASE, *columns, at=(3,)).expected == flat.expected
