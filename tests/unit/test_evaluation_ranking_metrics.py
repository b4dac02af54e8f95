"""Metrics of rankings under ties, against all orders of the tied documents."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from hashbench.codes import Codes
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.ranking_metrics import mean_average_precision, ndcg, recall, within_radius
from hashbench.evaluation.tie_groups import Labels, Ranking, ranking_of_codes, ranking_of_similarities


def average_precision(relevant: NDArray[np.bool_], k: int) -> float:
    hits = np.cumsum(relevant)
    total = sum(hits[i] / (i + 1) for i in range(min(k, len(relevant))) if relevant[i])
    return total / min(relevant.sum(), k) if relevant.any() else 0.0


def gain(relevant: NDArray[np.bool_], k: int) -> float:
    def dcg(ordered: NDArray[np.bool_]) -> float:
        return sum(1 / np.log2(i + 2) for i in range(min(k, len(ordered))) if ordered[i])

    return dcg(relevant) / dcg(np.sort(relevant)[::-1]) if relevant.any() else 0.0


def recall_of(relevant: NDArray[np.bool_], k: int) -> float:
    return relevant[:k].sum() / relevant.sum() if relevant.any() else 0.0


METRICS = {
    "map": (mean_average_precision, average_precision),
    "ndcg": (ndcg, gain),
    "recall": (recall, recall_of),
}


def by_enumeration(
    distances: NDArray[np.int64], relevant: NDArray[np.bool_], k: int, of_one: object
) -> dict[str, float]:
    """Return mean, least and greatest of a metric over all orders of tied documents, means over queries."""
    found = []
    for row, wanted in zip(distances, relevant, strict=True):
        orders = [
            list(order) for order in permutations(range(len(row))) if (np.diff(row[list(order)]) >= 0).all()
        ]
        values = [of_one(wanted[order], k) for order in orders]  # type: ignore[operator]
        found.append((np.mean(values), min(values), max(values)))
    return dict(zip(("", " worst", " best"), np.mean(found, axis=0), strict=True))


@pytest.fixture(scope="module")
def toy() -> tuple[Codes, Codes, Labels]:
    rng = np.random.default_rng(0)
    database, queries = rng.integers(2, size=(7, 3)), rng.integers(2, size=(5, 3))
    labels = np.array([0, 1, 0, 2, 1, 0, 1])
    of_queries = np.array([0, 1, 2, 0, 3])
    coarse = (labels > 0).astype(np.int64), (of_queries > 0).astype(np.int64)
    nothing = np.empty(0, dtype=np.int64)
    sides = Labels((of_queries, coarse[1]), (nothing, nothing), (labels, coarse[0]))
    return Codes.pack(queries), Codes.pack(database), sides


@pytest.mark.parametrize("k", [1, 3, 5, 7, 20])
@pytest.mark.parametrize("name", METRICS)
def test_expectation_and_bounds_are_those_over_all_orders(
    toy: tuple[Codes, Codes, Labels], name: str, k: int
) -> None:
    queries, database, labels = toy
    metric, of_one = METRICS[name]
    found = metric(ranking_of_codes(queries, database, labels), k)
    distances = (queries.unpack()[:, None] != database.unpack()[None]).sum(axis=2)
    for level, prefix in enumerate(("", "coarse-")):
        relevant = labels.queries[level][:, None] == labels.database[level][None]
        expected = by_enumeration(distances, relevant, k, of_one)
        for bound, value in expected.items():
            assert found[f"{prefix}{name}@{k}{bound}"] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_a_ranker_with_the_same_order_scores_the_same(toy: tuple[Codes, Codes, Labels], name: str) -> None:
    queries, database, labels = toy
    metric, _ = METRICS[name]
    distances = (queries.unpack()[:, None] != database.unpack()[None]).sum(axis=2)
    blocks = (-distances[:2].astype(float), -distances[2:].astype(float))
    assert metric(ranking_of_similarities(lambda: blocks, labels), 4) == pytest.approx(
        metric(ranking_of_codes(queries, database, labels), 4)
    )


def test_a_query_without_a_vector_scores_what_a_random_order_does(toy: tuple[Codes, Codes, Labels]) -> None:
    queries, database, labels = toy
    everything = Labels(labels.queries, (np.array([1]), np.array([0])), labels.database)
    ranking = ranking_of_codes(queries, database, everything)
    relevant = labels.database[0] == 1
    of_random = by_enumeration(np.zeros((1, 7), dtype=np.int64), relevant[None], 3, average_precision)
    of_others = mean_average_precision(ranking_of_codes(queries, database, labels), 3)
    for bound, value in of_random.items():
        assert mean_average_precision(ranking, 3)[f"map@3{bound}"] == pytest.approx(
            (5 * of_others[f"map@3{bound}"] + value) / 6
        )


def test_groups_cover_every_query_and_nothing_beyond_the_depth(toy: tuple[Codes, Codes, Labels]) -> None:
    queries, database, labels = toy
    ranking: Ranking = ranking_of_codes(queries, database, labels)
    (whole,), (near,) = list(ranking.groups()), list(ranking.groups(2))
    assert (whole.documents.sum(axis=1) == 7).all()
    assert (whole.relevant.sum(axis=1) == whole.n_relevant).all()
    for few, all_ in zip(near.documents, whole.documents, strict=True):
        needed = np.searchsorted(np.cumsum(all_), 2) + 1
        assert (few[:needed] == all_[:needed]).all()
        assert not few[needed:].any()


def test_precision_and_recall_within_radius_two_count_the_ball() -> None:
    database = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]])
    queries = np.array([[0, 0, 0, 0], [1, 1, 1, 1]])
    evaluation = EvaluationInput(
        Codes.pack(queries), Codes.pack(database), np.array([0, 1]), np.array([0, 0, 1, 0, 0])
    )
    found = within_radius(evaluation)
    assert found["radius-2-precision"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert found["radius-2-recall"] == pytest.approx((2 / 4 + 1 / 1) / 2)
    assert found["radius-2-found"] == 1.0


def test_a_query_alone_in_its_ball_has_precision_zero() -> None:
    evaluation = EvaluationInput(
        Codes.pack(np.array([[0, 0, 0, 0]])),
        Codes.pack(np.array([[1, 1, 1, 0]])),
        np.array([0]),
        np.array([0]),
    )
    assert set(within_radius(evaluation).values()) == {0.0}
