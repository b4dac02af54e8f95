"""A call in a process of its own, with limits of time and memory; what happens there stays there.

Processes are forked from a server that has imported the heavy packages which planning has imported here, and
nothing of a plugin. Each is the leader of a session, so that what it starts itself ends with it; and it ends
when the program ends, killed or not.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hashbench.boundary import PluginError, described, ignore_interrupts, traceback_of
from hashbench.crash_guard import exit_in_words
from hashbench.errors import HashbenchError

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext
    from multiprocessing.process import BaseProcess

PRELOADED = (
    "numpy",
    "scipy.sparse.linalg",
    "sklearn.base",
    "hashbench.experiment.fork_server_hook",
    "hashbench.experiment.trial",
)
HEAVY = ("torch", "transformers", "gensim")
POLL_SECONDS = 0.1
GRACE_SECONDS = 0.5
_STARTS = threading.Lock()
_RUNNING: set[BaseProcess] = set()
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Limits:
    """What a call may use; None is no limit.

    Attributes:
        seconds: wall-clock time.
        memory_mib: resident memory of the process and all that it started, in MiB.
    """

    seconds: float | None = None
    memory_mib: float | None = None

    def __bool__(self) -> bool:
        return self.seconds is not None or self.memory_mib is not None


UNLIMITED = Limits()


class ProcessEndedError(HashbenchError):
    """The process of a call ended without a result: by a signal, by exiting, or at a limit."""


def call_isolated(function: Callable[..., Any], *arguments: Any, limits: Limits = UNLIMITED) -> Any:
    """Call a function in a process of its own and return what it returns.

    Args:
        function: a function of a module; it, its arguments and what it returns must be picklable.
        limits: what it may use.

    Raises:
        HashbenchError: the function raised one.
        PluginError: the function raised something else.
        ProcessEndedError: the process ended without a result.
        KeyboardInterrupt: the user interrupted this program; the process has been ended.
    """
    with _process(function, arguments) as (process, connection):
        reason = _watch(process, connection, limits)
        if reason is not None:
            raise ProcessEndedError(reason)
        try:
            failed, value = pickle.loads(connection.recv_bytes())
        except (EOFError, OSError):
            process.join(GRACE_SECONDS)
            raise ProcessEndedError(_end_of(process)) from None
    if failed:
        raise value
    return value


def end_all() -> None:
    """End every process that is running a call, and what these started."""
    for process in list(_RUNNING):
        _kill(process)


@contextmanager
def _process(
    function: Callable[..., Any], arguments: Sequence[Any]
) -> Iterator[tuple[BaseProcess, Connection]]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    try:
        with _STARTS, _without_main_module(), _allowed_to_start():
            given = (sender, os.getpid(), dict(os.environ), function, arguments)
            process = _context().Process(target=_work, args=given)
            _start(process)
            _RUNNING.add(process)
    finally:
        sender.close()
    try:
        yield process, receiver
    finally:
        receiver.close()
        _kill(process)
        _RUNNING.discard(process)


def _watch(process: BaseProcess, connection: Connection, limits: Limits) -> str | None:
    """Wait until there is a result or the process has ended; return the limit that it passed, if any."""
    start = time.monotonic()
    while True:
        passed = time.monotonic() - start
        if limits.seconds is not None and passed > limits.seconds:
            return f"it took longer than the limit of {limits.seconds:g} s"
        if limits.memory_mib is not None:
            used = _memory_mib(process.pid)
            if used > limits.memory_mib:
                return (
                    f"it held {used:,.0f} MiB of memory, more than the limit of {limits.memory_mib:,.0f} MiB"
                )
        pause = POLL_SECONDS if limits else None
        if limits.seconds is not None:
            pause = min(POLL_SECONDS, max(0.0, limits.seconds - passed) + 0.001)
        if wait([connection, process.sentinel], timeout=pause):
            return None


def _memory_mib(pid: int | None) -> float:
    import psutil

    total = 0
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            with suppress(psutil.Error):
                total += process.memory_info().rss
    return total / 2**20


def _kill(process: BaseProcess) -> None:
    """End a process, all of its session, and what has left the session."""
    import psutil

    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        children = []
    if process.pid is not None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    for child in children:
        with suppress(psutil.Error):
            child.kill()
    process.kill()
    process.join(GRACE_SECONDS)


def _end_of(process: BaseProcess) -> str:
    code = process.exitcode
    if code is None:
        return "its process closed the connection without a result"
    return f"its process {exit_in_words(code)}{' before it had a result' if code >= 0 else ''}"


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *(name for name in HEAVY if name in sys.modules)])
    with _importing_nothing_from_here():
        forkserver.ensure_running()
    return context


@contextmanager
def _importing_nothing_from_here() -> Iterator[None]:
    """Keep modules of the current folder out of a Python that is started, such as one called json."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _start(process: BaseProcess) -> None:
    try:
        process.start()
    except (EOFError, OSError) as error:
        raise ProcessEndedError(f"no process can be started for it: {described(error)}") from None


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Hide the main module, which the new process would run again from its file."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _allowed_to_start() -> Iterator[None]:
    """Let the daemonic processes in which workers of Dask run start others, which they end themselves."""
    config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = config.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            config["daemon"] = daemon


def _work(
    sender: Connection,
    program: int,
    environment: Mapping[str, str],
    function: Callable[..., Any],
    arguments: Sequence[Any],
) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    _end_with_parent()
    os.dup2(2, 1)
    ignore_interrupts()
    threading.Thread(target=_end_with, args=(program,), daemon=True).start()
    own = os.getpid()
    try:
        result: tuple[bool, Any] = (False, function(*arguments))
    except HashbenchError as error:
        result = (True, error)
    except BaseException as error:  # noqa: BLE001 - the caller is told
        result = (True, PluginError(described(error), traceback_of(error)))
    if os.getpid() != own:
        os._exit(0)  # a plugin forked, and this is the copy
    with suppress(OSError):  # the program may have been interrupted meanwhile
        sender.send_bytes(_pickled(result))
        sender.close()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(0)


def _pickled(result: tuple[bool, Any]) -> bytes:
    try:
        return pickle.dumps(result)
    except Exception as error:  # noqa: BLE001 - what a plugin returns may refuse in any way
        return pickle.dumps((True, PluginError(f"what it returned cannot be stored: {described(error)}")))


def _end_with_parent() -> None:
    """Let Linux end this process with the server that forked it, even while compiled code runs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with(program: int) -> None:
    """End this process and its session soon after the program has ended."""
    import psutil

    while psutil.pid_exists(program):
        time.sleep(1)
    os.killpg(os.getpid(), signal.SIGKILL)
