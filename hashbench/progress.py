"""Progress of long loops, shown by whoever listens; nothing is shown by default."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Item = TypeVar("Item")
Track = Callable[[Iterable[Any], str, int | None], Iterator[Any]]

_listener: ContextVar[Track | None] = ContextVar("hashbench_progress", default=None)


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items, telling the listener how many of them are done.

    Args:
        items: what the loop goes over.
        description: what the loop does, such as "Reading docstrings".
        total: number of items, where ``items`` has no length.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    listener = _listener.get()
    return iter(items) if listener is None else listener(items, description, total)


@contextmanager
def listening(listener: Track) -> Iterator[None]:
    """Hand every ``track`` inside the block to ``listener(items, description, total)``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
