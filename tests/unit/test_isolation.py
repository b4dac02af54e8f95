"""Calls in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hashbench.boundary import PluginError
from hashbench.experiment.isolation import Limits, ProcessEndedError, call_isolated
from tests.unit import isolated_calls as calls


def test_a_call_returns_what_the_function_returns_in_another_process() -> None:
    assert call_isolated(calls.add, 2, 3) == 5
    assert call_isolated(calls.process) != os.getpid()


def test_it_sees_the_environment_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    call_isolated(calls.add, 1, 1)
    monkeypatch.setenv("SET_LATER", "yes")
    assert call_isolated(calls.variable, "SET_LATER") == "yes"


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        ((calls.exit_with, 0), PluginError, "^SystemExit: 0$"),
        (
            (calls.end_at_once, 0),
            ProcessEndedError,
            "^its process exited with code 0 before it had a result$",
        ),
        ((calls.lock,), PluginError, "^what it returned cannot be stored: TypeError: cannot pickle"),
    ],
)
def test_what_ends_it_is_told(call: tuple, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call_isolated(*call)


def test_limits_end_it() -> None:
    start = time.monotonic()
    with pytest.raises(ProcessEndedError, match="longer than the limit of 0.5 s"):
        call_isolated(calls.wait, 60, limits=Limits(seconds=0.5))
    with pytest.raises(
        ProcessEndedError, match=r"it held [\d,]+ MiB of memory, more than the limit of 600 MiB"
    ):
        call_isolated(calls.hold, 700, limits=Limits(memory_mib=600))
    assert time.monotonic() - start < 50


def test_a_fork_ends_with_the_call() -> None:
    assert call_isolated(calls.fork) != os.getpid()


def test_a_process_whose_program_was_killed_while_it_started_says_nothing(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "from multiprocessing import forkserver\n"
        "from hashbench.experiment.isolation import call_isolated\n"
        "call_isolated(os.getpid)\n"
        "status, data = forkserver.connect_to_new_process([])\n"
        "os.close(data)\n"
        "while os.read(status, 64):\n"
        "    pass\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
