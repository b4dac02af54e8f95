"""Tuning without fitting anything: what is left out, what is written, and what counts as the best."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hashbench.errors import HashbenchError
from hashbench.experiment.record import Seconds, TrialRecord
from hashbench.recipes import read_recipes
from hashbench.registry import registry
from hashbench.specs import Case, FeaturesOf, Tuning
from hashbench.tuning.elsewhere import leave_one_out
from hashbench.tuning.recipe_file import FoundCase, write_recipes
from hashbench.tuning.settings import Setting, Tuned, methods_to_tune
from hashbench.tuning.study import Found, Study, Trials, Tried, cpu_seconds
from tests.unit.records import make_record

DEFAULT = Setting()
CORPORA = ("a", "b", "c", "d")
GIVES: dict[tuple[str, str], float | None] = {
    # setting, corpus: the score. Each corpus is the one on which the setting of its name is best.
    **{("default", corpus): 0.5 for corpus in CORPORA},
    **{("a", "a"): 0.9, ("a", "b"): 0.6, ("a", "c"): 0.5, ("a", "d"): 0.5},
    **{("b", "a"): 0.4, ("b", "b"): 0.8, ("b", "c"): 0.7, ("b", "d"): 0.7},
    **{("c", "a"): 0.6, ("c", "b"): 0.6, ("c", "c"): 0.8, ("c", "d"): 0.4},
    **{("d", "a"): 0.5, ("d", "b"): None, ("d", "c"): 0.6, ("d", "d"): 0.9},
}


def setting(name: str) -> Setting:
    return DEFAULT if name == "default" else Setting({"named": name})


def record_of(name: str, corpus: str) -> TrialRecord:
    value = GIVES[name, corpus]
    return make_record(value=value, key=f"{name} on {corpus}", seconds=Seconds(fit_cpu=1.0))


@dataclass
class Table:
    """Stands for trials that are run: it looks their scores up."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    def run(self, study: Study, asked: Setting) -> Tried:
        name = str(asked.method["named"])
        self.asked.append((name, study.dataset_name))
        return Tried(asked, record_of(name, study.dataset_name))


def studies(*corpora: str) -> list[Found]:
    found = []
    for corpus in corpora:
        dataset: Any = SimpleNamespace(choice=SimpleNamespace(name=corpus))
        study = Study(cast(Tuned, None), corpus, dataset, 32)
        tried = tuple(Tried(setting(name), record_of(name, corpus)) for name in ("default", corpus))
        found.append(Found(study, tried))
    return found


@pytest.mark.parametrize("corpora", [CORPORA[:2], CORPORA[:3], CORPORA])
def test_the_others_choose_by_their_mean_gain_and_the_one_left_out_has_no_say(
    corpora: tuple[str, ...],
) -> None:
    trials = Table()
    chosen = leave_one_out(studies(*corpora), cast(Trials, trials))
    assert [each.study.dataset_name for each in chosen] == list(corpora)
    for each in chosen:
        left_out = each.study.dataset_name
        others = [corpus for corpus in corpora if corpus != left_out]
        gain = {name: sum((GIVES[name, other] or 0.0) / 0.5 for other in others) for name in others}
        assert each.source == max(others, key=lambda name: gain[name])
        assert each.tried.score == GIVES[each.source, left_out]
        assert each.corpora == tuple(others)
        n_chose = 2 * len(others) + len(others) * (len(others) - 1)
        assert each.cpu_seconds == n_chose
    assert sorted(trials.asked) == sorted(
        (one, other) for one in corpora for other in corpora if one != other
    )


def test_of_equal_scores_the_first_is_the_best_and_failures_are_none() -> None:
    (found,) = studies("a")
    equal = Tried(setting("b"), make_record(value=0.5, key="equal"))
    failed = Tried(setting("c"), make_record(value=None, key="failed"))
    assert replace(found, tried=(found.tried[0], equal, failed)).best == found.tried[0]
    assert replace(found, tried=(failed, equal)).best == equal
    assert replace(found, tried=(failed,)).best is None


def test_cpu_seconds_count_a_trial_once_and_are_unknown_if_one_is() -> None:
    one = make_record(key="one", seconds=Seconds(fit_cpu=1.5))
    two = make_record(key="two", seconds=Seconds(fit_cpu=2.0))
    failed = make_record(key="failed", value=None, seconds=Seconds())
    assert cpu_seconds([one, two, one, failed]) == 3.5
    assert cpu_seconds([one, make_record(key="old", seconds=Seconds(fit=1.0))]) is None


def test_recipes_come_back_as_they_were_written(tmp_path: Path) -> None:
    features = FeaturesOf("tfidf", {"power": 0.907, "sublinear_tf": False, "max_features": 3000})
    tuning = Tuning(12, "validation", ("reuters", 'titles "é"'), 19.5)
    first = Case({"n_neighbors": 12, "C": 1e-05, "weight": "binary"}, ("reuters",), (32,), features, tuning)
    second = replace(first, datasets=('titles "é"',), bits=(), tuning=replace(tuning, cpu_seconds=None))
    path = tmp_path / "recipes.toml"
    write_recipes(path, [FoundCase("sth", "tuned", case) for case in (first, second)], registry())
    recipe = read_recipes(path, registry())["sth"]["tuned"]
    assert recipe.cases == (first, second)
    assert recipe.found_on == ("reuters", 'titles "é"')
    assert recipe.features_for("reuters", 32) == features
    assert recipe.tuning_for("reuters", 32) == tuning
    assert recipe.covers("reuters", 32)
    assert not recipe.covers("reuters", 64)
    again = replace(first, params={"C": 2.0})
    write_recipes(path, [FoundCase("sth", "tuned", again)], registry())
    assert read_recipes(path, registry())["sth"]["tuned"].cases == (again, second)


def test_what_toml_cannot_hold_is_an_error(tmp_path: Path) -> None:
    case = Case({"sigma": None}, ("reuters",), (32,), None, Tuning(1, "validation", ("reuters",)))
    with pytest.raises(HashbenchError, match="sigma is None"):
        write_recipes(tmp_path / "recipes.toml", [FoundCase("ksh", "tuned", case)], registry())


def test_a_setting_holds_what_differs_from_the_default_and_a_recipe_holds_all_of_it() -> None:
    (tuned,) = methods_to_tune(["sth"], "tfidf", registry())
    default = tuned.default("reuters", 32)
    values = {**default, "method C": 3.0, "input power": 1.5}
    found = tuned.setting(values, default)
    assert found == Setting({"C": 3.0}, {"power": 1.5})
    case = tuned.case_of(found, "reuters", 32, Tuning(2, "validation", ("reuters",)))
    assert case.params == {"n_neighbors": 25, "C": 3.0, "weight": "cosine", "intercept": True}
    assert case.features == FeaturesOf("tfidf", {"power": 1.5, "sublinear_tf": True, "max_features": 10_000})


def test_labels_that_tuning_used_are_those_of_its_own_datasets() -> None:
    tuning = Tuning(12, "validation", ("toy",), 1.0)
    assert make_record(tuning=tuning).all_labels == "validation"
    assert make_record(tuning=tuning, labels="training").all_labels == "training and validation"
    assert make_record(tuning=replace(tuning, datasets=("reuters",))).all_labels == "none"
    assert make_record(labels="training").all_labels == "training"
