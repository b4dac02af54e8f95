"""The search over parameters: what it runs, writes and prints."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

import hashbench

SCRIPT = Path(__file__).parents[2] / "benchmarks/search.py"

pytestmark = pytest.mark.usefixtures("toy")


def search(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *arguments])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_trials_are_scored_on_validation_documents_and_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "cache"))
    arguments = ["toy-sign", "--datasets", "toy", "toy-multi", "--bits", "8", "16", "--seeds", "2"]
    arguments += ["--vary", "sleep=0.001", "--jobs", "1", "--trials", str(tmp_path / "trials.jsonl")]
    search(monkeypatch, *arguments)
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    assert len(lines) == 2 * 2 * 2 * 2
    records = hashbench.run(
        "toy-sign", ["toy", "toy-multi"], bits=[8, 16], seeds=2, jobs=1, at=100, queries="validation"
    )
    expected = {
        (record.trial.dataset, record.trial.bits, record.trial.seed): record.scores["p@100"].expected
        for record in records
    }
    found = {tuple(line["trial"][2:5]): line["precision"] for line in lines if not line["trial"][1]}
    assert found == expected
    assert [line.split(" | ")[0] for line in printed.splitlines()[2:]] == [
        "| change",
        "| ---",
        "| base",
        "| sleep=0.001",
    ]
    search(monkeypatch, *arguments, "--no-run")
    assert capsys.readouterr().out == printed
    with pytest.raises(SystemExit, match="8 trials have not been run"):
        search(monkeypatch, *arguments, "--no-run", "--set", "scale=2.0")
