"""Choosing among stored records what a report is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.experiment.record import TrialRecord
from hashbench.registry import did_you_mean
from hashbench.reporting.board import Board, boards
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.rows import Row


def choose_board(
    records: Iterable[TrialRecord],
    dataset: str | None = None,
    featurizer: str | None = None,
    task: str | None = None,
    catalogue: Catalogue | None = None,
) -> Board:
    """Return the one board of a dataset, a featurizer and a task.

    Args:
        records: stored records.
        dataset: its name; None where the records have only one.
        featurizer: its name; None where there is only one.
        task: the beginning of the fingerprint; None where there is only one.
        catalogue: what is known of the installed components; by default nothing.

    Raises:
        UnknownNameError: no record has that name or fingerprint.
        HashbenchError: several boards are left; the message lists them.
    """
    found = boards(records, catalogue)
    for option, wanted in (("dataset", dataset), ("featurizer", featurizer), ("task", task)):
        if wanted is not None:
            left = [board for board in found if _matches(board, option, wanted)]
            if not left:
                known = sorted({_name(board, option) for board in found})
                raise UnknownNameError(
                    f"--{option} {wanted}: no record has it{did_you_mean(wanted, known)} "
                    f"(stored: {', '.join(known)})"
                )
            found = left
    if len(found) == 1:
        return found[0]
    for option in ("dataset", "featurizer"):
        names = sorted({_name(board, option) for board in found})
        if len(names) > 1:
            raise HashbenchError(f"the records are of several {option}s: --{option} {'|'.join(names)}")
    described = ", ".join(
        f"--task {board.first.task.fingerprint} ({board.where}, {board.first.task.queries} "
        f"queries, {board.first.task.split}, {board.first.task.search} search)"
        for board in found
    )
    raise HashbenchError(f"the records are of several tasks, choose one: {described}")


def choose_rows(board: Board, patterns: Sequence[str]) -> list[Row]:
    """Return the rows of a board whose labels match, in the order of the board; all rows without a pattern.

    Args:
        board: the rows to choose from.
        patterns: methods, ``method@recipe`` or labels as the leaderboards show them; ``*`` matches any
            letters. A bare method means its default recipe.

    Raises:
        UnknownNameError: a pattern matches no row.
    """
    labels = [row.label for row in board.rows]
    names = [name for row in board.rows for name in row.names]
    for pattern in patterns:
        if not any(answers(row, pattern) for row in board.rows):
            raise UnknownNameError(
                f"method {pattern!r} has no record {board.where}{did_you_mean(pattern, names)} "
                f"(stored: {', '.join(sorted(labels))})"
            )
    return [row for row in board.rows if not patterns or any(answers(row, pattern) for pattern in patterns)]


def choose_bits(board: Board, bits: int | None) -> int:
    """Return a code length that a board has: the one asked for, or the only one.

    Raises:
        HashbenchError: it has no such code length, or several and none is asked for.
    """
    known = [length for length in board.bits if length is not None]
    stored = ", ".join(map(str, known)) or "none"
    if bits is None and len(known) == 1:
        return known[0]
    if bits is None:
        raise HashbenchError(f"choose a code length with --bits (stored {board.where}: {stored})")
    if bits not in known:
        raise HashbenchError(f"--bits {bits}: no record {board.where} has it (stored: {stored})")
    return bits


def answers(row: Row, pattern: str) -> bool:
    """Tell whether a row answers to a method, ``method@recipe`` or label; ``*`` matches any letters."""
    return any(fnmatchcase(name, pattern) for name in row.names)


def _matches(board: Board, option: str, wanted: str) -> bool:
    name = _name(board, option)
    return name.startswith(wanted) if option == "task" else name == wanted


def _name(board: Board, option: str) -> str:
    names = {
        "dataset": board.first.trial.dataset,
        "featurizer": board.featurizer,
        "task": board.first.task.fingerprint,
    }
    return names[option]
