"""Values by query of stored records, as samples of the statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hashbench.experiment.record import TrialRecord, unpacked_values
from hashbench.reporting.rows import Row
from hashbench.statistics import Interval, Joint, Sample

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


@dataclass(frozen=True)
class Standing:
    """Where a row stands among others at one code length; all statements of a column hold with 95 % together.

    Attributes:
        inseparable: no other row is significantly better.
        difference: interval of its mean less that of the row of the highest mean; (0, 0) of that one itself.
        ranks: the best and the worst rank that it may have.
    """

    inseparable: bool
    difference: Interval
    ranks: tuple[int, int]

    def __str__(self) -> str:
        """Return the difference and the ranks, as tables show them."""
        best, worst = self.ranks
        said = f"rank {best}" if best == worst else f"rank {best} to {worst}"
        low, high = self.difference
        return said if low == high == 0 else f"{low:+.3f} to {high:+.3f}, {said}"


def standings(rows: Sequence[Row], bits: int | None) -> dict[Row, Standing]:
    """Return where the rows stand that have values by query at a code length.

    None do unless there are two or more, and the row of the highest mean is one of them.
    """
    scored = [row for row in rows if row.mean_at(bits, METRIC) is not None]
    samples = {row: sample for row in scored if (sample := sample_of(row.successes(bits)))}
    best = max(scored, key=lambda row: row.mean_at(bits, METRIC) or 0.0, default=None)
    if len(samples) < 2 or best not in samples:
        return {}
    joint = Joint(list(samples.values()))
    differences = joint.against(int(joint.means.argmax()))
    found = zip(samples, joint.possibly_best, differences, joint.rank_intervals, strict=True)
    return {row: Standing(bool(possibly), difference, ranks) for row, possibly, difference, ranks in found}
