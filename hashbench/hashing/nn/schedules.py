"""Schedules in documents seen, so that they mean the same at every batch size."""

from __future__ import annotations

import math


def linear_path(documents_seen: int, documents: int, *, first: float = 0.0, last: float = 1.0) -> float:
    """Go from one value to another in a straight line, then stay.

    Args:
        documents_seen: how far training is.
        documents: how long the way is; 0 is at its end from the beginning.
        first: value at the beginning.
        last: value at the end.
    """
    done = min(1.0, documents_seen / documents) if documents else 1.0
    return first + done * (last - first)


def cosine_fall(documents_seen: int, documents: int) -> float:
    """Go from 1 to 0 along half a cosine while that many documents are seen, then stay."""
    return (1 + math.cos(math.pi * min(1.0, documents_seen / documents))) / 2


def step_decay(documents_seen: int, documents: int, factor: float) -> float:
    """Multiply by a factor each time that many documents have been seen; 0 of them for never."""
    return factor ** (documents_seen // documents) if documents else 1.0
