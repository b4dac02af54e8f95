"""Ctrl-C in every phase of a command: one line, the exit code for it, and no process left."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.cli.test_run import interruptible
from tests.conftest import COMMAND


@pytest.mark.parametrize("seconds", [2, 4, 6])
def test_an_interrupt_is_one_line_whatever_is_running(
    environment: dict[str, str], tmp_path: Path, seconds: float
) -> None:
    command = [COMMAND, "run", "--methods", "nash,toy-slow", "--datasets", "toy", "--quiet", "--jobs", "2"]
    running = subprocess.Popen(
        command,
        env={**environment, "TOY_GATE": "closed"},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    time.sleep(seconds)
    started = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in told
    psutil.wait_procs(started, timeout=10)
    assert not [process for process in started if process.is_running()]
