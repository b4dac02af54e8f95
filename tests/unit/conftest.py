"""Fixtures of the unit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hashbench.registry import registry


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
