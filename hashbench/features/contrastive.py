"""Unsupervised contrastive fine-tuning of a transformer (SimCSE). Importing this loads torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from hashbench.features.encoder import TextEncoder
from hashbench.progress import track

MAX_GRADIENT_NORM = 1.0


def info_nce(first: torch.Tensor, second: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return the contrastive loss of two views, in one direction.

    The mean over i of -log softmax_j(cos(first_i, second_j) / temperature) at j = i: equation 4 of Gao, Yao
    and Chen (2021).

    Args:
        first: vectors of n documents, shape (n, width).
        second: other vectors of the same documents, shape (n, width).
        temperature: divisor of the cosines.
    """
    cosines = functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T
    return functional.cross_entropy(cosines / temperature, torch.arange(len(first), device=first.device))


def fine_tune(
    encoder: TextEncoder,
    texts: Sequence[str],
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    temperature: float,
    dropout: float,
    seed: int,
) -> list[float]:
    """Train the model of an encoder so that two dropout views of a text are near and those of others far.

    A layer with tanh sits on the vectors while training and is dropped afterwards. AdamW without weight
    decay, the learning rate falling linearly to 0: appendix A of Gao, Yao and Chen (2021).

    Returns:
        The loss of every step.

    Raises:
        HashbenchError: see ``TextEncoder.dropping_out``.
    """
    losses = []
    with encoder.dropping_out(dropout, seed):
        head = _head(encoder)
        parameters = [*encoder.model.parameters(), *head.parameters()]
        optimiser = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=0.0)
        n_steps = epochs * ceil(len(texts) / batch_size)
        falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / n_steps)
        for batch in track(_batches(texts, epochs, batch_size, seed), "Fine-tuning", n_steps):
            views = head(encoder.pooled_twice(batch))
            loss: Any = info_nce(views[:, 0], views[:, 1], temperature)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
            optimiser.step()
            falling.step()
            losses.append(loss.item())
    return losses


def _head(encoder: TextEncoder) -> torch.nn.Module:
    layer = torch.nn.Linear(encoder.width, encoder.width)
    torch.nn.init.normal_(layer.weight, std=getattr(encoder.model.config, "initializer_range", 0.02))
    torch.nn.init.zeros_(layer.bias)
    return torch.nn.Sequential(layer, torch.nn.Tanh()).to(encoder.device)


def _batches(texts: Sequence[str], epochs: int, batch_size: int, seed: int) -> Iterator[list[str]]:
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(texts))
        for start in range(0, len(texts), batch_size):
            yield [texts[row] for row in order[start : start + batch_size]]
