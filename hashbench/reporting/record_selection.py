"""Choosing among stored records what a report is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from statistics import fmean

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.experiment.record import TrialRecord
from hashbench.registry import did_you_mean
from hashbench.reporting.board import Board, boards
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.rows import Row

MOST_LINES = 8
"""Methods that a figure draws unless it is told which: more lines cannot be told apart."""


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
        featurizer: its name, which stands for the one with its defaults where that is stored, or its name
            with the parameters that the boards show, such as "tfidf (power=1.5)"; None where there is only
            one.
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
    unchanged = [board for board in found if board.features == board.featurizer]
    if len({_same_but_features(board) for board in found}) == 1 and unchanged:
        found = unchanged
    if len(found) == 1:
        return found[0]
    for option in ("dataset", "featurizer"):
        names = sorted({_name(board, option) for board in found})
        if len(names) > 1:
            raise HashbenchError(f"the records are of several {option}s: --{option} {'|'.join(names)}")
    features = sorted({board.features for board in found})
    if len(features) > 1:
        named = " or ".join(f"--featurizer {name!r}" for name in features)
        raise HashbenchError(f"the records are of several features, choose one: {named}")
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


def best_and_references(rows: Sequence[Row], metric: str, bits: Sequence[int | None]) -> list[Row]:
    """Return the best rows by a metric, at most ``MOST_LINES``, and the references, in the order given.

    Args:
        rows: rows of one board.
        metric: what they are compared by: its mean over the code lengths at which a row has it.
        bits: the code lengths that count.
    """
    means: dict[Row, float] = {}
    for row in rows:
        found = [mean for each in bits if (mean := row.cell(each, metric).mean) is not None]
        if found and not row.first.reference:
            means[row] = fmean(found)
    best = sorted(means, key=lambda row: (-means[row], row.label))[:MOST_LINES]
    if len(means) <= MOST_LINES:
        return list(rows)
    return [row for row in rows if row in best or row.first.reference]


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
    if option == "task":
        return name.startswith(wanted)
    return name == wanted or (option == "featurizer" and board.features == wanted)


def _same_but_features(board: Board) -> tuple[str, str, str]:
    return board.first.trial.dataset, board.featurizer, board.first.task.fingerprint


def _name(board: Board, option: str) -> str:
    names = {
        "dataset": board.first.trial.dataset,
        "featurizer": board.featurizer,
        "task": board.first.task.fingerprint,
    }
    return names[option]
