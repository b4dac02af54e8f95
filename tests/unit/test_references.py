"""References: random codes and exact cosine."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.references.cosine import Cosine
from hashbench_methods.references.random_codes import RandomCodes
from scipy.sparse import csr_array, random_array

from hashbench.hashing import nearest


def documents(n=2000, n_features=300, seed=0):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n, n_features), density=0.1, dtype=np.float32, rng=rng))


def random_codes(X, n_bits=64, seed=0):
    return RandomCodes(n_bits, random_state=seed).fit(X).transform(X)


def brute_force_cosine(Q, D):
    Q, D = (M.toarray().astype(np.float64) for M in (Q, D))
    return (Q @ D.T) / np.linalg.norm(Q, axis=1)[:, None] / np.linalg.norm(D, axis=1)


def all_similarities(database, queries):
    return np.vstack(list(Cosine().fit(database).similarities(queries)))


def test_random_bits_are_balanced_and_independent():
    codes = random_codes(documents()).astype(np.float64)
    n, n_bits = codes.shape
    assert (abs(codes.mean(axis=0) - 0.5) < 4.5 * 0.5 / np.sqrt(n)).all()
    correlations = np.corrcoef(codes.T)[np.triu_indices(n_bits, 1)]
    assert abs(correlations).max() < 5 / np.sqrt(n)


def test_random_distances_of_different_documents_are_binomial():
    codes = random_codes(documents()).astype(np.int64)
    distances = (codes[:1000] != codes[1000:]).sum(axis=1)
    assert abs(distances.mean() - 32) < 4 * 4 / np.sqrt(1000)
    assert abs(distances.var() - 16) < 4 * 16 * np.sqrt(2 / 1000)


def test_random_codes_are_equal_exactly_for_equal_vectors():
    X = documents(n=50)
    twins = csr_array(np.vstack([X.toarray(), X.toarray()]))
    codes = random_codes(twins)
    np.testing.assert_array_equal(codes[:50], codes[50:])
    assert len(np.unique(codes, axis=0)) == 50


def test_random_codes_ignore_stored_zeros_and_their_sign():
    X = csr_array((np.float32([1, 0, -0.0, 2]), [0, 1, 2, 3], [0, 4]), shape=(1, 5))
    assert X.nnz == 4
    np.testing.assert_array_equal(random_codes(X), random_codes(csr_array(np.float32([[1, 0, 0, 2, 0]]))))


def test_random_codes_tell_which_words_carry_the_weights():
    codes = random_codes(np.float32([[1, 2, 0], [1, 0, 2], [2, 1, 0], [0, 1, 2]]))
    assert len(np.unique(codes, axis=0)) == 4


def test_random_codes_do_not_depend_on_the_training_documents():
    X = documents(n=40)
    half = RandomCodes(64, random_state=0).fit(X[:20])
    np.testing.assert_array_equal(half.transform(X), random_codes(X))


def test_short_random_code_is_the_beginning_of_the_long_one():
    X = documents(n=40)
    np.testing.assert_array_equal(random_codes(X, 128)[:, :13], random_codes(X, 13))


def test_random_codes_are_the_same_on_every_machine():
    code = random_codes(np.float32([[0, 0.5, 0, 1]]), n_bits=32)
    assert np.packbits(code).tobytes().hex() == "ff6378d0"


@pytest.mark.parametrize("form", [csr_array, csr_array.toarray])
def test_cosine_equals_brute_force(form):
    D, Q = documents(n=500), documents(n=300, seed=1)
    similarities = all_similarities(form(D), form(Q))
    assert similarities.shape == (300, 500)
    assert similarities.dtype == np.float32
    np.testing.assert_allclose(similarities, brute_force_cosine(Q, D), atol=1e-6)


@pytest.mark.parametrize("form", [csr_array, csr_array.toarray])
def test_cosine_of_equal_database_rows_is_exactly_equal(form):
    distinct, Q = documents(n=100), documents(n=50, seed=1)
    copies = np.random.default_rng(0).integers(100, size=1111)
    similarities = all_similarities(form(distinct[copies]), form(Q))
    for document in range(100):
        columns = similarities[:, copies == document]
        assert (columns == columns[:, :1]).all()


def test_cosine_blocks_keep_to_their_memory(monkeypatch):
    D, Q = documents(n=500), documents(n=100, seed=1)
    whole = all_similarities(D, Q)
    monkeypatch.setattr(nearest, "BLOCK_BYTES", 7 * 4 * 500)
    blocks = list(Cosine().fit(D).similarities(Q))
    assert [len(block) for block in blocks] == [7] * 14 + [2]
    np.testing.assert_array_equal(np.vstack(blocks), whole)


def test_cosine_of_empty_documents_is_zero():
    D = csr_array(np.float32([[0, 0], [3, 4]]))
    Q = csr_array(np.float32([[6, 8], [0, 0]]))
    np.testing.assert_allclose(all_similarities(D, Q), [[0, 1], [0, 0]], atol=1e-7)


def test_cosine_refuses_queries_of_another_vocabulary():
    ranker = Cosine().fit(documents(n=10))
    with pytest.raises(ValueError, match="300 features"):
        next(ranker.similarities(documents(n=10, n_features=200)))
