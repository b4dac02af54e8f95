import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from hashbench.features.bm25 import Bm25
from hashbench.features.neighbour_inputs import bm25_neighbours, cosine_neighbours
from hashbench.hashing import nearest
from hashbench.hashing.nearest import nearest_neighbours


def brute_force(similarities: np.ndarray, k: int) -> list[list[int]]:
    expected = []
    for row, values in enumerate(similarities):
        others = [column for column in range(len(values)) if column != row]
        expected.append(sorted(others, key=lambda column: (-values[column], column))[:k])
    return expected


@pytest.mark.parametrize("block_values", [1, 150, 2**25])
@pytest.mark.parametrize("form", [np.array, csr_array])
def test_it_equals_brute_force_with_many_ties(block_values, form, monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK_VALUES", block_values)
    similarities = np.random.default_rng(0).integers(-2, 4, size=(70, 70)).astype(np.float32)
    found = nearest_neighbours(lambda start, stop: form(similarities[start:stop]), 70, k=9)
    assert found.dtype == np.int64
    assert found.tolist() == brute_force(similarities, 9)


@pytest.mark.parametrize("dense", [False, True])
def test_neighbours_have_the_largest_cosines(dense):
    vectors = random_array((300, 50), density=0.2, rng=np.random.default_rng(0), dtype=np.float32)
    rows = vectors.toarray()
    rows[:, 0] += 0.1
    found = cosine_neighbours(rows if dense else csr_array(rows))
    assert found.shape == (300, 100)
    rows = rows.astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = rows @ rows.T
    assert (found != np.arange(300)[:, None]).all()
    assert all(len(set(row)) == 100 for row in found.tolist())
    best = np.sort(cosines - 9 * np.eye(300), axis=1)[:, ::-1][:, :100]
    assert np.take_along_axis(cosines, found, axis=1) == pytest.approx(best, abs=1e-5)


def test_a_document_that_occurs_twice_is_its_own_double_s_neighbour_and_not_its_own():
    vectors = csr_array(np.array([[1, 0, 2], [0, 1, 0], [1, 0, 2], [2, 0, 4], [1, 1, 1]], dtype=np.float32))
    assert cosine_neighbours(vectors).tolist() == [
        [2, 3, 4, 1],
        [4, 0, 2, 3],
        [0, 3, 4, 1],
        [0, 2, 4, 1],
        [0, 2, 3, 1],
    ]


def test_a_single_document_has_no_neighbours():
    assert cosine_neighbours(np.ones((1, 3), dtype=np.float32)).shape == (1, 0)


def test_bm25_neighbours_have_the_highest_scores_for_the_words_of_a_document():
    counts = csr_array(np.random.default_rng(0).poisson(0.3, size=(150, 40)))
    counts_kept = Bm25().fit(counts).count_terms(counts).toarray()
    weights = Bm25().fit_transform(counts).toarray()
    scores = [
        [sum(n * weights[other, word] for word, n in enumerate(query) if n) for other in range(150)]
        for query in counts_kept
    ]
    found = bm25_neighbours(counts)
    assert found.shape == (150, 100)
    chosen = np.take_along_axis(np.array(scores), found, axis=1)
    best = np.sort(np.array(scores) - 1e9 * np.eye(150), axis=1)[:, ::-1][:, :100]
    assert chosen == pytest.approx(best, rel=1e-5, abs=1e-5)
    assert (found != np.arange(150)[:, None]).all()


def test_memory_is_far_below_documents_times_documents(monkeypatch):
    n = 2000
    monkeypatch.setattr(nearest, "BLOCK_VALUES", 2**17)
    vectors = random_array(
        (n, 1000), density=0.002, format="csr", rng=np.random.default_rng(0), dtype=np.float32
    )
    tracemalloc.start()
    try:
        cosine_neighbours(csr_array(vectors))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < n * n
