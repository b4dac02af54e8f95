"""Checks of the parameters of neural hashers."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import torch

from hashbench.errors import HashbenchError


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Raise a HashbenchError where a parameter is none of its choices."""
    if value not in choices:
        raise HashbenchError(f"{name} is one of {', '.join(choices)}, got {value!r}")


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise a HashbenchError where a parameter is no whole number, or too small a one."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise HashbenchError(f"{name} is a whole number from {least} on, got {value!r}")


def check_positive(name: str, value: Any) -> None:
    """Raise a HashbenchError where a parameter is not a number above 0."""
    if not _is_number(value) or not 0 < value < float("inf"):
        raise HashbenchError(f"{name} is a number above 0, got {value!r}")


def check_not_negative(name: str, value: Any) -> None:
    """Raise a HashbenchError where a parameter is not a number from 0 on."""
    if not _is_number(value) or not 0 <= value < float("inf"):
        raise HashbenchError(f"{name} is a number from 0 on, got {value!r}")


def check_rate(name: str, value: Any) -> None:
    """Raise a HashbenchError where a parameter is not a share to drop, from 0 to below 1."""
    if not _is_number(value) or not 0 <= value < 1:
        raise HashbenchError(f"{name} is a number from 0 to below 1, got {value!r}")


def torch_device(name: str) -> torch.device:
    """Return the device of that name.

    Raises:
        HashbenchError: it is neither the processor nor a GPU, or torch finds no such GPU.
    """
    if name.partition(":")[0] not in ("cpu", "cuda"):
        raise HashbenchError(f"device {name!r}: use cpu or cuda")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise HashbenchError(f"device {name!r}: use cpu or cuda") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise HashbenchError(f"device {name}: torch finds no such GPU here; use cpu")
    return device


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
