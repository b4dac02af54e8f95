"""A cell of a table as numbers: what every renderer and every figure of a metric takes its values from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

from hashbench.experiment.record import TrialRecord

BOUNDS = (" worst", " best")
"""What is behind the name of a metric in the names of its bounds under ties."""

LARGE = 10
"""From here on values are shown with one decimal."""


@dataclass(frozen=True)
class Cell:
    """A metric of one row at one code length, over seeds.

    Attributes:
        metric: its name, such as "p@100".
        values: one a seed that has it, in the order of the records.
        low: mean over seeds with tied documents in the worst order; None where it is not stored.
        high: the same in the best order.
        n_records: number of records, those of failed trials included.
        n_failed: how many of them failed.
    """

    metric: str
    values: tuple[float, ...]
    low: float | None = None
    high: float | None = None
    n_records: int = 0
    n_failed: int = 0

    @property
    def n(self) -> int:
        """Number of seeds that have a value."""
        return len(self.values)

    @property
    def mean(self) -> float | None:
        """Mean over seeds; None without a value."""
        return fmean(self.values) if self.values else None

    @property
    def sd(self) -> float | None:
        """Standard deviation over seeds (n - 1 in the denominator); None for fewer than two."""
        return stdev(self.values) if self.n > 1 else None

    @property
    def digits(self) -> int:
        """Number of decimals that are shown."""
        return 3 if max(map(abs, self.values), default=0.0) < LARGE else 1

    @property
    def remark(self) -> str:
        """What is shown where there is no mean, or what failed beside one; empty when nothing did."""
        if self.values:
            return f"({self.n_failed} of {self.n_records} failed)" if self.n_failed else ""
        return ("failed" if self.n_failed else "-") if self.n_records else ""

    def __str__(self) -> str:
        """Return mean ± standard deviation, as Markdown and terminals show it."""
        if self.mean is None:
            return self.remark
        spread = "" if self.sd is None else f" ± {self.sd:.{self.digits}f}"
        return f"{self.mean:.{self.digits}f}{spread}{f' {self.remark}' if self.remark else ''}"


@dataclass(frozen=True)
class Cost:
    """What one row cost at one code length: medians over seeds; None where nothing is stored.

    Attributes:
        fit_seconds: wall-clock seconds to fit.
        encoded_per_second: documents encoded a second.
        peak_mib: peak resident memory during fit and encode, in MiB.
        bits_per_document: what is stored of a document, in bits.
        on_gpu: whether every fit took place on a GPU.
    """

    fit_seconds: float | None = None
    encoded_per_second: float | None = None
    peak_mib: float | None = None
    bits_per_document: float | None = None
    on_gpu: bool = False

    @property
    def fit(self) -> str:
        """Seconds to fit, and whether on a GPU; empty where nothing is stored."""
        where = " on a GPU" if self.on_gpu else ""
        return "" if self.fit_seconds is None else f"{two_digits(self.fit_seconds)} s{where}"

    def __str__(self) -> str:
        """Return seconds to fit and documents encoded a second, as Markdown and terminals show it."""
        rate = "" if self.encoded_per_second is None else f"{two_digits(self.encoded_per_second)}/s"
        return ", ".join(filter(None, [self.fit, rate]))


def cell_of(records: Sequence[TrialRecord], metric: str) -> Cell:
    """Return the cell of a metric.

    Args:
        records: of one row and one code length, those of failed trials included.
        metric: see ``metric_value``.
    """
    values, lowest, highest = (_values(records, f"{metric}{bound}") for bound in ("", *BOUNDS))
    return Cell(
        metric,
        values,
        fmean(lowest) if lowest else None,
        fmean(highest) if highest else None,
        len(records),
        sum(record.status == "failed" for record in records),
    )


def cost_of(records: Sequence[TrialRecord]) -> Cost:
    """Return the cost of the records of one row and one code length.

    Failed trials do not count, nor those on a GPU where others took place on the processor.
    """
    done = [record for record in records if record.status == "ok"]
    on_processor = [record for record in done if not on_gpu(record)]
    counted = on_processor or done
    return Cost(
        _median([record.seconds.fit for record in counted]),
        _median([r.counts["encoded"] / r.seconds.encode for r in counted if r.seconds.encode]),
        _median([record.peak_rss_mib for record in counted]),
        _median([record.bits_per_document for record in counted]),
        on_gpu=bool(done) and not on_processor,
    )


def on_gpu(record: TrialRecord) -> bool:
    """Tell whether the method of a record was trained on a GPU."""
    return str(record.trial.params.get("device")).startswith("cuda")


def metric_value(record: TrialRecord, metric: str) -> float | None:
    """Return a score or a value of another metric, or None where the record does not hold it.

    Args:
        record: of a trial.
        metric: a score such as "p@100", with " worst" or " best" behind it for its bounds; the name of a
            value of another metric, or both names, "METRIC NAME".
    """
    name, _, bound = metric.partition(" ")
    if name in record.scores:
        return float(getattr(record.scores[name], bound or "expected"))
    for of, values in record.metrics.items():
        if metric in values:
            return values[metric]
        if metric.startswith(f"{of} ") and (value := values.get(metric.removeprefix(f"{of} "))) is not None:
            return value
    return None


def two_digits(value: float) -> str:
    """Return a number to two significant digits, without an exponent."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.10f}".rstrip("0").rstrip(".")


def _values(records: Sequence[TrialRecord], metric: str) -> tuple[float, ...]:
    found = (metric_value(record, metric) for record in records if record.status == "ok")
    return tuple(value for value in found if value is not None)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
