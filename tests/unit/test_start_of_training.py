"""The table that compares neural methods with the codes they start from."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/start_of_training.py"
P_AT_100 = {"rises": (0.5, 0.7), "holds": (0.5, 0.492), "falls": (0.5, 0.485)}


def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[str]:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *arguments])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    lines: list[str] = capsys.readouterr().out.splitlines()
    return lines


def test_a_training_that_ends_below_its_start_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = tmp_path / "trials.jsonl"
    lines = [
        {"trial": [method, params, "toy", 16, seed, "tfidf"], "precision": value + noise, "seconds": 1.0}
        for method, values in P_AT_100.items()
        for params, value in zip(({"epochs": 0}, {}), values, strict=True)
        for seed, noise in enumerate((-0.01, 0.01))
    ]
    trials.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    options = ["--datasets", "toy", "--bits", "16", "--trials", str(trials), "--no-run"]
    assert printed(monkeypatch, capsys, *P_AT_100, *options)[2:] == [
        "| corpus and bits | rises | holds | falls |",
        "| --- | --- | --- | --- |",
        "| toy 16 | 0.500 → 0.700 | 0.500 → 0.492 | 0.500 → 0.485 ▼ |",
    ]
    with pytest.raises(SystemExit, match="2 trials have not been run"):
        printed(monkeypatch, capsys, "other", *options)


@pytest.mark.usefixtures("toy")
def test_training_of_no_epochs_is_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "cache"))
    trials = tmp_path / "trials.jsonl"
    options = ["--datasets", "toy", "--bits", "8", "--seeds", "1", "--jobs", "1", "--trials", str(trials)]
    line = printed(monkeypatch, capsys, "nash", *options)[-1]
    found = [json.loads(line) for line in trials.read_text().splitlines()]
    assert [each["trial"][1] for each in found] == [{"epochs": 0}, {}]
    start, end = (each["precision"] for each in found)
    assert line == f"| toy 8 | {start:.3f} → {end:.3f}{' ▼' if end < start - 0.01 else ''} |"
