"""Checks of metrics, on made-up codes and labels."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.codes import Codes
from hashbench.evaluation.cosine_recall import EvaluationWithVectors, RankingWithVectors
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.tie_groups import Labels, Ranking, ranking_of_codes, ranking_of_similarities
from hashbench.experiment.returned import checked_metric
from hashbench.testing.item import Item, expect_documented, item_check
from hashbench.testing.subject import expect
from hashbench.testing.toy_corpus import planted_corpus

N_QUERIES, N_BITS = 40, 8


@item_check
def check_interface(item: Item) -> None:
    """It returns finite numbers by name, in one process as in another: a mapping of strings to numbers."""
    expect_documented(item)
    values = _values(item, _made_up())
    expect(values, "it returns no value")


@item_check
def check_no_favour_among_ties(item: Item) -> None:
    """Another order of the database gives the same values: documents at one distance have no order.

    Catches metrics of a sorted list of documents, which depend on the order in which a file was read; with
    short codes nearly every query has ties.
    """
    given = _made_up()
    order = np.random.default_rng(3).permutation(len(given.database_codes))
    _expect_equal(item, given, _reordered(given, order), "in another order of the database")


@item_check
def check_order_of_queries(item: Item) -> None:
    """Another order of the queries gives the same values."""
    given = _made_up()
    order = np.random.default_rng(4).permutation(N_QUERIES)
    other = replace(
        given,
        query_codes=given.query_codes[order],
        query_labels=given.query_labels[order],
        query_coarse=None if given.query_coarse is None else given.query_coarse[order],
        query_vectors=given.query_vectors[order],
    )
    _expect_equal(item, given, other, "in another order of the queries")


@item_check
def check_repeatable(item: Item) -> None:
    """A second call gives the same values, and leaves what it was given as it was."""
    given = _made_up()
    before = copy.deepcopy((given.query_labels, given.database_labels, given.query_codes.words))
    _expect_equal(item, given, given, "in a second call")
    after = (given.query_labels, given.database_labels, given.query_codes.words)
    same = all(
        np.array_equal(np.asarray(old), np.asarray(new)) for old, new in zip(before, after, strict=True)
    )
    expect(same, "it changes the codes or labels that it is given")


@item_check
def check_several_labels(item: Item) -> None:
    """It takes labels as an indicator matrix, as corpora with several labels a document have them.

    With one label a document the values are those of the labels as numbers.
    """
    given = _made_up()
    labels = (given.query_labels, given.database_labels)
    queries, database = (csr_array(np.eye(4, dtype=bool)[np.asarray(side)]) for side in labels)
    other = replace(given, query_labels=queries, database_labels=database)
    _expect_equal(item, given, other, "with labels as an indicator matrix")


@item_check
def check_nothing_relevant(item: Item) -> None:
    """Queries to which no document is relevant give finite values, not a division by zero."""
    given = _made_up()
    labels = np.asarray(given.query_labels) + 100
    _values(item, replace(given, query_labels=labels, query_coarse=None, database_coarse=None))


@item_check
def check_bounds(item: Item) -> None:
    """Where it returns "NAME worst" and "NAME best", NAME lies between them."""
    values = _values(item, _made_up())
    for name, value in values.items():
        low, high = values.get(f"{name} worst", value), values.get(f"{name} best", value)
        inside = min(low, high) - 1e-9 <= value <= max(low, high) + 1e-9
        expect(inside, f"{name} is {value:g}, not between {low:g} and {high:g}")


@item_check
def check_rankers(item: Item) -> None:
    """A metric of rankings gives a method without codes what it gives codes of the same order."""
    if item.metric.reads != "ranking":
        return
    given = _made_up()
    distances = given.query_codes.unpack()[:, None] != given.database_codes.unpack()[None]
    similarities = -distances.sum(axis=2).astype(np.float64)
    ranking = ranking_of_similarities(lambda: [similarities], _labels(given))
    _expect_close(
        _of_ranking(item, ranking, given), _values(item, given), "for similarities of the same order"
    )


CHECKS = (
    check_interface,
    check_no_favour_among_ties,
    check_order_of_queries,
    check_repeatable,
    check_several_labels,
    check_nothing_relevant,
    check_bounds,
    check_rankers,
)


@cache
def _made_up() -> EvaluationWithVectors:
    """Return short codes of planted clusters, so that every query has ties, on two levels of labels."""
    corpus = planted_corpus(n=200)
    planes = np.random.default_rng(0).standard_normal((corpus.X.shape[1], N_BITS))
    codes = Codes.pack((corpus.X @ planes > 0).astype(np.uint8))
    queries, database = np.arange(N_QUERIES), np.arange(N_QUERIES, 200)
    return EvaluationWithVectors(
        codes[queries],
        codes[database],
        corpus.clusters[queries],
        corpus.clusters[database],
        corpus.clusters[queries] // 2,
        corpus.clusters[database] // 2,
        query_vectors=corpus.X[queries],
        database_vectors=corpus.X[database],
    )


def _reordered(given: EvaluationWithVectors, order: NDArray[np.int64]) -> EvaluationWithVectors:
    return replace(
        given,
        database_codes=given.database_codes[order],
        database_labels=given.database_labels[order],
        database_coarse=None if given.database_coarse is None else given.database_coarse[order],
        database_vectors=given.database_vectors[order],
    )


def _values(item: Item, given: EvaluationWithVectors) -> dict[str, float]:
    if item.metric.reads == "codes":
        return _call(item, given)
    ranking = ranking_of_codes(given.query_codes, given.database_codes, _labels(given), 1)
    return _of_ranking(item, ranking, given)


def _of_ranking(item: Item, ranking: Ranking, given: EvaluationWithVectors) -> dict[str, float]:
    if not item.metric.needs_vectors:
        return _call(item, ranking)
    vectors = {"query_vectors": given.query_vectors, "database_vectors": given.database_vectors}
    return _call(item, RankingWithVectors(**vars(ranking), **vectors))


def _labels(given: EvaluationInput) -> Labels:
    nothing = np.empty(0, dtype=np.int64)
    sides = ((given.query_labels, given.query_coarse), (given.database_labels, given.database_coarse))
    return Labels(sides[0], (nothing, nothing), sides[1])


def _call(item: Item, given: EvaluationInput | Ranking) -> dict[str, float]:
    returned: Any = item.component.spec.load()(given, **item.component.spec.params)
    try:
        return checked_metric(item.name, returned)
    except ValueError as error:
        raise AssertionError(str(error)) from error


def _expect_equal(item: Item, given: EvaluationWithVectors, other: EvaluationWithVectors, how: str) -> None:
    _expect_close(_values(item, other), _values(item, given), how)


def _expect_close(found: Mapping[str, float], expected: Mapping[str, float], how: str) -> None:
    expect(set(found) == set(expected), f"{how} it returns other names: {', '.join(found)}")
    for name, value in expected.items():
        close = np.isclose(found[name], value, rtol=1e-9, atol=1e-12)
        expect(close, f"{how} {name} is {found[name]:.6g}, not {value:.6g}")
