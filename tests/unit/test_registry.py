"""The registry: every plugin by itself, clashes reported, names looked up with advice."""

from __future__ import annotations

import types
from dataclasses import dataclass

import pytest

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.hookspecs import hookimpl
from hashbench.registry import Plugin, Registry, did_you_mean, load_plugins, registry
from hashbench.specs import DatasetSpec, HasherSpec


@dataclass(frozen=True, eq=False)
class Point:
    """Stands in for the entry point of a made-up distribution."""

    name: str
    loaded: object
    distribution: str = "stranger"

    @property
    def value(self) -> str:
        return f"{self.name}:x"

    @property
    def module(self) -> str:
        return self.name

    @property
    def dist(self) -> types.SimpleNamespace:
        return types.SimpleNamespace(name=self.distribution, version="9.1")

    def load(self) -> object:
        if isinstance(self.loaded, BaseException):
            raise self.loaded
        return self.loaded


def hasher(name: str) -> HasherSpec:
    return HasherSpec(name, "nowhere.at_all:Hasher", "A hasher")


def module(**members: object) -> types.ModuleType:
    made = types.ModuleType("plugin_under_test")
    vars(made).update(members)
    return made


def plugin_module(*specs: object) -> types.ModuleType:
    def hashbench_hashers() -> list[object]:
        return list(specs)

    return module(hashbench_hashers=hookimpl(hashbench_hashers))


def states(*points: Point) -> dict[str, tuple[str, str | None]]:
    loaded = Registry(load_plugins(points))
    return {plugin.name: (plugin.state, plugin.error) for plugin in loaded.plugins}


def test_a_broken_plugin_takes_nothing_else_down() -> None:
    points = [
        Point("a-broken", ImportError("no module named 'gone'")),
        Point("b-exits", SystemExit(3)),
        Point("c-fine", plugin_module(hasher("fine"))),
    ]
    loaded = Registry(load_plugins(points))
    assert loaded.names("method") == ["fine"]
    assert [plugin.state for plugin in loaded.plugins] == ["failed", "failed", "ok"]
    assert loaded.plugins[0].error == "ImportError: no module named 'gone'"
    assert loaded.plugins[2].distribution == "stranger"
    assert loaded.plugins[2].version == "9.1"


def mistyped() -> list[HasherSpec]:
    return []


def undecorated() -> list[HasherSpec]:
    return []


def wrong_argument(nonsense: int) -> list[HasherSpec]:
    return [hasher("x")] * nonsense


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (module(hashbench_hasher=hookimpl(mistyped)), "hashbench_hasher"),
        (module(hashbench_hashers=hookimpl(wrong_argument)), "nonsense"),
        (module(hashbench_hashers=undecorated), "not decorated"),
        (module(), "implements no hook"),
        (plugin_module("lsh"), "returned a str, expected HasherSpec"),
        (plugin_module(DatasetSpec("d", "a.b:c", "A dataset")), "expected HasherSpec"),
        (plugin_module(hasher("twice"), hasher("twice")), "registered twice"),
        (module(hashbench_hashers=hookimpl(lambda: None)), "PluginValidationError|expected a list"),
    ],
)
def test_a_mistake_of_a_plugin_is_named(broken: types.ModuleType, message: str) -> None:
    state, error = states(Point("broken", broken))["broken"]
    assert state == "failed"
    assert error is not None
    assert any(part in error for part in message.split("|"))


def test_strict_mode_raises_what_the_plugin_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHBENCH_STRICT_PLUGINS", "1")
    with pytest.raises(ImportError, match="gone"):
        load_plugins([Point("broken", ImportError("gone"))])


def test_hashbench_keeps_its_name_and_the_stranger_is_reached_by_distribution() -> None:
    own = Point("own", plugin_module(hasher("lsh")), distribution="hashbench")
    stranger = Point("theirs", plugin_module(hasher("lsh"), hasher("other")))
    loaded = Registry(load_plugins([stranger, own]))
    assert loaded.get("method", "lsh").plugin.distribution == "hashbench"
    assert loaded.get("method", "stranger:lsh").plugin.name == "theirs"
    assert loaded.names("method") == ["lsh", "other", "stranger:lsh"]
    theirs = next(plugin for plugin in loaded.plugins if plugin.name == "theirs")
    assert theirs.state == "clash"
    assert theirs.error == "method 'lsh' is also registered by hashbench: ask for 'stranger:lsh'"


def test_a_name_of_two_strangers_is_an_error_that_lists_them() -> None:
    points = [Point(name, plugin_module(hasher("same")), distribution=name) for name in ("left", "right")]
    loaded = Registry(load_plugins(points))
    with pytest.raises(UnknownNameError, match="'left:same' or 'right:same'|left:same or right:same"):
        loaded.get("method", "same")
    assert [plugin.state for plugin in loaded.plugins] == ["clash", "clash"]


def test_equal_entry_point_names_of_two_distributions_both_load() -> None:
    points = [
        Point("same", plugin_module(hasher("first")), distribution="left"),
        Point("same", plugin_module(hasher("second")), distribution="right"),
    ]
    assert Registry(load_plugins(points)).names("method") == ["first", "second"]


def test_plugins_can_be_switched_off_except_the_own_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        Point("own", plugin_module(hasher("own")), distribution="hashbench"),
        Point("a", plugin_module(hasher("of-a"))),
        Point("b", plugin_module(hasher("of-b"))),
    ]
    monkeypatch.setenv("HASHBENCH_PLUGINS", "b")
    assert Registry(load_plugins(points)).names("method") == ["of-b", "own"]
    monkeypatch.setenv("HASHBENCH_PLUGINS", "")
    blocked = Registry(load_plugins(points))
    assert blocked.names("method") == ["own"]
    assert [plugin.state for plugin in blocked.plugins] == ["ok", "blocked", "blocked"]


def test_unknown_names_come_with_the_nearest_and_with_lost_plugins() -> None:
    failed = Plugin("lost", "lost-package", "1", "failed", "ImportError: gone")
    fine = Plugin("fine", "fine-package", "1", "ok", specs=(hasher("nash"),))
    with pytest.raises(UnknownNameError) as caught:
        Registry([failed, fine]).get("method", "nahs")
    assert "unknown method 'nahs'; did you mean 'nash'?" in str(caught.value)
    assert "lost (failed: ImportError: gone)" in str(caught.value)
    with pytest.raises(UnknownNameError, match="`hashbench list methods`"):
        Registry([fine]).get("method", "zzz")


def test_did_you_mean_is_silent_when_nothing_is_near() -> None:
    assert did_you_mean("itg", ["itq", "lsh"]) == "; did you mean 'itq'?"
    assert did_you_mean("completely-else", ["itq", "lsh"]) == ""


@pytest.mark.parametrize("name", ["LSH", "a_b", "-a", "a--b", "", "a b"])
def test_names_have_one_form(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters"):
        hasher(name)


def test_a_target_that_does_not_exist_says_which() -> None:
    with pytest.raises(HashbenchError, match="method x: cannot import hashbench.codes:Nothing"):
        HasherSpec("x", "hashbench.codes:Nothing", "Nothing").load()
    with pytest.raises(ValueError, match=r"package\.module:Object"):
        HasherSpec("x", "hashbench.codes.Codes", "No colon")


def test_the_installed_plugins_are_in_order() -> None:
    assert {
        plugin.name: plugin.error for plugin in registry().plugins if plugin.distribution == "hashbench"
    } == {
        "adversarial": None,
        "bernoulli": None,
        "builtin": None,
        "classic": None,
        "contrastive": None,
        "equal_memory": None,
        "generative": None,
        "hierarchical": None,
        "memory_based": None,
        "neighbourhood": None,
        "references": None,
    }
