"""What training adds to the codes that neural methods start from, measured on validation documents.

Usage: HASHBENCH_DATA=FOLDER python benchmarks/start_of_training.py --datasets reuters --bits 16 64

A row is a method; a cell is P@100 of the codes of its initial weights (``epochs=0``) and of those after
training, means over seeds. A cell in which training ends more than .01 below its start is marked. Validation
documents are queries to the training documents; they also choose the epoch, as in every trial, and no test
document is ever scored. Trials are stored, by default in the cache, and are not run again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import hashbench
from hashbench.parameters import signature_parameters
from hashbench.registry import registry
from hashbench.specs import HasherSpec

AT = 100
TOLERANCE = 0.01
MARK = "▼"


class Cell(NamedTuple):
    """P@100 at the start and after training, means over seeds; None where a trial failed."""

    start: float | None
    end: float | None

    @property
    def falls(self) -> bool:
        """Whether training ends more than .01 below its start."""
        return self.start is not None and self.end is not None and self.end < self.start - TOLERANCE

    def __str__(self) -> str:
        start, end = ("failed" if value is None else f"{value:.3f}" for value in self)
        return f"{start} → {end}{f' {MARK}' if self.falls else ''}"


def main() -> None:
    """Run the trials that are not stored yet, and write the table."""
    arguments = _arguments()
    methods = arguments.methods or _neural_methods()
    start = _run(methods, arguments, epochs=0)
    end = _run(methods, arguments)
    text = _table(methods, start, end, arguments)
    if arguments.to is None:
        print(text, end="")
    else:
        arguments.to.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare neural methods with the codes they start from.")
    parser.add_argument("--methods", nargs="*", help="names of methods; by default all neural ones")
    parser.add_argument("--datasets", nargs="+", default=["reuters", "20newsgroups"])
    parser.add_argument("--featurizer", default="tfidf")
    parser.add_argument("--bits", type=int, nargs="+", default=[32])
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="how many, from 0 on")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where trials are stored")
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help="write the table there instead of printing it"
    )
    return parser.parse_args()


def _neural_methods() -> list[str]:
    """Return the methods that are trained in epochs and take nothing beside the vectors."""
    return [
        component.name
        for component in registry().components("method")
        if isinstance(component.spec, HasherSpec)
        and not component.spec.inputs
        and "epochs" in signature_parameters(component)
    ]


def _run(methods: Sequence[str], arguments: argparse.Namespace, **params: int) -> hashbench.Results:
    results = hashbench.run(
        methods,
        arguments.datasets,
        arguments.featurizer,
        arguments.bits,
        arguments.seeds,
        {method: params for method in methods if params},
        at=AT,
        metrics=(),
        queries="validation",
        jobs=arguments.jobs,
        out=arguments.out,
        progress=True,
    )
    for record in results.failures:
        print(f"{record.trial}: {record.error}", file=sys.stderr)
    return results


def _table(
    methods: Sequence[str], start: hashbench.Results, end: hashbench.Results, arguments: argparse.Namespace
) -> str:
    places = [(dataset, n_bits) for dataset in arguments.datasets for n_bits in arguments.bits]
    heads = ["method", *(f"{dataset} {n_bits}" for dataset, n_bits in places)]
    rows = [
        [method, *(str(Cell(*(_mean(found, method, *place) for found in (start, end)))) for place in places)]
        for method in methods
    ]
    return "\n".join(
        [
            f"Validation P@{AT} with {arguments.featurizer} at the start of training → at its end, mean of "
            f"{arguments.seeds} seeds; {MARK} marks an end more than {TOLERANCE:g} below the start.",
            "",
            f"| {' | '.join(heads)} |",
            f"| --- |{' --- |' * len(places)}",
            *(f"| {' | '.join(row)} |" for row in rows),
            "",
        ]
    )


def _mean(results: hashbench.Results, method: str, dataset: str, n_bits: int) -> float | None:
    """Return the mean over seeds; None where a trial failed, as a mean over fewer would be no comparison."""
    name, _, recipe = method.partition("@")
    cell = [
        record
        for record in results
        if (record.trial.method, record.trial.recipe) == (name, recipe or "default")
        and (record.trial.dataset, record.trial.bits) == (dataset, n_bits)
    ]
    if not cell or any(record.status == "failed" for record in cell):
        return None
    return fmean(record.scores[f"p@{AT}"].expected for record in cell)


if __name__ == "__main__":
    main()
