"""Tables of cells: the one source from which CSV, LaTeX and HTML are rendered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hashbench.experiment.record import TrialRecord
from hashbench.fingerprint import content_key
from hashbench.printable import printable_line
from hashbench.recipes import PUBLISHED
from hashbench.reporting.board import Board, boards, requested, title_of
from hashbench.reporting.by_query import METRIC, Standing
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.cells import Cell, Cost
from hashbench.reporting.commands import commands_of
from hashbench.reporting.published import Figure, published_figures
from hashbench.reporting.rows import Row


@dataclass(frozen=True, eq=False)
class SummaryRow:
    """One row of a table.

    Attributes:
        row: its records, label and marks.
        family: the plugin that the method comes from.
        cells: the metric by code length; None for methods without one.
        costs: the cost by code length.
        standings: where it stands in the table of P@100, by those code lengths that have values by query.
        reported: figures of papers by code length, beside an unchanged recipe "published".
    """

    row: Row
    family: str
    cells: Mapping[int | None, Cell]
    costs: Mapping[int | None, Cost]
    standings: Mapping[int | None, Standing]
    reported: Mapping[int, Figure]


@dataclass(frozen=True, eq=False)
class SummaryTable:
    """Methods x code lengths of one metric, for one dataset, task and requested featurizer.

    Attributes:
        board: what the rows share.
        metric: name of the metric, such as "p@100".
        supervised: the rows are methods that are given labels of training documents.
        by_hamming: the rows have binary codes, or are references without a code length.
        bits: the columns.
        rows: best mean P@100 first.
    """

    board: Board
    metric: str
    supervised: bool
    by_hamming: bool
    bits: Sequence[int | None]
    rows: Sequence[SummaryRow]

    @property
    def name(self) -> str:
        """What the table shows, without where."""
        which = ", supervised methods" if self.supervised else ""
        return f"{_title(self.metric)}{which}" + ("" if self.by_hamming else ", without binary codes")

    @property
    def title(self) -> str:
        """What the table shows, and of which documents and features."""
        return printable_line(f"{self.name} {self.board.where}")

    @property
    def identifier(self) -> str:
        """A short name of letters, digits and hyphens that no other table of the same records has."""
        board = self.board
        parts = [board.first.trial.dataset, board.featurizer, board.first.task.fingerprint, self.metric]
        parts += ["supervised"] if self.supervised else []
        parts += [] if self.by_hamming else ["other-codes"]
        features = content_key(board.catalogue.completed(*requested(board.first)))[:8]
        return re.sub(r"[^A-Za-z0-9]+", "-", " ".join([*parts, features])).strip("-").lower()

    @cached_property
    def commands(self) -> list[str]:
        """Commands that give the cells again, a line each."""
        return commands_of((row.row for row in self.rows), self.board.catalogue)


def summarise(records: Iterable[TrialRecord], catalogue: Catalogue | None = None) -> list[SummaryTable]:
    """Return every table of a metric that stored records give.

    Args:
        records: stored records.
        catalogue: what is known of the installed components; by default nothing.
    """
    return [table for board in boards(records, catalogue) for table in summarised(board)]


def summarised(board: Board) -> list[SummaryTable]:
    """Return the tables of one board, in the order of the leaderboards."""
    return list(_tables(board))


def _tables(board: Board) -> Iterator[SummaryTable]:
    for metric in ("p@100", "coarse-p@100", *board.catalogue.shown_metrics(board.records)):
        for by_hamming in (True, False):
            for supervised in (False, True):
                rows, bits = board.selected(metric, supervised=supervised, by_hamming=by_hamming)
                if rows:
                    made = [_summary_row(row, rows, board, metric, bits) for row in rows]
                    yield SummaryTable(board, metric, supervised, by_hamming, bits, made)


def _summary_row(
    row: Row, rows: Sequence[Row], board: Board, metric: str, bits: Sequence[int | None]
) -> SummaryRow:
    present = [each for each in bits if each in row.records]
    component = board.catalogue.component("method", row.first.trial.method)
    family = component.plugin.name if component else row.first.origins["method"].distribution
    cells = {each: row.cell(each, metric) for each in present}
    costs = {each: row.cost(each) for each in present}
    places = {each: board.standing(row, rows, each) for each in present} if metric == METRIC else {}
    standings = {each: standing for each, standing in places.items() if standing}
    return SummaryRow(row, family, cells, costs, standings, _reported(row, board, metric))


def _reported(row: Row, board: Board, metric: str) -> Mapping[int, Figure]:
    """Return figures of papers; only unchanged published rows compare with them."""
    trial = row.first.trial
    of_paper = trial.recipe == PUBLISHED and row.of_recipe and not row.first.changed
    if not (of_paper and board.comparable_with_papers):
        return {}
    return published_figures(trial.dataset, board.featurizer, metric).get(trial.method, {})


def _title(metric: str) -> str:
    return title_of(metric).replace("coarse-p@", "Coarse P@")
