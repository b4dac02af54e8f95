"""Compiled functions, kept on disk for the next process where a folder for them can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function that needs no lock of the interpreter.

    Without a folder that can be written, neither beside the source nor in a home, every process compiles it
    anew, which takes some seconds.
    """
    try:
        return cast(Function, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast(Function, numba.njit(nogil=True)(function))
