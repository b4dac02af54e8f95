"""Fixtures of the unit tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from hashbench import code_digest as digests
from hashbench.code_digest import code_digest
from hashbench.registry import registry

Write = Callable[..., Path]


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data home."""
    home = tmp_path / "data"
    home.mkdir()
    monkeypatch.setenv("HASHBENCH_DATA", str(home))
    return home


@pytest.fixture
def toy(toy_plugin: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the toy plugin installed in this process, with the cache of the test session."""
    monkeypatch.syspath_prepend(str(toy_plugin))
    monkeypatch.setenv("HASHBENCH_CACHE", str(cache))
    registry.cache_clear()
    yield
    registry.cache_clear()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write files into a folder that is on the path, and forget what was known of them."""

    def write(files: Mapping[str, str | bytes], folder: str = "source") -> Path:
        place = tmp_path / folder
        for name, content in files.items():
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if str(place) not in sys.path:
            monkeypatch.syspath_prepend(str(place))
        code_digest.cache_clear()
        return place

    yield write
    code_digest.cache_clear()


@pytest.fixture
def install(write: Write) -> Iterator[Write]:
    """Write files together with what pip writes beside them, and forget which distributions were known."""

    def install(name: str, files: Mapping[str, str], folder: str = "site-packages", **more: str) -> None:
        info = f"{name}-1.0.dist-info"
        metadata = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", **more}
        written = {**files, **{f"{info}/{file}": content for file, content in metadata.items()}}
        write({**written, f"{info}/RECORD": "".join(f"{file},,\n" for file in written)}, folder)
        forget_distributions()

    yield install
    forget_distributions()


def forget_distributions() -> None:
    digests._distributions_by_package.cache_clear()
    digests._editable_projects.cache_clear()
