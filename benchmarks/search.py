"""Search over the parameters of a hasher, measured on validation documents alone.

Usage: HASHBENCH_DATA=FOLDER python benchmarks/search.py bmsh --vary word_dropout=0.2,0.4 code_std=2,4

The first row of the table is the base: the defaults and ``--set``. Each other row differs from it in one
parameter. Validation documents are queries to the training documents; they also choose the epoch, as in every
trial, and no test document is ever scored. Finished trials are lines of ``--trials`` and are not run again;
search.md tells what they gave.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from joblib import Parallel, delayed
from rich.console import Console
from rich.progress import track

from hashbench import evaluate, load_dataset, load_features, make_hasher
from hashbench.experiment.environment import limited_threads

AT = 100

Params = dict[str, Any]
Figures = dict[str, float]


class Trial(NamedTuple):
    """What is fitted: a method with parameters, on features of a dataset, with a seed."""

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
            [
                Trial(arguments.method, base | change, *setting, seed, arguments.featurizer)
                for seed in range(arguments.seeds)
            ]
            for setting in settings
        ]
        for change in changes
    ]
    done = _completed({trial.key(): trial for row in rows for cell in row for trial in cell}, arguments)
    print(_head(arguments, base, settings))
    for change, row in zip(changes, rows, strict=True):
        name = ", ".join(f"{name}={value}" for name, value in change.items()) or "base"
        print(_line(name, [[done[trial.key()] for trial in cell] for cell in row]))


def _completed(trials: dict[str, Trial], arguments: argparse.Namespace) -> dict[str, Figures]:
    done = _read(arguments.trials)
    missing = [trial for key, trial in trials.items() if key not in done]
    if missing and arguments.no_run:
        sys.exit(f"{len(missing)} of {len(trials)} trials have not been run: leave out --no-run")
    finished = Parallel(n_jobs=arguments.jobs, return_as="generator_unordered")(
        delayed(_measured)(trial) for trial in missing
    )
    terminal = Console(stderr=True)
    hidden = not (missing and terminal.is_terminal)
    for key, figures in track(finished, "Trials", len(missing), console=terminal, disable=hidden):
        done[key] = figures
        with arguments.trials.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"trial": json.loads(key), **figures}) + "\n")
    return done


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Search the parameters of a hasher on validation documents.")
    parser.add_argument("method")
    parser.add_argument("--datasets", nargs="+", default=["reuters", "20newsgroups"])
    parser.add_argument("--featurizer", default="tfidf")
    parser.add_argument("--bits", type=int, nargs="+", default=[32])
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="how many, from 0 on")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="change of the base")
    parser.add_argument("--vary", nargs="*", default=[], metavar="NAME=VALUE,VALUE")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--trials", type=Path, default=Path(__file__).with_suffix(".jsonl"), metavar="FILE")
    parser.add_argument("--no-run", action="store_true", help="only print what finished trials give")
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


def _measured(trial: Trial) -> tuple[str, Figures]:
    corpus = load_dataset(trial.dataset)
    features = load_features(corpus, trial.featurizer)
    hasher = make_hasher(trial.method, n_bits=trial.n_bits, random_state=trial.seed, **trial.params)
    train, validation = features.split.train, features.split.validation
    inputs = {"X_val": features.validation, "y_val": corpus.labels[validation]} if hasher.validation else {}
    if hasher.supervised:
        inputs["y"] = corpus.labels[train]
    with limited_threads(1):
        start = time.process_time()
        hasher.fit(features.train, **inputs)
        seconds = time.process_time() - start
        scores = evaluate(
            hasher.transform(features.validation),
            hasher.transform(features.train),
            corpus.labels[validation],
            corpus.labels[train],
            at=(AT,),
            n_threads=1,
        )
    return trial.key(), {"precision": float(scores.expected[AT]), "seconds": seconds}


def _head(arguments: argparse.Namespace, base: Params, settings: list[tuple[str, int]]) -> str:
    fixed = ", ".join(f"{name}={value}" for name, value in base.items()) or "the defaults"
    heads = ["change", *(f"{dataset} {n_bits}" for dataset, n_bits in settings), "mean", "CPU s a fit"]
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
