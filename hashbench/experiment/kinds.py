"""The three kinds of methods: what each stores of documents and queries, and how it is scored.

Methods with binary codes are ranked by Hamming distance, quantisers by asymmetric distance, and rankers by a
similarity of their own. Everything else about a trial is the same for all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hashbench.codes import Codes, QuantiserCodes
from hashbench.evaluation import tie_groups
from hashbench.evaluation.evaluator import (
    evaluate,
    evaluate_lists,
    evaluate_tables,
    nearest,
    nearest_by_tables,
)
from hashbench.evaluation.rescoring import evaluate_rescored
from hashbench.evaluation.scores import Scores
from hashbench.evaluation.similarity import RankedLists, ranked_lists
from hashbench.evaluation.tables import bit_tables
from hashbench.evaluation.tie_groups import (
    Ranking,
    ranking_of_codes,
    ranking_of_lists,
    ranking_of_tables,
)
from hashbench.experiment.codes_file import StoredCodes
from hashbench.experiment.record import Kind
from hashbench.experiment.returned import checked_codes, checked_indices, checked_tables, checked_values
from hashbench.experiment.search import ASYMMETRIC, rescoring_factor
from hashbench.features.features import Features
from hashbench.specs import HasherSpec

LISTED = 1000
"""How many nearest documents of a ranker are stored at least, where there are so many."""
OF_QUERIES = ("validation", "test")

Indices = NDArray[np.int64]
Values = NDArray[Any]


@dataclass(frozen=True)
class Request:
    """What of a method is asked for.

    Attributes:
        bits: length of a code; None for a ranker that has none.
        queries: the split whose documents are the queries.
        search: the search mode.
        depth: the largest N.
    """

    bits: int | None
    queries: str
    search: str
    depth: int


@dataclass(frozen=True, eq=False)
class Encoded:
    """What a fitted method made of the documents; the attributes are those of ``StoredCodes``."""

    codes: Mapping[str, Codes | QuantiserCodes] = field(default_factory=dict)
    queries: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    lists: Mapping[str, RankedLists] = field(default_factory=dict)
    memory_bits: float | None = None


@dataclass(frozen=True, eq=False)
class Scoring:
    """What the scores of a trial are computed from, beside what is stored of it.

    Attributes:
        queries: which documents of the query split are queries, bool.
        labels: fine labels of the queries and of the database.
        coarse: coarse labels of both, or None and None.
        at: the Ns.
        n_threads: threads of the evaluation kernel.
        similarities: of the feature vectors of the queries to those of the database, for rescoring.
    """

    queries: NDArray[np.bool_]
    labels: tuple[Any, Any]
    coarse: tuple[Any, Any]
    at: tuple[int, ...]
    n_threads: int
    similarities: Iterable[NDArray[np.floating[Any]]]


class Adapter(Protocol):
    """What differs between the kinds."""

    kind: Kind

    def encode(self, fitted: Any, features: Features, request: Request) -> Encoded:
        """Return what a fitted method makes of the documents.

        Raises:
            ValueError: it returned something else than its contract says.
        """
        ...

    def suffices(self, stored: StoredCodes, request: Request) -> bool:
        """Tell whether what is stored can be scored as asked."""
        ...

    def scores(self, stored: StoredCodes, request: Request, scoring: Scoring) -> Scores:
        """Score what is stored."""
        ...

    def ranking_with_ties(
        self, stored: StoredCodes, request: Request, scoring: Scoring, labels: tie_groups.Labels
    ) -> Ranking | None:
        """Return the ranking that metrics are computed from; None after rescoring, which has no whole one."""
        ...

    def ranking(self, stored: StoredCodes, request: Request, query: int) -> tuple[Indices, Values]:
        """Return the documents in the order that a query finds them in, and their distances or similarities.

        Args:
            stored: what is stored.
            request: the queries and the search; rescoring is left out.
            query: index of the query among the documents of its split that have a code.
        """
        ...


class BitsAdapter:
    """Binary codes. For asymmetric search, the real values of the queries are stored as well."""

    kind: Kind = "bits"

    def encode(self, fitted: Any, features: Features, request: Request) -> Encoded:
        """Return the codes."""
        bits = _database_codes(fitted, features)
        assert request.bits is not None
        codes = {
            split: checked_codes(bits[split], matrix.shape[0], request.bits)
            for split, matrix in features.matrices.items()
        }
        if request.search != ASYMMETRIC:
            return Encoded(codes)
        values = {
            split: checked_values(
                fitted.decision_values(features.matrices[split]), len(codes[split]), request.bits
            )
            for split in OF_QUERIES
        }
        return Encoded(codes, values)

    def suffices(self, stored: StoredCodes, request: Request) -> bool:
        """Tell whether the real values are there, if they are needed."""
        return request.search != ASYMMETRIC or request.queries in stored.queries

    def scores(self, stored: StoredCodes, request: Request, scoring: Scoring) -> Scores:
        """Score by Hamming distance, by real values against bits, or after rescoring."""
        queries, database = stored.codes[request.queries][scoring.queries], stored.codes["train"]
        assert isinstance(queries, Codes)
        assert isinstance(database, Codes)
        if request.search == ASYMMETRIC:
            return _by_tables(bit_tables(stored.queries[request.queries][scoring.queries]), database, scoring)
        if factor := rescoring_factor(request.search):
            return _rescored(queries, database, factor, scoring)
        return evaluate(queries, database, *scoring.labels, scoring.at, *scoring.coarse, scoring.n_threads)

    def ranking_with_ties(
        self, stored: StoredCodes, request: Request, scoring: Scoring, labels: tie_groups.Labels
    ) -> Ranking | None:
        """Rank by Hamming distance, or by real values against bits."""
        queries, database = stored.codes[request.queries][scoring.queries], stored.codes["train"]
        assert isinstance(queries, Codes)
        assert isinstance(database, Codes)
        if rescoring_factor(request.search):
            return None
        if request.search == ASYMMETRIC:
            tables = bit_tables(stored.queries[request.queries][scoring.queries])
            return ranking_of_tables(tables, database, labels, scoring.n_threads)
        return ranking_of_codes(queries, database, labels, scoring.n_threads)

    def ranking(self, stored: StoredCodes, request: Request, query: int) -> tuple[Indices, Values]:
        """Rank all documents by Hamming distance, or by real values against bits."""
        code, database = stored.codes[request.queries][query : query + 1], stored.codes["train"]
        assert isinstance(code, Codes)
        assert isinstance(database, Codes)
        if request.search == ASYMMETRIC:
            return _nearest(bit_tables(stored.queries[request.queries][query : query + 1]), database)
        documents, distances = nearest(code, database, len(database))
        return documents[0], distances[0]


class QuantiserAdapter:
    """Indices of centroids, and the lookup tables of the queries."""

    kind: Kind = "quantiser"

    def encode(self, fitted: Any, features: Features, request: Request) -> Encoded:
        """Return the codes and the tables."""
        indices = _database_codes(fitted, features)
        assert request.bits is not None
        codes = {
            split: checked_indices(indices[split], matrix.shape[0], request.bits, fitted.n_centroids)
            for split, matrix in features.matrices.items()
        }
        tables = {
            split: checked_tables(fitted.query_tables(features.matrices[split]), codes[split])
            for split in OF_QUERIES
        }
        return Encoded(codes, tables)

    def suffices(self, stored: StoredCodes, request: Request) -> bool:
        """Tell whether the tables are there."""
        return request.queries in stored.queries

    def scores(self, stored: StoredCodes, request: Request, scoring: Scoring) -> Scores:
        """Score by asymmetric distance, or after rescoring."""
        tables, database = stored.queries[request.queries][scoring.queries], stored.codes["train"]
        if factor := rescoring_factor(request.search):
            return _rescored(tables, database, factor, scoring)
        return _by_tables(tables, database, scoring)

    def ranking_with_ties(
        self, stored: StoredCodes, request: Request, scoring: Scoring, labels: tie_groups.Labels
    ) -> Ranking | None:
        """Rank by asymmetric distance."""
        if rescoring_factor(request.search):
            return None
        tables = stored.queries[request.queries][scoring.queries]
        return ranking_of_tables(tables, stored.codes["train"], labels, scoring.n_threads)

    def ranking(self, stored: StoredCodes, request: Request, query: int) -> tuple[Indices, Values]:
        """Rank all documents by asymmetric distance."""
        return _nearest(stored.queries[request.queries][query : query + 1], stored.codes["train"])


class RankerAdapter:
    """The nearest documents of each query by a similarity of its own, whatever the search mode."""

    kind: Kind = "ranker"

    def encode(self, fitted: Any, features: Features, request: Request) -> Encoded:
        """Return the lists of the query split, and the memory that the ranker says it needs."""
        matrix, n_database = features.matrices[request.queries], features.train.shape[0]
        depth = min(n_database, max(request.depth, LISTED))
        lists = ranked_lists(fitted.similarities(matrix), matrix.shape[0], n_database, depth)
        memory = getattr(fitted, "bits_per_document_", None)
        return Encoded(lists={request.queries: lists}, memory_bits=None if memory is None else float(memory))

    def suffices(self, stored: StoredCodes, request: Request) -> bool:
        """Tell whether there are lists of those queries that are deep enough."""
        lists = stored.lists.get(request.queries)
        return lists is not None and lists.depth >= min(request.depth, lists.n_database)

    def scores(self, stored: StoredCodes, request: Request, scoring: Scoring) -> Scores:
        """Score the lists."""
        lists = stored.lists[request.queries][np.flatnonzero(scoring.queries)]
        return evaluate_lists(lists, *scoring.labels, scoring.at, *scoring.coarse)

    def ranking_with_ties(
        self, stored: StoredCodes, request: Request, scoring: Scoring, labels: tie_groups.Labels
    ) -> Ranking | None:
        """Return the ranking of the lists."""
        return ranking_of_lists(stored.lists[request.queries][np.flatnonzero(scoring.queries)], labels)

    def ranking(self, stored: StoredCodes, request: Request, query: int) -> tuple[Indices, Values]:
        """Return the list of a query, which need not hold all documents, with their similarities."""
        documents, similarities = stored.lists[request.queries].of(query)
        return documents.astype(np.int64), similarities


def adapter_of(spec: HasherSpec) -> Adapter:
    """Return the adapter of a method."""
    if spec.ranker:
        return RankerAdapter()
    return QuantiserAdapter() if spec.quantiser else BitsAdapter()


def adapter_of_stored(stored: StoredCodes) -> Adapter:
    """Return the adapter of what is stored."""
    if stored.lists:
        return RankerAdapter()
    return BitsAdapter() if isinstance(stored.codes["train"], Codes) else QuantiserAdapter()


def _database_codes(fitted: Any, features: Features) -> dict[str, Any]:
    codes = {split: fitted.transform(matrix) for split, matrix in features.matrices.items()}
    if getattr(fitted, "training_codes_", None) is not None:
        codes["train"] = fitted.training_codes_
    return codes


def _nearest(tables: Any, database: Codes | QuantiserCodes) -> tuple[Indices, Values]:
    documents, distances = nearest_by_tables(tables, database, len(database))
    return documents[0], distances[0]


def _by_tables(tables: Any, database: Codes | QuantiserCodes, scoring: Scoring) -> Scores:
    return evaluate_tables(tables, database, *scoring.labels, scoring.at, *scoring.coarse, scoring.n_threads)


def _rescored(queries: Any, database: Codes | QuantiserCodes, factor: int, scoring: Scoring) -> Scores:
    return evaluate_rescored(
        queries,
        database,
        scoring.similarities,
        *scoring.labels,
        factor,
        scoring.at,
        *scoring.coarse,
        scoring.n_threads,
    )
