"""Fixtures of the unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data home."""
    home = tmp_path / "data"
    home.mkdir()
    monkeypatch.setenv("HASHBENCH_DATA", str(home))
    return home
