"""Executors, with jobs in place of trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashbench.experiment import executors
from hashbench.experiment.executors import InThisProcess, IsolatedProcesses, LocalProcesses
from hashbench.experiment.isolation import Limits
from tests.unit.isolated_calls import Job, place, work

GOOD = [Job(f"good-{number}") for number in range(6)]
DYING = [Job("dies-1"), Job("dies-2")]


@pytest.fixture(autouse=True)
def records_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "failed_record", lambda job, error: Job(job.key, str(error)))


@pytest.mark.parametrize("executor", [InThisProcess(), IsolatedProcesses(2), LocalProcesses(2)])
def test_every_job_has_one_record(executor: Any) -> None:
    assert sorted(executor.run(work, GOOD), key=lambda job: job.key) == GOOD


@pytest.mark.parametrize("executor", [IsolatedProcesses(2), IsolatedProcesses(1), LocalProcesses(2)])
def test_a_process_that_dies_costs_its_own_record(executor: Any) -> None:
    records = {record.key: record for record in executor.run(work, [*GOOD[:3], *DYING, *GOOD[3:]])}
    assert set(records) == {job.key for job in (*GOOD, *DYING)}
    assert {job.key: records[job.key] for job in GOOD} == {job.key: job for job in GOOD}
    for job in DYING:
        assert "ended by SIGKILL" in records[job.key].error


@pytest.mark.parametrize("executor", [InThisProcess(), IsolatedProcesses(2), LocalProcesses(2)])
@pytest.mark.parametrize("cache", ["there", None])
def test_a_process_that_is_used_again_follows_the_folder_and_the_variables(
    executor: Any, cache: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASHBENCH_CACHE", "before")
    [*executor.run(work, GOOD)]
    monkeypatch.chdir(tmp_path)
    if cache is None:
        monkeypatch.delenv("HASHBENCH_CACHE")
    else:
        monkeypatch.setenv("HASHBENCH_CACHE", cache)
    assert {job.error for job in executor.run(place, GOOD)} == {f"{tmp_path} {cache}"}


def test_limits_reach_the_processes() -> None:
    (record,) = IsolatedProcesses(1, Limits(seconds=0.01)).run(work, [Job("lasts")])
    assert "longer than the limit of 0.01 s" in record.error
