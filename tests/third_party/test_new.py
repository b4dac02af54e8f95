"""`hashbench new`: every kind of plugin is generated, built, installed, listed, checked and run."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hashbench.errors import HashbenchError
from hashbench.plugin_template import plugin_texts, write_plugin
from tests.conftest import Run
from tests.test_documents import write_package_of_the_readme
from tests.third_party.conftest import ROOT, Fresh

KINDS = {
    "hasher": "method",
    "neural-hasher": "method",
    "featurizer": "featurizer",
    "dataset": "dataset",
    "metric": "metric",
}
EXAMPLE = ROOT / "plugins" / "hashbench-group-pairs"

each_kind = pytest.mark.parametrize("kind", KINDS)


def test_the_example_is_what_new_writes() -> None:
    written = plugin_texts("hasher", "group-pairs", "The hashbench authors")
    for path, text in written.items():
        if path != "LICENSE":
            assert (EXAMPLE / path).read_text(encoding="utf-8") == text, path
    assert (EXAMPLE / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


@each_kind
def test_a_plugin_is_a_complete_distribution(kind: str, tmp_path: Path) -> None:
    root = write_plugin(kind, "some-thing", tmp_path, "Somebody")
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["hashbench"] == {"some-thing": "hashbench_some_thing.hashbench_plugin"}
    assert "Somebody" in (root / "LICENSE").read_text()
    assert "$" not in (root / "hashbench_some_thing" / "hashbench_plugin.py").read_text()
    assert "${{ matrix.python-version }}" in (root / ".github/workflows/tests.yml").read_text()
    for path in root.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), path.name, "exec")


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("hasher", "lsh", "there is a method lsh already"),
        ("metric", "My_Metric", "use lower-case letters, digits and single hyphens"),
        ("dataset", "20letters", "begin with a letter"),
    ],
)
def test_a_name_that_cannot_be_registered_is_refused(kind: str, name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(HashbenchError, match=told):
        write_plugin(kind, name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_stays_as_it_is(hashbench: Run, tmp_path: Path) -> None:
    (tmp_path / "hashbench-mine").mkdir()
    done = hashbench("new", "metric", "mine")
    assert done.code == 2
    assert "is there already" in done.err
    assert not list((tmp_path / "hashbench-mine").iterdir())


@pytest.fixture(scope="module")
def stranger(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plugin of every kind and the package of the README, all of them installed."""
    folder = tmp_path_factory.mktemp("stranger")
    for kind in KINDS:
        done = fresh.run("hashbench", "new", kind, f"my-{kind}", cwd=folder)
        assert done.code == 0, done.err
        fresh.install(folder / f"hashbench-my-{kind}")
    fresh.install(write_package_of_the_readme(folder / "coinhash"))
    assert fresh.run("hashbench", "data", "fetch", "my-dataset", cwd=folder, **home(folder)).code == 0
    return folder


def home(folder: Path) -> dict[str, str]:
    return {"HASHBENCH_DATA": str(folder / "data")}


@pytest.mark.slow
def test_hashbench_in_the_fresh_environment_is_that_of_the_wheel(fresh: Fresh, stranger: Path) -> None:
    done = fresh.run("python", "-c", "import hashbench; print(hashbench.__file__)", cwd=stranger)
    assert Path(done.out.strip()).is_relative_to(fresh.folder)


@pytest.mark.slow
def test_installed_plugins_are_listed_with_what_they_provide(fresh: Fresh, stranger: Path) -> None:
    done = fresh.run("hashbench", "plugins", "--json", cwd=stranger)
    plugins = {plugin["name"]: plugin for plugin in done.document["plugins"]}
    for kind, registered in KINDS.items():
        plugin = plugins[f"my-{kind}"]
        assert (plugin["state"], plugin["version"]) == ("ok", "0.1.0")
        assert plugin["provides"] == {registered: [f"my-{kind}"]}
    assert plugins["coinhash"]["provides"] == {"method": ["coin"]}


@pytest.mark.slow
@each_kind
def test_what_was_generated_passes_its_checks(fresh: Fresh, stranger: Path, kind: str) -> None:
    done = fresh.run("hashbench", "check", f"my-{kind}", cwd=stranger, **home(stranger))
    assert done.code == 0, done.out + done.err
    assert " 0 failed" in done.err


@pytest.mark.slow
@each_kind
def test_its_own_tests_pass(fresh: Fresh, stranger: Path, kind: str) -> None:
    chosen = ["-k", "not contract"] if KINDS[kind] == "method" else []
    options = ["-q", "-p", "no:cacheprovider", *chosen]
    done = fresh.run("python", "-m", "pytest", *options, cwd=stranger / f"hashbench-my-{kind}")
    assert done.code == 0, done.out
    assert "passed" in done.out


@pytest.mark.slow
def test_they_run_together_and_beside_what_is_built_in(fresh: Fresh, stranger: Path) -> None:
    done = fresh.run(
        *("hashbench", "run", "--json", "--bits", "16", "--seeds", "1", "--jobs", "1"),
        *("--methods", "my-hasher,my-neural-hasher,coin,lsh,cosine", "--set", "my-neural-hasher.epochs=2"),
        *("--datasets", "my-dataset", "--featurizers", "my-featurizer", "--metrics", "my-metric,map@10"),
        cwd=stranger,
        **home(stranger),
    )
    assert done.code == 0, done.err
    found = {event["trial"]["method"]: event["metrics"] for event in done.events}
    assert set(found) == {"my-hasher", "my-neural-hasher", "coin", "lsh", "cosine"}
    for metrics in found.values():
        assert set(metrics) == {"my-metric@10", "map@10"}
    shown = fresh.run("hashbench", "leaderboard", cwd=stranger)
    assert "my-metric@10 on my-dataset with my-featurizer" in shown.out
