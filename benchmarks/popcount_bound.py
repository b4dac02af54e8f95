"""Loops that do the least a Hamming ranking can do: compare all words, or only read them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashbench.codes import Codes
from hashbench.evaluation.compiling import compiled
from hashbench.evaluation.kernel import GROUP, TILE
from hashbench.evaluation.lanes import popcount

Words = NDArray[np.uint64]


@compiled
def _compare(queries: Words, database: Words) -> int:
    """Return the sum of all distances; tiles and groups as in the kernel, two queries to a load."""
    total = 0
    for first in range(0, len(queries), GROUP):
        last = min(first + GROUP, len(queries))
        for start in range(0, database.shape[1], TILE):
            for query in range(first, last, 2):
                other = min(query + 1, last - 1)
                for word in range(database.shape[0]):
                    words = database[word, start : start + TILE]
                    one, two = queries[query, word], queries[other, word]
                    for j in range(words.size):
                        total += popcount(words[j] ^ one) + popcount(words[j] ^ two)
    return total


@compiled
def _read(queries: Words, database: Words) -> Any:
    """Return the sum of the words of the database, read once a group of queries."""
    total: Any = np.uint64(0)
    for _ in range(0, len(queries), GROUP):
        for word in range(database.shape[0]):
            words = database[word]
            for j in range(words.size):
                total += words[j]
    return total


class Bound:
    """Both loops over all pairs of queries and documents, on several threads.

    Args:
        queries: query codes.
        database: database codes.
        n_threads: threads to use.
    """

    def __init__(self, queries: Codes, database: Codes, n_threads: int) -> None:
        self._parts = np.array_split(queries.words, n_threads)
        self._database = np.ascontiguousarray(database.words.T)

    def compare(self) -> None:
        """Take the exclusive or of all words and count its bits."""
        self._run(_compare)

    def read(self) -> None:
        """Read the database from memory as often as the kernel does."""
        self._run(_read)

    def _run(self, loop: Callable[[Words, Words], Any]) -> None:
        with ThreadPoolExecutor(len(self._parts)) as pool:
            for done in [pool.submit(loop, part, self._database) for part in self._parts]:
                done.result()
