"""Ranking by asymmetric distance against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from hashbench.codes import Codes, QuantiserCodes
from hashbench.errors import HashbenchError
from hashbench.evaluation import table_kernel
from hashbench.evaluation.evaluator import evaluate, evaluate_ranking, evaluate_tables, nearest_by_tables
from hashbench.evaluation.tables import bit_tables

AT = (1, 10, 60, 500)
BOOKS = [(1, 256), (8, 256), (9, 16), (5, 2), (13, 2), (7, 8), (4, 32), (3, 4)]


def brute_force(tables, indices):
    """Return the distances of all documents from all queries."""
    books = np.arange(indices.shape[1])
    return np.array([[table[books, code].sum() for code in indices] for table in tables])


def whole_numbers(n_books, n_centroids, n=400, seed=0):
    """Return tables of few whole numbers, whose sums are exact and often equal, and codes."""
    rng = np.random.default_rng(seed)
    codes = QuantiserCodes(rng.integers(0, n_centroids, (n, n_books), dtype=np.uint8), n_centroids)
    return rng.integers(0, 4, (25, n_books, n_centroids)).astype(np.float32), codes, rng


def assert_same(one, other):
    for n, precision in one.precision.items():
        for name in ("expected", "worst", "best"):
            np.testing.assert_array_equal(getattr(precision, name), getattr(other.precision[n], name))
    assert (one.chance, one.notes) == (other.chance, other.notes)


@pytest.mark.parametrize(("n_books", "n_centroids"), BOOKS)
def test_scores_equal_those_of_brute_force_distances_with_ties(n_books, n_centroids):
    tables, codes, rng = whole_numbers(n_books, n_centroids)
    labels = rng.integers(0, 6, 25), rng.integers(0, 6, 400)
    coarse = labels[0] // 2, labels[1] // 2
    found = evaluate_tables(tables, codes, *labels, AT, *coarse)
    expected = evaluate_ranking([-brute_force(tables, codes.indices)], *labels, AT, *coarse)
    assert_same(found, expected)
    assert_same(found.coarse, expected.coarse)


@pytest.mark.parametrize("n", [40, 3000])
@pytest.mark.parametrize(("n_books", "n_centroids"), BOOKS)
def test_nearest_documents_are_in_the_order_of_distance_and_index(n_books, n_centroids, n):
    tables, codes, _ = whole_numbers(n_books, n_centroids, n)
    distances = brute_force(tables, codes.indices)
    order = np.argsort(distances, axis=1, kind="stable")[:, :30]
    documents, found = nearest_by_tables(tables, codes, 30)
    np.testing.assert_array_equal(documents, order)
    np.testing.assert_array_equal(found, np.take_along_axis(distances, order, axis=1))


def test_several_labels_a_document():
    tables, codes, rng = whole_numbers(4, 16)
    labels = [rng.random((n, 70)) < 0.02 for n in (25, 400)]
    assert_same(
        evaluate_tables(tables, codes, *labels, AT),
        evaluate_ranking([-brute_force(tables, codes.indices)], *labels, AT),
    )


def test_real_distances_are_sums_of_the_tables():
    rng = np.random.default_rng(3)
    codes = QuantiserCodes(rng.integers(0, 16, (3000, 8), dtype=np.uint8), 16)
    tables = rng.standard_normal((10, 8, 16)).astype(np.float32)
    documents, distances = nearest_by_tables(tables, codes, 3000)
    expected = brute_force(tables.astype(np.float64), codes.indices)
    np.testing.assert_allclose(distances, np.take_along_axis(expected, documents, axis=1), atol=1e-5)


def test_equal_codes_are_at_exactly_equal_distances():
    rng = np.random.default_rng(4)
    distinct = rng.integers(0, 256, (7, 11), dtype=np.uint8)
    copies = rng.integers(0, 7, 500)
    tables = rng.standard_normal((5, 11, 256)).astype(np.float32)
    documents, distances = nearest_by_tables(tables, QuantiserCodes(distinct[copies], 256), 500)
    for row, found in zip(copies[documents], distances, strict=True):
        for code in range(7):
            assert len(np.unique(found[row == code])) == 1


def test_a_sample_unlike_the_database_changes_nothing():
    """The documents that are sampled are the nearest ones, so that the first radius is too small."""
    rng = np.random.default_rng(5)
    indices = rng.integers(4, 256, (3200, 2), dtype=np.uint8)
    indices[np.arange(200) * 16] = rng.integers(0, 4, (200, 2))
    tables = np.repeat(np.arange(256, dtype=np.float32)[None, None], 2, axis=1) ** 2
    documents, _ = nearest_by_tables(tables, QuantiserCodes(indices, 256), 900)
    expected = np.argsort(brute_force(tables, indices), axis=1, kind="stable")[:, :900]
    np.testing.assert_array_equal(documents, expected)


@pytest.mark.parametrize("n_bits", [3, 8, 32, 77, 128])
def test_bits_are_ranked_by_the_values_of_those_that_differ(n_bits):
    rng = np.random.default_rng(6)
    values = rng.integers(-3, 4, (25, n_bits)).astype(np.float32)
    bits = rng.integers(0, 2, (400, n_bits), dtype=np.uint8)
    labels = rng.integers(0, 6, 25), rng.integers(0, 6, 400)
    differing = (values[:, None] > 0) != bits
    distances = (np.abs(values)[:, None] * differing).sum(axis=2)
    assert_same(
        evaluate_tables(bit_tables(values), Codes.pack(bits), *labels, AT),
        evaluate_ranking([-distances], *labels, AT),
    )


def test_values_of_one_size_rank_as_hamming_distance():
    rng = np.random.default_rng(7)
    queries, database = (rng.integers(0, 2, (n, 40), dtype=np.uint8) for n in (25, 400))
    labels = rng.integers(0, 6, 25), rng.integers(0, 6, 400)
    by_tables = evaluate_tables(bit_tables(2.0 * queries - 1), Codes.pack(database), *labels, AT)
    assert_same(by_tables, evaluate(queries, database, *labels, AT))


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        (np.zeros((2, 3, 8)), r"\(n_queries, 3, 4\)"),
        (np.zeros((0, 3, 4)), r"\(n_queries, 3, 4\)"),
        (np.full((2, 3, 4), np.nan), "NaN"),
        (np.full((2, 3, 4), "a"), "dtype"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tables, reason):
    with pytest.raises(HashbenchError, match=reason):
        evaluate_tables(tables, QuantiserCodes(np.zeros((5, 3), np.uint8), 4), [0, 1], [0, 1, 0, 1, 0])


def test_more_documents_than_there_are_is_refused():
    tables, codes, _ = whole_numbers(2, 4)
    with pytest.raises(HashbenchError, match="exceeds the database of 400"):
        nearest_by_tables(tables, codes, 401)


def test_tiles_do_not_change_what_is_found():
    tables, codes, _ = whole_numbers(3, 16, n=table_kernel.TILE + 100)
    documents, _ = nearest_by_tables(tables[:3], codes, 50)
    expected = np.argsort(brute_force(tables[:3], codes.indices), axis=1, kind="stable")[:, :50]
    np.testing.assert_array_equal(documents, expected)
