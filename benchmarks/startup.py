"""How long the commands take that only tell: whole processes beside a bare interpreter, as ratios.

Usage: python benchmarks/startup.py [--runs N]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import click, rich": ["-c", "import click, rich.console"],
    "hashbench --help": ["-m", "hashbench", "--help"],
    "hashbench list": ["-m", "hashbench", "list"],
    "hashbench plugins": ["-m", "hashbench", "plugins"],
    "import sklearn": ["-c", "import sklearn.base, sklearn.decomposition"],
}


def seconds(arguments: list[str]) -> float:
    """Return the wall-clock seconds of one process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Time the commands in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description="Time the start of commands that only tell.")
    parser.add_argument("--runs", type=int, default=7, help="runs of each command (default: 7)")
    runs = parser.parse_args().runs
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, arguments in COMMANDS.items():
            taken[name].append(seconds(arguments))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    bare = medians["python -c pass"]
    print(f"{'process':24} {'median s':>9} {'x bare':>7}   ({runs} runs in turn after a warm-up)")
    for name, median in medians.items():
        print(f"{name:24} {median:9.3f} {median / bare:7.1f}")


if __name__ == "__main__":
    main()
