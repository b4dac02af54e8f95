"""Schedules in documents seen, so that they do not depend on the batch size."""

from __future__ import annotations

import math


def linear_path(documents_seen: int, documents: int, *, first: float = 0.0, last: float = 1.0) -> float:
    """Interpolate linearly from one value to another, then stay constant.

    Args:
        documents_seen: documents seen so far.
        documents: documents over which the value changes; 0 for ``last`` from the beginning.
        first: value at the beginning.
        last: value at the end.
    """
    done = min(1.0, documents_seen / documents) if documents else 1.0
    return first + done * (last - first)


def cosine_fall(documents_seen: int, documents: int) -> float:
    """Decay from 1 to 0 along half a cosine over that many documents, then stay at 0."""
    return (1 + math.cos(math.pi * min(1.0, documents_seen / documents))) / 2


def step_decay(documents_seen: int, documents: int, factor: float) -> float:
    """Multiply by a factor after each ``documents`` documents; 0 for never."""
    return factor ** (documents_seen // documents) if documents else 1.0
