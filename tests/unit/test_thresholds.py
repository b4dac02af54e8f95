"""Median thresholds, against every possible cut of every small column."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from hashbench.hashing.thresholds import median_threshold


def best_ones(values):
    """Return the number of ones of the most even cut between distinct values, the higher cut if two are."""
    cuts = [(low + high) / 2 for low, high in pairwise(sorted(set(values)))]
    ones = [sum(value > cut for value in values) for cut in cuts]
    return min(ones, key=lambda count: (abs(count - len(values) / 2), count))


def all_columns(length, n_values):
    return np.array(list(product(range(n_values), repeat=length)), dtype=np.float32).T


@pytest.mark.parametrize("length", range(1, 7))
def test_cut_is_as_even_as_ties_allow_and_hits_no_value(length):
    columns = all_columns(length, n_values=4)
    thresholds = median_threshold(columns)
    for column, threshold in zip(columns.T, thresholds, strict=True):
        ones = int((column > threshold).sum())
        if len(set(column)) == 1:
            assert ones == 0
        else:
            assert ones == best_ones(column.tolist())
            assert threshold not in column


@pytest.mark.parametrize("n", [2, 3, 10, 11, 1000, 1001])
def test_distinct_values_give_half_ones_rounded_down(n):
    values = np.random.default_rng(n).permutation(n * 7)[: n * 5].reshape(5, n).T.astype(np.float32)
    np.testing.assert_array_equal((values > median_threshold(values)).sum(axis=0), n // 2)


def test_cut_lies_midway_between_the_middle_values():
    column = np.array([[1.0], [2.0], [10.0], [20.0], [30.0]])
    assert median_threshold(column) == 15
    assert median_threshold(column[:4]) == 6


def test_neighbouring_floats_are_still_separated():
    low = np.array([1.0, np.nextafter(1.0, 2), 1e308, -1e308])
    high = np.nextafter(low, np.inf)
    values = np.stack([low, high])
    np.testing.assert_array_equal(values > median_threshold(values), [[False] * 4, [True] * 4])


def test_constant_column_gives_zeros_in_training_and_cuts_at_its_value():
    threshold = median_threshold(np.full((5, 1), 0.1, dtype=np.float32))
    assert threshold == np.float32(0.1)
