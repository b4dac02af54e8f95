"""The report of how time and memory grow with the number of documents, and what is measured for it."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("scaling_report")


@pytest.fixture
def scaling(report: ModuleType) -> ModuleType:
    return importlib.import_module("scaling")


def measurement(report: ModuleType, n: int, phase: str, seconds: float, **more: Any) -> Any:
    return report.Measurement(n, phase, figures={"cpu_seconds": seconds, "peak_mib": 10 * n}, **more)


def test_exponents_are_those_of_powers(report: ModuleType) -> None:
    measured = [
        measurement(report, n, phase, n**power / 1e3**power, method="m")
        for phase, power in (("fit", 2), ("encode", 1))
        for n in (1_000, 5_000, 20_000)
    ]
    found = {(growth.of, growth.last): growth.exponent for growth in report.growths(measured)}
    expected = {(f"{phase} of m", n): e for phase, e in (("fit", 2), ("encode", 1)) for n in (5_000, 20_000)}
    assert found == pytest.approx(expected)
    named = report.faster_than_linear(measured)
    assert named.splitlines() == [
        "- fit of m, 1,000 to 5,000 documents: exponent 2.00",
        "- fit of m, 5,000 to 20,000 documents: exponent 2.00",
    ]


def test_times_too_short_to_tell_have_no_exponent(report: ModuleType) -> None:
    measured = [measurement(report, n, "corpus", seconds) for n, seconds in ((10, 0.1), (100, 50.0))]
    assert report.growths(measured) == []


def test_a_row_names_the_parameters_that_were_changed(report: ModuleType) -> None:
    measured = [
        measurement(report, 10, "fit", 2.0, method="nash", featurizer="tfidf"),
        measurement(report, 100, "fit", 3.0, method="nash", featurizer="tfidf", params={"epochs": 1}),
    ]
    table = report.table(measured)
    assert [row[:4] for row in table.rows] == [
        ["fit", "nash", "2.0", ""],
        ["fit", "nash, epochs=1", "", "3.0"],
    ]


def test_what_is_stored_is_not_measured_again(
    report: ModuleType, scaling: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stored phase runs only where a later one reads what it leaves, and its figures stay."""
    ran = []

    def run(command: list[str], **options: Any) -> Any:
        ran.append((command[3], command[4]))
        return type("Done", (), {"stdout": json.dumps({"cpu_seconds": 1.0, "peak_mib": 1.0})})

    monkeypatch.setattr(scaling.subprocess, "run", run)
    monkeypatch.setattr(scaling, "MEASURED", tmp_path / "measured.jsonl")
    monkeypatch.setattr(scaling, "write_report", lambda folder: None)
    lsh = [("fit", "lsh"), ("encode", "lsh"), ("evaluation", "lsh")]
    monkeypatch.setattr(sys, "argv", ["scaling.py", "--documents", "20", "--methods", "lsh"])
    scaling.main()
    assert ran == [("corpus", ""), ("features", ""), *lsh]
    scaling.main()
    assert len(ran) == 5
    monkeypatch.setattr(sys, "argv", ["scaling.py", "--documents", "20", "--methods", "lsh", "itq"])
    scaling.main()
    assert ran[5:] == [("features", ""), *((phase, "itq") for phase, _ in lsh)]
    assert len(report.read(tmp_path / "measured.jsonl")) == 8
