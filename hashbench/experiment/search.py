"""Search modes: how the codes of the database are searched for a query."""

from __future__ import annotations

import re

from hashbench.errors import Argument, HashbenchError
from hashbench.ranges import shown

SYMMETRIC = "symmetric"
"""Codes of queries against codes of documents; quantisers by their asymmetric distance."""
ASYMMETRIC = "asymmetric"
"""Real values of queries against codes of documents."""
_RESCORED = re.compile(r"rescored:([1-9][0-9]{0,3})")


def check_search(search: str) -> None:
    """Raise a HashbenchError unless that is a search mode: symmetric, asymmetric or rescored:R."""
    known = isinstance(search, str) and (search in (SYMMETRIC, ASYMMETRIC) or _RESCORED.fullmatch(search))
    if not known:
        raise HashbenchError(
            Argument("search", shown(search)),
            ": give symmetric, asymmetric or rescored:R, such as rescored:4",
        )


def rescoring_factor(search: str) -> int | None:
    """Return the R of rescored:R, the candidates for each retrieved document; None for the other modes."""
    match = _RESCORED.fullmatch(search)
    return int(match[1]) if match else None
