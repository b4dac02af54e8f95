"""The graph of nearest neighbours among the training documents, and random forests in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from sklearn.preprocessing import normalize
from torch import Tensor

from hashbench.errors import HashbenchError
from hashbench.hashing.base import BLOCK_ROWS
from hashbench.hashing.nn.batches import Rows, TrainingData
from hashbench.hashing.projection import Matrix

FORESTS = ("spanning", "stars")
LARGEST_EXPONENT = 500.0


class Edges(NamedTuple):
    """Edges of a graph with weights.

    Attributes:
        first: document at one end, int64 of shape (n_edges,).
        second: document at the other end, int64 of shape (n_edges,).
        weight: float32 of shape (n_edges,).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weight: NDArray[np.float32]


def first_neighbours(neighbours: NDArray[np.int64] | None, n: int, k: int) -> NDArray[np.int64]:
    """Return the k nearest neighbours of each document, those there are if they are fewer, at least one.

    A document that is alone is its own neighbour.

    Args:
        neighbours: the extra input of that name, nearest first, shape (n, n_found).
        n: number of documents.
        k: number of neighbours.

    Returns:
        int64 of shape (n, min(k, n_found)), or (1, 1).

    Raises:
        HashbenchError: there are no neighbours, or not one row for each document, or they are no documents.
    """
    if neighbours is None or np.ndim(neighbours) != 2 or len(neighbours) != n:
        raise HashbenchError(
            f"this method needs the nearest neighbours of its {n} training documents: pass fit the keyword "
            "neighbours, an integer array with a row a document"
        )
    if n == 1:
        return np.zeros((1, 1), dtype=np.int64)
    chosen: NDArray[np.int64] = np.asarray(neighbours)[:, :k].astype(np.int64)
    if not chosen.size or chosen.min() < 0 or chosen.max() >= n:
        raise HashbenchError(f"neighbours holds other numbers than those of documents, 0 to {n - 1}")
    return chosen


def neighbour_cosines(data: TrainingData, neighbours: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the cosine of each document with each of its neighbours, float32 of shape (n, k).

    Args:
        data: the n documents.
        neighbours: shape (n, k).
    """
    cosines = np.empty(neighbours.shape, dtype=np.float32)
    for start in range(0, len(data), BLOCK_ROWS):
        block = neighbours[start : start + BLOCK_ROWS]
        rows = _unit_rows(data[np.arange(start, start + len(block))].documents)
        for place, others in enumerate(block.T):
            products = rows * _unit_rows(data[others].documents)
            cosines[start : start + len(block), place] = products.sum(axis=1)
    return cosines


def random_forests(
    neighbours: NDArray[np.int64],
    cosines: NDArray[np.float32],
    *,
    kind: str,
    n_forests: int,
    temperature: float,
    rng: Generator,
) -> Edges:
    """Draw forests in the graph, and return their edges, each weighted by the fraction that contain it.

    Args:
        neighbours: of n documents, shape (n, k).
        cosines: of the documents with them, shape (n, k).
        kind: see ``spanning_forest`` and ``star_forest``.
        n_forests: number of forests.
        temperature: of the probabilities of the neighbours, for spanning forests.
        rng: source of randomness.
    """
    n = len(neighbours)
    found = [
        star_forest(neighbours, rng)
        if kind == "stars"
        else spanning_forest(neighbours, cosines, temperature, rng)
        for _ in range(n_forests)
    ]
    keys, counts = np.unique(
        np.concatenate([first * n + second for first, second in found]), return_counts=True
    )
    return Edges(keys // n, keys % n, (counts / n_forests).astype(np.float32))


def spanning_forest(
    neighbours: NDArray[np.int64], cosines: NDArray[np.float32], temperature: float, rng: Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw a spanning forest: a tree in every connected component of the graph, likely edges first.

    An edge from i to its neighbour j has the probability ``p_j`` of a softmax over the cosines of i divided
    by the temperature. Kruskal's algorithm takes the edges in the order of ``E / p_j`` with E drawn from an
    exponential distribution: every edge taken is, of those left, the next in proportion to its probability.

    Args:
        neighbours: shape (n, k).
        cosines: shape (n, k).
        temperature: above 0.
        rng: source of randomness.

    Returns:
        The two ends of each edge, the smaller one first; no edge joins a document to itself.
    """
    n, k = neighbours.shape
    logits = cosines.astype(np.float64) / temperature
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    log_order = np.log(rng.exponential(size=(n, k))) - log_p
    order = np.exp(np.clip(log_order, -LARGEST_EXPONENT, LARGEST_EXPONENT)).ravel()
    first, second = np.repeat(np.arange(n), k), neighbours.ravel()
    low, high = np.minimum(first, second), np.maximum(first, second)
    keys = low * n + high
    sequence = np.lexsort([order, keys])
    _, at = np.unique(keys[sequence], return_index=True)
    kept = sequence[at][low[sequence[at]] < high[sequence[at]]]
    graph = csr_array((order[kept], (low[kept], high[kept])), shape=(n, n))
    forest = minimum_spanning_tree(graph).tocoo()
    return forest.row.astype(np.int64), forest.col.astype(np.int64)


def star_forest(neighbours: NDArray[np.int64], rng: Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw a forest of stars: documents in random order take those of their neighbours that are left.

    The authors' code of SNUH, J-zin/SNUH, utils/data.py, visits no further than that from a document. It
    takes all neighbours that are left, so that the order of their probabilities has no effect.

    Args:
        neighbours: shape (n, k).
        rng: source of randomness.

    Returns:
        The centre and the other end of each edge.
    """
    left = np.ones(len(neighbours), dtype=bool)
    centres, ends = [], []
    for centre in rng.permutation(len(neighbours)):
        if left[centre]:
            left[centre] = False
            taken = np.unique(neighbours[centre][left[neighbours[centre]]])
            left[taken] = False
            centres.append(np.full(len(taken), centre))
            ends.append(taken)
    return np.concatenate(centres).astype(np.int64), np.concatenate(ends).astype(np.int64)


def _unit_rows(documents: Rows) -> Matrix:
    if isinstance(documents, Tensor):
        return normalize(documents.cpu().numpy())
    parts = (documents.values, documents.columns, documents.starts)
    shape = len(documents), documents.n_columns
    return csr_array(normalize(csr_array(tuple(part.cpu().numpy() for part in parts), shape=shape)))
