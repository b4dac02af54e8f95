"""Adam, without the class of torch, which loads the compiler of torch: a second of every process."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim.adam import adam

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Adam:
    """Adam (Kingma and Ba 2015) on the fused kernel of torch; it gives what ``torch.optim.Adam`` gives.

    Args:
        parameters: what is trained. One without a gradient is left as it is.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._weights = [weight for weight in parameters if weight.requires_grad]
        self._means = [torch.zeros_like(weight) for weight in self._weights]
        self._squares = [torch.zeros_like(weight) for weight in self._weights]
        self._steps = [torch.zeros((), device=weight.device) for weight in self._weights]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for weight in self._weights:
            weight.grad = None

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Take a step with a learning rate."""
        state = zip(self._weights, self._means, self._squares, self._steps, strict=True)
        used = [(weight.grad, weight, *others) for weight, *others in state if weight.grad is not None]
        if not used:
            return
        grads, weights, means, squares, steps = map(list, zip(*used, strict=True))
        adam(
            weights,
            grads,
            means,
            squares,
            [],
            steps,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=lr,
            weight_decay=0.0,
            eps=EPSILON,
            maximize=False,
        )
