"""Ctrl-C: a command ends within two seconds, whatever it is doing, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress

from hashbench.boundary import count_interrupts, interrupts_seen

INTERRUPTED = 130
GRACE_SECONDS = 1.5
_MESSAGE = "Interrupted. What was finished is stored; the same command goes on from there."


_watching = threading.Event()


def watch_for_interrupts() -> None:
    """Let an interrupt end the program at the latest 1.5 seconds later, a second one at once.

    Python sees a signal only between two of its own steps; a thread sees it beside a long computation of a
    library, unless that holds the lock of the interpreter.
    """
    if _watching.is_set():
        return
    _watching.set()
    count_interrupts()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN or os.name != "posix":
        return
    _leave_out_interrupts_of_destructors()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(reading,), daemon=True).start()


def tell_interrupted() -> None:
    """Say on standard error that the command was interrupted."""
    with suppress(OSError, ValueError):
        print(_MESSAGE, file=sys.stderr, flush=True)  # noqa: T201 - nothing of click may be at hand


def _leave_out_interrupts_of_destructors() -> None:
    """Print no traceback of an interrupt that Python cannot raise from where it came: the thread sees it."""
    told = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not (interrupts_seen() and issubclass(unraisable.exc_type, KeyboardInterrupt)):
            told(unraisable)

    sys.unraisablehook = hook


def _wait(reading: int) -> None:
    while signal.SIGINT not in os.read(reading, 64):
        pass
    again = threading.Thread(target=_end_at_the_next, args=(reading,), daemon=True)
    again.start()
    time.sleep(GRACE_SECONDS)
    _end()


def _end_at_the_next(reading: int) -> None:
    while signal.SIGINT not in os.read(reading, 64):
        pass
    _end()


def _end() -> None:
    isolation = sys.modules.get("hashbench.experiment.isolation")
    if isolation is not None:
        isolation.end_all()
    tell_interrupted()
    os._exit(INTERRUPTED)
