"""Search over the parameters of a hasher, measured on validation documents alone.

Usage: HASHBENCH_DATA=FOLDER python benchmarks/search.py bmsh@validated --vary word_dropout=0.2,0.4 lr=0.003

The first row of the table is the base: a recipe of the method and ``--set``. Each other row differs from it
in one parameter. ``--datasets reuters,text=title`` sets an option of a dataset. Validation documents are
queries to the training documents; where the recipe selects the epoch on them, they also do that, and no test
document is ever scored. Finished trials are lines of ``--trials`` and are not run again; search.md tells what
they gave. Their records and codes are in the cache, see ``hashbench.run``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import hashbench

AT = 100

Params = dict[str, Any]
Figures = dict[str, float]


class Trial(NamedTuple):
    """What is fitted: a method with parameters, on features of a dataset, with a seed.

    The method may name a recipe, and options of the dataset follow its name: ``reuters,text=title``.
    """

    method: str
    params: Params
    dataset: str
    n_bits: int
    seed: int
    featurizer: str = "tfidf"

    def key(self) -> str:
        return json.dumps([*self], sort_keys=True)


def main() -> None:
    """Run the trials that are not there yet, and print the table."""
    arguments = _arguments()
    base = {name: values[0] for name, values in map(_assignment, arguments.set)}
    varied = dict(map(_assignment, arguments.vary))
    changes = [{}, *_one_factor(varied)]
    settings = [(dataset, n_bits) for dataset in arguments.datasets for n_bits in arguments.bits]
    rows = [
        [
            Trial(arguments.method, base | change, *setting, seed, arguments.featurizer)
            for setting in settings
            for seed in range(arguments.seeds)
        ]
        for change in changes
    ]
    done = completed(rows, arguments)
    print(_head(arguments, base, settings))
    for change, row in zip(changes, rows, strict=True):
        name = ", ".join(f"{name}={value}" for name, value in change.items()) or "base"
        figures = [done[trial.key()] for trial in row]
        places = range(0, len(figures), arguments.seeds)
        print(_line(name, [figures[place : place + arguments.seeds] for place in places]))


def completed(rows: Sequence[Sequence[Trial]], arguments: argparse.Namespace) -> dict[str, Figures]:
    """Return the figures of all trials by key, after running those of each row that are not in the file.

    Args:
        rows: trials; those of a row are run together and must be of one method, parameters and featurizer.
        arguments: ``trials``, ``no_run`` and ``jobs`` of ``add_arguments``.
    """
    for row in rows:
        done = _read(arguments.trials)
        missing = [trial for trial in row if trial.key() not in done]
        if missing and arguments.no_run:
            sys.exit(f"{len(missing)} trials have not been run: leave out --no-run")
        if missing:
            _run(missing, arguments)
    return _read(arguments.trials)


def add_arguments(parser: argparse.ArgumentParser, trials: Path) -> None:
    """Add what says where documents and finished trials are."""
    parser.add_argument("--datasets", nargs="+", default=["reuters", "20newsgroups"])
    parser.add_argument("--featurizer", default="tfidf")
    parser.add_argument("--bits", type=int, nargs="+", default=[32])
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="how many, from 0 on")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--device", help="where methods are trained, cpu or cuda")
    parser.add_argument("--trials", type=Path, default=trials, metavar="FILE")
    parser.add_argument("--no-run", action="store_true", help="only print what finished trials give")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Search the parameters of a hasher on validation documents.")
    parser.add_argument("method")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="change of the base")
    parser.add_argument("--vary", nargs="*", default=[], metavar="NAME=VALUE,VALUE")
    add_arguments(parser, Path(__file__).with_suffix(".jsonl"))
    return parser.parse_args()


def _assignment(text: str) -> tuple[str, list[Any]]:
    name, _, values = text.partition("=")
    return name, [_value(value) for value in values.split(",")]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _one_factor(varied: dict[str, list[Any]]) -> Iterator[Params]:
    return ({name: value} for name, values in varied.items() for value in values)


def _read(path: Path) -> dict[str, Figures]:
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {Trial(*line.pop("trial")).key(): line for line in lines}


def _run(trials: Sequence[Trial], arguments: argparse.Namespace) -> None:
    """Run trials that differ in dataset, bits and seed alone, and append what they give to the file.

    The grid of these may hold more than them; what was run before is reused.
    """
    for dataset in dict.fromkeys(trial.dataset for trial in trials):
        _run_on(dataset, [trial for trial in trials if trial.dataset == dataset], arguments)


def _run_on(dataset: str, trials: Sequence[Trial], arguments: argparse.Namespace) -> None:
    name, *options = dataset.split(",")
    first = trials[0]
    method = first.method.partition("@")[0]
    results = hashbench.run(
        first.method,
        name,
        first.featurizer,
        [*dict.fromkeys(trial.n_bits for trial in trials)],
        [*dict.fromkeys(trial.seed for trial in trials)],
        {method: first.params, name: {key: values[0] for key, values in map(_assignment, options)}},
        at=AT,
        metrics=(),
        queries="validation",
        jobs=arguments.jobs,
        device=arguments.device,
        progress=True,
    )
    for record in results.failures:
        sys.exit(f"{record.trial}: {record.error}")
    done = {(record.trial.bits, record.trial.seed): record for record in results}
    with arguments.trials.open("a", encoding="utf-8") as file:
        for trial in trials:
            seed = trial.seed if (trial.n_bits, trial.seed) in done else None  # of methods without seeds
            record = done[trial.n_bits, seed]
            figures = {"precision": record.scores[f"p@{AT}"].expected, "seconds": record.seconds.fit}
            file.write(json.dumps({"trial": [*trial], **figures}) + "\n")


def _head(arguments: argparse.Namespace, base: Params, settings: list[tuple[str, int]]) -> str:
    fixed = ", ".join(f"{name}={value}" for name, value in base.items()) or "the recipe"
    heads = ["change", *(f"{dataset} {n_bits}" for dataset, n_bits in settings), "mean", "s a fit"]
    method = f"{arguments.method} with {arguments.featurizer}"
    return "\n".join(
        [
            f"{method}, validation P@{AT}, mean of {arguments.seeds} seeds. Base: {fixed}.",
            "",
            f"| {' | '.join(heads)} |",
            f"| --- |{' ---: |' * (len(heads) - 1)}",
        ]
    )


def _line(name: str, figures: list[list[Figures]]) -> str:
    precisions = [[figure["precision"] for figure in cell] for cell in figures]
    means = [statistics.mean(cell) for cell in precisions]
    cells = [
        f"{mean:.3f}" + (f" ± {statistics.stdev(cell):.3f}" if len(cell) > 1 else "")
        for mean, cell in zip(means, precisions, strict=True)
    ]
    seconds = statistics.mean(figure["seconds"] for cell in figures for figure in cell)
    return f"| {' | '.join([name, *cells, f'{statistics.mean(means):.4f}', f'{seconds:.0f}'])} |"


if __name__ == "__main__":
    main()
