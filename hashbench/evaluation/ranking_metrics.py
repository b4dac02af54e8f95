"""Metrics of the first k documents and of Hamming balls, without favour among tied documents.

Each returns the exact expectation over random orders of the tied documents, and the values of the worst and
the best order, as "NAME worst" and "NAME best"; where there are coarse labels, "coarse-NAME" as well. A query
to which no document is relevant scores 0. A document is relevant or not: labels have no grades.

Source of the expectations: McSherry and Najork, "Computing information retrieval performance measures
efficiently in the presence of tied scores", ECIR 2008.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.metrics import EvaluationInput
from hashbench.evaluation.relevance import relevance
from hashbench.evaluation.tie_groups import Counts, Ranking, TieGroups, blocks

RADIUS = 2
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ranks:
    """The first k ranks of some queries, under one order of the tied documents or their expectation.

    Attributes:
        relevant: probability that the document at a rank is relevant, float64 of shape (n_queries, k).
        hits: expected number of relevant documents up to and including that rank, given that the document
            there is relevant, same shape.
    """

    relevant: Values
    hits: Values


def mean_average_precision(ranking: Ranking, k: int = 100) -> dict[str, float]:
    """Return the mean over queries of the average precision of the first k documents.

    The precisions at the ranks of the relevant documents among the first k are summed and divided by
    min(R, k), R being the number of relevant documents in the database: a perfect ranking scores 1.
    """
    places = np.arange(1, k + 1)

    def score(ranks: Ranks, n_relevant: Counts) -> Values:
        ranked = ranks.relevant.shape[1]
        sums = (ranks.relevant * ranks.hits / places[:ranked]).sum(axis=1)
        return _ratio(sums, np.minimum(n_relevant, k))

    return _means(ranking, k, f"map@{k}", score)


def ndcg(ranking: Ranking, k: int = 100) -> dict[str, float]:
    """Return the mean over queries of the normalised discounted cumulative gain of the first k documents.

    The gain of a relevant document at rank i is 1 / log2(i + 1); the sum is divided by that of a ranking with
    all relevant documents first.
    """
    discounts = 1 / np.log2(np.arange(k) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])

    def score(ranks: Ranks, n_relevant: Counts) -> Values:
        gains = ranks.relevant @ discounts[: ranks.relevant.shape[1]]
        return _ratio(gains, ideal[np.minimum(n_relevant, k)])

    return _means(ranking, k, f"ndcg@{k}", score)


def recall(ranking: Ranking, k: int = 100) -> dict[str, float]:
    """Return the mean over queries of the share of all relevant documents that are among the first k."""

    def score(ranks: Ranks, n_relevant: Counts) -> Values:
        return _ratio(ranks.relevant.sum(axis=1), n_relevant)

    return _means(ranking, k, f"recall@{k}", score)


def within_radius(evaluation: EvaluationInput) -> dict[str, float]:
    """Return mean precision and recall of the documents within Hamming distance 2, as if a table were probed.

    No order matters, hence no bounds. A query with no document within the radius has precision 0; queries
    without a code are left out. ``radius-2-found`` is the share of queries that find a document.
    """
    queries, database = evaluation.query_codes, evaluation.database_codes
    level = relevance(evaluation.query_labels, evaluation.database_labels, len(queries), len(database))
    scanner = HammingScanner(queries, database, [level])
    counted = [
        scanner.scan(rows, len(database)).histograms[:, :, : RADIUS + 1].sum(axis=2)
        for rows in blocks(len(queries), 2 * (database.n_bits + 1))
    ]
    found, relevant = np.concatenate(counted).T
    total = np.rint(level.relevant_shares() * len(database))
    return {
        f"radius-{RADIUS}-precision": float(_ratio(relevant, found).mean()),
        f"radius-{RADIUS}-recall": float(_ratio(relevant, total).mean()),
        f"radius-{RADIUS}-found": float((found > 0).mean()),
    }


def orders(groups: TieGroups, k: int) -> dict[str, Ranks]:
    """Return the first k ranks in expectation over the orders of tied documents, and in the worst and best.

    In a group of t documents of which r are relevant, the document at place j is relevant with probability
    r / t, and given that it is, (j - 1) (r - 1) / (t - 1) of those before it in the group are. In the worst
    order the relevant documents come last in their group, in the best order first.
    """
    group = _group_of_rank(groups.documents, k)
    rows = np.arange(len(group))[:, None]
    tied, relevant = groups.documents[rows, group], groups.relevant[rows, group]
    before = (np.cumsum(groups.documents, axis=1) - groups.documents)[rows, group]
    hits_before = (np.cumsum(groups.relevant, axis=1) - groups.relevant)[rows, group]
    place = np.arange(1, group.shape[1] + 1) - before
    others = (place - 1) * np.maximum(relevant - 1, 0) / np.maximum(tied - 1, 1)
    last = place - (tied - relevant)
    return {
        "": Ranks(relevant / tied, hits_before + 1 + others),
        " worst": Ranks((last > 0).astype(float), hits_before + np.maximum(last, 0.0)),
        " best": Ranks((place <= relevant).astype(float), hits_before + place.astype(float)),
    }


def _group_of_rank(documents: Counts, k: int) -> Counts:
    """Return the group of each of the first k ranks, shape (n_queries, min(k, n_documents))."""
    ends = np.cumsum(documents, axis=1)
    ranks = np.arange(1, min(k, int(ends[:, -1].min(initial=k))) + 1)
    return np.stack([np.searchsorted(row, ranks) for row in ends])


def _means(ranking: Ranking, k: int, name: str, score: Callable[[Ranks, Counts], Values]) -> dict[str, float]:
    means: dict[str, float] = {}
    for level in ranking.levels:
        sums = dict.fromkeys(("", " worst", " best"), 0.0)
        for groups in ranking.groups(k, level):
            _add(sums, groups, k, score)
        prefix = "" if level == "fine" else f"{level}-"
        means |= {f"{prefix}{name}{bound}": total / ranking.n_queries for bound, total in sums.items()}
    return means


def _add(sums: dict[str, float], groups: TieGroups, k: int, score: Callable[[Ranks, Counts], Values]) -> None:
    for rows in blocks(len(groups.documents), k):
        part = TieGroups(groups.documents[rows], groups.relevant[rows], groups.n_relevant[rows])
        ranks: Mapping[str, Ranks] = orders(part, k)
        for bound, under in ranks.items():
            sums[bound] += float(score(under, part.n_relevant).sum())


def _ratio(numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> Values:
    """Return a quotient, 0 where the denominator is 0."""
    above, below = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
