"""A fresh virtual environment with hashbench installed from its wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Finished

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Fresh:
    """A virtual environment; what hashbench depends on is that of the environment that runs the tests."""

    folder: Path
    cache: Path

    @property
    def bin(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    def install(self, source: Path) -> None:
        """Build the wheel of a project and install it."""
        wheels = self.folder / "wheels" / source.name
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(build, cwd=source, check=True, capture_output=True)
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "install", "--quiet"]
        pip += ["--disable-pip-version-check", "--no-deps", "--no-index", *map(str, wheels.glob("*.whl"))]
        subprocess.run(pip, check=True, capture_output=True)

    def run(self, *command: str | Path, cwd: Path, **variables: str) -> Finished:
        """Run a command of the environment."""
        name, *arguments = map(str, command)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [self.bin / name, *arguments],
            cwd=cwd,
            env={**environment, "HASHBENCH_CACHE": str(self.cache), "COLUMNS": "100", **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)


def new_environment(folder: Path) -> Fresh:
    """Make an environment without hashbench that finds the packages of this one behind its own."""
    venv.create(folder, symlinks=os.name != "nt")
    (installed,) = (
        folder.glob("lib/python*/site-packages") if os.name != "nt" else [folder / "Lib/site-packages"]
    )
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (installed / "dependencies.pth").write_text("\n".join(packages))
    return Fresh(folder, folder / "cache")


Make = Callable[[str], Fresh]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """An environment with hashbench from its wheel, which the tests of a session share."""
    environment = new_environment(tmp_path_factory.mktemp("fresh"))
    environment.install(ROOT)
    return environment
