"""Fixtures: the command line, in a process of its own or in this one, and plugins that are installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

PLUGIN_SOURCES = Path(__file__).parent / "plugins"
COMMAND = Path(sys.executable).with_name("hashbench")


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def install(target: Path, *names: str) -> Path:
    """Install plugins from their sources into a folder and return it."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--target", str(target)),
            *(str(PLUGIN_SOURCES / name) for name in names),
        ],
        check=True,
        capture_output=True,
    )
    return target


@pytest.fixture(scope="session")
def toy_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy plugin installed."""
    return install(tmp_path_factory.mktemp("toy"), "toy")


@pytest.fixture(scope="session")
def broken_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three broken plugins installed."""
    return install(tmp_path_factory.mktemp("broken"), "broken-import", "broken-hook", "name-clash")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of its own for this test session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def environment(toy_plugin: Path, cache: Path) -> dict[str, str]:
    """The environment of commands under test: the toy plugin and a cache of their own."""
    return {**os.environ, "PYTHONPATH": str(toy_plugin), "HASHBENCH_CACHE": str(cache), "COLUMNS": "100"}


Run = Callable[..., Finished]


def run_here(arguments: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> int:
    """Run the command line in this process, which has imported everything, and return its exit code."""
    from hashbench import cli
    from hashbench.registry import registry

    with pytest.MonkeyPatch.context() as patch, mock.patch.dict(os.environ, environment, clear=True):
        patch.setattr(cli, "watch_for_interrupts", lambda: None)
        patch.syspath_prepend(environment["PYTHONPATH"])
        patch.chdir(folder)
        registry.cache_clear()
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, arguments)])
    registry.cache_clear()
    return int(end.value.code or 0)


@pytest.fixture
def command(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run the installed command in a process of its own and a temporary folder, with variables by keyword.

    For tests of what a process does (its start, its end, what it imports) and of other plugins.
    """

    def run(*arguments: str | Path, **variables: str) -> Finished:
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            env={**environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def hashbench(environment: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process and a temporary folder, with variables by keyword."""

    def run(*arguments: str | Path, **variables: str) -> Finished:
        assert "PYTHONPATH" not in variables, "this process keeps the modules that it has: use `command`"
        capfd.readouterr()
        code = run_here(arguments, {**environment, **variables}, tmp_path)
        return Finished(code, *capfd.readouterr())

    return run
