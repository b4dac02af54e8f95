"""``hashbench cache``."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.conftest import Run

RUN = (
    "run",
    "--datasets",
    "toy",
    "--methods",
    "lsh",
    "--bits",
    "8",
    "--seeds",
    "1",
    "--jobs",
    "1",
    "--quiet",
)


def test_what_is_cached_is_shown_and_freed(hashbench: Run, tmp_path: Path) -> None:
    variables = {"HASHBENCH_CACHE": str(tmp_path / "cache")}
    assert hashbench("cache", "info", "--json", **variables).document["entries"] == []
    assert hashbench(*RUN, **variables).code == 0
    (entry,) = hashbench("cache", "info", "--json", **variables).document["entries"]
    files = [path for path in Path(entry["path"]).rglob("*") if path.is_file()]
    assert entry["kind"] == "features"
    assert entry["size"] == sum(path.stat().st_size for path in files) > 0
    shown = hashbench("cache", "info", **variables)
    assert str(tmp_path / "cache") in shown.out
    assert "| features" in shown.out

    kept = hashbench("cache", "clean", "--older-than", "2", **variables)
    assert (kept.code, Path(entry["path"]).exists()) == (0, True)
    week = time.time() - 7 * 24 * 3600
    os.utime(entry["path"], (week, week))
    assert entry["path"] in hashbench("cache", "clean", "--older-than", "2", "--dry-run", **variables).out
    done = hashbench("cache", "clean", "--older-than", "2", **variables)
    assert "1 entries" in done.err
    assert not Path(entry["path"]).exists()
    assert hashbench(*RUN, "--out", "again", **variables).code == 0


def test_a_full_disk_is_no_result_of_a_trial(hashbench: Run, tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        full = hashbench(*RUN, HASHBENCH_CACHE=str(tmp_path / "cache"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert full.code == 2
    assert full.err.startswith("Error: cannot store ")
    assert full.err.count("\n") == 1
    assert list((tmp_path / "results/records").iterdir()) == []
    assert hashbench(*RUN, HASHBENCH_CACHE=str(tmp_path / "cache")).code == 0


def test_a_cache_and_a_folder_that_are_files_end_the_command_in_one_line(
    hashbench: Run, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    done = hashbench(*RUN, HASHBENCH_CACHE=str(file))
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "HASHBENCH_CACHE" in done.err
    assert list((tmp_path / "results/records").iterdir()) == []
    assert hashbench(*RUN).code == 0
    done = hashbench("leaderboard", "--out", file)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "is a file" in done.err or "a file is where" in done.err
    assert file.read_text() == "mine"
