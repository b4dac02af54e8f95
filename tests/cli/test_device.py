"""`hashbench run --device` where there is no such device."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.mark.parametrize("way", [("--jobs", "1"), ("--jobs", "2"), ("--isolate",)])
def test_a_gpu_that_is_not_there_ends_the_run_and_is_no_result(
    hashbench: Run, tmp_path: Path, way: tuple[str, ...]
) -> None:
    arguments = ("run", "--methods", "vdsh", "--datasets", "toy", "--bits", "8", "--seeds", "2", "--out", "r")
    done = hashbench(*arguments, "--device", "cuda:99", *way)
    assert done.code == 2
    assert "Error: device cuda:99: torch finds no such GPU here; use cpu" in done.err
    assert not list((tmp_path / "r" / "records").glob("*"))
