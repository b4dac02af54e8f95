"""Errors that a user can mend: the command line prints them in one line and leaves with ``exit_code``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """An argument of ``hashbench.run`` or ``hashbench.score`` in the message of an error.

    In the message it reads as it is written in Python; the command line puts its option there instead.

    Attributes:
        name: its name, such as "bits".
        value: what was given, as text; an empty string where the message does not repeat it.
        keys: where in a nested argument, such as ("itq", "n_iter") of ``params``.
    """

    name: str
    value: str = ""
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = self.name + "".join(f"[{key!r}]" for key in self.keys)
        return f"{where}={self.value}" if self.value else where


class HashbenchError(ValueError):
    """Wrong usage or unusable input. The message says what, where, and what to type next.

    Args:
        parts: the message in pieces, joined without a space; those that name an argument are an ``Argument``.
    """

    exit_code = 2

    def __init__(self, *parts: str | Argument) -> None:
        super().__init__(*parts)
        self.parts = parts

    def __str__(self) -> str:
        return self.told(str)

    def told(self, name_of: Callable[[Argument], str]) -> str:
        """Return the message with every argument named by a function, such as one that gives its option."""
        return "".join(name_of(part) if isinstance(part, Argument) else part for part in self.parts)


class UnknownNameError(HashbenchError):
    """A method, dataset, featurizer, metric, parameter or record that nobody registered or stored."""


class DataError(HashbenchError):
    """A corpus, a file or a cache that cannot be used as it is."""


class MachineError(HashbenchError):
    """Something that the machine lacks, such as a GPU.

    It is no result of a trial: a run ends with it, and nothing is stored about the trial.
    """


class StorageError(MachineError, DataError):
    """A file or folder of hashbench's own that cannot be written or read: no space, no permission, damage."""


class CheckFailedError(HashbenchError):
    """A check that was asked for did not hold, such as a stale leaderboard."""

    exit_code = 3
