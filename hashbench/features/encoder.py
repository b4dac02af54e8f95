"""A transformer that turns texts into vectors. Importing this loads torch and transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging as transformers_logging

from hashbench.errors import HashbenchError
from hashbench.features.checkpoint import POOLINGS, Checkpoint
from hashbench.hashing.nn.device import torch_device
from hashbench.progress import track


class TextEncoder:
    """A checkpoint loaded in single precision, with dropout off.

    A text without a token of its own has a vector of zeros.

    Args:
        checkpoint: what to load.
        pooling: "mean" of the last hidden states of all tokens, or "cls" for that of the first one.
        max_length: number of tokens that a text is cut to, the special ones included; None takes what the
            checkpoint says.
        device: where it computes, "cpu", "cuda" or one GPU of several, "cuda:1".

    Attributes:
        model: the transformer.
        width: length of a vector.

    Raises:
        HashbenchError: another pooling, the files cannot be read as a checkpoint, it reads fewer tokens, or
            the device is neither the processor nor a GPU.
        MachineError: torch finds no such GPU.
    """

    def __init__(self, checkpoint: Checkpoint, *, pooling: str, max_length: int | None, device: str) -> None:
        if pooling not in POOLINGS:
            raise HashbenchError(
                f"checkpoint {checkpoint.folder}: pooling {pooling!r} is not supported; set the parameter "
                f"`pooling` to one of {', '.join(POOLINGS)}"
            )
        self.pooling = pooling
        self.device = torch_device(device)
        with _quiet(), torch.random.fork_rng(devices=[]):
            try:
                self.tokenizer = AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True)
                self.model: Any = AutoModel.from_pretrained(checkpoint.folder, local_files_only=True)
            except (OSError, ValueError) as error:
                reason = str(error).partition("\n")[0]
                raise HashbenchError(f"checkpoint {checkpoint.folder} cannot be loaded: {reason}") from error
        self.model.float().to(self.device).eval()
        self.tokenizer.padding_side = "right"
        self.width = int(self.model.config.hidden_size)
        self.max_length = self._max_length(max_length or checkpoint.max_length)

    def encode(self, texts: Sequence[str], batch_size: int) -> NDArray[np.float32]:
        """Return the vectors of n texts, float32 of shape (n, width)."""
        vectors = np.empty((len(texts), self.width), dtype=np.float32)
        with torch.inference_mode():
            self._fill(vectors, texts, batch_size, "Encoding documents", self.pooled)
        return vectors

    def views(
        self, texts: Sequence[str], batch_size: int, *, dropout: float, seed: int
    ) -> NDArray[np.float32]:
        """Return two vectors of each text with dropout on, float32 of shape (n, 2, width).

        Raises:
            HashbenchError: see ``dropping_out``.
        """
        vectors = np.empty((len(texts), 2, self.width), dtype=np.float32)
        with torch.inference_mode(), self.dropping_out(dropout, seed):
            self._fill(vectors, texts, batch_size, "Encoding two views", self.pooled_twice)
        return vectors

    def token_vectors(self, texts: Sequence[str], batch_size: int) -> NDArray[np.float32]:
        """Return the last hidden states of the tokens of n texts, float32 of shape (n, max_length, width).

        Where a text has fewer tokens, they are zeros.
        """
        vectors = np.zeros((len(texts), self.max_length, self.width), dtype=np.float32)
        with torch.inference_mode():
            self._fill(vectors, texts, batch_size, "Encoding tokens", self._padded_states)
        return vectors

    def pooled(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the vectors of one batch of texts, shape (n, width)."""
        states, mask, filled = self._states(texts)
        if self.pooling == "cls":
            return states[:, 0] * filled
        mask = mask.unsqueeze(2)
        return (states * mask).sum(dim=1) / mask.sum(dim=1) * filled

    def pooled_twice(self, texts: Sequence[str]) -> torch.Tensor:
        """Return two vectors of each text of a batch, shape (n, 2, width)."""
        return torch.stack([self.pooled(texts), self.pooled(texts)], dim=1)

    @contextmanager
    def dropping_out(self, rate: float, seed: int) -> Iterator[None]:
        """Switch dropout on inside the block, drawn from the seed; the random states of torch stay unchanged.

        Raises:
            HashbenchError: the model has no dropout.
        """
        before = _dropout_rates(self.model)
        if not before:
            raise HashbenchError(
                f"two views by dropout need a model with dropout, {type(self.model).__name__} has none"
            )
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(seed)
            for layer, name, _ in before:
                setattr(layer, name, rate)
            self.model.train()
            try:
                yield
            finally:
                self.model.eval()
                for layer, name, value in before:
                    setattr(layer, name, value)

    def _states(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the last hidden states, which of them are of tokens, and which texts have an own token.

        Their shapes are (n, longest, width), (n, longest) and (n, 1).
        """
        batch = self.tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self.max_length,
            return_special_tokens_mask=True,
            return_tensors="pt",
        ).to(self.device)
        filled = (batch.pop("special_tokens_mask") == 0).any(dim=1, keepdim=True)
        return self.model(**batch).last_hidden_state, batch["attention_mask"], filled

    def _padded_states(self, texts: Sequence[str]) -> torch.Tensor:
        states, mask, filled = self._states(texts)
        states = states * mask.unsqueeze(2) * filled.unsqueeze(2)
        return torch.nn.functional.pad(states, (0, 0, 0, self.max_length - states.shape[1]))

    def _max_length(self, wanted: int | None) -> int:
        readable = self.tokenizer.model_max_length
        readable = min(readable, getattr(self.model.config, "max_position_embeddings", readable))
        if wanted is not None and wanted > readable:
            raise HashbenchError(f"max_length={wanted}: {type(self.model).__name__} reads {readable} tokens")
        return wanted or readable

    def _fill(
        self,
        vectors: NDArray[np.float32],
        texts: Sequence[str],
        batch_size: int,
        description: str,
        encode: Callable[[Sequence[str]], torch.Tensor],
    ) -> None:
        """Encode in batches of texts of about the same length, the longest first."""
        order = np.argsort([-len(text) for text in texts], kind="stable")
        starts = range(0, len(texts), batch_size)
        for start in track(starts, description):
            rows = order[start : start + batch_size]
            vectors[rows] = encode([texts[row] for row in rows]).cpu().numpy()


def _dropout_rates(model: torch.nn.Module) -> list[tuple[torch.nn.Module, str, float]]:
    """Return each rate with the layer and the attribute that hold it; attention often keeps a bare number."""
    return [
        (layer, name, value)
        for layer in model.modules()
        for name, value in vars(layer).items()
        if (isinstance(layer, torch.nn.Dropout) and name == "p")
        or ("dropout" in name and isinstance(value, float))
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from reporting on weights that are not in use, and from drawing bars."""
    logging: Any = transformers_logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
