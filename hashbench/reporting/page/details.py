"""What stands behind a cell: cost, choice of parameters, labels, and the command that gives it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hashbench.experiment.record import TrialRecord
from hashbench.reporting.board import Board, bits_label
from hashbench.reporting.by_query import Standing
from hashbench.reporting.cells import Cell, Cost, two_digits
from hashbench.reporting.commands import command_of
from hashbench.reporting.measured_cost import cost_line
from hashbench.reporting.page.choices import LABELS, how_chosen
from hashbench.reporting.page.html import Markup, code_block, element, facts, joined
from hashbench.reporting.page.sections import method_id
from hashbench.reporting.rows import Row, listed_settings, with_settings
from hashbench.reporting.summary import SummaryRow, SummaryTable


def cell_id(row: Row, bits: int | None) -> str:
    """Return the identifier of the details of a row at one code length."""
    return f"cell-{row.records[bits][0].key[:16]}"


def details(tables: Sequence[SummaryTable]) -> list[Markup]:
    """Return the details of all cells of one board, each once."""
    made: dict[str, tuple[SummaryRow, int | None, list[Cell]]] = {}
    for table in tables:
        for row in table.rows:
            for bits, cell in row.cells.items():
                _, _, cells = made.setdefault(cell_id(row.row, bits), (row, bits, []))
                cells.append(cell)
    return [
        _details(identifier, row, bits, cells, tables[0].board)
        for identifier, (row, bits, cells) in made.items()
    ]


def _details(
    identifier: str, shown: SummaryRow, bits: int | None, cells: Iterable[Cell], board: Board
) -> Markup:
    row = shown.row
    said = f"{row.label}, {bits_label(bits)}, {board.where}"
    numbers = [(cell.metric, _said(cell)) for cell in cells]
    standing = ("against the best", _standing(shown.standings.get(bits)))
    close = element("button", "Close", type="button", popovertarget=identifier, popovertargetaction="hide")
    return element(
        "div",
        element("h4", said),
        facts([*numbers, standing, *_facts(row, bits, shown.costs[bits], board)]),
        element("p", "This command gives the cell again:"),
        code_block([command_of(row, bits, board.catalogue)]),
        close,
        id=identifier,
        popover="auto",
        role="dialog",
        aria_label=said,
        tabindex="-1",
        autofocus=True,
        class_="details",
        data_row=row.label,
        data_bits=bits_label(bits),
    )


def _facts(row: Row, bits: int | None, cost: Cost, board: Board) -> list[tuple[str, object]]:
    record, records = row.first, row.records[bits]
    seeds = [str(each.trial.seed) for each in records if each.trial.seed is not None]
    failed = [f"seed {each.trial.seed}: {each.error}" for each in records if each.status == "failed"]
    origin = record.origins["method"]
    sources = element("a", "source of each value", href=f"#{method_id(record.trial.method)}")
    return [
        ("seeds", ", ".join(seeds) or "none: nothing is drawn at random"),
        ("failed", "; ".join(failed)),
        ("cost", _cost(cost, record)),
        ("cost, run alone", cost_line(row.successes(bits)) or "not measured"),
        ("labels", LABELS[record.labels]),
        ("parameters chosen by", joined([how_chosen(row, board.catalogue), "; ", sources])),
        ("parameters", listed_settings(board.catalogue.effective(records[0])) or "none"),
        ("features", with_settings(record.trial.featurizer, record.trial.featurizer_params)),
        ("ranked by", record.ranked_by),
        ("plugin", f"{origin.distribution} {origin.release}, version {origin.version} of the method"),
        ("code", _code(records, row)),
    ]


def _said(cell: Cell) -> str:
    said = [str(cell) or "no value"]
    if cell.low is not None and cell.high is not None and cell.low != cell.high:
        said.append(f"ties in the worst order {cell.low:.3f}, in the best {cell.high:.3f}")
    return "; ".join(said)


def _standing(standing: Standing | None) -> str:
    if standing is None:
        return "not known: no values by query, which are kept at 32 and 64 bits"
    if standing.difference == (0, 0):
        return "the highest P@100 of its column"
    found = "inseparable from the best" if standing.inseparable else "another row is significantly better"
    return f"{found}; P@100 less that of the best, and ranks: {standing}"


def _cost(cost: Cost, record: TrialRecord) -> str:
    rate, memory, bits = cost.encoded_per_second, cost.peak_mib, cost.bits_per_document
    parts = [
        cost.fit and f"fit {cost.fit}",
        "" if rate is None else f"{two_digits(rate)} documents encoded a second",
        "" if memory is None else f"peak memory {memory:.0f} MiB",
        "" if bits is None else f"{bits:,.6g} bits stored a document",
        f"{record.threads} thread{'s' if record.threads > 1 else ''}",
    ]
    return ", ".join(part for part in parts if part)


def _code(records: Sequence[TrialRecord], row: Row) -> str:
    digests = sorted({record.code["method"][0][:8] for record in records if record.code.get("method")})
    made = ", ".join(digests) or "unknown"
    return f"{made}, not the code of the installed version ({row.mark})" if row.mark else made
