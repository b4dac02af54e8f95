"""Functions that tests call in a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any


def add(one: int, other: int) -> int:
    return one + other


def variable(name: str) -> str | None:
    return os.environ.get(name)


def process() -> int:
    return os.getpid()


def exit_with(code: int) -> None:
    sys.exit(code)


def end_at_once(code: int) -> None:
    os._exit(code)


def fork() -> int:
    os.fork()
    return os.getpid()


def wait(seconds: float) -> None:
    time.sleep(seconds)


def hold(mebibytes: int) -> None:
    held = bytearray(mebibytes * 2**20)
    time.sleep(60)
    del held


def lock() -> Any:
    return threading.Lock()


@dataclass(frozen=True)
class Job:
    """What stands for a trial and its record."""

    key: str
    error: str = ""


def work(job: Job) -> Job:
    if job.key.startswith("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    if job.key.startswith("lasts"):
        time.sleep(60)
    return job


def place(job: Job) -> Job:
    return Job(job.key, f"{os.getcwd()} {variable('HASHBENCH_CACHE')}")
