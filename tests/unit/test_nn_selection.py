"""Selection by the validation documents, beside brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.hashing.nn.epoch_selection import labelled_sample, precision_within, selection_depth


def by_brute_force(bits, labels, n):
    """Average over queries the expectation over random orders, counting document by document."""
    precisions = []
    for query in range(len(bits)):
        others = np.delete(np.arange(len(bits)), query)
        distances = (bits[others] != bits[query]).sum(axis=1)
        relevant = (labels[others] & labels[query]).any(axis=1)
        cut = np.sort(distances)[n - 1]
        before, tied = distances < cut, distances == cut
        share = relevant[tied].mean()
        precisions.append((relevant[before].sum() + (n - before.sum()) * share) / n)
    return np.mean(precisions)


@pytest.mark.parametrize("n_bits", [2, 8, 70])
@pytest.mark.parametrize("n", [1, 10, 59])
def test_precision_within_is_that_of_brute_force(n_bits, n):
    rng = np.random.default_rng(n_bits)
    bits = rng.integers(2, size=(60, n_bits), dtype=np.uint8)
    labels = rng.random((60, 4)) < 0.3
    labels[:, 0] |= ~labels.any(axis=1)
    ours = precision_within(Codes.pack(bits), csr_array(labels), n)
    assert ours == pytest.approx(by_brute_force(bits, labels, n))


def test_equal_codes_have_the_share_of_relevant_others():
    classes = np.repeat([0, 1], [30, 10])
    labels = csr_array(classes[:, None] == np.arange(2))
    codes = Codes.pack(np.zeros((40, 8), dtype=np.uint8))
    assert precision_within(codes, labels, 10) == pytest.approx((30 * 29 / 39 + 10 * 9 / 39) / 40)


@pytest.mark.parametrize(
    ("n_validation", "n_train", "n"),
    [(3667, 11016, 33), (967, 7752, 12), (500, 50_000, 10), (5, 20, 4), (2000, 1000, 200)],
)
def test_depth_is_in_proportion_to_the_documents(n_validation, n_train, n):
    assert selection_depth(n_validation, n_train) == n


def test_sample_leaves_out_documents_without_label():
    labels = csr_array(np.eye(6, dtype=bool)[[0, 1, 2, 3]] & np.array([1, 0, 1, 1, 1, 1], dtype=bool))
    np.testing.assert_array_equal(labelled_sample(labels, 10, seed=0), [0, 2, 3])
    sample = labelled_sample(labels, 2, seed=0)
    assert len(set(sample)) == 2
    assert set(sample) <= {0, 2, 3}
