"""Books of centroids, and soft assignments to them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hashbench.hashing.nn.random_values import gumbel


class Codebooks(nn.Module):
    """Books of centroids for the parts of vectors.

    Args:
        n_books: number of books, M.
        n_centroids: centroids of each, K.
        width: length of a centroid, D.
        generator: source of the initial centroids, which are standard normal.

    Attributes:
        centroids: shape (n_books, n_centroids, width).
    """

    def __init__(self, n_books: int, n_centroids: int, width: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.centroids = nn.Parameter(torch.empty(n_books, n_centroids, width))
        nn.init.normal_(self.centroids, generator=generator)

    def distances(self, vectors: Tensor) -> Tensor:
        """Return ``|x_m - c_mk|^2`` of n vectors, shape (n, n_books, n_centroids).

        Args:
            vectors: shape (n, n_books * width).
        """
        n_books, _, width = self.centroids.shape
        parts = vectors.view(-1, n_books, width).transpose(0, 1)
        squares = parts.square().sum(dim=2, keepdim=True) + self.centroids.square().sum(dim=2)[:, None]
        return (squares - 2 * parts @ self.centroids.mT).clamp_min(0).transpose(0, 1)

    def assignments(self, vectors: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
        """Return relaxed draws of a centroid for each part, with Gumbel noise (Jang, Gu and Poole 2017).

        The probabilities of the centroids are ``p = softmax_k -|x_m - c_mk|^2``.

        Args:
            vectors: shape (n, n_books * width).
            temperature: of the softmax; towards 0 the draws become one-hot.
            generator: source of the noise.

        Returns:
            Probabilities of shape (n, n_books, n_centroids).
        """
        log_p = (-self.distances(vectors)).log_softmax(dim=2)
        return ((log_p + gumbel(log_p, generator)) / temperature).softmax(dim=2)

    def quantised(self, assignments: Tensor) -> Tensor:
        """Return the centroids averaged by assignments, shape (n, n_books * width)."""
        parts = assignments.transpose(0, 1) @ self.centroids
        return parts.transpose(0, 1).flatten(start_dim=1)
