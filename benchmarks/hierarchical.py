"""Epochs of HierHash and its ablations, beside masks and distances written as published code writes them.

Usage: python benchmarks/hierarchical.py [--documents N] [--bits N] [--epochs N] [--device cuda]

The plain one finds the pairs that repel each other by a loop over all pairs of a batch, and distances from
prototypes as an array of documents x prototypes x bits. Vectors are made up. Times are wall seconds of one
thread, or of a GPU.
"""

from __future__ import annotations

import argparse
import statistics
from unittest import mock

import numpy as np
import torch
from hashbench_methods.hierarchical import coarse_loss, prototypes
from hashbench_methods.hierarchical.hierhash import HierHash
from numpy.typing import NDArray
from torch import Tensor

from hashbench import make_hasher
from hashbench.experiment.environment import limited_threads

N_FEATURES, N_FINE, N_CLUSTERS = 384, 100, 70
METHODS = ("hierhash-base", "hierhash-hier", "hierhash-con")


def documents(n: int) -> NDArray[np.float32]:
    """Return vectors around random centres, shape (n, 384)."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((N_CLUSTERS, N_FEATURES))
    noise = rng.standard_normal((n, N_FEATURES))
    return (centres[rng.integers(N_CLUSTERS, size=n)] + noise).astype(np.float32)


def plain_masks(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return what ``negative_masks`` returns, by a loop over pairs."""
    labels, n = y.tolist(), len(y)
    masks = torch.zeros(2, 2 * n, 2 * n, dtype=torch.bool)
    for i in range(2 * n):
        for j in range(2 * n):
            if labels[i % n] != labels[j % n]:
                masks[0, i, j] = True
            elif i % n != j % n:
                masks[1, i, j] = True
    different, same = masks.to(y.device)
    return different, same


def plain_nearness(points: Tensor, centres: Tensor) -> Tensor:
    """Return negative squared distances from differences, shape (n, n_centres)."""
    return -((points[:, None] - centres) ** 2).sum(dim=2)


def seconds_an_epoch(method: str, X: NDArray[np.float32], arguments: argparse.Namespace) -> float:
    """Return the median over the epochs after the first, k-means included."""
    hasher = make_hasher(
        method,
        arguments.bits,
        0,
        n_fine=N_FINE,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs + 1,
        device=arguments.device,
    ).fit(X)
    assert isinstance(hasher, HierHash)
    return statistics.median(epoch.seconds for epoch in hasher.history_[1:])


def main() -> None:
    """Print a row a method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000, help="training documents (default: 20000)")
    parser.add_argument("--bits", type=int, default=64, help="length of a code (default: 64)")
    parser.add_argument("--batch-size", type=int, default=64, help="documents of a step (default: 64)")
    parser.add_argument("--epochs", type=int, default=3, help="epochs that are timed (default: 3)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    arguments = parser.parse_args()
    X = documents(arguments.documents)
    print(f"{len(X):,} x {N_FEATURES} vectors, {arguments.bits} bits, {N_FINE} fine prototypes, ", end="")
    print(f"batches of {arguments.batch_size}, {arguments.device}")
    print(f"{'method':14} {'s an epoch':>11} {'plain':>8} {'ratio':>7}")
    with limited_threads(1):
        for method in METHODS:
            ours = seconds_an_epoch(method, X, arguments)
            with (
                mock.patch.object(coarse_loss, "negative_masks", plain_masks),
                mock.patch.object(prototypes, "_nearness", plain_nearness),
            ):
                plain = seconds_an_epoch(method, X, arguments)
            print(f"{method:14} {ours:11.2f} {plain:8.2f} {plain / ours:7.2f}", flush=True)


if __name__ == "__main__":
    main()
