"""The table that compares neural methods with the codes they start from."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import hashbench
from hashbench.results import Results
from tests.unit.records import make_record

SCRIPT = Path(__file__).parents[2] / "benchmarks/start_of_training.py"
P_AT_100 = {
    ("rises", 0): (0.5, 0.7),
    ("holds", 0): (0.5, 0.492),
    ("falls", 0): (0.5, 0.48),
    ("falls", 1): (0.5, 0.49),
    ("breaks", 0): (0.5, None),
}


def test_a_training_that_ends_below_its_start_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []

    def run(
        methods: Sequence[str],
        datasets: Sequence[str],
        featurizer: str,
        bits: Sequence[int],
        seeds: int,
        params: Mapping[str, Any],
        **options: Any,
    ) -> Results:
        calls.append((params, options["queries"], options["at"]))
        records = [
            make_record(method, 16, seed, P_AT_100.get((method, seed), P_AT_100[method, 0])[not params])
            for method in methods
            for seed in range(seeds)
        ]
        return Results.of(records, tmp_path)

    monkeypatch.setattr(hashbench, "run", run)
    methods = ["rises", "holds", "falls", "breaks"]
    options = ["--methods", *methods, "--datasets", "toy", "--bits", "16", "--to", str(tmp_path / "table.md")]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *options])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert {method: {"epochs": 0} for method in methods} in [params for params, _, _ in calls]
    assert {(queries, at) for _, queries, at in calls} == {("validation", 100)}
    assert (tmp_path / "table.md").read_text().splitlines()[2:] == [
        "| method | toy 16 |",
        "| --- | --- |",
        "| rises | 0.500 → 0.700 |",
        "| holds | 0.500 → 0.492 |",
        "| falls | 0.500 → 0.485 ▼ |",
        "| breaks | 0.500 → failed |",
    ]
    out, err = capsys.readouterr()
    assert (out, err.count("breaks")) == ("", 2)


def test_without_names_the_methods_are_those_that_are_trained_in_epochs() -> None:
    methods = runpy.run_path(str(SCRIPT))["_neural_methods"]()
    assert {"nash", "vdsh", "bmsh", "hierhash", "srbm"} <= set(methods)
    assert not {"lsh", "itq", "random", "cosine", "hierhash-views"} & set(methods)
