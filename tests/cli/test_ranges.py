"""``--set`` with values that a parameter may not have: refused in one line, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashbench.ranges import declared_ranges
from hashbench.registry import registry
from tests.conftest import Run

TOO_LONG = "9" * 4400
TOO_DEEP = "[" * 100_000


def refused(hashbench: Run, folder: Path, kind: str, name: str, assignment: str) -> str:
    """Return the line with which a run with ``--set`` is refused, without "Error: " and what was set."""
    parameter = assignment.partition("=")[0]
    done = hashbench(
        "run", "--datasets", "toy", f"--{kind}s", name, "--set", f"{name}.{assignment}", "--out", "results"
    )
    assert (done.code, done.out) == (2, ""), done.err
    assert not (folder / "results").exists()
    (line,) = done.err.splitlines()
    start = f"Error: {kind} {name}: {parameter} is "
    assert line.startswith(start)
    return line.removeprefix(start).partition(", got ")[0]


@pytest.mark.parametrize("value", ["-1", "foo", "1e999", "NaN", "null", "[1]", TOO_LONG, TOO_DEEP])
def test_a_value_out_of_range_is_refused(hashbench: Run, tmp_path: Path, value: str) -> None:
    assert refused(hashbench, tmp_path, "method", "toy-sign", f"sleep={value}") == "a number at least 0"
    assert refused(hashbench, tmp_path, "method", "toy-sign", f"scale={value}") == "a number above 0"


@pytest.mark.parametrize(
    ("kind", "name", "assignment"),
    [
        ("method", "nash", "noise=foo"),
        ("method", "itq", "n_iter=-5"),
        ("method", "itq", f"n_iter={TOO_LONG}"),
        ("method", "itq", f"n_iter={TOO_DEEP}"),
        ("featurizer", "tfidf", "max_features=-1"),
        ("featurizer", "tfidf", "max_df=1e999"),
        ("featurizer", "bm25", "b=2"),
    ],
    ids=lambda text: text[:16],
)
def test_what_is_shipped_says_what_its_parameters_may_be(
    hashbench: Run, tmp_path: Path, kind: str, name: str, assignment: str
) -> None:
    declared = declared_ranges(registry().get(kind, name).spec.load())[assignment.partition("=")[0]]
    assert refused(hashbench, tmp_path, kind, name, assignment) == str(declared)


@pytest.mark.parametrize("bits", [TOO_LONG, "-1", "0", "4097", "", "8,x"])
def test_code_lengths_out_of_range_are_refused_in_one_line(hashbench: Run, bits: str) -> None:
    done = hashbench("run", "--methods", "lsh", "--datasets", "toy", "--bits", bits)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "is not a whole number from 1 to 4096" in done.err
    assert len(done.err) < 200
