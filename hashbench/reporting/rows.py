"""The rows of a leaderboard: the records of one method, recipe and setting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev
from typing import Any

from hashbench.experiment.record import TrialRecord
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.cells import Cell, Cost, cell_of, cost_of, two_digits

RECALL = ("cosine-recall", "cosine-recall@10")
"""The value by which methods are ranked where there are no labels."""
OTHER_VERSION = "§"
OTHER_CODE = "‡"
_MARKS = {"other version": OTHER_VERSION, "other code": OTHER_CODE, "unknown code": OTHER_CODE}


@dataclass(frozen=True, eq=False)
class Row:
    """The records of one method, recipe and setting, by code length (None for methods without codes).

    Attributes:
        label: what the leaderboards call it, such as "sth (published, k=9)".
        records: its records.
        mark: a sign where a record is of another version or of other code than what is installed.
        of_recipe: the recipe has the parameters of the records today, but for those that the user set.
    """

    label: str
    records: Mapping[int | None, Sequence[TrialRecord]]
    mark: str = ""
    of_recipe: bool = True

    @property
    def first(self) -> TrialRecord:
        """Any record of the row, for what they share."""
        return next(iter(self.records.values()))[0]

    @property
    def names(self) -> tuple[str, ...]:
        """What the row answers to: its label, ``method@recipe`` and, for an unchanged default, the method.

        A row of earlier values of its recipe answers to its label alone.
        """
        trial = self.first.trial
        plain = self.of_recipe and not self.first.overrides.get("method")
        names = [self.label, *([f"{trial.method}@{trial.recipe}"] if plain else [])]
        return (*names, trial.method) if plain and trial.recipe == "default" else tuple(names)

    @property
    def by_hamming(self) -> bool:
        """Whether it stands with the binary codes: it has some, or no code length at all."""
        return self.first.kind == "bits" or self.first.trial.bits is None

    @property
    def styled(self) -> str:
        """The label as tables show it: references in italics, supervised methods with a dagger."""
        label = f"*{self.label}*" if self.first.reference else self.label
        dagger = "†" if self.first.supervised else ""
        return " ".join(filter(None, [label, dagger, self.mark]))

    @property
    def input(self) -> str:
        """The featurizer of the recipe, where it has one of its own; else an empty string."""
        return self.first.trial.featurizer if self.first.trial.requested else ""

    def input_on(self, featurizer: str) -> str:
        """What it reads on a board of a featurizer; "own" if that is the featurizer with other settings."""
        if not self.input:
            return featurizer
        return f"own {self.input}" if self.input == featurizer else self.input

    @cached_property
    def seeds(self) -> int:
        """Number of seeds."""
        return len({record.trial.seed for records in self.records.values() for record in records})

    @property
    def tuning(self) -> str:
        """How its values were tuned: trials and CPU seconds of all its code lengths; else an empty string."""
        found = [records[0].tuning for records in self.records.values() if records[0].tuning]
        if not found:
            return ""
        trials = " + ".join(str(each.trials * len(each.datasets)) for each in found)
        spent = [each.cpu_seconds for each in found if each.cpu_seconds is not None]
        cost = f"{two_digits(sum(spent))} CPU s of fit" if len(spent) == len(found) else "CPU s not known"
        datasets = ", ".join(dict.fromkeys(name for each in found for name in each.datasets))
        return f"{trials} trials on {datasets}, {found[0].labels} labels, {cost}"

    def successes(self, bits: int | None) -> list[TrialRecord]:
        """Return the records at one code length that did not fail."""
        return [record for record in self.records.get(bits, ()) if record.status == "ok"]

    def cell(self, bits: int | None, metric: str) -> Cell:
        """Return the numbers of a metric at one code length, from which tables and figures are made."""
        return cell_of(self.records.get(bits, ()), metric)

    def mean_at(self, bits: int | None, metric: str) -> float | None:
        """Return the mean of a metric over seeds at one code length; None without scores."""
        return self.cell(bits, metric).mean

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over code lengths and seeds; below every score if all failed."""
        means = [mean for bits in self.records if (mean := self.mean_at(bits, metric)) is not None]
        return fmean(means) if means else -1.0

    def metric_values(self, bits: int | None, metric: str, name: str) -> list[float]:
        """Return a value of another metric at one code length, one a seed that has it."""
        found = (record.metrics.get(metric, {}).get(name) for record in self.successes(bits))
        return [value for value in found if value is not None]

    def metric_cell(self, bits: int | None, metric: str, name: str) -> str:
        """Return the cell of a value of another metric: mean over seeds ± standard deviation."""
        values = self.metric_values(bits, metric, name)
        if not values:
            return "-" if self.records.get(bits) else ""
        return f"{fmean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")

    @property
    def place(self) -> tuple[float, float, str]:
        """What rows are sorted by: mean P@100 or, without labels, recall of neighbours; the label."""
        recalls = [value for bits in self.records for value in self.metric_values(bits, *RECALL)]
        return -self.mean("p@100"), -fmean(recalls) if recalls else 0.0, self.label

    def precision(self, bits: int | None, metric: str) -> str:
        """Return the cell of a metric: mean over seeds ± standard deviation."""
        return str(self.cell(bits, metric))

    def tie_bounds(self, bits: int | None, metric: str) -> str:
        """Return the cell of what the order of tied documents could make of a metric: lowest, highest."""
        cell = self.cell(bits, metric)
        return "" if cell.low is None or cell.high is None else f"{cell.low:.3f} to {cell.high:.3f}"

    def cost(self, bits: int | None) -> Cost:
        """Return the cost at one code length: medians over seeds."""
        return cost_of(self.records.get(bits, ()))


def place_of_score(name: str) -> tuple[bool, int, str]:
    """Return where the column of a score stands: fine before coarse, N ascending, bounds after the mean."""
    metric, _, n_and_bound = name.partition("@")
    n, _, bound = n_and_bound.partition(" ")
    return metric != "p", int(n), {"": "", "worst": "a"}.get(bound, "b")


def make_rows(records: Sequence[TrialRecord], catalogue: Catalogue) -> list[Row]:
    """Return the rows of the records of one board, best mean P@100 first, or recall without labels.

    Of records of several versions of a component, the highest version counts, and of those of one cell the
    newest.
    """
    groups: defaultdict[tuple[str, str], list[TrialRecord]] = defaultdict(list)
    for record in records:
        groups[_label(record, catalogue), record.labels].append(record)
    rows = [_newest(label, its_records, catalogue) for (label, _), its_records in groups.items()]
    return sorted(rows, key=lambda row: row.place)


def with_settings(name: str, settings: Mapping[str, Any]) -> str:
    """Return a name with settings in brackets, if there are some."""
    return f"{name} ({listed_settings(settings)})" if settings else name


def listed_settings(settings: Mapping[str, Any]) -> str:
    """Return settings as "name=value", in alphabetical order."""
    return ", ".join(f"{name}={_shown(value)}" for name, value in sorted(settings.items()))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _label(record: TrialRecord, catalogue: Catalogue) -> str:
    trial = record.trial
    earlier, removed = catalogue.earlier_values(record), catalogue.removed(record)
    overrides = {n: value for n, value in record.overrides.get("method", {}).items() if n not in removed}
    parts = [trial.recipe] if catalogue.names_recipe(record) or earlier or removed else []
    parts += [f"earlier values: {listed_settings(earlier)}"] if earlier else []
    parts += [f"removed: {listed_settings(removed)}"] if removed else []
    parts += [f"{'changed: ' if record.changed else ''}{listed_settings(overrides)}"] if overrides else []
    parts += [f"{record.threads} threads"] if record.threads > 1 else []
    return f"{trial.method} ({', '.join(parts)})" if parts else trial.method


def _newest(label: str, records: Sequence[TrialRecord], catalogue: Catalogue) -> Row:
    highest = max(_versions(record) for record in records)
    current: dict[tuple[int | None, int | None], TrialRecord] = {}
    for record in sorted(records, key=lambda record: (record.finished, record.key)):
        if _versions(record) == highest:
            current[record.trial.bits, record.trial.seed] = record
    by_bits: defaultdict[int | None, list[TrialRecord]] = defaultdict(list)
    for (bits, _), record in sorted(current.items(), key=lambda item: str(item[0])):
        by_bits[bits].append(record)
    marks = {_MARKS.get(catalogue.standing(record), "") for record in current.values()} - {""}
    some = next(iter(current.values()))
    of_recipe = not (catalogue.earlier_values(some) or catalogue.removed(some))
    return Row(label, by_bits, "".join(sorted(marks)), of_recipe)


def _versions(record: TrialRecord) -> tuple[int, ...]:
    return tuple(
        record.origins[part].version if part in record.origins else 0 for part in ("method", "featurizer")
    )
