"""Recall of exact cosine neighbours, against the definition over all orders of tied documents."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.evaluation.cosine_recall import EvaluationWithVectors, cosine_recall


def evaluation(query_bits, database_bits, queries, database):
    return EvaluationWithVectors(
        query_codes=Codes.pack(query_bits),
        database_codes=Codes.pack(database_bits),
        query_labels=csr_array((queries.shape[0], 0), dtype=bool),
        database_labels=csr_array((database.shape[0], 0), dtype=bool),
        query_vectors=queries,
        database_vectors=database,
    )


def by_definition(query_bits, database_bits, queries, database, k):
    """The mean over queries, and over all orders that keep the Hamming distance ascending."""
    recalls = []
    for bits, query in zip(query_bits, queries, strict=True):
        lengths = np.linalg.norm(query) * np.linalg.norm(database, axis=1)
        cosines = np.divide(database @ query, lengths, out=np.zeros(len(database)), where=lengths > 0)
        least = np.sort(cosines)[::-1][k - 1]
        wanted = set(np.flatnonzero(cosines > 0 if abs(least) < 1e-9 else cosines >= least - 1e-9))
        if not wanted:
            continue
        distances = (database_bits != bits).sum(axis=1)
        found = [
            len(wanted & set(order[:k]))
            for order in permutations(range(len(database)))
            if all(distances[a] <= distances[b] for a, b in pairwise(order))
        ]
        recalls.append(np.mean(found) / min(k, len(wanted)))
    return np.mean(recalls)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_it_is_the_mean_over_all_orders_of_tied_codes(monkeypatch, seed, form):
    monkeypatch.setattr("hashbench.evaluation.cosine_recall.DEFAULT_AT", (1, 2, 4))
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (8, 3), dtype=np.uint8)
    vectors = (rng.integers(0, 3, (8, 4)) * rng.integers(0, 2, (8, 4))).astype(np.float32)
    given = evaluation(bits[:2], bits[2:], form(vectors[:2]), form(vectors[2:]))
    for name, value in cosine_recall(given).items():
        k = int(name.removeprefix("cosine-recall@"))
        assert value == pytest.approx(by_definition(bits[:2], bits[2:], vectors[:2], vectors[2:], k))


def test_codes_that_order_like_the_cosine_score_1_and_the_reverse_0():
    angles = np.linspace(0, 1.5, 20)
    database = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    ladder = np.tri(20, 20, -1, dtype=np.uint8)  # document i has i bits set
    query = np.array([[1, 0]], dtype=np.float32)
    assert cosine_recall(evaluation(ladder[:1], ladder, query, database)) == {
        "cosine-recall@1": 1.0,
        "cosine-recall@10": 1.0,
    }
    assert cosine_recall(evaluation(ladder[:1], ladder[::-1], query, database)) == {
        "cosine-recall@1": 0.0,
        "cosine-recall@10": 0.0,
    }


def test_a_query_without_neighbours_is_left_out():
    database = csr_array(np.eye(3, dtype=np.float32))
    bits = np.eye(3, dtype=np.uint8)
    queries = csr_array(np.array([[1, 0, 0], [0, 0, 0]], dtype=np.float32))
    assert cosine_recall(evaluation(bits[:2], bits, queries, database)) == {"cosine-recall@1": 1.0}
    nothing = csr_array((1, 3), dtype=np.float32)
    assert cosine_recall(evaluation(bits[:1], bits, nothing, database)) == {}
