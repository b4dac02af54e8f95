"""A board: the records that share a task and a requested featurizer, and the tables made of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from hashbench.experiment.record import TrialRecord
from hashbench.experiment.search import SYMMETRIC
from hashbench.recipes import PUBLISHED
from hashbench.reporting.by_query import METRIC, Standing, standings
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.cells import BOUNDS, metric_value
from hashbench.reporting.measured_cost import measured_cost
from hashbench.reporting.published import published_figures
from hashbench.reporting.rows import RECALL, Row, listed_settings, make_rows, with_settings
from hashbench.reporting.table import INSEPARABLE, Table

NO_BITS = "no bits"


@dataclass(frozen=True, eq=False)
class Board:
    """All records of one dataset, task and requested featurizer: what shares a table."""

    records: Sequence[TrialRecord]
    catalogue: Catalogue = field(default_factory=Catalogue)

    @property
    def first(self) -> TrialRecord:
        """Any record of the board, for what they share."""
        return self.records[0]

    @cached_property
    def rows(self) -> list[Row]:
        """One row a method, recipe and setting, best mean P@100 first."""
        return make_rows(self.records, self.catalogue)

    @cached_property
    def bits(self) -> list[int | None]:
        """Code lengths of the board, ascending, None last where a method has no codes."""
        lengths = {bits for row in self.rows for bits in row.records}
        return [*sorted(bits for bits in lengths if bits is not None), *({None} & lengths)]

    @property
    def featurizer(self) -> str:
        """Name of the featurizer that was asked for."""
        return requested(self.first)[0]

    @property
    def features(self) -> str:
        """The featurizer that was asked for, with the parameters that differ from their defaults."""
        return with_settings(self.featurizer, self.first.overrides.get("featurizer", {}))

    @property
    def dataset(self) -> str:
        """The dataset, with the options that differ from their defaults."""
        return with_settings(self.first.trial.dataset, self.first.overrides.get("dataset", {}))

    @property
    def where(self) -> str:
        """Dataset, featurizer and search, for titles."""
        search = self.first.task.search
        searched = "" if search == SYMMETRIC else f", {search} search"
        return f"on {self.dataset} with {self.features}{searched}"

    @property
    def comparable_with_papers(self) -> bool:
        """Whether figures of papers may stand beside its rows: test queries, and nothing set by the user."""
        task, overrides = self.first.task, self.first.overrides
        as_they_come = not (overrides.get("dataset") or overrides.get("featurizer"))
        return as_they_come and task.queries == "test" and task.search == SYMMETRIC

    def selected(
        self, metric: str, *, supervised: bool, by_hamming: bool
    ) -> tuple[list[Row], list[int | None]]:
        """Return rows and code lengths of a table, see ``precision_table``; none where there is no table."""
        rows = [
            row for row in self.rows if row.first.supervised == supervised and row.by_hamming == by_hamming
        ]
        columns = [bits for bits in self.bits if any(bits in row.records for row in rows)]
        succeeded = [record for row in rows for bits in columns for record in row.successes(bits)]
        scored = any(metric_value(record, metric) is not None for record in succeeded)
        return (rows, columns) if scored or (not succeeded and metric == "p@100") else ([], [])

    def precision_table(
        self, metric: str, title: str, *, supervised: bool = False, by_hamming: bool = True
    ) -> Table | None:
        """Return method x bits of one metric; None for a metric that was not scored, or without methods.

        Args:
            metric: name of the metric.
            title: what it is called.
            supervised: the supervised methods, instead of the others and the references.
            by_hamming: the methods with binary codes and the references without a code length, instead of
                those that rank by other distances.
        """
        rows, columns = self.selected(metric, supervised=supervised, by_hamming=by_hamming)
        if not rows:
            return None
        which = ", supervised methods," if supervised else ""
        which += "" if by_hamming else " of methods without binary codes"
        own_input = any(row.input for row in rows)
        cells = [
            [
                row.styled,
                row.first.all_labels,
                *([row.input_on(self.featurizer)] if own_input else []),
                *(self._mark(row, rows, bits, metric) + row.precision(bits, metric) for bits in columns),
            ]
            for row in rows
        ]
        described = ["method", "labels", *(["input"] if own_input else [])]
        header = [*described, *map(bits_label, columns)]
        return Table(f"{title}{which} {self.where}", header, cells, text_columns=len(described))

    def recall_table(self) -> Table | None:
        """Return method x bits of the recall of exact cosine neighbours, where there are no labels."""
        succeeded = [record for record in self.records if record.status == "ok"]
        if any(record.scores for record in succeeded) or not any(RECALL[0] in r.metrics for r in succeeded):
            return None
        title = "Recall@10 of the exact cosine neighbours"
        return self._table(f"{title} {self.where}", lambda row, bits: row.metric_cell(bits, *RECALL))

    def tie_table(self, metric: str, title: str) -> Table | None:
        """Return what the order of tied documents could make of a metric; None without scores."""
        succeeded = [record for record in self.records if record.status == "ok"]
        if all(metric_value(record, f"{metric}{BOUNDS[0]}") is None for record in succeeded):
            return None
        return self._table(
            f"{title} with tied documents in the worst and in the best order {self.where}",
            lambda row, bits: row.tie_bounds(bits, metric),
        )

    def cost_table(self) -> Table | None:
        """Return method x bits of fit seconds and documents encoded a second, medians over seeds."""
        return self._table(
            f"Seconds to fit and documents encoded a second {self.where}",
            lambda row, bits: str(row.cost(bits)),
        )

    def measured_cost_table(self) -> Table | None:
        """Return what rows cost that were run for it, two digits each; None where none was."""
        header = ["method", "machine", "bits", "fit, CPU s", "documents/s", "search, ms", "bytes", "MiB"]
        cells = [
            [row.styled, *measured]
            for row in self.rows
            for bits in self.bits
            if (measured := measured_cost(row.successes(bits)))
        ]
        title = f"Cost on one thread, run alone, {self.where}"
        return Table(title, header, cells, text_columns=2) if cells else None

    def published_table(self, metric: str, title: str) -> Table | None:
        """Return method x bits of one metric beside the figures of papers; None where there are none.

        Only unchanged recipes named "published" stand beside the figures of papers.
        """
        if not self.comparable_with_papers:
            return None
        figures = published_figures(self.first.trial.dataset, self.featurizer, metric)
        beside = {
            row: reported
            for row in self.rows
            if row.first.trial.recipe == PUBLISHED
            and row.of_recipe
            and not row.first.changed
            and (reported := figures.get(row.first.trial.method, {})).keys() & row.records.keys()
        }
        lengths = [
            bits
            for bits in self.bits
            if bits and any(bits in row.records and bits in reported for row, reported in beside.items())
        ]
        cells = []
        for row, reported in beside.items():
            pairs = [(reported.get(bits), row.mean_at(bits, metric)) for bits in lengths]
            sources = "; ".join(sorted({figure.source for figure in reported.values()}))
            shown = [
                f"{_three_digits(figure.value if figure else None)} / {_three_digits(mean)}"
                for figure, mean in pairs
            ]
            cells.append([row.styled, sources, *shown])
        header = ["method", "reported in", *map(bits_label, lengths)]
        title = f"{title} reported / reproduced {self.where}"
        return Table(title, header, cells, text_columns=2) if cells else None

    def method_table(self) -> Table:
        """Return who made each row, with which parameters, labels and code."""
        rows, tuned = [], any(row.tuning for row in self.rows)
        for row in self.rows:
            record = row.first
            origin = record.origins["method"]
            parameters = listed_settings(self.catalogue.effective(record)) or "none"
            code = record.code.get("method", ())
            chosen = [row.tuning] if tuned else []
            rows.append(
                [
                    row.styled,
                    record.trial.recipe,
                    str(row.seeds),
                    f"{origin.distribution} {origin.release}",
                    str(origin.version),
                    code[0][:8] if code else "unknown",
                    with_settings(row.input, record.trial.featurizer_params if row.input else {}),
                    *chosen,
                    parameters,
                ]
            )
        header = ["method", "recipe", "seeds", "plugin", "version", "code", "own input"]
        header += ["chosen by", "parameters"] if tuned else ["parameters"]
        return Table(f"Methods {self.where}", header, rows)

    def tables(self) -> list[Table]:
        """Return P@100 or, without labels, recall; then other metrics and published figures."""
        recall = self.recall_table()
        others = self.catalogue.shown_metrics(self.records) if recall is None else []
        tables = (
            self.precision_table("p@100", "P@100"),
            self.precision_table("p@100", "P@100", supervised=True),
            *(
                self.precision_table("p@100", "P@100", supervised=supervised, by_hamming=False)
                for supervised in (False, True)
            ),
            self.precision_table("coarse-p@100", "Coarse P@100"),
            self.precision_table("coarse-p@100", "Coarse P@100", supervised=True),
            *(
                self.precision_table("coarse-p@100", "Coarse P@100", supervised=supervised, by_hamming=False)
                for supervised in (False, True)
            ),
            recall,
            *(
                self.precision_table(metric, title_of(metric), supervised=supervised, by_hamming=by_hamming)
                for metric in others
                for by_hamming in (True, False)
                for supervised in (False, True)
            ),
            self.published_table("p@100", "P@100"),
            self.published_table("coarse-p@100", "Coarse P@100"),
        )
        return [table for table in tables if table]

    def bound_tables(self) -> list[Table]:
        """Return the values of P@100 and of other metrics with tied documents in the worst and best order."""
        metrics = ("p@100", *self.catalogue.shown_metrics(self.records))
        tables = (self.tie_table(metric, title_of(metric)) for metric in metrics)
        return [table for table in tables if table]

    def standing(self, row: Row, rows: Sequence[Row], bits: int | None) -> Standing | None:
        """Return where a row stands among some rows at a code length; None without values by query."""
        return self._standings(tuple(rows), bits).get(row)

    def _mark(self, row: Row, rows: Sequence[Row], bits: int | None, metric: str) -> str:
        """Return the sign of a row that is inseparable from the best of some rows; else an empty string."""
        standing = self.standing(row, rows, bits) if metric == METRIC else None
        return INSEPARABLE if standing and standing.inseparable else ""

    @cached_property
    def _standings(self) -> Callable[[tuple[Row, ...], int | None], dict[Row, Standing]]:
        return cache(standings)

    def _table(self, title: str, cell: Callable[[Row, int | None], str]) -> Table | None:
        if not any(record.status == "ok" for record in self.records):
            return None
        cells = [[row.styled, *(cell(row, bits) for bits in self.bits)] for row in self.rows]
        return Table(title, ["method", *map(bits_label, self.bits)], cells, text_columns=1)


def _three_digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def boards(records: Iterable[TrialRecord], catalogue: Catalogue | None = None) -> list[Board]:
    """Group records by dataset, requested featurizer and task.

    Datasets and featurizers without settings of their own come first, then symmetric search, then the newest.
    """
    known = catalogue or Catalogue()
    groups: defaultdict[str, list[TrialRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.key):
        featurizer, params = requested(record)
        key = [record.trial.dataset, record.task.fingerprint, featurizer, known.completed(featurizer, params)]
        groups[json.dumps(key, sort_keys=True)].append(record)
    newest_first = sorted(groups.values(), key=lambda group: max(r.finished for r in group), reverse=True)
    return sorted((Board(group, known) for group in newest_first), key=_place)


def _place(board: Board) -> tuple[str | bool, ...]:
    search = board.first.task.search
    names = board.first.trial.dataset, board.featurizer, board.dataset, board.features
    return *names, search != SYMMETRIC, search


def requested(record: TrialRecord) -> tuple[str, dict[str, object]]:
    """Return the featurizer that was asked for, and its parameters."""
    trial = record.trial
    if trial.requested is None:
        return trial.featurizer, dict(trial.featurizer_params)
    return trial.requested, dict(trial.requested_params or {})


def title_of(metric: str) -> str:
    """Return a metric as titles name it, such as P@100 for "p@100"."""
    return metric.replace("p@", "P@") if metric.startswith("p@") else metric


def bits_label(bits: int | None) -> str:
    """Return the heading of the column of a code length."""
    return NO_BITS if bits is None else f"{bits} bits"
