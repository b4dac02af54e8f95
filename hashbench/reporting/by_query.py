"""Values by query of stored records, as samples of the statistics."""

from __future__ import annotations

from collections.abc import Sequence

from hashbench.experiment.record import TrialRecord, unpacked_values
from hashbench.reporting.rows import Row
from hashbench.statistics import Joint, Sample

METRIC = "p@100"
"""The metric whose values by query records keep."""


def sample_of(records: Sequence[TrialRecord]) -> Sample | None:
    """Return P@100 by seed and query; None unless every record holds it, or without records.

    Args:
        records: of one method at one code length, one a seed.

    Raises:
        DataError: the values of a record are damaged.
    """
    if not records or any(METRIC not in record.by_query for record in records):
        return None
    values = [unpacked_values(record.by_query[METRIC]) for record in records]
    return Sample.of(values, random=records[0].trial.seed is not None)


def joint_of(rows: Sequence[Row], bits: int | None) -> tuple[list[Row], Joint] | None:
    """Return the rows that have values by query at a code length, and what compares them.

    None unless there are two or more, and the row of the highest mean is one of them.
    """
    scored = [row for row in rows if row.mean_at(bits, METRIC) is not None]
    samples = {row: sample for row in scored if (sample := sample_of(row.successes(bits)))}
    best = max(scored, key=lambda row: row.mean_at(bits, METRIC) or 0.0, default=None)
    if len(samples) < 2 or best not in samples:
        return None
    return list(samples), Joint(list(samples.values()))


def inseparable_rows(rows: Sequence[Row], bits: int | None) -> frozenset[Row]:
    """Return the rows that cannot be told apart from the best one at a code length, the best included.

    None where ``joint_of`` compares nothing.
    """
    found = joint_of(rows, bits)
    if found is None:
        return frozenset()
    compared, joint = found
    return frozenset(row for row, possibly in zip(compared, joint.possibly_best, strict=True) if possibly)
