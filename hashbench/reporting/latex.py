"""Tables of cells as LaTeX, in the style of the package booktabs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hashbench.reporting.bibliography import citation_key, escaped, to_bibtex
from hashbench.reporting.board import bits_label
from hashbench.reporting.cells import Cell
from hashbench.reporting.summary import SummaryRow, SummaryTable
from hashbench.specs import Citation

HEAD = (
    "% Written by `hashbench leaderboard --format latex` from stored records; edits are lost.\n"
    "% \\usepackage{booktabs}\n"
)
_NOTE = (
    "Mean over seeds $\\pm$ standard deviation; ties settled by expectation. Italics: references. "
    "\\dag: supervised. $\\star$: inseparable from the best of the column at 5\\,\\%."
)


def to_latex(tables: Iterable[SummaryTable]) -> str:
    r"""Return a ``table`` environment a table, with the commands that give its cells again as comments.

    Methods are cited by the keys of ``bibliography``; in brackets stands the figure of the paper.
    """
    return "\n".join([HEAD, *map(_table, tables)])


def bibliography(tables: Iterable[SummaryTable]) -> str:
    """Return the BibTeX entries that tables cite."""
    found = (_citation(table, row) for table in tables for row in table.rows)
    return to_bibtex(citation for citation in found if citation)


def _table(table: SummaryTable) -> str:
    own_input = any(row.row.input for row in table.rows)
    described = ["method", "labels", *(["input"] if own_input else [])]
    header = [*described, *map(bits_label, table.bits)]
    rows = [_line(_described(table, row, own_input) + _numbers(table, row)) for row in table.rows]
    reported = any(row.reported.keys() & set(table.bits) for row in table.rows)
    note = f"{_NOTE} In brackets: as reported by the paper." if reported else _NOTE
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(table.title)}. {note}}}",
            rf"\label{{tab:{table.identifier}}}",
            rf"\begin{{tabular}}{{{'l' * len(described)}{'r' * len(table.bits)}}}",
            r"\toprule",
            _line([escaped(name) for name in header]),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *(f"% {command}" for command in table.commands),
            r"\end{table}",
            "",
        ]
    )


def _line(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _described(table: SummaryTable, row: SummaryRow, own_input: bool) -> list[str]:
    record = row.row.first
    label = escaped(row.row.label)
    marks = escaped(("†" if record.supervised else "") + row.row.mark)
    citation = _citation(table, row)
    cited = rf"~\cite{{{citation_key(citation)}}}" if citation else ""
    method = (rf"\emph{{{label}}}" if record.reference else label) + marks + cited
    own = [escaped(row.row.input_on(table.board.featurizer))] if own_input else []
    return [method, record.labels, *own]


def _numbers(table: SummaryTable, row: SummaryRow) -> list[str]:
    return [_number(row, bits) if bits in row.cells else "" for bits in table.bits]


def _number(row: SummaryRow, bits: int | None) -> str:
    cell: Cell = row.cells[bits]
    reported = row.reported.get(bits or 0)
    beside = f" ({reported.value:.3f})" if reported else ""
    standing = row.standings.get(bits)
    star = r"$^\star$" if standing and standing.inseparable else ""
    return f"{escaped(str(cell))}{star}{beside}"


def _citation(table: SummaryTable, row: SummaryRow) -> Citation | None:
    component = table.board.catalogue.component("method", row.row.first.trial.method)
    return component.spec.citation if component else None
