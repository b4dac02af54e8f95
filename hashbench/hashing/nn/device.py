"""The device that neural hashers are trained on."""

from __future__ import annotations

import torch

from hashbench.errors import HashbenchError, MachineError


def torch_device(name: str) -> torch.device:
    """Return the device of that name.

    Raises:
        HashbenchError: it is neither the processor nor a GPU.
        MachineError: torch finds no such GPU.
    """
    if name.partition(":")[0] not in ("cpu", "cuda"):
        raise HashbenchError(f"device {name!r}: use cpu or cuda")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise HashbenchError(f"device {name!r}: use cpu or cuda") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise MachineError(f"device {name}: torch finds no such GPU here; use cpu")
    return device
