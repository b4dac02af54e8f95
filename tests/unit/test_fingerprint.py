"""Content keys and source fingerprints."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hashbench.errors import HashbenchError
from hashbench.fingerprint import content_key, source_fingerprint


def test_content_keys_depend_on_values_alone() -> None:
    assert content_key({"a": 1, "b": [2.5, None]}) == content_key({"b": [2.5, None], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 2})
    assert content_key({"a": 1}) != content_key({"a": "1"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        content_key({"a": float("nan")})


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "fingerprinted"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "method.py").write_text("import json\n\ndef fit():\n    from fingerprinted import kit\n")
    (folder / "kit.py").write_text("from fingerprinted.deep import thing\n")
    (folder / "deep.py").write_text("thing = 1\n")
    (folder / "unrelated.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    sys.modules.pop("fingerprinted", None)


def fresh(target: str) -> str:
    source_fingerprint.cache_clear()
    return source_fingerprint(target)


@pytest.mark.parametrize(
    ("file", "counts"), [("method.py", True), ("kit.py", True), ("deep.py", True), ("unrelated.py", False)]
)
def test_all_that_the_target_reaches_counts_and_nothing_else(package: Path, file: str, counts: bool) -> None:
    before = fresh("fingerprinted.method:fit")
    with (package / file).open("a") as source:
        source.write("# changed\n")
    assert (fresh("fingerprinted.method:fit") != before) == counts


def test_nothing_is_run(package: Path) -> None:
    (package / "method.py").write_text("import fingerprinted.unrelated\n")
    assert fresh("fingerprinted.method:fit")
    assert "fingerprinted.unrelated" not in sys.modules


def test_the_shared_kit_of_hashbench_counts_for_its_methods() -> None:
    from hashbench import fingerprint

    reached = fingerprint.reachable_sources("hashbench_methods.classic.itq:ITQ")
    assert {"hashbench_methods.classic.itq", "hashbench.hashing.base", "hashbench.hashing.pca"} <= set(
        reached
    )
    assert "hashbench_methods.classic.lsh" not in reached
    assert "hashbench.cli.run" not in reached


def test_a_missing_module_is_named() -> None:
    with pytest.raises(HashbenchError, match=r"nowhere\.method:Class"):
        fresh("nowhere.method:Class")
