import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from hashbench.hashing import approximate_neighbours
from hashbench.hashing.approximate_neighbours import approximate_nearest_by_cosine, pair_cosines
from hashbench.hashing.nearest import nearest_by_cosine


def documents(n: int, form=csr_array):
    rows = random_array((n, 60), density=0.2, rng=np.random.default_rng(0), dtype=np.float32).toarray()
    rows[1] = rows[0]
    rows[2] = 0
    return form(rows)


@pytest.mark.parametrize("form", [csr_array, np.array])
@pytest.mark.parametrize("queries", [1, 7, 256])
def test_it_is_exact_where_every_document_is_a_candidate(form, queries, monkeypatch):
    monkeypatch.setattr(approximate_neighbours, "QUERIES", queries)
    vectors = documents(90, form)
    neighbours, cosines = approximate_nearest_by_cosine(vectors, 5)
    expected, expected_cosines = nearest_by_cosine(vectors, 5)
    assert (neighbours.dtype, cosines.dtype) == (np.int64, np.float32)
    assert cosines == pytest.approx(expected_cosines, abs=1e-6)
    assert neighbours.tolist() == expected.tolist()


@pytest.mark.parametrize("form", [csr_array, np.array])
def test_few_neighbours_are_missing_and_the_cosines_are_exact(form):
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((40, 50))
    dense = centres[rng.integers(40, size=2000)] + rng.standard_normal((2000, 50))
    vectors = form(dense.astype(np.float32))
    neighbours, cosines = approximate_nearest_by_cosine(vectors, 10)
    unit = dense / np.linalg.norm(dense, axis=1, keepdims=True)
    all_cosines = unit @ unit.T
    assert cosines == pytest.approx(np.take_along_axis(all_cosines, neighbours, axis=1), abs=1e-5)
    assert (np.diff(cosines, axis=1) <= 0).all()
    assert (neighbours != np.arange(2000)[:, None]).all()
    exact = nearest_by_cosine(vectors, 10)[0]
    found = [
        len(set(some) & set(all_)) for some, all_ in zip(neighbours.tolist(), exact.tolist(), strict=True)
    ]
    assert np.mean(found) > 9.5


def test_more_copies_than_candidates_are_neighbours_of_one_another():
    vectors = csr_array(np.ones((100, 3), dtype=np.float32))
    neighbours, cosines = approximate_nearest_by_cosine(vectors, 2)
    assert cosines == pytest.approx(1)
    assert (neighbours != np.arange(100)[:, None]).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_there_are_no_more_neighbours_than_other_documents(n):
    neighbours, _ = approximate_nearest_by_cosine(np.eye(n, 3, dtype=np.float32), 5)
    assert neighbours.shape == (n, n - 1)


def test_products_of_pairs_are_those_of_the_dense_rows():
    vectors = documents(30)
    candidates = np.random.default_rng(0).integers(30, size=(4, 9))
    products = pair_cosines(vectors, slice(10, 14), candidates)
    rows = vectors.toarray()
    assert products == pytest.approx(np.einsum("qcf,qf->qc", rows[candidates], rows[10:14]), abs=1e-6)
