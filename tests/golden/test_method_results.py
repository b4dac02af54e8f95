"""Every method of ours gives, with each of its recipes, what its golden says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hashbench.hashing import Hasher
from hashbench.registry import Plugin, Registry
from hashbench.specs import Case as SpecialCase
from hashbench.specs import FeaturesOf, HasherSpec, Recipe
from tests.golden import elsewhere
from tests.golden import goldens as golden_module
from tests.golden.goldens import TOLERANCE, Case, Golden, Settings, cases, compare, compute, load, save
from tests.golden.record import record

STORED = load()


@pytest.mark.parametrize("name", sorted({*cases(), *STORED}))
def test_the_result_is_that_of_the_golden(name: str) -> None:
    assert name in cases(), (
        f"{name} has a golden, but there is no such method or recipe: {golden_module.RECORD}"
    )
    difference = compare(name, STORED.get(name), compute(cases()[name]))
    assert difference is None, difference.message


SETTINGS = Settings(2, {"n_iter": 50, "sizes": [3]}, {"name": "tfidf", "version": 1, "params": {"min_df": 3}})
GOLDEN = Golden(SETTINGS, vectors="v", codes="c", precision=0.5, spread=0.01, machine="m")
OTHER_FEATURES = {"name": "counts", "version": 1, "params": {}}
FURTHEST = TOLERANCE + 0.02


def with_settings(**changes: Any) -> Golden:
    return replace(GOLDEN, settings=replace(SETTINGS, **changes))


@pytest.mark.parametrize(
    ("now", "meant", "message"),
    [
        (
            with_settings(params={"n_iter": 60, "sizes": [3]}),
            True,
            r"\(params.n_iter 50 -> 60\): run `python -m",
        ),
        (with_settings(params={"n_iter": 50}), True, r"\(params.sizes \[3\] -> None\): run `python -m"),
        (
            with_settings(features=OTHER_FEATURES),
            True,
            "features.name 'tfidf' -> 'counts', features.params.min",
        ),
        (with_settings(version=3), True, r"\(version 2 -> 3\): run `python -m tests.golden.record`"),
        (with_settings(version=1), False, "m@r: its version went back from 2 to 1"),
        (
            replace(GOLDEN, codes="other"),
            False,
            "m@r gives other codes than its version 2 did with the same parameters: "
            "raise `version` in its spec, or restore the behaviour",
        ),
        (
            replace(GOLDEN, vectors="other", codes="other"),
            False,
            "featurizer tfidf gives other vectors .*version 1",
        ),
        (
            replace(GOLDEN, precision=0.51),
            False,
            "P@10 of equal codes was 0.5 and is 0.51: raise EVALUATOR_VERSION",
        ),
        (
            replace(GOLDEN, machine="other", precision=0.5 + FURTHEST + 1e-9),
            False,
            "P@10 is 0.550 here and was 0.500 on another machine, more than 0.050 apart: m@r gives other",
        ),
        (replace(GOLDEN, machine="other", precision=0.5 - FURTHEST - 1e-9), False, "on another machine"),
    ],
)
def test_a_difference_says_what_to_do(now: Golden, meant: bool, message: str) -> None:
    difference = compare("m@r", GOLDEN, now)
    assert difference is not None
    assert difference.meant == meant
    assert re.search(message, difference.message), difference.message


@pytest.mark.parametrize(
    "now",
    [
        GOLDEN,
        replace(GOLDEN, spread=0.0),
        replace(GOLDEN, machine="other", vectors="other", codes="other", precision=0.5 + FURTHEST - 1e-9),
        replace(GOLDEN, machine="other", precision=0.5 - FURTHEST + 1e-9),
    ],
)
def test_the_same_result_and_a_near_one_of_another_machine_are_no_difference(now: Golden) -> None:
    assert compare("m@r", GOLDEN, now) is None


def test_a_method_without_a_golden_is_to_be_recorded() -> None:
    difference = compare("m@r", None, GOLDEN)
    assert difference is not None
    assert difference.meant
    assert difference.message == "m@r has no golden: run `python -m tests.golden.record`"


def test_goldens_are_read_as_they_were_written(tmp_path: Path) -> None:
    save({"a@r": GOLDEN, "b@r": replace(GOLDEN, codes="d")}, tmp_path / "goldens.json")
    assert load(tmp_path / "goldens.json") == {"a@r": GOLDEN, "b@r": replace(GOLDEN, codes="d")}


NAMES = ("same@r", "new@r", "raised@r", "changed@r", "moved@r")


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, dict[str, Golden]]:
    """A file of goldens, and what their methods and one that is new give now."""
    old = {name: GOLDEN for name in (*NAMES, "gone@r") if name != "new@r"}
    old["moved@r"] = replace(GOLDEN, machine="other")
    save(old, tmp_path / "goldens.json")
    now = dict.fromkeys(NAMES, replace(GOLDEN, spread=0.0))
    now["raised@r"] = with_settings(version=3)
    now["changed@r"] = replace(GOLDEN, codes="other")
    return tmp_path / "goldens.json", now


@pytest.mark.parametrize("options", [{}, {"accept": True}, {"here": True}], ids=str)
def test_only_a_meant_change_is_recorded_unless_others_are_accepted(
    recorded: tuple[Path, dict[str, Golden]],
    options: dict[str, bool],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, now = recorded
    before = load(file)

    refused = record(
        {name: name for name in NAMES},
        file,
        computed=lambda name: now[name],
        spreads_of=lambda goldens: dict.fromkeys(goldens, 0.25),
        **options,
    )
    anew = {"new@r", "raised@r"}
    anew |= {"changed@r"} if "accept" in options else {"moved@r"} if "here" in options else set()
    after = load(file)
    assert set(after) == set(NAMES)
    for name in NAMES:
        assert after[name] == (replace(now[name], spread=0.25) if name in anew else before[name])
    assert [message.partition(" ")[0] for message in refused] == (
        [] if "accept" in options else ["changed@r"]
    )
    assert set(capsys.readouterr().out.split("\n")) == {
        *(f"recorded {name}" for name in anew),
        "removed gone@r",
        "",
    }


@pytest.mark.slow
def test_a_first_file_is_recorded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "KERNELS", elsewhere.KERNELS[:1])
    case = cases()["lsh@default"]
    assert record({"lsh@default": case}, tmp_path / "goldens.json") == []
    (golden,) = load(tmp_path / "goldens.json").values()
    assert golden.spread <= TOLERANCE
    assert replace(golden, spread=0.0) == compute(case)


class Words(Hasher):
    """Bits that say whether a document has the first words; it expects counts by the rule "several"."""

    def __init__(
        self, n_bits: int = 32, *, rule: str = "any", centre: bool = True, scale: float = 1.0
    ) -> None:
        self.n_bits, self.rule, self.centre, self.scale = n_bits, rule, centre, scale

    def _fit(self, X: Any) -> None:
        assert (self.rule == "several") == (X.max() > 1)

    def _embed(self, X: Any) -> Any:
        return X[:, : self.n_bits].toarray()


def registered(monkeypatch: pytest.MonkeyPatch, **spec: Any) -> None:
    made_up = HasherSpec("made-up", f"{__name__}:Words", "For tests", **spec)
    ours = Plugin("made-up", "hashbench", "1", "ok", specs=(made_up,))
    theirs = Plugin("other", "other", "1", "ok", specs=(replace(made_up, name="theirs"),))
    monkeypatch.setattr(golden_module, "registry", lambda: Registry([ours, theirs]))
    cases.cache_clear()


def test_every_recipe_is_a_case_with_its_parameters_and_features(monkeypatch: pytest.MonkeyPatch) -> None:
    featurizers = golden_module.registry()
    recipes = {
        "published": Recipe(
            params={"rule": "several"},
            features=FeaturesOf("counts", {"min_df": 1}),
            cases=(
                SpecialCase({"centre": False}, bits=(16,)),
                SpecialCase({"rule": "any"}, datasets=("reuters",)),
            ),
        )
    }
    registered(
        monkeypatch, recipes=recipes, version=4, introduced={"centre": True}, check_params={"scale": 0.5}
    )
    try:
        known = cases()
    finally:
        cases.cache_clear()
    monkeypatch.setattr(golden_module, "registry", lambda: featurizers)
    assert list(known) == ["made-up@default", "made-up@published"]
    default, published = (case.settings() for case in known.values())
    assert (default.version, default.features["name"]) == (4, "tfidf")
    assert default.params == {"rule": "any", "scale": 0.5}
    assert published.params == {"rule": "several", "scale": 0.5, "centre": False}
    assert published.features["name"] == "counts"
    assert published.features["params"]["min_df"] == 1
    assert compute(known["made-up@published"]).settings == published


@pytest.mark.parametrize("features", ["sentence", "given"])
def test_a_featurizer_that_cannot_run_here_is_replaced_by_lsa(features: str) -> None:
    component = cases()["lsh@default"].component
    case = Case(component, "published", Recipe(features=FeaturesOf(features)))
    assert case.settings().features["name"] == "lsa"


def test_a_default_of_the_spec_replaces_the_implicit_one(monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = {"default": Recipe(params={"rule": "several"})}
    registered(monkeypatch, recipes=recipes)
    try:
        assert [case.recipe for case in cases().values()] == [recipes["default"]]
    finally:
        cases.cache_clear()
