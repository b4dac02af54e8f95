"""What is measured of a product quantiser during training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.hashing.nn.epoch_selection import selection_depth

BLOCK_QUERIES = 512


def asymmetric_precision(
    tables: NDArray[np.float32], codes: NDArray[np.uint8], labels: csr_array, n_train: int
) -> float:
    """Rank for each document all others by asymmetric distance, and return the mean precision at n.

    n is 100 scaled to the size of the validation set, see ``selection_depth``. Documents at equal distance
    count in expectation over their orders.

    Args:
        tables: distances of the parts of each document to the centroids, (n_documents, n_books, n_centroids).
        codes: indices of the centroids of each document, shape (n_documents, n_books).
        labels: bool indicator, shape (n_documents, n_labels).
        n_train: number of training documents.
    """
    n = selection_depth(len(codes), n_train)
    flat = tables.reshape(len(tables), -1)
    chosen = one_hot(codes, tables.shape[2])
    precisions = []
    for start in range(0, len(codes), BLOCK_QUERIES):
        queries = np.arange(start, min(start + BLOCK_QUERIES, len(codes)))
        distances = (chosen @ flat[queries].T).T
        distances[np.arange(len(queries)), queries] = np.inf
        relevant = (labels[queries].astype(np.int32) @ labels.T.astype(np.int32)).toarray() > 0
        last = np.partition(distances, n - 1, axis=1)[:, n - 1, None]
        near, tied = distances < last, distances == last
        open_places = n - near.sum(axis=1)
        found = (near & relevant).sum(axis=1)
        found = found + open_places * (tied & relevant).sum(axis=1) / tied.sum(axis=1)
        precisions.append(found / n)
    return float(np.concatenate(precisions).mean())


def one_hot(codes: NDArray[np.uint8], n_centroids: int) -> csr_array:
    """Return the centroid of each book as a row of ones, float32 CSR (n_documents, n_books * n_centroids)."""
    n, n_books = codes.shape
    columns = codes + n_centroids * np.arange(n_books)
    starts = np.arange(n + 1) * n_books
    return csr_array(
        (np.ones(codes.size, dtype=np.float32), columns.ravel(), starts), shape=(n, n_books * n_centroids)
    )


def book_diagnostics(codes: NDArray[np.uint8], n_centroids: int) -> dict[str, float]:
    """Return the number of distinct codes, and how many centroids of a book are in use.

    "used_centroids" is the exponential of the entropy of their use, from 1 to ``n_centroids``, of the book
    where it is smallest.

    Args:
        codes: indices of the centroids of each document, shape (n_documents, n_books).
        n_centroids: number of centroids of a book.
    """
    shares = np.asarray(one_hot(codes, n_centroids).mean(axis=0)).reshape(codes.shape[1], n_centroids)
    entropies = -(shares * np.log(np.maximum(shares, np.finfo(np.float32).tiny))).sum(axis=1)
    return {
        "distinct_codes": len(np.unique(codes, axis=0)),
        "used_centroids": float(np.exp(entropies.min())),
    }
