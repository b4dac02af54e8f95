"""Run the same grid in several processes at once, and kill them one after the other.

Usage: python -m tests.cli.killed_writers OUT KILLS WRITERS ARGUMENTS... ; every process runs
``hashbench run ARGUMENTS --out OUT``. A killed one is started again. Prints the exit codes of the others.
Kills are spread over the run, one every second trial, so that the grid needs at least twice as many trials.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import hashbench_methods.classic.itq  # noqa: F401 - so that the processes need not import it

import hashbench.cli
import hashbench.experiment.runner
import hashbench.reporting.leaderboard_files


def started(arguments: list[str]) -> int:
    """Start a process by fork, which has all modules already, and return its number."""
    process = os.fork()
    if process:
        return process
    try:
        hashbench.cli.main(arguments)
    except SystemExit as error:
        os._exit(int(error.code or 0))
    finally:
        os._exit(99)


def main() -> None:
    out, kills, writers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    arguments = ["run", *sys.argv[4:], "--out", str(out)]
    running = [started(arguments) for _ in range(writers)]
    draw = random.Random(0)
    for killed in range(kills):
        while len(list(out.glob("records/*.json"))) < 2 * killed:
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.05))
        process = running.pop(0)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        running.append(started(arguments))
    print(*(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in running))  # noqa: T201


if __name__ == "__main__":
    main()
