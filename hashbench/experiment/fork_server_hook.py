"""Imported by the fork server: a process whose program is killed while it starts ends without a traceback."""

from __future__ import annotations

import sys

_told = sys.excepthook


def _leave_out_ended_input(kind: type[BaseException], error: BaseException, traceback: object) -> None:
    """Say nothing of the one error that tells that the program is gone, before any code of ours runs."""
    if not issubclass(kind, EOFError):
        _told(kind, error, traceback)  # type: ignore[arg-type]


sys.excepthook = _leave_out_ended_input
