"""Arrays that are read from files as they are needed (``numpy.memmap``)."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 1 << 16
"""Rows of a large array that are read at a time."""


def row_blocks(array: Any, n_rows: int | None = None) -> Iterator[tuple[slice, Any]]:
    """Yield the rows of an array or sparse matrix in blocks: which rows, and the rows.

    A memory-mapped block is released afterwards, so that an array larger than memory can be read.

    Args:
        array: shape (n, ...).
        n_rows: rows of a block; None for ``BLOCK_ROWS``.
    """
    n_rows = BLOCK_ROWS if n_rows is None else n_rows
    for start in range(0, array.shape[0], n_rows):
        rows = slice(start, min(start + n_rows, array.shape[0]))
        block = array[rows]
        yield rows, block
        release(block)


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
