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
from hashbench.reporting.published import Figure, published_figures
from hashbench.reporting.table import Table

MARK = "<!-- Written by `hashbench leaderboard` from stored records; edits are lost. -->"
NO_BITS = "no bits"
_LEGEND = (
    "A cell gives the mean over seeds ± its standard deviation, and in brackets the lowest and highest "
    "value that the order of documents at equal distance could give. *Italics* mark references, † methods "
    "that were given the labels of the training documents. Figures as printed are those of papers, which "
    "split and preprocess the corpora in ways of their own and do not say how they break ties: do not "
    "compare them without care."
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

    def mean_at(self, bits: int | None, metric: str) -> float | None:
        """Return the mean of a metric over seeds at one code length; None without scores."""
        scored = [record for record in self.successes(bits) if metric in record.scores]
        return fmean(record.scores[metric].expected for record in scored) if scored else None

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over code lengths and seeds; below every score if all failed."""
        means = [mean for bits in self.records if (mean := self.mean_at(bits, metric)) is not None]
        return fmean(means) if means else -1.0


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

    def precision_table(self, metric: str, title: str, *, supervised: bool = False) -> Table | None:
        """Return method x bits of one metric; None for a metric that was not scored, or without methods.

        Args:
            metric: name of the metric.
            title: what it is called.
            supervised: the methods that were given labels, instead of the others and the references.
        """
        rows = [row for row in self.rows if row.first.supervised == supervised]
        columns = [bits for bits in self.bits if any(bits in row.records for row in rows)]
        succeeded = [record for row in rows for bits in columns for record in row.successes(bits)]
        scored = any(metric in record.scores for record in succeeded)
        if not rows or (not scored and (succeeded or "coarse" in metric)):
            return None
        cells = [[_styled(row), *(_precision_cell(row, bits, metric) for bits in columns)] for row in rows]
        which = " of methods given the labels" if supervised else ""
        header = ["method", *map(_bits_label, columns)]
        return Table(f"{title}{which} {self.where}", header, cells, numbers=True)

    def published_table(self, metric: str, title: str) -> Table | None:
        """Return method x bits of one metric beside the figures of papers; None where there are none.

        Papers report test documents, and methods and datasets as they are by default.
        """
        if self.first.protocol.queries != "test" or self.first.overrides.get("dataset"):
            return None
        figures = published_figures(self.first.trial.dataset, self.first.trial.features, metric)
        beside = {
            row: printed
            for row in self.rows
            if not row.first.overrides.get("method")
            and (printed := figures.get(row.first.trial.method, {})).keys() & row.records.keys()
        }
        lengths = [
            bits
            for bits in self.bits
            if bits and any(bits in row.records and bits in printed for row, printed in beside.items())
        ]
        cells = [
            [
                _styled(row),
                *(_published_cell(row, bits, metric, printed.get(bits)) for bits in lengths),
                "; ".join(sorted({figure.source for figure in printed.values()})),
            ]
            for row, printed in beside.items()
        ]
        header = ["method", *map(_bits_label, lengths), "printed in"]
        return (
            Table(f"{title} here / as printed {self.where}", header, cells, numbers=True) if cells else None
        )

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
        succeeded = [record for record in self.records if record.status == "ok"]
        lines = [
            f"## {self.dataset} with {self.features}",
            "",
            *([f"{self.first.description}."] if self.first.description else []),
            f"Protocol `{protocol.fingerprint}`: split {protocol.split}; queries are the {protocol.queries} "
            f"documents, the database is the training documents; a document is relevant if it "
            f"{protocol.relevance}; ties: {protocol.ties}; evaluator {protocol.evaluator}.",
        ]
        if succeeded:
            scored = succeeded[0]
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
            notes = dict.fromkeys(note for record in succeeded for note in record.notes)
            lines += [f"Note: {note}." for note in notes]
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
        """Return fine and coarse P@100, published figures beside them, and the cost, where there are any."""
        tables = (
            self.precision_table("p@100", "P@100"),
            self.precision_table("p@100", "P@100", supervised=True),
            self.precision_table("coarse-p@100", "Coarse P@100"),
            self.precision_table("coarse-p@100", "Coarse P@100", supervised=True),
            self.published_table("p@100", "P@100"),
            self.published_table("coarse-p@100", "Coarse P@100"),
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
    boards_ = [board for its_boards in by_dataset.values() for board in its_boards]
    tables = [
        _best_table("Best P@100 by code length, references apart", boards_, supervised=False),
        _best_table("Best P@100 by code length of methods given the labels", boards_, supervised=True),
    ]
    return "\n".join(
        [MARK, "", "# Leaderboards", "", *(table.to_markdown() for table in tables if table.rows)]
    )


def _best_table(title: str, boards_: Sequence[Board], *, supervised: bool) -> Table:
    """Return the best method by code length of each board; boards without supervised methods have no row."""
    lengths = sorted({bits for board in boards_ for bits in board.bits if bits})
    rows = []
    for board in boards_:
        if supervised and not any(row.first.supervised for row in board.rows):
            continue
        link = f"[{board.dataset}]({file_name(board.first.trial.dataset)})"
        best = [_best_cell(board, bits, supervised=supervised) for bits in lengths]
        rows.append([link, board.features, f"`{board.first.protocol.fingerprint}`", *best])
    header = ["dataset", "features", "protocol", *map(_bits_label, lengths)]
    return Table(title, header, rows, level=2)


def _best_cell(board: Board, bits: int, *, supervised: bool) -> str:
    means = [
        (mean, row.label)
        for row in board.rows
        if row.first.supervised == supervised and not row.first.reference
        if (mean := row.mean_at(bits, "p@100")) is not None
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


def _published_cell(row: Row, bits: int, metric: str, figure: Figure | None) -> str:
    mean = row.mean_at(bits, metric)
    printed = "-" if figure is None else f"{figure.value:.3f}"
    return f"{'-' if mean is None else f'{mean:.3f}'} / {printed}"


def _cost_cell(row: Row, bits: int | None) -> str:
    records = row.successes(bits)
    fits = [record.seconds.fit for record in records if record.seconds.fit is not None]
    rates = [r.counts["encoded"] / r.seconds.encode for r in records if r.seconds.encode]
    parts = [f"{median(fits):.2f} s"] if fits else []
    parts += [f"{median(rates):,.0f}/s"] if rates else []
    return ", ".join(parts)
