"""A linear layer for sparse documents, encoders, batch normalisation and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from hashbench.hashing.nn.batches import Rows, SparseRows
from hashbench.hashing.nn.random_values import bernoulli


class SparseLinear(nn.Module):
    """``x W + c`` for sparse or dense documents; the cost of a sparse one is in proportion to its terms.

    The gradient of W is dense: an optimiser updates all rows at every step, as it does for ``nn.Linear`` on
    dense documents.

    Args:
        n_in: number of features.
        n_out: number of outputs.
        weight_range: the initial weights are uniform between minus and plus this; None takes the range of
            Glorot and Bengio (2010). The biases are 0.
        generator: source of the initial weights.

    Attributes:
        weight: W, shape (n_in, n_out).
        bias: c, shape (n_out,).
    """

    def __init__(
        self, n_in: int, n_out: int, *, weight_range: float | None = None, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        if weight_range is None:
            nn.init.xavier_uniform_(self.weight, generator=generator)
        else:
            nn.init.uniform_(self.weight, -weight_range, weight_range, generator=generator)

    def forward(self, rows: Rows) -> Tensor:
        """Return the outputs of n documents, shape (n, n_out)."""
        if isinstance(rows, Tensor):
            return torch.addmm(self.bias, rows, self.weight)
        return weighted_sums(rows, self.weight) + self.bias


class Encoder(nn.Module):
    """A multilayer perceptron with several linear heads on its last hidden layer.

    Args:
        n_features: width of a document.
        heads: number of outputs of each head, by name.
        hidden: width of a hidden layer.
        n_layers: number of hidden layers; with 0 the heads are linear in the document.
        dropout: dropout rate of the last hidden layer.
        activation: activation function of the hidden layers.
        weight_range: of the initial weights, see ``SparseLinear``.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        n_features: int,
        heads: Mapping[str, int],
        *,
        hidden: int = 500,
        n_layers: int = 2,
        dropout: float = 0.0,
        activation: type[nn.Module] = nn.ReLU,
        weight_range: float | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        widths = [n_features, *[hidden] * n_layers]
        linear = partial(SparseLinear, weight_range=weight_range, generator=generator)
        self.layers = nn.ModuleList(linear(n_in, n_out) for n_in, n_out in pairwise(widths))
        self.heads = nn.ModuleDict({name: linear(widths[-1], n_out) for name, n_out in heads.items()})
        self.activation = activation()
        self.dropout = dropout

    def forward(self, documents: Rows, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Return the outputs of every head, shapes (n, n_outputs).

        Args:
            documents: n documents.
            generator: source of dropout; None drops nothing.
        """
        values: Rows = documents
        for layer in self.layers:
            values = self.activation(layer(values))
        if isinstance(values, Tensor) and len(self.layers):
            values = drop_units(values, self.dropout, generator)
        return {name: head(values) for name, head in self.heads.items()}


class BatchNormalisation(nn.Module):
    """Batch normalisation (Ioffe and Szegedy 2015) to mean 0 and a fixed standard deviation.

    It has no learnt parameters. Outside training it uses running averages, over about twenty batches.

    Args:
        n_values: number of values.
        std: the standard deviation.
    """

    MOMENTUM = 0.05
    mean: Tensor
    variance: Tensor

    def __init__(self, n_values: int, std: float) -> None:
        super().__init__()
        self.std = std
        self.register_buffer("mean", torch.zeros(n_values))
        self.register_buffer("variance", torch.ones(n_values))

    def forward(self, values: Tensor, *, training: bool) -> Tensor:
        """Return n rows of values normalised, shape (n, n_values); the running averages serve one row."""
        by_batch = training and len(values) > 1
        normalised = functional.batch_norm(
            values, self.mean, self.variance, training=by_batch, momentum=self.MOMENTUM
        )
        return self.std * normalised


def weighted_sums(rows: SparseRows, table: Tensor) -> Tensor:
    """Return ``X T`` for sparse rows X and a dense table T of shape (n_columns, width)."""
    return functional.embedding_bag(
        rows.columns,
        table,
        rows.starts,
        mode="sum",
        per_sample_weights=rows.values,
        include_last_offset=True,
    )


def drop_units(values: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Set values to 0 with a probability and scale up the others to make up for it.

    Unlike ``nn.Dropout`` this leaves torch's global random state alone.

    Args:
        values: any shape.
        rate: the probability, from 0 to below 1.
        generator: source of randomness; None drops nothing.
    """
    if generator is None or rate == 0:
        return values
    kept = bernoulli(values, 1 - rate, generator)
    return values * kept.div_(1 - rate)
