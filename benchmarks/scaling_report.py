"""What ``benchmarks/scaling.py`` measured, as a table and a figure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from hashbench.reporting.figures.style import (
    COLUMN_WIDTH,
    PAGE_WIDTH,
    figure_bytes,
    figure_style,
    legend_columns,
    line_style,
)
from hashbench.reporting.table import Table

MEASURED = Path(__file__).with_name("scaling.jsonl")
ON_DISK = Path(__file__).with_name("large_database.json")
PHASES = ("corpus", "features", "fit", "encode", "evaluation")
LEAST_SECONDS = 0.2
"""Growth of less than this is within the error of measurement."""

WIDTH = 110
LINEAR = 1.1
"""Exponent up to which growth counts as linear."""

REASONS = {
    "evaluation": "Evaluation: the queries are a tenth of the documents, so that the pairs that are compared "
    "grow with the square of their number. With a fixed number of queries `hashbench.evaluate` is linear.",
    "fit of sth": "Fit of sth: its graph needs the nearest neighbours of all documents among all documents. "
    "They are exact up to 50,000 training documents, and with exact_up_to=1000000 at 100,000 as well; "
    "otherwise they are approximate above that, and only the comparison of codes grows with the square. What "
    "that costs in precision is in search.md.",
}
_IDENTITY = ("n", "phase", "method", "featurizer", "params")


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
        return {name: getattr(self, name) for name in _IDENTITY}

    @property
    def key(self) -> str:
        """What was measured, as text."""
        return json.dumps(self.identity, sort_keys=True)

    @property
    def row(self) -> tuple[str, str]:
        """The phase, and whose it is."""
        params = "".join(f", {name}={value}" for name, value in self.params.items())
        return self.phase, f"{self.method}{params}" if self.method else self.featurizer


@dataclass(frozen=True)
class Growth:
    """How the time of a phase grows from one number of documents to the next.

    Attributes:
        of: the phase and the method, such as "fit of itq".
        first: number of documents.
        last: the next that was measured.
        exponent: e, where time grows as the e-th power of the number of documents.
    """

    of: str
    first: int
    last: int
    exponent: float


def read(path: Path) -> list[Measurement]:
    """Return the measurements of a file of JSON lines, none if there is no file."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Measurement(**{name: line.pop(name) for name in _IDENTITY}, figures=line) for line in lines]


def read_on_disk() -> dict[str, Any]:
    """Return what ``benchmarks/large_database.py`` measured last."""
    measured: dict[str, Any] = json.loads(ON_DISK.read_text(encoding="utf-8"))
    return measured


def rows_of(measurements: Iterable[Measurement]) -> dict[tuple[str, str], dict[int, Measurement]]:
    """Return the measurements by phase and method, then by number of documents, phases in their order."""
    rows: dict[tuple[str, str], dict[int, Measurement]] = {}
    for each in sorted(measurements, key=lambda each: (PHASES.index(each.phase), each.n)):
        rows.setdefault(each.row, {})[each.n] = each
    return rows


def growths(measurements: Iterable[Measurement]) -> list[Growth]:
    """Return how the time of each phase grows, where the smaller is long enough to tell."""
    found = []
    for (phase, of), cells in rows_of(measurements).items():
        for first, last in pairwise(cells.values()):
            before, after = (each.figures["cpu_seconds"] for each in (first, last))
            if before >= LEAST_SECONDS:
                exponent = log(after / before) / log(last.n / first.n)
                found.append(Growth(f"{phase} of {of}" if of else phase, first.n, last.n, exponent))
    return found


def table(measurements: Sequence[Measurement]) -> Table:
    """Return seconds and memory of each phase, a column for each number of documents."""
    sizes = sorted({each.n for each in measurements})
    last = {growth.of: f"{growth.exponent:.2f}" for growth in growths(measurements)}
    rows = []
    for (phase, of), cells in rows_of(measurements).items():
        seconds = [f"{cells[n].figures['cpu_seconds']:.1f}" if n in cells else "" for n in sizes]
        memory = [f"{cells[n].figures['peak_mib']:,.0f}" if n in cells else "" for n in sizes]
        rows.append([phase, of, *seconds, last.get(f"{phase} of {of}" if of else phase, ""), *memory])
    header = [
        "phase",
        "of",
        *(f"s, {n:,}" for n in sizes),
        "exponent",
        *(f"MiB, {n:,}" for n in sizes),
    ]
    return Table("Scaling", header, rows, text_columns=2)


def faster_than_linear(measurements: Sequence[Measurement]) -> str:
    """Return a list of what grows faster than the number of documents, and why where it is known."""
    found = [growth for growth in growths(measurements) if growth.exponent > LINEAR]
    if not found:
        return "Nothing does."
    steps = [
        f"- {growth.of}, {growth.first:,} to {growth.last:,} documents: exponent {growth.exponent:.2f}"
        for growth in found
    ]
    reasons = [
        fill(reason, WIDTH)
        for of, reason in REASONS.items()
        if any(growth.of.startswith(of) for growth in found)
    ]
    return "\n\n".join(["\n".join(steps), *reasons])


def codes_on_disk(measured: Mapping[str, Any]) -> str:
    """Return what ``benchmarks/large_database.py`` measured."""
    found = {name: f"{value:,}" for name, value in measured.items()}
    return fill(
        "`python benchmarks/large_database.py` scores P@100 over random codes and integer labels in "
        f"memory-mapped files. {found['queries']} queries against {found['documents']} documents of "
        f"{found['bits']} bits took {found['cpu_seconds']} CPU seconds in {found['threads']} threads; other "
        "work ran on the machine, and large_database.json has the wall time as well. Resident memory, mapped "
        f"pages included, was at most {found['peak_mib']} MiB; before it was {found['mib_before']} MiB.",
        WIDTH,
        break_on_hyphens=False,
    )


def markdown(measurements: Sequence[Measurement], on_disk: Mapping[str, Any]) -> str:
    """Return the whole document."""
    rows = table(measurements).to_markdown().split("\n\n", 1)[1]
    return f"""# Time and memory over the number of documents

`python benchmarks/scaling.py` measures this and writes it; do not edit it by hand. The documents are made
up: 15 words each, of 50 classes. A tenth are queries, eight tenths are the database. Codes have 64 bits;
methods have their default parameters except for those that are named. hierhash is on vectors of `lsa`, the
others are on `tfidf`.

Each phase runs in a process of its own on one thread. Seconds (s) are CPU seconds, because other work ran on
the machine; scaling.jsonl has the wall time as well. MiB is the peak of the resident memory of the process,
with Python and its libraries (about 180 MiB, with PyTorch 450, with the compiled kernel 280) and what the
phase reads. The exponent is that of the last step between numbers of documents: time grows as their e-th
power. It stands where the time at the smaller number is {LEAST_SECONDS} s or more. Other work takes room in
the caches and makes CPU seconds more, so that exponents a little above 1 say little.

{rows}
## What grows faster than linearly

{faster_than_linear(measurements)}

## Codes on disk

{codes_on_disk(on_disk)}

![CPU seconds and peak memory over the number of documents](scaling.svg)
"""


@figure_style()
def figure(measurements: Sequence[Measurement]) -> Figure:
    """Draw CPU seconds and peak memory over the number of documents, both axes logarithmic."""
    drawn = Figure(figsize=(PAGE_WIDTH, COLUMN_WIDTH))
    left, right = drawn.subplots(1, 2)
    rows = {
        row: cells
        for row, cells in rows_of(measurements).items()
        if row[0] in ("features", "fit") or row == ("evaluation", "itq")
    }
    handles, labels = [], []
    for index, ((phase, of), cells) in enumerate(rows.items()):
        for axes, name in ((left, "cpu_seconds"), (right, "peak_mib")):
            values = [each.figures[name] for each in cells.values()]
            (handle,) = axes.plot([*cells], values, **line_style(index))
        handles.append(handle)
        labels.append(phase if phase == "evaluation" else f"{phase}, {of}")
    for axes, name in ((left, "CPU seconds"), (right, "peak memory, MiB")):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if axes is right else (1,)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("documents")
        axes.set_ylabel(name)
    drawn.legend(handles, labels, loc="outside lower center", ncols=legend_columns(labels, PAGE_WIDTH))
    return drawn


def write_report(folder: Path) -> None:
    """Write scaling.md and scaling.svg."""
    measurements = read(MEASURED)
    (folder / "scaling.md").write_text(markdown(measurements, read_on_disk()), encoding="utf-8")
    (folder / "scaling.svg").write_bytes(figure_bytes(figure(measurements), ".svg"))
