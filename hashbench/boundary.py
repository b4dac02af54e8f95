"""The boundary around code of plugins: whatever it raises or prints stays with it.

Inside ``boundary`` an exception of any kind becomes a ``PluginError``, sys.exit included, so that a plugin
cannot end a run. The exceptions are errors that hashbench words itself and a real interrupt from the
keyboard. What a plugin prints goes to standard error, since standard output belongs to hashbench.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from types import FrameType
from typing import TextIO

from hashbench.errors import HashbenchError
from hashbench.printable import printable, printable_line

MOST_OF_A_MESSAGE = 2_000
MOST_OF_A_TRACEBACK = 20_000

_interrupts = 0
_counts_interrupts = False


class PluginError(HashbenchError):
    """Code of a plugin raised. The message is one line; the traceback is that of what it raised.

    Attributes:
        traceback: the traceback as text, of at most 20,000 characters.
    """

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback

    def __reduce__(self) -> tuple[type[PluginError], tuple[str, str]]:
        return type(self), (str(self), self.traceback)


@contextmanager
def boundary(*passing: type[BaseException]) -> Iterator[None]:
    """Run code of a plugin: nothing but hashbench's own errors and a real interrupt leaves the block.

    Args:
        passing: classes of exceptions that leave it as well.

    Raises:
        PluginError: the code raised something else, whatever its class.
        HashbenchError: the code raised one itself.
        KeyboardInterrupt: the user interrupted the program.
    """
    seen = _interrupts
    passed: tuple[type[BaseException], ...] = (HashbenchError, *passing)
    with _standard_output_on_standard_error():
        try:
            yield
        except passed:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and (_interrupts > seen or not _counts_interrupts):
                raise
            raise PluginError(described(error), traceback_of(error)) from None


def described(error: BaseException) -> str:
    """Return the class and the message of an exception in one line of at most 2,000 characters.

    Errors that hashbench words itself go without their class. A message that cannot be made into text is
    told as such.
    """
    text = printable_line(_text(error))
    if not isinstance(error, HashbenchError):
        text = f"{type(error).__name__}: {text or 'no message'}"
    return shortened(text, MOST_OF_A_MESSAGE)


def traceback_of(error: BaseException) -> str:
    """Return the traceback of an exception as printable text of at most 20,000 characters."""
    if isinstance(error, PluginError) and error.traceback:
        return error.traceback
    try:
        lines = traceback.format_exception(error)
    except BaseException:  # noqa: BLE001 - attributes of an exception may raise anything
        lines = [*traceback.format_tb(error.__traceback__), described(error)]
    return shortened(printable("".join(lines)), MOST_OF_A_TRACEBACK)


def shortened(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters and a note on how many were cut out of its middle."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} [... {len(text) - 2 * half:,} characters ...] {text[-half:]}"


def count_interrupts() -> None:
    """Tell interrupts from the keyboard apart from a KeyboardInterrupt that a plugin raises itself.

    Installs a handler of SIGINT; without it every KeyboardInterrupt counts as real. Only the main thread may
    call it. Where SIGINT is ignored, as in background jobs of a shell, it stays ignored.
    """
    global _counts_interrupts
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    _counts_interrupts = handler in (signal.default_int_handler, signal.SIG_IGN, _interrupt)


def interrupts_seen() -> int:
    """Return how many interrupts from the keyboard have been counted."""
    return _interrupts


def ignore_interrupts() -> None:
    """Leave interrupts to the process that started this one: a KeyboardInterrupt here is one of a plugin."""
    global _counts_interrupts
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _counts_interrupts = True


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    global _interrupts
    _interrupts += 1
    raise KeyboardInterrupt


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as second:  # noqa: BLE001 - str() of a foreign exception may raise anything
        return f"its message cannot be read: str() raised {type(second).__name__}"


@contextmanager
def _standard_output_on_standard_error() -> Iterator[None]:
    """Send to standard error what is printed, by Python or by a library below it."""
    stream = sys.stdout
    _flush(stream)
    kept = _redirected_descriptor()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _flush(stream)
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)


def _flush(stream: TextIO | None) -> None:
    with suppress(OSError, ValueError, AttributeError):
        stream.flush()  # type: ignore[union-attr]


def _redirected_descriptor() -> int | None:
    """Let file descriptor 1 be that of standard error, and return a copy of what it was."""
    try:
        kept = os.dup(1)
    except OSError:
        return None
    try:
        os.dup2(2, 1)
    except OSError:
        os.close(kept)
        return None
    return kept
