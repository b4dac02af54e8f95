"""What ``benchmarks/scaling.py`` measured, as a table and a figure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).with_suffix("").parent / "scaling.jsonl"
PHASES = ("corpus", "features", "fit", "encode", "evaluation")


@dataclass(frozen=True)
class Measurement:
    """A phase over a number of documents, and what it took.

    Attributes:
        n: number of documents.
        phase: one of ``PHASES``.
        method: the method, where the phase is one of a method.
        featurizer: the featurizer, where the phase needs vectors.
        params: parameters of the method that differ from its recipe.
        figures: "cpu_seconds", "wall_seconds" and "peak_mib"; of the evaluation also "p@100".
    """

    n: int
    phase: str
    method: str = ""
    featurizer: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def identity(self) -> dict[str, Any]:
        """What was measured."""
        names = ("n", "phase", "method", "featurizer", "params")
        return {name: getattr(self, name) for name in names}

    @property
    def key(self) -> str:
        """What was measured, as text."""
        return json.dumps(self.identity, sort_keys=True)


def read(path: Path) -> list[Measurement]:
    """Return the measurements of a file of JSON lines."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = ("n", "phase", "method", "featurizer", "params")
    return [Measurement(*(line.pop(name) for name in names), figures=line) for line in lines]


def write_report(folder: Path) -> None:
    print(folder)
