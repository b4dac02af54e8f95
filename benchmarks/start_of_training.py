"""What training adds to the codes that neural methods start from, measured on validation documents.

Usage: HASHBENCH_DATA=FOLDER python benchmarks/start_of_training.py nash bmsh --datasets reuters --bits 32 128

A cell is P@100 of the codes of the initial weights (``epochs=0``) and of those after training, means over
seeds. One in which training ends more than .01 below its start is marked. Datasets, featurizer and finished
trials are given as to ``search.py``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from search import AT, Params, Trial, add_arguments, completed

TOLERANCE = 0.01
MARK = "▼"
START: Params = {"epochs": 0}
END: Params = {}


class Cell(NamedTuple):
    """P@100 at the start and after training, means over seeds."""

    start: float
    end: float

    @property
    def falls(self) -> bool:
        """Whether training ends more than .01 below its start."""
        return self.end < self.start - TOLERANCE

    def __str__(self) -> str:
        return f"{self.start:.3f} → {self.end:.3f}{f' {MARK}' if self.falls else ''}"


def main() -> None:
    """Run the trials that are not there yet, and print the table."""
    parser = argparse.ArgumentParser(description="Compare neural methods with the codes they start from.")
    parser.add_argument("methods", nargs="+", metavar="METHOD", help="METHOD or METHOD@RECIPE")
    add_arguments(parser, Path(__file__).with_suffix(".jsonl"))
    arguments = parser.parse_args()
    places = [(dataset, n_bits) for dataset in arguments.datasets for n_bits in arguments.bits]
    trials = {
        (method, place, moment): [
            Trial(method, params, *place, seed, arguments.featurizer) for seed in range(arguments.seeds)
        ]
        for method in arguments.methods
        for moment, params in (("start", START), ("end", END))
        for place in places
    }
    done = completed([*trials.values()], arguments)

    def cell(method: str, place: tuple[str, int]) -> Cell:
        moments = (trials[method, place, moment] for moment in Cell._fields)
        return Cell(*(fmean(done[trial.key()]["precision"] for trial in found) for found in moments))

    print(
        f"Validation P@{AT} with {arguments.featurizer} at the start of training → at its end, mean of "
        f"{arguments.seeds} seeds; {MARK} marks an end more than {TOLERANCE:g} below the start.\n"
    )
    print(f"| corpus and bits | {' | '.join(arguments.methods)} |")
    print(f"| --- |{' --- |' * len(arguments.methods)}")
    for place in places:
        row = [" ".join(map(str, place)), *(str(cell(method, place)) for method in arguments.methods)]
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
