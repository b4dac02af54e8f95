"""Case studies: what a query retrieves at growing distance, document by document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hashbench.data.corpus import Corpus
from hashbench.errors import HashbenchError

EXCERPT = 80  # characters
Relevance = Literal["yes", "coarse only", "no"]


@dataclass(frozen=True)
class Document:
    """A document for people: its row in the corpus, its labels, and its beginning."""

    row: int
    labels: tuple[str, ...]
    coarse: str | None
    text: str


@dataclass(frozen=True)
class Neighbour:
    """A document of the database that was retrieved.

    Attributes:
        document: the document.
        distance: Hamming distance to the query, asymmetric distance, or similarity of a ranker.
        relevant: it shares a label with the query, only the coarse one, or none.
        at_distance: documents of the database at that distance.
        relevant_at_distance: those among them that share a label with the query.
        asked: the distance that was asked for; the nearest one that some document has is shown.
    """

    document: Document
    distance: int | float
    relevant: Relevance
    at_distance: int
    relevant_at_distance: int
    asked: int | None = None


class Ranking:
    """The database in the order in which one query finds it.

    Args:
        corpus: documents and labels.
        query: row of the query in the corpus.
        rows: rows of the documents in the corpus, nearest first, int64 (n,); those of a ranker may be the
            nearest ones alone.
        distances: their distances, or similarities, (n,).
    """

    def __init__(self, corpus: Corpus, query: int, rows: NDArray[np.int64], distances: NDArray[Any]) -> None:
        self._corpus, self._query = corpus, query
        self._rows, self._distances = rows, distances
        wanted = corpus.labels[[query]].toarray()[0]
        self._shares = (corpus.labels[self._rows] @ wanted.astype(np.int64)) > 0

    def nearest(self, k: int) -> list[Neighbour]:
        """Return the k nearest documents; at equal distance, those of smaller row.

        Raises:
            HashbenchError: there are fewer.
        """
        if k > len(self._rows):
            raise HashbenchError(f"--nearest {k}: the ranking has {len(self._rows)} documents")
        return [self._neighbour(position) for position in range(k)]

    def at_distances(self, distances: Sequence[int], seed: int) -> list[Neighbour]:
        """Return a document at each distance, drawn among those there.

        Where no document has a distance, the nearest one that some document has is taken, the smaller of two.

        Args:
            distances: Hamming distances.
            seed: seed of the draw.
        """
        generator = np.random.default_rng((seed, self._query))
        available = np.unique(self._distances.astype(np.int64))
        neighbours = []
        for asked in distances:
            taken = available[np.argmin(np.abs(available - asked))]
            position = generator.choice(np.flatnonzero(self._distances == taken))
            neighbours.append(self._neighbour(int(position), asked))
        return neighbours

    def _neighbour(self, position: int, asked: int | None = None) -> Neighbour:
        there = self._distances == self._distances[position]
        row = int(self._rows[position])
        coarse = self._corpus.coarse
        same_group = coarse is not None and coarse[row] == coarse[self._query]
        relevant: Relevance = "yes" if self._shares[position] else "coarse only" if same_group else "no"
        return Neighbour(
            document=describe(self._corpus, row),
            distance=self._distances[position].item(),
            relevant=relevant,
            at_distance=int(there.sum()),
            relevant_at_distance=int(self._shares[there].sum()),
            asked=asked,
        )


def describe(corpus: Corpus, row: int) -> Document:
    """Return labels and beginning of a document."""
    labels = corpus.labels[[row]].indices
    coarse = None if corpus.coarse is None else corpus.coarse_names[corpus.coarse[row]]
    return Document(
        row, tuple(corpus.label_names[label] for label in labels), coarse, _beginning(corpus, row)
    )


def draw_queries(corpus: Corpus, rows: NDArray[np.int64], n: int, seed: int) -> list[int]:
    """Draw labelled documents among some rows, in random order.

    Args:
        corpus: labels.
        rows: rows of the corpus.
        n: how many; fewer where there are fewer.
        seed: seed of the draw.
    """
    labelled = rows[np.diff(corpus.labels.indptr)[rows] > 0]
    drawn = np.random.default_rng(seed).permutation(labelled)[:n]
    return [int(row) for row in drawn]


def rows_with_words(corpus: Corpus, rows: NDArray[np.int64], words: str) -> NDArray[np.int64]:
    """Return the documents among some rows whose text has all the words, in any case and order.

    Raises:
        HashbenchError: the corpus has no texts, or no document has the words.
    """
    if corpus.texts is None:
        raise HashbenchError(f"corpus {corpus.name} has no texts to search; name a query with --query ROW")
    wanted = words.lower().split()
    found = [row for row in rows if all(word in corpus.texts[row].lower() for word in wanted)]
    if not found:
        raise HashbenchError(f"--text-contains: no query has the words {words!r}; try fewer or other words")
    return np.array(found, dtype=np.int64)


def _beginning(corpus: Corpus, row: int) -> str:
    if corpus.texts is not None:
        text = " ".join(corpus.texts[row].split())
    elif corpus.counts is not None and corpus.words is not None:
        counts = corpus.counts[[row]]
        order = np.argsort(-counts.data, kind="stable")
        text = " ".join(corpus.words[counts.indices[position]] for position in order)
    else:
        return ""
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"
