"""Semantic hashing with stacked restricted Boltzmann machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import issparse
from torch import Generator, Tensor, nn
from torch.nn import functional

from hashbench.errors import HashbenchError
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData
from hashbench.hashing.nn.checks import check_choice, check_not_negative, check_positive, check_whole
from hashbench.hashing.nn.decoder import WordDecoder, reconstruction_target
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import weighted_sums
from hashbench.hashing.nn.trainer import Step, Term
from hashbench.hashing.projection import Matrix
from hashbench.progress import track

VISIBLE = ("replicated_softmax", "constrained_poisson")
NOISE = ("fixed", "resample")
WEIGHT_STD = 0.01
WEIGHT_DECAY = 2e-4
MOMENTUM = 0.9
FIRST_MOMENTUM = 0.5
FIRST_EPOCHS = 5
"""Epochs of pre-training with the first momentum."""
SMALLEST_SHARE = 1e-6


@dataclass(eq=False, repr=False)
class SRBM(NeuralHasher):
    """Codes of a deep autoencoder made of restricted Boltzmann machines (Salakhutdinov and Hinton 2009).

    First, three machines are trained one after the other by contrastive divergence: words to hidden units,
    those to hidden units, those to bits, each on the probabilities of the hidden units below. Second, the
    stack is unrolled into an autoencoder, the machines upwards and copies of them downwards, and trained to
    predict the share of each word in a document. Noise is added to what enters the code units, so that
    information passes through units that are nearly on or off alone. Third, documents are encoded without
    noise, and what enters a code unit is cut at its median.

    Documents are scaled to a common length first, so that tf-idf weights serve as well as word counts.
    Features below 0 count as absent.

    Args:
        hidden: units in each hidden layer.
        n_words: words that are kept, those of most training documents; 0 for all.
        document_length: sum of the values of each document after scaling; 0 leaves documents as they are.
        visible: what the length of a document means to the first machine. "replicated_softmax": the biases of
            the hidden units grow with it. "constrained_poisson": they do not. There is no difference between
            documents of a common length.
        pretrain_epochs: epochs for each machine; 0 leaves small random weights.
        word_lr: learning rate of the first machine.
        unit_lr: learning rate of the others.
        noise_std: standard deviation of the noise.
        noise: "fixed" draws it once for each training document, "resample" anew in each epoch.

    The other arguments and attributes are those of ``NeuralHasher``; they concern the autoencoder.

    Attributes:
        encoder_: the three machines, upwards.
        decoder_: copies of the upper two, downwards.
        word_decoder_: from the hidden units to the words.
    """

    _: KW_ONLY
    hidden: int = 500
    n_words: int = 5000
    document_length: float = 100.0
    visible: str = "replicated_softmax"
    pretrain_epochs: int = 6
    word_lr: float = 0.01
    unit_lr: float = 0.05
    noise_std: float = 4.0
    noise: str = "fixed"
    lr: float = 3e-3
    epochs: int = 6
    threshold: str = "median"

    def _fit(self, X: Matrix, **labels: Any) -> None:
        super()._fit(X, **labels)
        del self._noise_of_documents

    def _choose_features(self, X: Matrix) -> Any:
        X = super()._choose_features(X)
        if not 0 < self.n_words < X.shape[1]:
            return X
        kept = most_frequent_words(X, self.n_words)
        words = np.arange(X.shape[1]) if self.words_ is None else self.words_
        self.words_ = words[kept].astype(np.int32)
        return X[:, kept]

    def _build(self, data: TrainingData, generator: Generator) -> None:
        machines = self._pretrained_machines(data, generator)
        self.encoder_ = nn.ModuleList(machines)
        self.decoder_ = nn.Sequential(*(Downwards(deepcopy(machine)) for machine in machines[:0:-1]))
        self.word_decoder_ = WordDecoder(data.document_shares(), self.hidden, generator=generator)
        with torch.no_grad():
            self.word_decoder_.weight.copy_(machines[0].weight)
            self.word_decoder_.bias.copy_(machines[0].visible_bias)
        self._noise_of_documents = torch.randn(len(data), self.n_bits, generator=generator)

    def _loss(self, batch: Batch, step: Step) -> dict[str, Term]:
        documents = self._counts(batch.documents)
        entering = self._entering(documents)
        units = torch.sigmoid(entering + self.noise_std * self._noise(batch, step).to(entering.device))
        loss = self.word_decoder_.loss(self.decoder_(units), scaled_rows(documents, 1.0))
        return {"reconstruction": Term(loss)}

    def _values(self, documents: Rows) -> Tensor:
        return self._entering(self._counts(documents))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_whole("hidden", self.hidden, 1)
        for name in ("n_words", "pretrain_epochs"):
            check_whole(name, getattr(self, name), 0)
        for name in ("document_length", "noise_std"):
            check_not_negative(name, getattr(self, name))
        for name in ("word_lr", "unit_lr"):
            check_positive(name, getattr(self, name))
        check_choice("visible", self.visible, VISIBLE)
        check_choice("noise", self.noise, NOISE)

    def _counts(self, documents: Rows) -> Rows:
        positive = reconstruction_target(documents, "values")
        return scaled_rows(positive, self.document_length) if self.document_length else positive

    def _entering(self, counts: Rows) -> Tensor:
        """Return what enters the code units, shape (n, n_bits)."""
        first, second, last = cast("list[RBM]", list(self.encoder_))
        return last.hidden_inputs(second(first(counts)))

    def _noise(self, batch: Batch, step: Step) -> Tensor:
        if self.noise == "fixed":
            return self._noise_of_documents[torch.from_numpy(batch.rows)]
        generator = step.generator
        shape = len(batch.rows), self.n_bits
        return torch.randn(shape, generator=generator, device=generator.device)

    def _pretrained_machines(self, data: TrainingData, generator: Generator) -> list[RBM]:
        def documents() -> Iterator[Rows]:
            order = torch.randperm(len(data), generator=generator).numpy()
            return (self._counts(batch.documents) for batch in data.batches(order, self.batch_size))

        mean = mean_row(documents(), len(data))
        machines: list[RBM] = [
            WordRBM(mean, self.hidden, visible=self.visible, generator=generator),
            RBM(self.hidden, self.hidden, generator=generator),
            RBM(self.hidden, self.n_bits, generator=generator),
        ]
        for k, machine in enumerate(machines):
            machine.to(mean.device)
            below = nn.Sequential(*machines[:k])
            optimiser = optimiser_of(machine, self.unit_lr if k else self.word_lr)
            for epoch in track(range(self.pretrain_epochs), f"Pre-training machine {k + 1}"):
                momentum = FIRST_MOMENTUM if epoch < FIRST_EPOCHS else MOMENTUM
                for group in optimiser.param_groups:
                    group["momentum"] = momentum
                for counts in documents():
                    with torch.no_grad():
                        visible = below(counts)
                    contrastive_step(machine, visible, optimiser, generator)
        return machines


class RBM(nn.Module):
    """A restricted Boltzmann machine, ``p(v, h) ~ exp(v.b + h.c + v W h)``, of binary units.

    Args:
        n_visible: number of visible units.
        n_hidden: number of hidden units.
        generator: source of W, normal with standard deviation 0.01. The biases are 0.

    Attributes:
        weight: W, shape (n_visible, n_hidden).
        visible_bias: b, shape (n_visible,).
        hidden_bias: c, shape (n_hidden,).
    """

    def __init__(self, n_visible: int, n_hidden: int, *, generator: Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(WEIGHT_STD * torch.randn(n_visible, n_hidden, generator=generator))
        self.visible_bias = nn.Parameter(torch.zeros(n_visible))
        self.hidden_bias = nn.Parameter(torch.zeros(n_hidden))

    def forward(self, visible: Rows) -> Tensor:
        """Return the probabilities ``p(h = 1 | v)`` of n rows, shape (n, n_hidden)."""
        return torch.sigmoid(self.hidden_inputs(visible))

    def hidden_inputs(self, visible: Rows) -> Tensor:
        """Return ``v W + c``, shape (n, n_hidden)."""
        return product(visible, self.weight) + self.hidden_bias

    def visible_inputs(self, hidden: Tensor) -> Tensor:
        """Return ``W h + b``, shape (n, n_visible)."""
        return torch.addmm(self.visible_bias, hidden, self.weight.T)

    def expected_visible(self, hidden: Tensor, like: Rows) -> Tensor:  # noqa: ARG002
        """Return the expectation of v given h, shape (n, n_visible).

        Args:
            hidden: hidden units, shape (n, n_hidden).
            like: documents whose lengths the v shall have, where that matters.
        """
        return torch.sigmoid(self.visible_inputs(hidden))

    def free_energy(self, visible: Rows) -> Tensor:
        """Return ``-ln sum_h exp(-E(v, h)) = -v.b - sum_j ln(1 + exp((v W + c)_j))``, shape (n,)."""
        linear = product(visible, self.visible_bias[:, None]).squeeze(1)
        return -linear - functional.softplus(self.hidden_inputs(visible)).sum(dim=1)


class WordRBM(RBM):
    """A machine whose visible units are word counts, given the length N of the document.

    The expected counts are ``N softmax(W h + b)``. They are those of a multinomial distribution for the
    replicated softmax (Hinton and Salakhutdinov 2009) and of Poisson ones for the constrained Poisson model.

    Args:
        mean: mean of the documents, shape (n_words,). b starts at the logarithm of its shares.
        n_hidden: number of hidden units.
        visible: "replicated_softmax" multiplies the hidden biases by N / N', where N' is the mean length;
            "constrained_poisson" does not.
        generator: see ``RBM``.
    """

    def __init__(self, mean: Tensor, n_hidden: int, *, visible: str, generator: Generator) -> None:
        super().__init__(len(mean), n_hidden, generator=generator)
        self.mean_length = float(mean.sum())
        self.replicated = visible == "replicated_softmax" and self.mean_length > 0
        shares = mean / self.mean_length if self.mean_length else mean
        with torch.no_grad():
            self.visible_bias.copy_((shares + SMALLEST_SHARE).log())

    def hidden_inputs(self, visible: Rows) -> Tensor:
        """Return ``v W + c``, or ``v W + c N / N'``, shape (n, n_hidden)."""
        scale = row_sums(visible) / self.mean_length if self.replicated else 1.0
        return product(visible, self.weight) + scale * self.hidden_bias

    def expected_visible(self, hidden: Tensor, like: Rows) -> Tensor:
        """Return ``N softmax(W h + b)``, N being the lengths of the documents ``like``."""
        return row_sums(like) * self.visible_inputs(hidden).softmax(dim=1)


class Downwards(nn.Module):
    """A machine from its hidden units to its visible ones."""

    def __init__(self, machine: RBM) -> None:
        super().__init__()
        self.machine = machine

    def forward(self, hidden: Tensor) -> Tensor:
        """Return the probabilities ``p(v = 1 | h)``, shape (n, n_visible)."""
        return torch.sigmoid(self.machine.visible_inputs(hidden))


def optimiser_of(machine: RBM, lr: float) -> torch.optim.SGD:
    """Return gradient descent on a machine, with weight decay but for the biases."""
    biases = [machine.visible_bias, machine.hidden_bias]
    weights = [machine.weight]
    groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": biases}]
    return torch.optim.SGD(groups, lr=lr)


def contrastive_step(
    machine: RBM, visible: Rows, optimiser: torch.optim.Optimizer, generator: Generator
) -> None:
    """Take a step of contrastive divergence with one Gibbs step (Hinton 2002).

    Hidden units h are drawn given the documents v, and v' is the expectation of the visible units given h.
    The step in W, ``v p(h | v) - v' p(h | v')``, is the gradient of ``F(v') - F(v)`` for the free energy F.

    Args:
        machine: what is trained.
        visible: v, n rows.
        optimiser: moves the parameters of the machine.
        generator: source of h, on the CPU.

    Raises:
        HashbenchError: the difference is not finite any more.
    """
    with torch.no_grad():
        probabilities = machine(visible)
        uniform = torch.rand(probabilities.shape, generator=generator).to(probabilities.device)
        fantasy = machine.expected_visible((uniform < probabilities).float(), visible)
    difference = (machine.free_energy(visible) - machine.free_energy(fantasy)).mean()
    if not torch.isfinite(difference):
        raise HashbenchError("pre-training diverged: use a smaller word_lr or unit_lr")
    optimiser.zero_grad()
    difference.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def most_frequent_words(X: Matrix, n_words: int) -> NDArray[np.intp]:
    """Return the words of most documents, ascending; of words of as many documents, the earlier ones."""
    frequency = np.bincount(X.indices, minlength=X.shape[1]) if issparse(X) else (X > 0).sum(axis=0)
    return np.sort(np.argsort(-frequency, kind="stable")[:n_words])


def product(rows: Rows, table: Tensor) -> Tensor:
    """Return ``X T`` for sparse or dense rows X."""
    return rows @ table if isinstance(rows, Tensor) else weighted_sums(rows, table)


def row_sums(rows: Rows) -> Tensor:
    """Return the sum of each row, shape (n, 1)."""
    return (rows.sum(dim=1) if isinstance(rows, Tensor) else rows.row_sums())[:, None]


def mean_row(batches: Iterable[Rows], n: int) -> Tensor:
    """Return the mean of n rows that arrive in batches, shape (n_columns,)."""
    total = torch.zeros(())
    for rows in batches:
        if isinstance(rows, Tensor):
            total = total.to(rows.device) + rows.sum(dim=0)
        else:
            sums = rows.values.new_zeros(rows.n_columns)
            total = total.to(sums.device) + sums.index_add_(0, rows.columns, rows.values)
    return total / n


def scaled_rows(rows: Rows, length: float) -> Rows:
    """Return rows of no value below 0 scaled so that each adds up to ``length``; empty ones stay empty."""
    sums = row_sums(rows)
    factors = torch.where(sums > 0, length / sums, 0.0)
    if isinstance(rows, Tensor):
        return rows * factors
    return replace(rows, values=rows.values * factors[rows.row_of_entry(), 0])
