"""Code of a plugin that has to run in this process, such as the import of its module, runs in a copy first.

An exception can be caught; ``os._exit`` and a crash of compiled code cannot. What ends a forked copy of this
process would end the program, and is refused instead.
"""

from __future__ import annotations

import ast
import faulthandler
import importlib
import importlib.util
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType

from hashbench.errors import HashbenchError
from hashbench.syntax_tree import parsed

OWN_PACKAGES = ("hashbench", "hashbench_methods")
WELL_KNOWN = ("gensim", "hashbench", "numpy", "pandas", "scipy", "sklearn", "torch", "transformers")
"""Packages that are imported here before the copy is made, so that nobody waits for them twice."""
MOST_SECONDS = 60.0
POLL_SECONDS = 0.002


def imported(module: str) -> ModuleType:
    """Import a module; one from outside hashbench has to leave a copy of this process alive first.

    Raises:
        HashbenchError: the import would end the program.
        BaseException: what the module raises.
    """
    if module not in sys.modules and module.partition(".")[0] not in OWN_PACKAGES:
        import_well_known(_source(module))
        try_in_a_copy(partial(importlib.import_module, module), f"importing {module}")
    return importlib.import_module(module)


def try_in_a_copy(call: Callable[[], object], what: str) -> None:
    """Call a function in a forked copy of this process, which prints nothing and ends with the call.

    What the function raises is left to the real call, and so is what takes the copy longer than a minute.
    Nothing is tried outside of Linux, where libraries may not survive a fork, and in a process that another
    one started for a trial, whose end costs one row.

    Args:
        call: the function.
        what: what it does, for the error: "importing letters".

    Raises:
        HashbenchError: the copy exited by itself or was ended by a signal.
    """
    if sys.platform != "linux" or _started_for_a_trial():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that the copy lacks
        copy = os.fork()
    if not copy:
        _be_the_copy(call)
    code = _exit_code(copy)
    if code != _LIVED:
        raise HashbenchError(f"{what} would end this program: a copy of it {exit_in_words(code)}")


def import_well_known(source: bytes) -> None:
    """Import what a source imports at its top level of well-known packages; what is missing is left out."""
    for name in _imported_names(parsed(source) or ast.Module([], [])):
        if name.partition(".")[0] in WELL_KNOWN:
            with suppress(ImportError):
                importlib.import_module(name)


def exit_in_words(code: int) -> str:
    """Return how a process ended, from its exit code, negative for a signal: "exited with code 3"."""
    if code >= 0:
        return f"exited with code {code}"
    name = signal.Signals(-code).name if -code in {*signal.Signals} else f"signal {-code}"
    meaning = {"SIGKILL": ", perhaps for want of memory", "SIGSEGV": ", an invalid memory access"}
    return f"was ended by {name}{meaning.get(name, '')}"


_LIVED = 113
"""Exit code of a copy that came to its end; 0 is what a plugin may exit with."""


def _be_the_copy(call: Callable[[], object]) -> None:
    own = os.getpid()
    try:
        faulthandler.disable()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        sys.stdout = sys.stderr = os.fdopen(null, "w")
        call()
    finally:
        os._exit(_LIVED if os.getpid() == own else 0)


def _exit_code(copy: int) -> int:
    end = time.monotonic() + MOST_SECONDS
    try:
        while time.monotonic() < end:
            ended, status = os.waitpid(copy, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(POLL_SECONDS)
    except ChildProcessError:  # somebody else waits for the children of this process
        return _LIVED
    finally:
        for end_it in (os.kill, os.killpg):
            with suppress(OSError):
                end_it(copy, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(copy, 0)
    return _LIVED


def _started_for_a_trial() -> bool:
    from multiprocessing import parent_process

    return parent_process() is not None


def _source(module: str) -> bytes:
    """Return the source of a module, empty if there is none or its package must be imported to find it."""
    package = module.rpartition(".")[0]
    if package and package not in sys.modules:
        return b""
    found = importlib.util.find_spec(module)
    origin = Path(found.origin) if found and found.origin else None
    return origin.read_bytes() if origin and origin.suffix == ".py" and origin.is_file() else b""


def _imported_names(tree: ast.Module) -> list[str]:
    names = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return names
