"""A memory of the codes of the training documents that were seen last."""

from __future__ import annotations

import torch
from torch import Tensor

LOSS_FLOOR = 1e-5


class CodeMemory:
    """The signs of the latest code of each training document, and when it was computed.

    A document is active for a number of steps after it was seen: for a fraction of an epoch, which grows as
    the loss falls, because codes then change less from step to step. Before a document is seen its code is 0.

    Args:
        n_documents: number of training documents.
        n_bits: length of a code.
        steps_per_epoch: number of batches that the documents are cut into.
        fraction: of an epoch for which a document stays active while the loss is as large as ever.
        device: where the codes are kept.
    """

    def __init__(
        self, n_documents: int, n_bits: int, steps_per_epoch: int, fraction: float, device: torch.device | str
    ) -> None:
        self._signs = torch.zeros(n_documents, n_bits, dtype=torch.int8, device=device)
        self._seen = torch.zeros(n_documents, dtype=torch.int64, device=device)
        self._steps_per_epoch = steps_per_epoch
        self._fraction = fraction
        self._step = 0
        self._epoch_sum = self._largest = self._last = 0.0

    @property
    def epoch(self) -> int:
        """The number of epochs before that of the step that was begun last."""
        return (self._step - 1) // self._steps_per_epoch

    @torch.no_grad()
    def store(self, rows: Tensor, codes: Tensor) -> None:
        """Begin a step, in which the documents ``rows`` have ``codes``, shapes (n,) and (n, n_bits)."""
        self._step += 1
        self._signs[rows] = codes.sign().to(torch.int8)
        self._seen[rows] = self._step

    def active(self) -> Tensor:
        """Return the codes of the active documents, float32 of -1, 0 and 1, shape (n_active, n_bits)."""
        return self._signs[self._step - self._seen < self.lifetime()].float()

    def lifetime(self) -> float:
        """Return the number of steps for which a document is active: ``(1 - (1 - c)(1 - fraction)) A``.

        A is the number of steps of an epoch, and c the change of the loss: the difference between that of the
        last step and the largest mean loss of an epoch, relative to the latter. In the first epoch all
        documents are active.
        """
        if not self._largest:
            return float("inf")
        change = abs(self._largest - self._last) / (self._largest + LOSS_FLOOR)
        return (1 - (1 - change) * (1 - self._fraction)) * self._steps_per_epoch

    def note_loss(self, loss: float) -> None:
        """End a step, with the loss of its batch."""
        self._last = loss
        self._epoch_sum += loss
        if self._step % self._steps_per_epoch == 0:
            self._largest = max(self._largest, self._epoch_sum / self._steps_per_epoch)
            self._epoch_sum = 0.0
