"""The compiled precision of rescoring: candidates by one distance, ranked by another similarity.

The candidates of a query are its nearest documents by distance. Those nearer than the last one are candidates
for certain; of the documents tied with the last one as many as fit are drawn at random. The expectation over
these draws, and over random orders of candidates of equal similarity, is computed group by group: documents
of equal similarity form a group, and the number of drawn candidates before it has a known distribution.
"""

from __future__ import annotations

from math import exp
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEGLIGIBLE = 1e-18


@numba.njit(nogil=True)
def _drawn(total: int, marked: int, drawn: int, among: int, log_factorials: Floats) -> float:
    """Return the hypergeometric probability that ``among`` of ``drawn`` documents are marked ones."""
    if marked == 1:
        return drawn / total if among else 1 - drawn / total
    f = log_factorials
    ways = f[marked] - f[among] - f[marked - among]
    others = total - marked
    ways += f[others] - f[drawn - among] - f[others - drawn + among]
    return exp(ways - f[total] + f[drawn] + f[total - drawn])


@numba.njit(nogil=True)
def _group_end(similarities: Any, start: int) -> int:
    end = start + 1
    while end < similarities.size and similarities[end] == similarities[start]:
        end += 1
    return end


@numba.njit(nogil=True)
def expected_relevant(
    similarities: Any, tied: Any, relevant: Any, n_drawn: int, n: int, log_factorials: Floats
) -> float:
    """Return the expected number of relevant documents among the first n.

    Args:
        similarities: of the certain and the tied documents, descending.
        tied: which of them are candidates only if drawn.
        relevant: which of them are relevant.
        n_drawn: how many of the tied ones are drawn.
        n: how many candidates are retrieved, at most as many as there are.
        log_factorials: logarithms of the factorials of 0 to the number of documents.
    """
    n_all_tied = tied.sum()
    undrawn, certain, expected = n_all_tied, 0, 0.0
    probabilities = np.zeros(n + 1)  # of the number of drawn candidates so far
    probabilities[0] = 1.0
    start = 0
    while start < similarities.size:
        end = _group_end(similarities, start)
        size = end - start
        n_tied, relevant_tied, relevant_certain = 0, 0, 0
        for j in range(start, end):
            n_tied += tied[j]
            relevant_tied += tied[j] and relevant[j]
            relevant_certain += relevant[j] and not tied[j]
        n_certain = size - n_tied
        after = np.zeros(n + 1)
        from_tied, from_certain, alive = 0.0, 0.0, False
        for before in range(min(n - certain, n_all_tied - undrawn) + 1):
            probability, slots, wanted = probabilities[before], n - certain - before, n_drawn - before
            if probability <= NEGLIGIBLE or slots <= 0:
                continue
            least = max(0, wanted - (undrawn - n_tied))
            for among in range(least, min(n_tied, wanted) + 1):
                weight = probability
                if n_tied:
                    weight *= _drawn(undrawn, n_tied, wanted, among, log_factorials)
                candidates = n_certain + among
                share = min(1.0, slots / candidates) if candidates else 0.0
                from_tied += weight * share * among
                from_certain += weight * share * n_certain
                if candidates < slots:
                    after[before + among] += weight
                    alive = True
        if n_tied:
            expected += from_tied * relevant_tied / n_tied
        if n_certain:
            expected += from_certain * relevant_certain / n_certain
        if not alive:
            break
        probabilities = after
        certain, undrawn, start = certain + n_certain, undrawn - n_tied, end
    return expected


@numba.njit(nogil=True)
def most_first(similarities: Any, tied: Any, first: Any, n_drawn: int, n: int) -> int:
    """Return the largest possible number of documents of a kind among the first n.

    The draw that gives it takes those of the kind that are most similar, and if there are too few, the least
    similar others; among equally similar candidates those of the kind come first.

    Args:
        similarities: of the certain and the tied documents, descending.
        tied: which of them are candidates only if drawn.
        first: which of them are of the kind.
        n_drawn: how many of the tied ones are drawn.
        n: how many candidates are retrieved, at most as many as there are.
    """
    of_kind, others = 0, 0
    for j in range(similarities.size):
        of_kind += tied[j] and first[j]
        others += tied[j] and not first[j]
    to_draw = min(n_drawn, of_kind)
    to_skip = others - (n_drawn - to_draw)
    retrieved, count, start = 0, 0, 0
    while start < similarities.size and retrieved < n:
        end = _group_end(similarities, start)
        kind_here, others_here = 0, 0
        for j in range(start, end):
            if first[j]:
                if not tied[j]:
                    kind_here += 1
                elif to_draw:
                    kind_here += 1
                    to_draw -= 1
            elif not tied[j]:
                others_here += 1
            elif to_skip:
                to_skip -= 1
            else:
                others_here += 1
        count += min(kind_here, n - retrieved)
        retrieved += kind_here + others_here
        start = end
    return count


@numba.njit(nogil=True, cache=True)
def rescored_precision(
    distances: Floats,
    similarities: Floats,
    relevant: NDArray[np.bool_],
    n_candidates: int,
    n: int,
    log_factorials: Floats,
) -> tuple[float, float, float]:
    """Return the expected, worst and best precision at n of a query.

    Args:
        distances: of all documents from the query, in the order of falling similarity.
        similarities: of all documents to the query, falling.
        relevant: which documents are relevant, in that order.
        n_candidates: how many of the nearest documents by distance are rescored, at least ``n``.
        n: how many of them are retrieved.
        log_factorials: logarithms of the factorials of 0 to the number of documents.
    """
    cut = np.partition(distances, n_candidates - 1)[n_candidates - 1]
    kept = np.flatnonzero(distances <= cut)
    near, tied, matches = similarities[kept], distances[kept] == cut, relevant[kept]
    n_drawn = n_candidates - (kept.size - tied.sum())
    if n_drawn == tied.sum():
        tied = np.zeros_like(tied)
        n_drawn = 0
    expected = expected_relevant(near, tied, matches, n_drawn, n, log_factorials) / n
    worst = 1 - most_first(near, tied, ~matches, n_drawn, n) / n
    best = most_first(near, tied, matches, n_drawn, n) / n
    return expected, worst, best
