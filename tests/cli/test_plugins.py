"""Plugins that are really installed: three broken ones, and one that works beside them."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Run


def test_broken_plugins_are_reported_by_name_and_the_rest_works(
    command: Run, toy_plugin: Path, broken_plugins: Path
) -> None:
    path = f"{broken_plugins}:{toy_plugin}"
    done = command("plugins", "--json", PYTHONPATH=path)
    assert done.code == 0
    found = {plugin["name"]: plugin for plugin in done.document["plugins"]}
    assert {name: plugin["state"] for name, plugin in found.items()} == {
        "adversarial": "ok",
        "bernoulli": "ok",
        "builtin": "ok",
        "classic": "ok",
        "contrastive": "ok",
        "equal_memory": "ok",
        "generative": "ok",
        "hierarchical": "ok",
        "memory_based": "ok",
        "neighbourhood": "ok",
        "references": "ok",
        "toy": "ok",
        "broken-import": "failed",
        "broken-hook": "failed",
        "name-clash": "clash",
    }
    assert "a_package_that_is_not_there" in found["broken-import"]["error"]
    assert "hashbench_hasher" in found["broken-hook"]["error"]
    assert "ask for 'name-clash:lsh'" in found["name-clash"]["error"]
    assert (found["toy"]["distribution"], found["toy"]["version"]) == ("hashbench-toy", "0.3")
    assert set(found["toy"]) >= {"name", "distribution", "version", "state", "error"}

    listed = command("list", "methods", "--json", PYTHONPATH=path)
    names = {method["name"] for method in listed.document["methods"]}
    assert {"lsh", "itq", "random", "cosine", "toy-sign", "name-clash:lsh", "unclashed"} <= names
    assert [line.split(" (")[0] for line in listed.err.splitlines()] == [
        "Warning: plugin broken-hook",
        "Warning: plugin broken-import",
        "Warning: plugin name-clash",
    ]


def test_a_method_of_a_lost_plugin_says_so(command: Run, broken_plugins: Path) -> None:
    done = command("run", "--methods", "lost-method", PYTHONPATH=str(broken_plugins))
    assert done.code == 2
    last = done.err.splitlines()[-1]
    assert last.startswith("Error: unknown method 'lost-method'")
    assert "broken-import (failed: ModuleNotFoundError" in last


def test_a_clashing_name_runs_the_own_method_and_the_qualified_one_the_other(
    command: Run, broken_plugins: Path, toy_plugin: Path
) -> None:
    path = f"{broken_plugins}:{toy_plugin}"
    arguments = ("--datasets", "toy", "--bits", "16", "--seeds", "1", "--json")
    done = command("run", "--methods", "lsh,name-clash:lsh", *arguments, PYTHONPATH=path)
    assert done.code == 0, done.err
    assert {event["trial"]["method"] for event in done.events} == {"lsh", "name-clash:lsh"}


def test_plugins_can_be_switched_off(hashbench: Run) -> None:
    states = {
        plugin["name"]: plugin["state"]
        for plugin in hashbench("plugins", "--json", HASHBENCH_PLUGINS="").document["plugins"]
    }
    assert states["toy"] == "blocked"
    assert states["builtin"] == "ok"


def test_strict_mode_shows_authors_the_traceback(command: Run, broken_plugins: Path) -> None:
    done = command("plugins", PYTHONPATH=str(broken_plugins), HASHBENCH_STRICT_PLUGINS="1")
    assert done.code == 1
    assert "Traceback" in done.err
