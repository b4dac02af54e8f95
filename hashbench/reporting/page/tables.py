"""Tables of cells as HTML, made to be sorted and filtered."""

from __future__ import annotations

from hashbench.reporting.board import bits_label
from hashbench.reporting.cells import Cell
from hashbench.reporting.page.details import cell_id
from hashbench.reporting.page.html import Markup, code_block, element
from hashbench.reporting.summary import SummaryRow, SummaryTable
from hashbench.reporting.table import INSEPARABLE

BEFORE, BEHIND = ("method", "labels"), ("recipe", "input", "family")
"""Columns of text before and behind the numbers."""


def table_section(table: SummaryTable) -> Markup:
    """Return a table with its heading, the button for its CSV and the commands that give its cells again."""
    heads = [
        *(_head(name, "text") for name in BEFORE),
        *(_head(bits_label(bits), "number") for bits in table.bits),
        *(_head(name, "text") for name in BEHIND),
    ]
    body = [_row(table, row) for row in table.rows]
    name = f"{table.identifier}-title"
    whole = element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", *body),
        aria_labelledby=name,
        id=table.identifier,
    )
    csv = element(
        "button", "CSV of what is shown", type="button", class_="csv needs-js", data_table=table.identifier
    )
    return element(
        "section",
        element("h3", table.name, id=name),
        element("div", whole, class_="scroll", tabindex="0", role="region", aria_labelledby=name),
        csv,
        element("p", "These commands give the cells again:", class_="again"),
        code_block(table.commands),
        class_="table",
    )


def _head(name: str, kind: str) -> Markup:
    button = element("button", name, type="button")
    return element("th", button, scope="col", aria_sort="none", data_kind=kind)


def _row(table: SummaryTable, row: SummaryRow) -> Markup:
    record = row.row.first
    label: object = element("em", row.row.label) if record.reference else row.row.label
    marks = ("†" if record.supervised else "") + row.row.mark
    own = row.row.input_on(table.board.featurizer)
    recipe = f"{record.trial.recipe}{', changed' if record.changed else ''}"
    name = element("th", label, f" {marks}" if marks else "", scope="row", data_value=row.row.label)
    numbers = [_number(row, bits) for bits in table.bits]
    behind = [element("td", text) for text in (recipe, own, row.family)]
    return element(
        "tr",
        name,
        element("td", record.labels),
        *numbers,
        *behind,
        data_method=f"{row.row.label} {record.trial.method}",
        data_recipe=record.trial.recipe,
        data_labels=record.labels,
        data_family=row.family,
    )


def _number(row: SummaryRow, bits: int | None) -> Markup:
    if bits not in row.cells:
        return element("td", class_="number")
    cell, reported = row.cells[bits], row.reported.get(bits or 0)
    standing = row.standings.get(bits)
    star = INSEPARABLE if standing and standing.inseparable else ""
    identifier = cell_id(row.row, bits)
    shown = element("button", f"{star}{_shown(cell)}", type="button", popovertarget=identifier, class_="cell")
    paper = element("small", f" reported {reported.value:.3f}", title=reported.source) if reported else ""
    return element(
        "td",
        shown,
        paper,
        class_="number",
        data_value=_exact(cell.mean),
        data_sd=_exact(cell.sd),
        data_seeds=cell.n,
    )


def _shown(cell: Cell) -> str:
    return str(cell) or "-"


def _exact(value: float | None) -> str | None:
    return None if value is None else repr(value)
