"""Arrays that are read from files as they are needed (``numpy.memmap``)."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 1 << 16
"""Rows of a large array that are read at a time."""


def release(array: NDArray[Any]) -> None:
    """Give back the memory that reading a memory-mapped array took; the next read fetches it again.

    Other arrays stay as they are, and so do maps of mode "c", whose changes are nowhere but in memory.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray):
        if isinstance(owner, np.memmap) and owner.mode == "c":
            return
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)
