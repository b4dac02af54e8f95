"""What a trial cost that was run for its cost: on one thread, with no other trial beside it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from hashbench.experiment.record import TrialRecord
from hashbench.reporting.cells import on_gpu, two_digits

MACHINE = 30
"""Characters of the name of a processor or GPU in a table."""


def measured_cost(records: Sequence[TrialRecord]) -> list[str]:
    """Return the cells of records of one code length, medians over seeds; none where nothing was measured.

    The cells are the processor or GPU, the code length, CPU seconds of fit, documents encoded a second (of a
    ranker, which encodes nothing, "-"), milliseconds in which the 100 nearest documents of a query are found,
    bytes a document, and peak memory of the process in MiB.
    """
    measured = [record for record in records if record.cost_measured]
    if not measured:
        return []
    first = measured[0]
    ranker = first.kind == "ranker"
    seconds = [record.seconds for record in measured]
    memory = first.bits_per_document
    return [
        str(first.machine.get("device" if on_gpu(first) else "processor", "unknown"))[:MACHINE],
        "-" if first.trial.bits is None else str(first.trial.bits),
        _median([each.fit_cpu for each in seconds]),
        "-"
        if ranker
        else _median([r.counts["encoded"] / r.seconds.encode for r in measured if r.seconds.encode]),
        _median([None if each.search is None else 1000 * each.search for each in seconds]),
        "-" if memory is None else two_digits(memory / 8),
        _median([record.peak_rss_mib for record in measured]),
    ]


def cost_line(records: Sequence[TrialRecord]) -> str | None:
    """Return the cost of records of one code length in one line; None where it was not measured."""
    cells = measured_cost(records)
    if not cells:
        return None
    machine, _, fit, rate, search, size, memory = cells
    return (
        f"{fit} CPU s of fit, {rate} documents encoded/s, {search} ms a search, {size} bytes a document, "
        f"{memory} MiB at most; one thread, run alone, {machine}"
    )


def _median(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return two_digits(median(known)) if known else "-"
