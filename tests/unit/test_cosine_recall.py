"""Recall of exact cosine neighbours, against the definition over all orders of tied documents."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.evaluation.cosine_recall import RankingWithVectors, cosine_recall
from hashbench.evaluation.similarity import ranked_lists
from hashbench.evaluation.tables import bit_tables
from hashbench.evaluation.tie_groups import (
    Labels,
    ranking_of_codes,
    ranking_of_lists,
    ranking_of_similarities,
    ranking_of_tables,
)


def nothing(vectors):
    """Return labels of documents that have none."""
    return csr_array((vectors.shape[0], 0), dtype=bool), None


def with_vectors(rank, queries, database):
    labels = Labels(nothing(queries), nothing(queries[:0]), nothing(database))
    return RankingWithVectors(**vars(rank(labels)), query_vectors=queries, database_vectors=database)


def by_codes(query_bits, database_bits, queries, database):
    codes = Codes.pack(query_bits), Codes.pack(database_bits)
    return with_vectors(lambda labels: ranking_of_codes(*codes, labels), queries, database)


def by_tables(query_bits, database_bits, queries, database):
    tables = bit_tables(2.0 * query_bits - 1)
    codes = Codes.pack(database_bits)
    return with_vectors(lambda labels: ranking_of_tables(tables, codes, labels), queries, database)


def by_similarities(query_bits, database_bits, queries, database):
    blocks = [similarities(query_bits[:1], database_bits), similarities(query_bits[1:], database_bits)]
    return with_vectors(lambda labels: ranking_of_similarities(lambda: blocks, labels), queries, database)


def by_lists(query_bits, database_bits, queries, database):
    n_queries, n_database = len(query_bits), len(database_bits)
    lists = ranked_lists([similarities(query_bits, database_bits)], n_queries, n_database, n_database - 1)
    return with_vectors(lambda labels: ranking_of_lists(lists, labels), queries, database)


def similarities(query_bits, database_bits):
    return -(query_bits[:, None] != database_bits[None]).sum(axis=2).astype(np.float64)


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


@pytest.mark.parametrize("ranked", [by_codes, by_tables, by_similarities, by_lists])
@pytest.mark.parametrize("block", [1, 2, 64])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_it_is_the_mean_over_all_orders_of_tied_documents(monkeypatch, ranked, block, seed, form):
    monkeypatch.setattr("hashbench.evaluation.cosine_recall.DEFAULT_AT", (1, 2, 4))
    monkeypatch.setattr("hashbench.evaluation.cosine_recall.BLOCK_QUERIES", block)
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (9, 3), dtype=np.uint8)
    vectors = (rng.integers(0, 3, (9, 4)) * rng.integers(0, 2, (9, 4))).astype(np.float32)
    found = cosine_recall(ranked(bits[:3], bits[3:], form(vectors[:3]), form(vectors[3:])))
    assert set(found) <= {f"cosine-recall@{k}" for k in (1, 2, 4)}
    for name, value in found.items():
        k = int(name.removeprefix("cosine-recall@"))
        assert value == pytest.approx(by_definition(bits[:3], bits[3:], vectors[:3], vectors[3:], k))


def test_codes_that_order_like_the_cosine_score_1_and_the_reverse_0():
    angles = np.linspace(0, 1.5, 20)
    database = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    ladder = np.tri(20, 20, -1, dtype=np.uint8)  # document i has i bits set
    query = np.array([[1, 0]], dtype=np.float32)
    assert cosine_recall(by_codes(ladder[:1], ladder, query, database)) == {
        "cosine-recall@1": 1.0,
        "cosine-recall@10": 1.0,
    }
    assert cosine_recall(by_codes(ladder[:1], ladder[::-1], query, database)) == {
        "cosine-recall@1": 0.0,
        "cosine-recall@10": 0.0,
    }


def test_a_query_without_neighbours_is_left_out():
    database = csr_array(np.eye(3, dtype=np.float32))
    bits = np.eye(3, dtype=np.uint8)
    queries = csr_array(np.array([[1, 0, 0], [0, 0, 0]], dtype=np.float32))
    assert cosine_recall(by_codes(bits[:2], bits, queries, database)) == {"cosine-recall@1": 1.0}
    empty = csr_array((1, 3), dtype=np.float32)
    assert cosine_recall(by_codes(bits[:1], bits, empty, database)) == {}
