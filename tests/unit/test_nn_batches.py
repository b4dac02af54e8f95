"""Documents as tensors: forms, batches, labels, word dropout."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array

from hashbench.hashing.nn.batches import SparseRows, TrainingData, as_rows, drop_words


def documents(n=30, n_features=50, density=0.2, seed=0):
    rng = np.random.default_rng(seed)
    X = csr_array(random_array((n, n_features), density=density, dtype=np.float32, rng=rng))
    X.sort_indices()
    return X


def test_sparse_rows_hold_the_matrix():
    X = documents()
    rows = as_rows(X)
    np.testing.assert_array_equal(rows.to_dense(), X.toarray())
    np.testing.assert_allclose(rows.row_sums(), X.sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(rows.row_of_entry(), np.repeat(np.arange(30), np.diff(X.indptr)))
    assert len(rows) == 30


def test_rows_are_copies_also_of_read_only_documents():
    X = documents().toarray()
    X.flags.writeable = False
    rows = as_rows(X)
    rows += 1
    np.testing.assert_array_equal(X, documents().toarray())


def test_batches_hold_every_document_once_with_its_labels():
    X, rng = documents(), np.random.default_rng(0)
    classes = rng.integers(4, size=30)
    data = TrainingData(X, csr_array(classes[:, None] == np.arange(4)))
    order = rng.permutation(30)
    batches = list(data.batches(order, 7))
    assert [len(batch.rows) for batch in batches] == [7, 7, 7, 7, 2]
    np.testing.assert_array_equal(np.concatenate([batch.rows for batch in batches]), order)
    np.testing.assert_array_equal(torch.cat([batch.labels for batch in batches]), classes[order])
    written_out = torch.cat([batch.documents.to_dense() for batch in batches])
    np.testing.assert_array_equal(written_out, X.toarray()[order])


def test_documents_with_other_than_one_label_have_an_indicator():
    indicator = np.array([[1, 1, 0], [0, 0, 0], [0, 0, 1]], dtype=bool)
    data = TrainingData(documents(3), csr_array(indicator))
    labels = data[np.array([2, 0])].labels
    assert labels.dtype == torch.float32
    np.testing.assert_array_equal(labels, indicator[[2, 0]])
    assert data.n_labels == 3
    assert TrainingData(documents(3))[np.array([0])].labels is None


@pytest.mark.parametrize("dense", [False, True])
def test_document_shares_count_documents_with_a_positive_value(dense):
    X = np.array([[1, 0, -1], [2, 0, 3], [0, 0, 1], [1, 0, 1]], dtype=np.float32)
    shares = TrainingData(X if dense else csr_array(X)).document_shares()
    np.testing.assert_array_equal(shares, [0.75, 0, 0.75])


@pytest.mark.parametrize("dense", [False, True])
def test_mean_is_that_of_all_documents(dense):
    X = documents().toarray()
    data = TrainingData(X if dense else csr_array(X))
    assert data.sparse == (not dense)
    torch.testing.assert_close(data.mean(), torch.from_numpy(X.mean(axis=0)))


@pytest.mark.parametrize("dense", [False, True])
def test_dropped_words_are_gone_and_the_others_unchanged(dense):
    X = documents(200, 100)
    rows = as_rows(X.toarray() if dense else X)
    dropped = drop_words(rows, 0.3, torch.Generator().manual_seed(0))
    left = dropped.numpy() if dense else dropped.to_dense().numpy()
    kept = left != 0
    np.testing.assert_array_equal(left[kept], X.toarray()[kept])
    share = kept.sum() / X.nnz
    assert abs(share - 0.7) < 4 * np.sqrt(0.21 / X.nnz)
    if isinstance(dropped, SparseRows):
        assert len(dropped.values) == kept.sum()
        assert dropped.starts[-1] == len(dropped.values)


def test_no_word_is_dropped_without_generator_or_rate():
    rows = as_rows(documents())
    assert drop_words(rows, 0.5, None) is rows
    assert drop_words(rows, 0.0, torch.Generator()) is rows
