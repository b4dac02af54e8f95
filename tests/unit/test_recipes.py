"""Recipes: patterns, files, and the parameters that methods get from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.experiment.choices import Choices, assigned
from hashbench.parameters import Assignment
from hashbench.recipes import OwnRecipes, choose_recipes, joined_recipes, read_recipes
from hashbench.registry import Plugin, Registry
from hashbench.specs import Case, DatasetSpec, FeaturesOf, FeaturizerSpec, HasherSpec, Recipe


class Method:
    def __init__(self, n_bits: int = 32, k: int = 5, rate: float = 0.5, device: str = "cpu") -> None: ...


class Featurizer:
    def __init__(self, size: int = 10) -> None: ...


def load(top: int = 0) -> None: ...


PUBLISHED = Recipe(
    {"k": 9},
    {"k": "section 4"},
    features=FeaturesOf("counts", {"size": 3}),
    cases=(Case({"k": 20}, datasets=("small",)), Case({"rate": 0.1}, bits=(64,))),
    varies=("rate",),
)
REGISTRY = Registry(
    [
        Plugin(
            "tests",
            "tests",
            "0",
            "ok",
            specs=(
                HasherSpec("sth", f"{__name__}:Method", "For tests", recipes={"published": PUBLISHED}),
                HasherSpec("lsh", f"{__name__}:Method", "For tests", no_published_recipe="nobody says how"),
                FeaturizerSpec("tfidf", f"{__name__}:Featurizer", "For tests"),
                FeaturizerSpec("counts", f"{__name__}:Featurizer", "For tests"),
                DatasetSpec("small", f"{__name__}:load", "For tests"),
                DatasetSpec("large", f"{__name__}:load", "For tests"),
            ),
        )
    ]
)


def names(*patterns: str, own: OwnRecipes | None = None) -> list[str]:
    return [f"{each.component.name}@{each.name}" for each in choose_recipes(patterns, REGISTRY, own)]


def choices(*methods: str, settings: tuple[str, ...] = (), device: str | None = None) -> Choices:
    return assigned(
        [Assignment.parse(text) for text in settings],
        device,
        [REGISTRY.get("dataset", "small"), REGISTRY.get("dataset", "large")],
        [REGISTRY.get("featurizer", "tfidf")],
        choose_recipes(methods, REGISTRY),
        REGISTRY,
        (32, 64),
    )


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["sth"], ["sth@default"]),
        (["sth@published", "sth"], ["sth@published", "sth@default"]),
        (["*"], ["lsh@default", "sth@default"]),
        (["*@published"], ["sth@published"]),
        (["s*@*"], ["sth@default", "sth@published"]),
        (["sth", "*@default"], ["sth@default", "lsh@default"]),
    ],
)
def test_patterns_name_methods_and_recipes(patterns: list[str], found: list[str]) -> None:
    assert names(*patterns) == found


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("sht", "unknown method 'sht'; did you mean 'sth'"),
        ("sth@publised", "did you mean 'published'.*recipes: default, published"),
        ("lsh@published", "no such recipe .nobody says how.*recipes: default"),
        ("x*", "no method matches 'x.'"),
        ("*@tuned", "no such recipe.*recipes: default, published"),
    ],
)
def test_unknown_methods_and_recipes_give_the_nearest(pattern: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        names(pattern)


def test_a_recipe_sets_parameters_by_dataset_and_code_length() -> None:
    default, published = choices("sth", "sth@published").methods
    assert default.params_for("small", 64) == {"k": 5, "rate": 0.5, "device": "cpu"}
    assert published.params_for("large", 32) == {"k": 9, "rate": 0.5, "device": "cpu"}
    assert published.params_for("small", 64) == {"k": 20, "rate": 0.1, "device": "cpu"}
    assert default.featurizer_for("small", 64) is None
    own = published.featurizer_for("small", 64)
    assert own is not None
    assert (own.name, own.params) == ("counts", {"size": 3})


def test_settings_apply_to_every_recipe_or_to_the_one_that_is_named() -> None:
    default, published = choices(
        "sth", "sth@published", settings=("sth.k=7", "sth@published.rate=0.9")
    ).methods
    assert (default.params_for("large", 32)["k"], default.params_for("large", 32)["rate"]) == (7, 0.5)
    assert (published.params_for("large", 32)["k"], published.params_for("large", 32)["rate"]) == (7, 0.9)
    with pytest.raises(
        UnknownNameError, match="'sth@publshed' is not selected; did you mean 'sth@published'"
    ):
        choices("sth", "sth@published", settings=("sth@publshed.k=7",))


@pytest.mark.parametrize(
    ("settings", "overrides", "changed"),
    [
        ((), {}, False),
        (("sth.k=9",), {}, False),
        (("sth.k=7",), {"k": 7}, True),
        (("sth.rate=0.7",), {"rate": 0.7}, False),
        (("sth.rate=0.7", "sth.k=7"), {"k": 7, "rate": 0.7}, True),
    ],
)
def test_a_row_is_changed_by_what_its_recipe_does_not_vary(
    settings: tuple[str, ...], overrides: dict[str, Any], changed: bool
) -> None:
    (published,) = choices("sth@published", settings=settings).methods
    assert published.overrides_for("large", 32) == overrides
    assert published.changed_for("large", 32) == changed


def test_a_device_changes_no_row() -> None:
    (published,) = choices("sth@published", device="cuda").methods
    assert published.params_for("large", 32)["device"] == "cuda"
    assert published.overrides_for("large", 32) == {}


FILE = """
[sth.mine]
source = "a guess"
notes = "for short texts"
varies = ["k"]
features = { name = "counts", params = { size = 4 } }
params = { k = 3 }
cases = [{ params = { k = 4 }, datasets = ["small"], bits = [64] }]

[lsh.mine.params]
rate = 1
"""


def test_recipes_of_a_file_are_recipes_like_others(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(FILE)
    own = read_recipes(tmp_path / "own.toml", REGISTRY)
    assert names("*@mine", own=own) == ["lsh@mine", "sth@mine"]
    mine = own["sth"]["mine"]
    assert mine.params_for("small", 64) == {"k": 4}
    assert mine.params_for("small", 32) == {"k": 3}
    assert (mine.features, mine.source, mine.varies) == (
        FeaturesOf("counts", {"size": 4}),
        {"": "a guess"},
        ("k",),
    )
    with pytest.raises(HashbenchError, match="two files have a recipe lsh@mine"):
        joined_recipes([own, {"lsh": own["lsh"]}])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sth", "not TOML"),
        ("[nobody.mine]", "unknown method 'nobody'"),
        ("[sth.published]", "sth has a recipe of that name"),
        ("[sth.mine.params]\nkk = 3", "no parameter 'kk'; did you mean 'k'"),
        ('[sth.mine.params]\nk = "many"', "should be of type int"),
        ("[sth.mine]\nparam = 3", "unknown entry 'param'; did you mean 'params'"),
        ("[sth.mine]\nfeatures = 3", "not a recipe"),
        ("[sth]\nmine = 3", r"write a table with params"),
        ("sth = 3", "write a table with params"),
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(HashbenchError, match=message):
        read_recipes(tmp_path / "own.toml", REGISTRY)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(HashbenchError, match=r"gone\.toml: No such file"):
        read_recipes(tmp_path / "gone.toml", REGISTRY)
