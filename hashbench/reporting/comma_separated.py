"""Tables of cells as comma-separated values: one line a cell, numbers in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from hashbench.printable import printable
from hashbench.reporting.by_query import Standing
from hashbench.reporting.commands import command_of
from hashbench.reporting.rows import with_settings
from hashbench.reporting.summary import SummaryRow, SummaryTable

COLUMNS = (
    "dataset",
    "features",
    "task",
    "queries",
    "search",
    "metric",
    "row",
    "method",
    "recipe",
    "changed",
    "labels",
    "family",
    "input",
    "reference",
    "bits",
    "seeds",
    "failed",
    "mean",
    "sd",
    "worst_ties",
    "best_ties",
    "fit_seconds",
    "on_gpu",
    "encoded_per_second",
    "peak_memory_mib",
    "bits_per_document",
    "inseparable",
    "difference_low",
    "difference_high",
    "rank_best",
    "rank_worst",
    "reported",
    "reported_in",
    "command",
)


def to_csv(tables: Iterable[SummaryTable]) -> str:
    """Return one line a cell of all tables, below a line of column names.

    ``sd`` is over seeds; ``worst_ties`` and ``best_ties`` are means over seeds with tied documents in the
    worst and in the best order; costs are medians over seeds, and ``on_gpu`` tells whether they are those of
    a GPU. In lines of P@100 with values by query, ``inseparable`` tells whether no other row of the table is
    significantly better, ``difference_low`` and ``difference_high`` are the interval of the mean less that of
    the best row, ``rank_best`` and ``rank_worst`` the ranks that it may have, see ``by_query.Standing``.
    ``reported`` is the figure of the paper that ``reported_in`` names; ``command`` gives the cell again.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    for table in tables:
        for row in table.rows:
            for bits in row.cells:
                writer.writerow(map(_text, _values(table, row, bits)))
    return lines.getvalue()


def _values(table: SummaryTable, row: SummaryRow, bits: int | None) -> list[object]:
    board, record = table.board, row.row.first
    cell, cost, reported = row.cells[bits], row.costs[bits], row.reported.get(bits or 0)
    return [
        board.dataset,
        board.features,
        record.task.fingerprint,
        record.task.queries,
        record.task.search,
        table.metric,
        row.row.label,
        record.trial.method,
        record.trial.recipe,
        record.changed,
        record.labels,
        row.family,
        with_settings(row.row.input, record.trial.featurizer_params if row.row.input else {}),
        record.reference,
        bits,
        cell.n,
        cell.n_failed,
        cell.mean,
        cell.sd,
        cell.low,
        cell.high,
        cost.fit_seconds,
        cost.on_gpu,
        cost.encoded_per_second,
        cost.peak_mib,
        cost.bits_per_document,
        *_standing(row.standings.get(bits)),
        reported.value if reported else None,
        reported.source if reported else None,
        command_of(row.row, bits, board.catalogue),
    ]


def _standing(standing: Standing | None) -> Sequence[object]:
    return [None] * 5 if standing is None else [standing.inseparable, *standing.difference, *standing.ranks]


def _text(value: object) -> str:
    return "" if value is None else printable(str(value))
