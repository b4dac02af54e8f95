"""Leaderboards: Markdown files made of nothing but stored records.

A table holds one dataset, one featurizer and one protocol; its rows are methods, its columns code lengths.
Where a method was run by several versions of its code, the newest version makes the row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median, stdev
from typing import Any

from hashbench.experiment.record import Score, TrialRecord
from hashbench.reporting.table import Table

MARK = "<!-- Written by `hashbench leaderboard` from stored records; edits are lost. -->"
NO_BITS = "no bits"
_LEGEND = (
    "A cell gives the mean over seeds ± its standard deviation, and in brackets the lowest and highest "
    "value that the order of documents at equal distance could give. *Italics* mark references, † methods "
    "that were given the labels of the training documents."
)


@dataclass(frozen=True, eq=False)
class Row:
    """The records of one method, by code length (None for methods without codes)."""

    label: str
    records: Mapping[int | None, Sequence[TrialRecord]]

    @property
    def first(self) -> TrialRecord:
        """Any record of the row, for what they share."""
        return next(iter(self.records.values()))[0]

    def successes(self, bits: int | None) -> list[TrialRecord]:
        """Return the records at one code length that did not fail."""
        return [record for record in self.records.get(bits, ()) if record.status == "ok"]

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over code lengths and seeds; below every score if all failed."""
        scores = [
            fmean(record.scores[metric].expected for record in records)
            for bits in self.records
            if (records := [r for r in self.successes(bits) if metric in r.scores])
        ]
        return fmean(scores) if scores else -1.0


@dataclass(frozen=True, eq=False)
class Board:
    """All records of one protocol: what shares a table."""

    records: Sequence[TrialRecord]

    @property
    def first(self) -> TrialRecord:
        """Any record of the board, for what they share."""
        return self.records[0]

    @cached_property
    def rows(self) -> list[Row]:
        """One row a method and its parameters, best mean P@100 first."""
        groups: defaultdict[str, list[TrialRecord]] = defaultdict(list)
        for record in self.records:
            groups[_method_label(record)].append(record)
        rows = [_newest(label, records) for label, records in groups.items()]
        return sorted(rows, key=lambda row: (-row.mean("p@100"), row.label))

    @cached_property
    def bits(self) -> list[int | None]:
        """Code lengths of the board, ascending, None last where a method has no codes."""
        lengths = {bits for row in self.rows for bits in row.records}
        return [*sorted(bits for bits in lengths if bits is not None), *({None} & lengths)]

    @property
    def features(self) -> str:
        """The featurizer, with the parameters that differ from their defaults."""
        return _with_overrides(self.first.trial.features, self.first.overrides.get("features", {}))

    @property
    def dataset(self) -> str:
        """The dataset, with the options that differ from their defaults."""
        return _with_overrides(self.first.trial.dataset, self.first.overrides.get("dataset", {}))

    @property
    def where(self) -> str:
        """Dataset and featurizer, for titles."""
        return f"on {self.dataset} with {self.features}"

    def precision_table(self, metric: str, title: str) -> Table | None:
        """Return method x bits of one metric; None for a metric that was not scored."""
        succeeded = [record for record in self.records if record.status == "ok"]
        if not any(metric in record.scores for record in succeeded) and (succeeded or "coarse" in metric):
            return None
        rows = [
            [_styled(row), *(_precision_cell(row, bits, metric) for bits in self.bits)] for row in self.rows
        ]
        return Table(f"{title} {self.where}", ["method", *map(_bits_label, self.bits)], rows, numbers=True)

    def cost_table(self) -> Table | None:
        """Return method x bits of fit seconds and documents encoded a second, medians over seeds."""
        if not any(record.status == "ok" for record in self.records):
            return None
        rows = [[_styled(row), *(_cost_cell(row, bits) for bits in self.bits)] for row in self.rows]
        title = f"Seconds to fit and documents encoded a second {self.where}"
        return Table(title, ["method", *map(_bits_label, self.bits)], rows, numbers=True)

    def source_table(self) -> Table:
        """Return which code with which parameters is behind each row."""
        rows = []
        for row in self.rows:
            record = row.first
            parameters = ", ".join(f"{name}={_shown(value)}" for name, value in record.trial.params.items())
            plugin = f"{record.plugin.distribution} {record.plugin.version}"
            seeds = len({r.trial.seed for records in row.records.values() for r in records})
            rows.append([_styled(row), str(seeds), plugin, record.plugin.source[:8], parameters or "none"])
        return Table(f"Methods {self.where}", ["method", "seeds", "plugin", "source", "parameters"], rows)

    def introduction(self) -> str:
        """Return the paragraph above the tables: protocol, sizes and chance level."""
        protocol = self.first.protocol
        scored = next((record for record in self.records if record.status == "ok"), None)
        lines = [
            f"## {self.dataset} with {self.features}",
            "",
            *([f"{self.first.description}."] if self.first.description else []),
            f"Protocol `{protocol.fingerprint}`: split {protocol.split}; queries are the {protocol.queries} "
            f"documents, the database is the training documents; a document is relevant if it "
            f"{protocol.relevance}; ties: {protocol.ties}; evaluator {protocol.evaluator}.",
        ]
        if scored:
            left_out = {name: n for name, n in scored.counts.items() if "-" in name and n}
            chance = [
                f"{value:.3f} ({'coarse' if 'coarse' in name else 'fine'} labels)"
                for name, value in sorted(scored.chance.items(), reverse=True)
            ]
            lines += [
                f"Database {scored.counts['database']:,} documents, {scored.counts['queries']:,} queries; "
                f"a random ranking scores {', '.join(chance)}."
                + "".join(f" {name.replace('-', ' ')}: {n:,}, left out." for name, n in left_out.items())
            ]
            lines += [f"Note: {note}." for note in dict.fromkeys(scored.notes)]
        return "\n".join([*lines, ""])

    def failures(self) -> str:
        """Return a list of what failed and why; empty when nothing did."""
        failed = [
            f"- {record.trial}: {record.error} (`{record.key[:8]}`)"
            for row in self.rows
            for records in row.records.values()
            for record in records
            if record.status == "failed"
        ]
        return "\n".join(["### Failed trials", "", *failed, ""]) if failed else ""

    def tables(self) -> list[Table]:
        """Return fine and coarse P@100 and the cost, as far as the records have them."""
        tables = (
            self.precision_table("p@100", "P@100"),
            self.precision_table("coarse-p@100", "Coarse P@100"),
            self.cost_table(),
        )
        return [table for table in tables if table]

    def to_markdown(self) -> str:
        """Return introduction, tables and failures."""
        tables = [*self.tables(), self.source_table()]
        parts = [self.introduction(), *(table.to_markdown() for table in tables), self.failures()]
        return "\n".join(part for part in parts if part)


def boards(records: Iterable[TrialRecord]) -> list[Board]:
    """Group records by protocol, datasets in alphabetical order, the newest protocol of each first."""
    groups: defaultdict[str, list[TrialRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.key):
        groups[record.protocol.fingerprint].append(record)
    newest_first = sorted(groups.values(), key=lambda group: max(r.finished for r in group), reverse=True)
    ordered = sorted(newest_first, key=lambda group: (group[0].trial.dataset, group[0].trial.features))
    return [Board(group) for group in ordered]


def render(records: Iterable[TrialRecord]) -> dict[str, str]:
    """Return the text of every leaderboard file, by file name: one a dataset, and an index."""
    by_dataset: defaultdict[str, list[Board]] = defaultdict(list)
    for board in boards(records):
        by_dataset[board.first.trial.dataset].append(board)
    files = {
        file_name(dataset): "\n".join(
            [MARK, "", f"# Leaderboard: {dataset}", "", _LEGEND, "", *(b.to_markdown() for b in its_boards)]
        )
        for dataset, its_boards in by_dataset.items()
    }
    files["README.md"] = _index(by_dataset)
    return files


def file_name(dataset: str) -> str:
    """Return the name of the file of a dataset."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", dataset) + ".md"


def _index(by_dataset: Mapping[str, Sequence[Board]]) -> str:
    lengths = sorted({b for boards_ in by_dataset.values() for board in boards_ for b in board.bits if b})
    rows = []
    for dataset, its_boards in by_dataset.items():
        for board in its_boards:
            link = f"[{board.dataset}]({file_name(dataset)})"
            best = [_best_cell(board, bits) for bits in lengths]
            rows.append([link, board.features, f"`{board.first.protocol.fingerprint}`", *best])
    table = Table(
        "Best P@100 by code length, references apart",
        ["dataset", "features", "protocol", *map(_bits_label, lengths)],
        rows,
        level=2,
    )
    return "\n".join([MARK, "", "# Leaderboards", "", table.to_markdown()])


def _best_cell(board: Board, bits: int) -> str:
    means = [
        (fmean(record.scores["p@100"].expected for record in records), row.label)
        for row in board.rows
        if not row.first.reference and (records := [r for r in row.successes(bits) if "p@100" in r.scores])
    ]
    if not means:
        return "-"
    value, label = max(means)
    return f"{label} {value:.3f}"


def _newest(label: str, records: Sequence[TrialRecord]) -> Row:
    newest = max(records, key=lambda record: (record.finished, record.key))
    current: dict[tuple[int | None, int | None], TrialRecord] = {}
    for record in sorted(records, key=lambda record: (record.finished, record.key)):
        if record.plugin == newest.plugin:
            current[record.trial.bits, record.trial.seed] = record
    by_bits: defaultdict[int | None, list[TrialRecord]] = defaultdict(list)
    for (bits, _), record in sorted(current.items(), key=lambda item: str(item[0])):
        by_bits[bits].append(record)
    return Row(label, by_bits)


def _method_label(record: TrialRecord) -> str:
    label = _with_overrides(record.trial.method, record.overrides.get("method", {}))
    return label if record.threads == 1 else f"{label}, {record.threads} threads"


def _with_overrides(name: str, overrides: Mapping[str, Any]) -> str:
    changed = ", ".join(f"{key}={_shown(value)}" for key, value in sorted(overrides.items()))
    return f"{name} ({changed})" if changed else name


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _styled(row: Row) -> str:
    if row.first.reference:
        return f"*{row.label}*"
    return f"{row.label} †" if row.first.supervised else row.label


def _bits_label(bits: int | None) -> str:
    return NO_BITS if bits is None else f"{bits} bits"


def _precision_cell(row: Row, bits: int | None, metric: str) -> str:
    records = row.records.get(bits, ())
    if not records:
        return ""
    scores: list[Score] = [r.scores[metric] for r in row.successes(bits) if metric in r.scores]
    failed = sum(record.status == "failed" for record in records)
    if not scores:
        return "failed" if failed else "-"
    expected = [score.expected for score in scores]
    spread = f" ± {stdev(expected):.3f}" if len(expected) > 1 else ""
    worst, best = fmean(s.worst for s in scores), fmean(s.best for s in scores)
    missing = f" ({failed} of {len(records)} failed)" if failed else ""
    return f"{fmean(expected):.3f}{spread} [{worst:.3f}, {best:.3f}]{missing}"


def _cost_cell(row: Row, bits: int | None) -> str:
    records = row.successes(bits)
    fits = [record.seconds.fit for record in records if record.seconds.fit is not None]
    rates = [r.counts["encoded"] / r.seconds.encode for r in records if r.seconds.encode]
    parts = [f"{median(fits):.2f} s"] if fits else []
    parts += [f"{median(rates):,.0f}/s"] if rates else []
    return ", ".join(parts)
