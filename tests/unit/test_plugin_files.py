"""A single file as a plugin, and the version of the hook interface."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashbench.errors import HashbenchError
from hashbench.hookspecs import INTERFACE_VERSION
from hashbench.plugin_files import spec_name
from hashbench.registry import Registry, load_plugin_file, load_plugins
from hashbench.specs import HasherSpec, MetricSpec
from tests.conftest import Run
from tests.unit.test_registry import Point

HASHER = '''
import numpy as np
from hashbench.hashing import Hasher


class MyHasher(Hasher):
    """Signs of random projections.

    Nothing more.
    """

    def __init__(self, n_bits=32, *, random_state=None):
        self.n_bits = n_bits
        self.random_state = random_state

    def _fit(self, X):
        generator = np.random.default_rng(self.random_state)
        self.planes_ = generator.standard_normal((X.shape[1], self.n_bits))

    def _embed(self, X):
        return X @ self.planes_
'''

HOOKS = """
from hashbench.hookspecs import hookimpl
from hashbench.specs import MetricSpec


@hookimpl
def hashbench_metrics():
    return [MetricSpec("ones", "{name}:ones", "Share of ones")]


def ones(evaluation):
    return {{"ones": float(evaluation.database_codes.unpack().mean())}}
"""


@pytest.fixture(autouse=True)
def _modules_and_path_as_before() -> Iterator[None]:
    modules, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith("file_under_test"):
            del sys.modules[name]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"file_under_test_{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_class_is_a_method_named_after_it(tmp_path: Path) -> None:
    plugin = load_plugin_file(written(tmp_path, "class", HASHER))
    (spec,) = plugin.specs
    assert (spec.kind, spec.name, spec.summary) == ("method", "my-hasher", "Signs of random projections")
    assert isinstance(spec, HasherSpec)
    assert not spec.supervised
    assert spec.load().__name__ == "MyHasher"
    assert (plugin.state, plugin.distribution) == ("ok", "file_under_test_class.py")


def test_the_tags_of_a_class_say_whether_it_is_supervised(tmp_path: Path) -> None:
    tags = """
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
"""
    (spec,) = load_plugin_file(written(tmp_path, "supervised", HASHER + tags)).specs
    assert isinstance(spec, HasherSpec)
    assert spec.supervised


def test_a_file_with_hooks_registers_what_they_return(tmp_path: Path) -> None:
    path = written(tmp_path, "hooks", HOOKS.format(name="file_under_test_hooks"))
    (spec,) = load_plugin_file(path).specs
    assert isinstance(spec, MetricSpec)
    assert spec.name == "ones"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("empty", "x = 1", "registers nothing: write a class"),
        ("broken", "import gone_for_good", "cannot be imported: ModuleNotFoundError"),
        ("needy", HASHER.replace("n_bits=32, *", "n_bits, *"), "give every argument"),
        ("later", f"HASHBENCH_INTERFACE = {INTERFACE_VERSION + 1}", "update hashbench"),
    ],
)
def test_a_file_that_cannot_be_a_plugin_is_refused_with_the_reason(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(HashbenchError, match=told) as raised:
        load_plugin_file(path)
    assert path.name in str(raised.value) or name == "later"


@pytest.mark.parametrize(
    ("class_name", "name"),
    [("MyHasher", "my-hasher"), ("LSH", "lsh"), ("VDSHWithNoise2", "vdsh-with-noise2"), ("coin", "coin")],
)
def test_names_are_those_of_classes_with_hyphens(class_name: str, name: str) -> None:
    assert spec_name(class_name) == name


def test_a_plugin_for_a_later_interface_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = INTERFACE_VERSION + 1
    written(tmp_path, "future", f"HASHBENCH_INTERFACE = {later}\nimport what_only_the_future_has")
    monkeypatch.syspath_prepend(tmp_path)
    (plugin,) = Registry(load_plugins([Point("file_under_test_future", RuntimeError("imported"))])).plugins
    assert plugin.state == "failed"
    assert f"version {later} of the hook interface, this hashbench has {INTERFACE_VERSION}" in str(
        plugin.error
    )


@pytest.mark.slow
def test_a_file_runs_beside_others_in_processes(hashbench: Run, tmp_path: Path) -> None:
    (tmp_path / "my_hasher.py").write_text(HASHER, encoding="utf-8")
    (tmp_path / "ones.py").write_text(HOOKS.format(name="ones"), encoding="utf-8")
    done = hashbench(
        *("run", "--plugin", "my_hasher.py", "--plugin", "ones.py", "--datasets", "toy", "--jobs", "2"),
        *("--methods", "my-hasher,lsh", "--bits", "16", "--seeds", "1", "--metrics", "ones,map@10", "--json"),
    )
    assert done.code == 0, done.err
    found = {event["trial"]["method"]: event["metrics"] for event in done.events}
    assert set(found) == {"my-hasher", "lsh"}
    assert 0 < found["my-hasher"]["ones"]["ones"] < 1
    assert 0 < found["lsh"]["map@10"]["map@10"] < 1
    alone = hashbench("list", "methods", "--no-plugins", "--plugin", "my_hasher.py", "--json")
    names = {method["name"] for method in alone.document["methods"]}
    assert {"my-hasher", "lsh"} <= names
    assert "toy-right" not in names
