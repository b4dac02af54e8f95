"""Training of a variational hasher beside a plain implementation of the same model, in alternating runs.

Usage: HASHBENCH_DATA=FOLDER python benchmarks/training.py [--dataset NAME] [--fits] [--grid]

The plain one is what published code does: it writes every batch out as documents x words, and has
``nn.Linear``, a dense softmax and Adam as it comes. Both see the same documents in the same order, draw the
same noise, and clip their gradients. Times are CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from hashbench_methods.generative.vdsh import VDSH
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.nn import functional

from hashbench import load_dataset, load_features, make_hasher
from hashbench.experiment.environment import limited_threads, peak_memory_mib, reset_peak_memory
from hashbench.experiment.queries import Labels
from hashbench.features.features import Features
from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Plan, train

BITS, HIDDEN, LR, CLIP = 64, 500, 1e-3, 10.0
CHECK_STEPS = 60


class PlainVDSH(nn.Module):
    """VDSH with one hidden layer, on documents written out."""

    def __init__(self, n_words: int, activation: nn.Module) -> None:
        super().__init__()
        self.hidden = nn.Linear(n_words, HIDDEN)
        self.mean = nn.Linear(HIDDEN, BITS)
        self.variance = nn.Linear(HIDDEN, BITS)
        self.decoder = nn.Linear(BITS, n_words)
        self.activation = activation

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        hidden = self.activation(self.hidden(x))
        mean, log_variance = self.mean(hidden), torch.sigmoid(self.variance(hidden))
        noise = torch.empty_like(mean).normal_(generator=generator)
        log_p = functional.log_softmax(self.decoder(mean + torch.exp(log_variance / 2) * noise), dim=1)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)
        return (kl - ((x > 0).to(log_p.dtype) * log_p).sum(dim=1)).mean()


class Contest:
    """Both implementations on the same documents, from the same weights."""

    def __init__(self, X: csr_array, batch_size: int, activation: type[nn.Module] = nn.ReLU) -> None:
        self.X, self.batch_size = X, batch_size
        self.ours = VDSH(
            BITS,
            hidden=HIDDEN,
            n_layers=1,
            dropout=0.0,
            word_dropout=0.0,
            target="binary",
            code_std=None,
            equal_norms=False,
            code_dropout=0.0,
            kl_weight=1.0,
            kl_warmup_docs=0,
        )
        self.data = TrainingData(X)
        self.ours._build(self.data, torch.Generator().manual_seed(0))
        self.ours.encoder_.activation = activation()
        dtype = torch.tensor(X.data[:1]).dtype
        self.network = nn.ModuleDict(self.ours._modules()).to(dtype)
        self.plain = PlainVDSH(X.shape[1], activation()).to(dtype)
        for layer, same in self._pairs():
            transposed = same.weight if layer is self.plain.decoder else same.weight.T
            layer.load_state_dict({"weight": transposed, "bias": same.bias})
        self.optimiser = torch.optim.Adam(self.plain.parameters(), lr=LR)

    def _pairs(self) -> list[tuple[nn.Linear, Any]]:
        encoder: Any = self.ours.encoder_
        return [
            (self.plain.hidden, encoder.layers[0]),
            (self.plain.mean, encoder.heads["mean"]),
            (self.plain.variance, encoder.heads["variance"]),
            (self.plain.decoder, self.ours.decoder_),
        ]

    def train_ours(self) -> None:
        plan = Plan(1, self.batch_size, LR, "steps", 0, CLIP, 1, 0, seed=0)
        train(self.network, self.data, self.ours._loss, plan)

    def train_plain(self) -> None:
        order = np.random.default_rng(0).permutation(self.X.shape[0])
        generator = torch.Generator().manual_seed(0)
        for start in range(0, len(order), self.batch_size):
            x = torch.from_numpy(self.X[order[start : start + self.batch_size]].toarray())
            loss: Any = self.plain.loss(x, generator)
            self.optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.plain.parameters(), CLIP)
            self.optimiser.step()

    def largest_difference(self) -> float:
        """Return the largest difference between their weights, in learning rates."""
        differences = [
            (layer.weight.T if layer is not self.plain.decoder else layer.weight) - same.weight
            for layer, same in self._pairs()
        ]
        return max(float(difference.detach().abs().max()) for difference in differences) / LR


def seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def throughput(X: csr_array, batch_size: int, rounds: int, documents: int) -> str:
    """Return a row of the table."""
    contest = Contest(X[:documents], batch_size)
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(rounds + 1):
        rates["ours"].append(documents / seconds(contest.train_ours))
        rates["plain"].append(documents / seconds(contest.train_plain))
    ours, plain = (rates[name][1:] for name in ("ours", "plain"))
    ratio = statistics.median(np.array(ours) / np.array(plain))
    return f"{batch_size:10} {statistics.median(ours):15,.0f} {statistics.median(plain):15,.0f} {ratio:8.2f}"


def check_weights(X: csr_array) -> None:
    """Train both for some steps with a smooth activation and compare the weights.

    In double precision: in single precision, Adam makes whole steps out of rounding errors wherever a
    gradient vanishes.

    Raises:
        SystemExit: they differ by more than a hundredth of a learning rate.
    """
    contest = Contest(X[: CHECK_STEPS * 100].astype(np.float64), 100, nn.Tanh)
    contest.train_ours()
    contest.train_plain()
    difference = contest.largest_difference()
    print(f"weights after {CHECK_STEPS} steps with tanh differ by {difference:.1e} learning rates at most")
    if difference > 0.01:
        sys.exit("the two implementations do not compute the same")


def load(dataset: str) -> tuple[Features, Labels]:
    """Return the tf-idf features and the labels of a dataset."""
    corpus = load_dataset(dataset)
    return load_features(corpus), Labels.of(corpus)


def time_fits(features: Features, labels: Labels) -> None:
    """Print how long whole fits take, selection by the validation documents included."""
    print(f"\n{'method':8} {'bits':>5} {'epochs':>7} {'CPU s':>8} {'peak MiB':>9}")
    y_val = labels.fine[features.split.validation]
    for method in ("vdsh", "nash", "gmsh", "bmsh"):
        for bits in (16, 32, 64, 128):
            hasher = make_hasher(method, bits, 0)
            reset_peak_memory()
            fit = partial(hasher.fit, features.train, X_val=features.validation, y_val=y_val)
            taken = seconds(fit)
            epochs = len(hasher.history_)
            print(f"{method:8} {bits:5} {epochs:7} {taken:8.1f} {peak_memory_mib():9.0f}", flush=True)


def time_grid(dataset: str) -> None:
    """Print how much faster a grid of trials is with two processes than with one."""
    taken = {}
    for jobs in (1, 2):
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, "-m", "hashbench", "run", "--methods", "nash", "--bits", "32"]
            command += ["--datasets", dataset, "--seeds", "4", "--jobs", str(jobs), "--out", out]
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            taken[jobs] = time.perf_counter() - start
    print(f"\ngrid of 4 trials: {taken[1]:.1f} s with --jobs 1, {taken[2]:.1f} s with --jobs 2, ", end="")
    print(f"{taken[1] / taken[2]:.2f} times the throughput")


def compare(features: Features, labels: Labels, arguments: argparse.Namespace) -> None:
    """Print the tables."""
    X = features.train
    assert isinstance(X, csr_array)
    print(
        f"{arguments.dataset}: {X.shape[0]:,} documents, {X.shape[1]:,} words, {BITS} bits, hidden {HIDDEN}"
    )
    check_weights(X)
    print(f"{'batch':>10} {'documents/s':>15} {'plain':>15} {'ratio':>8}")
    for batch_size, documents in ((100, 2000), (512, 5120)):
        print(throughput(X, batch_size, arguments.rounds, documents), flush=True)
    if arguments.fits:
        time_fits(features, labels)
    if arguments.grid:
        time_grid(arguments.dataset)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--dataset", default="20newsgroups", help="dataset to train on (default: 20newsgroups)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="alternating runs (default: 5)")
    parser.add_argument("--fits", action="store_true", help="also time whole fits")
    parser.add_argument("--grid", action="store_true", help="also time a grid with one and two processes")
    arguments = parser.parse_args()
    features, labels = load(arguments.dataset)
    with limited_threads(1):
        compare(features, labels, arguments)


if __name__ == "__main__":
    main()
