"""Calls in processes of their own."""

from __future__ import annotations

import os
import time

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
