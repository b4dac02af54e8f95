"""Imported by the fork server: a process whose program is killed while it starts ends without a traceback."""

from __future__ import annotations

import sys
from types import TracebackType

_told = sys.excepthook


def _leave_out_ended_input(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Say nothing of the one error that tells that the program is gone, before any code of ours runs."""
    if not issubclass(kind, EOFError):
        _told(kind, error, traceback)


sys.excepthook = _leave_out_ended_input
