"""How far each row of a board is from the best one, and which ranks it may have."""

from __future__ import annotations

from collections import defaultdict

from hashbench.reporting.board import Board, bits_label
from hashbench.reporting.rows import Row
from hashbench.reporting.table import Table


def rank_tables(board: Board) -> list[Table]:
    """Return method x bits of P@100 less that of the best row, and of ranks, one table for each kind of rows.

    The kinds are those of the tables of P@100. All intervals of a column hold together with 95 %; without
    values by query there is no table.
    """
    kinds = [(supervised, by_hamming) for by_hamming in (True, False) for supervised in (False, True)]
    tables = (_rank_table(board, supervised, by_hamming) for supervised, by_hamming in kinds)
    return [table for table in tables if table]


def _rank_table(board: Board, supervised: bool, by_hamming: bool) -> Table | None:
    rows = [r for r in board.rows if r.first.supervised == supervised and r.by_hamming == by_hamming]
    cells: defaultdict[Row, dict[int | None, str]] = defaultdict(dict)
    for bits in board.bits:
        for row in rows:
            if standing := board.standing(row, rows, bits):
                cells[row][bits] = str(standing)
    lengths = [bits for bits in board.bits if any(bits in by_bits for by_bits in cells.values())]
    if not lengths:
        return None
    which = " of supervised methods" if supervised else ""
    which += "" if by_hamming else " of methods without binary codes"
    return Table(
        f"P@100{which} less that of the best, and ranks, simultaneous 95 % intervals {board.where}",
        ["method", *map(bits_label, lengths)],
        [[row.styled, *(by_bits.get(bits, "") for bits in lengths)] for row, by_bits in cells.items()],
        text_columns=1,
    )
