"""Ctrl-C in every phase of a command, and standard streams that are closed."""

from __future__ import annotations

import signal
import subprocess
import sys
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


INTERRUPTED_IN_A_DESTRUCTOR = """
import signal, time
from hashbench.interrupts import watch_for_interrupts

class Interrupting:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

watch_for_interrupts()
Interrupting()
time.sleep(60)
"""


def test_an_interrupt_in_a_destructor_is_one_line_as_well() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IN_A_DESTRUCTOR],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        preexec_fn=interruptible,
    )
    assert done.returncode == 130
    assert done.stderr == "Interrupted. What was finished is stored; the same command goes on from there.\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_lead_nowhere(
    environment: dict[str, str], tmp_path: Path, closed: str
) -> None:
    command = f"{COMMAND} run --methods lsh --datasets toy --bits 8 --seeds 2 --jobs 2 --out there {closed}"
    done = subprocess.run(
        command, shell=True, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert len(list((tmp_path / "there/records").glob("*.json"))) == 2


def test_a_reader_that_stops_early_is_no_error(environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {COMMAND} list methods --parameters --wide | head -1"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("### methods")
    assert "Traceback" not in done.stderr
