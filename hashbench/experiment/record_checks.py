"""Whether what a record says can be: ranges of numbers, and what belongs together."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from hashbench.codes import MAX_BITS
from hashbench.errors import DataError, HashbenchError
from hashbench.experiment.search import check_search

if TYPE_CHECKING:
    from hashbench.experiment.record import Score, TrialRecord

TOLERANCE = 1e-9
"""By which rounding may take a mean out of 0 to 1, or across another mean."""
_METRIC = re.compile(r"(coarse-)?p@[1-9][0-9]*")
_CHANCE = ("p", "coarse-p")
_COUNTED = ("database", "queries")


def check_record(record: TrialRecord) -> None:
    """Raise a DataError unless a record could be that of a trial.

    Types are not looked at, nor is whether a record of another trial is meant.
    """
    for name, score in record.scores.items():
        _check(bool(_METRIC.fullmatch(name)), f"scores.{name}", name, "p@N or coarse-p@N")
        _check_score(f"scores.{name}", score)
    for name, value in record.chance.items():
        _check(name in _CHANCE, f"chance.{name}", name, " or ".join(_CHANCE))
        _check(_is_share(value), f"chance.{name}", value, "a share, 0 to 1")
    for name, count in record.counts.items():
        _check(count >= 0, f"counts.{name}", count, "at least 0")
    try:
        check_search(record.task.search)
    except HashbenchError:
        _check(False, "task.search", record.task.search, "symmetric, asymmetric or rescored:R")
    numbers = {f"seconds.{phase}": value for phase, value in vars(record.seconds).items()}
    for name, number in (
        numbers | {"peak_rss_mib": record.peak_rss_mib, "memory_bits": record.memory_bits}
    ).items():
        _check(number is None or 0 <= number < math.inf, name, number, "a finite number from 0 on")
    bits = record.trial.bits
    _check(bits is None or 1 <= bits <= MAX_BITS, "trial.bits", bits, f"1 to {MAX_BITS}")
    _check(record.threads >= 1, "threads", record.threads, "at least 1")
    _check("method" in record.origins, "origins", sorted(record.origins), "that of the method among them")
    if record.status == "failed":
        _check(record.error is not None, "error", record.error, "a reason, since the trial failed")
        return
    _check(record.error is None, "error", record.error, "null, since the trial did not fail")
    for name in _COUNTED:
        _check(name in record.counts, "counts", dict(record.counts), f"{name} among them")


def _check_score(where: str, score: Score) -> None:
    for name, value in vars(score).items():
        _check(_is_share(value), f"{where}.{name}", value, "a share, 0 to 1")
    ordered = score.worst <= score.expected + TOLERANCE and score.expected <= score.best + TOLERANCE
    shown = f"{score.worst}, {score.expected}, {score.best}"
    _check(ordered, f"{where} in the worst, expected and best order", shown, "ascending numbers")


def _is_share(value: float) -> bool:
    return -TOLERANCE <= value <= 1 + TOLERANCE


def _check(condition: bool, where: str, value: object, expected: str) -> None:
    if not condition:
        raise DataError(f"has {value} as {where}, expected {expected}")
