"""The same records wherever trials run, and parts of a grid that add up to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_run import stored, timeless
from tests.conftest import Run

TOY = ("--methods", "itq,toy-sign", "--datasets", "toy", "--bits", "8,16", "--seeds", "3", "--quiet")


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_gives_the_records_of_one_process(
    command: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    assert command("run", *TOY, "--jobs", "1", "--out", "alone").code == 0
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.cluster_run", str(tmp_path / "cluster"), "itq", "toy-sign"],
        env={**environment, "HASHBENCH_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    alone = {key: timeless(record) for key, record in stored(tmp_path / "alone").items()}
    assert {key: timeless(record) for key, record in stored(tmp_path / "cluster").items()} == alone
    assert done.stdout.split() == sorted(f"{key}:ok" for key in alone)


def test_a_scheduler_that_does_not_answer_is_one_line(hashbench: Run) -> None:
    done = hashbench("run", *TOY, "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9")
    assert (done.code, done.out) == (2, "")
    assert "no scheduler of Dask answers there" in done.err
    assert "Traceback" not in done.err


def test_parts_of_a_grid_add_up_to_it_whatever_is_stored(hashbench: Run, tmp_path: Path) -> None:
    assert hashbench("run", *TOY, "--jobs", "1", "--out", "whole").code == 0
    keys = []
    for part in ("1/3", "2/3", "3/3", "2/3"):
        folder = part.replace("/", "-")
        assert hashbench("run", *TOY, "--jobs", "1", "--shard", part, "--out", folder).code == 0
        keys.append({path.stem for path in (tmp_path / folder / "records").glob("*.json")})
    whole = stored(tmp_path / "whole")
    assert keys[0] | keys[1] | keys[2] == set(whole)
    assert sum(map(len, keys[:3])) == len(whole)
    assert keys[3] == keys[1]
    assert "give I/N with I from 1 to N" in hashbench("run", *TOY, "--shard", "4/3").err


def test_slurm_runs_parts_of_the_grid(hashbench: Run, environment: dict[str, str], tmp_path: Path) -> None:
    script = hashbench("slurm", "--trials-per-job", "5", *TOY[:-1], "--out", "array")
    assert script.code == 0, script.err
    assert "#SBATCH --array=1-3" in script.out
    for job in ("1", "2", "3"):
        command = script.out.replace("hashbench run", f"{sys.executable} -m hashbench run")
        done = subprocess.run(
            ["bash"],
            input=command,
            env={**environment, "SLURM_ARRAY_TASK_ID": job},
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0
    assert len(stored(tmp_path / "array")) == 12
