"""The graph of nearest neighbours and random forests in it."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.neighbourhood.graph import (
    first_neighbours,
    neighbour_cosines,
    random_forests,
    spanning_forest,
    star_forest,
)
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics.pairwise import cosine_similarity

from hashbench.errors import HashbenchError
from hashbench.hashing.nearest import cosine_neighbours
from hashbench.hashing.nn.batches import TrainingData

N, K = 300, 4


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(0)
    found = (rng.random((N, 40)) * (rng.random((N, 40)) < 0.2)).astype(np.float32)
    found[:, 0] += 0.01
    found[7] = found[3]
    return found


@pytest.fixture(scope="module")
def nearest(vectors):
    return first_neighbours(cosine_neighbours(vectors), N, K)


@pytest.fixture(scope="module")
def cosines(vectors, nearest):
    return neighbour_cosines(TrainingData(csr_array(vectors)), nearest)


def n_components(first, second, n=N):
    return connected_components(csr_array((np.ones(len(first)), (first, second)), shape=(n, n)))[0]


@pytest.mark.parametrize("form", [csr_array, np.asarray])
def test_cosines_are_those_of_scikit_learn(vectors, nearest, form):
    found = neighbour_cosines(TrainingData(form(vectors)), nearest)
    expected = np.take_along_axis(cosine_similarity(vectors), nearest, axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_no_document_is_its_own_neighbour_even_with_a_duplicate(nearest):
    assert not (nearest == np.arange(N)[:, None]).any()
    assert nearest[3, 0] == 7
    assert nearest[7, 0] == 3


def test_a_spanning_forest_has_a_tree_for_every_component(nearest, cosines):
    first, second = spanning_forest(nearest, cosines, 0.1, np.random.default_rng(0))
    of_graph = n_components(np.repeat(np.arange(N), K), nearest.ravel())
    assert n_components(first, second) == of_graph
    assert len(first) == N - of_graph
    assert (first < second).all()


def test_a_star_forest_visits_every_document_once(nearest):
    centres, ends = star_forest(nearest, np.random.default_rng(0))
    assert not set(centres) & set(ends)
    assert len(set(ends)) == len(ends)
    assert n_components(centres, ends) == N - len(ends)
    assert all(end in nearest[centre] for centre, end in zip(centres, ends, strict=True))


def test_a_cold_forest_takes_the_nearest_neighbours(nearest, cosines):
    """At a temperature near 0 the first neighbour is next to certain: all such edges are taken."""
    first, second = spanning_forest(nearest, cosines, 1e-4, np.random.default_rng(0))
    found = set(zip(first.tolist(), second.tolist(), strict=True))
    pairs = {(min(i, j), max(i, j)) for i, j in enumerate(nearest[:, 0].tolist())}
    assert len(pairs - found) < 0.05 * len(pairs)


def test_of_two_edges_of_a_triangle_the_likelier_is_left_out_less_often():
    nearest = np.array([[1, 2], [0, 2], [0, 1]])
    cosines = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.1]], dtype=np.float32)
    edges = random_forests(
        nearest,
        cosines,
        kind="spanning",
        n_forests=300,
        temperature=0.3,
        rng=np.random.default_rng(0),
    )
    weight = dict(zip(zip(edges.first, edges.second, strict=True), edges.weight, strict=True))
    assert weight[0, 1] > weight[0, 2] + 0.1
    assert sum(weight.values()) == pytest.approx(2)


@pytest.mark.parametrize("kind", ["spanning", "stars"])
def test_weights_are_the_fractions_of_forests_with_the_edge(nearest, cosines, kind):
    edges = random_forests(
        nearest, cosines, kind=kind, n_forests=5, temperature=0.1, rng=np.random.default_rng(0)
    )
    assert set(np.round(edges.weight * 5)) <= {1, 2, 3, 4, 5}
    assert edges.weight.sum() < N
    assert not (edges.first == edges.second).any()


def test_forests_of_documents_without_neighbours_but_themselves_have_no_edges():
    alone = first_neighbours(np.empty((1, 0), dtype=np.int64), 1, 5)
    edges = random_forests(
        alone,
        np.ones((1, 1), dtype=np.float32),
        kind="spanning",
        n_forests=2,
        temperature=0.1,
        rng=np.random.default_rng(0),
    )
    assert len(edges.weight) == 0


@pytest.mark.parametrize(
    ("neighbours", "message"),
    [
        (None, "pass fit the keyword neighbours"),
        (np.zeros((2, 1), dtype=np.int64), "nearest neighbours of its 3 training documents"),
        (np.full((3, 1), 3), "other numbers than those of documents, 0 to 2"),
        (np.full((3, 1), -1), "other numbers than those of documents, 0 to 2"),
    ],
)
def test_neighbours_that_are_none_are_refused(neighbours, message):
    with pytest.raises(HashbenchError, match=message):
        first_neighbours(neighbours, 3, 2)
