"""Records of recipes as they were, after the recipes or the parameters of a method have changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hashbench.errors import UnknownNameError
from hashbench.experiment.committed import read_committed, write_committed
from hashbench.experiment.record import Origin, TrialRecord
from hashbench.experiment.relabelling import differences, relabelled
from hashbench.experiment.store import ResultStore
from hashbench.experiment.upgrade import relabel_records
from hashbench.identity import component_identity, features_key, trial_key
from hashbench.parameters import full_parameters
from hashbench.registry import Plugin, Registry
from hashbench.reporting.board import boards
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.leaderboard import render
from hashbench.reporting.record_selection import choose_rows
from hashbench.specs import Case, FeaturesOf, FeaturizerSpec, HasherSpec, Recipe
from tests.unit.records import ORIGINS, make_record


class Method:
    """As it is today: ``gone`` was removed, ``added`` came later."""

    def __init__(
        self, n_bits: int = 32, k: int = 5, rate: float = 0.5, added: int = 0, device: str = "cpu"
    ) -> None: ...


class Featurizer:
    def __init__(self, min_df: int = 3) -> None: ...


RECIPES = {
    "default": Recipe({"rate": 0.9, "added": 1}),
    "validated": Recipe({"k": 5}),
    "by-bits": Recipe({"k": 7}, cases=(Case({"k": 8}, bits=(64,)),)),
    "counted": Recipe({"k": 6}, features=FeaturesOf("counts")),
}
INTRODUCED = {"added": 0}
RETIRED = {"gone": 2}
FIRST = {"k": 5, "rate": 0.5, "gone": 2, "device": "cpu"}
"""What the default recipe was, before ``added`` was introduced and ``gone`` was removed."""


def registry(recipes: Mapping[str, Recipe] = RECIPES, distribution: str = "hashbench") -> Registry:
    method = HasherSpec(
        "m",
        f"{__name__}:Method",
        "For tests",
        recipes=recipes,
        introduced=INTRODUCED,
        retired=RETIRED,
    )
    featurizers = [
        FeaturizerSpec(name, f"{__name__}:Featurizer", "For tests") for name in ("tfidf", "counts")
    ]
    return Registry([Plugin("tests", distribution, "0", "ok", specs=(method, *featurizers))])


def stored(
    params: Mapping[str, Any] = FIRST,
    recipe: str = "default",
    at: list[int] | None = None,
    metrics: tuple[str, ...] = (),
    **changes: Any,
) -> TrialRecord:
    """Return a record of the method ``m`` with the key that a run gives it."""
    origins = {**ORIGINS, **{f"metric {name}": Origin("tests", "1", 2) for name in metrics}}
    record = make_record("m", origins=origins, **changes)
    trial = replace(record.trial, method="m", recipe=recipe, params=dict(params), **changes.get("trial", {}))
    record = replace(record, trial=trial)
    asked = [("tests", name, 2) for name in reversed(metrics)]
    key = trial_key(record.codes_key, record.task.fingerprint, recipe, at, asked)
    return replace(record, key=key)


def as_recipe(record: TrialRecord, recipe: str, at: list[int] | None = None) -> TrialRecord:
    key = trial_key(record.codes_key, record.task.fingerprint, recipe, at, [])
    return replace(record, key=key, trial=replace(record.trial, recipe=recipe))


def test_a_record_gets_the_name_of_the_recipe_that_it_is_of_today() -> None:
    record = stored()
    found = relabelled(record, registry())
    assert found is not None
    assert (found.fate, found.before) == ("renamed", record)
    assert found.record == as_recipe(record, "validated")
    assert relabelled(found.record, registry()) is None


def test_its_key_is_that_of_a_run_of_the_recipe_today() -> None:
    today = registry()
    method = today.get("method", "m")
    full = full_parameters(method, RECIPES["validated"].params_for("toy", 16))
    before = component_identity(replace(method.spec, retired={}), "hashbench", FIRST)
    assert component_identity(method.spec, "hashbench", full) == before


@pytest.mark.parametrize(
    ("params", "recipe", "bits", "name"),
    [
        ({**FIRST, "k": 7}, "default", 16, "by-bits"),
        ({**FIRST, "k": 8}, "default", 64, "by-bits"),
        ({**FIRST, "rate": 0.9, "added": 1}, "validated", 16, "default"),
        ({"k": 5, "rate": 0.5, "added": 0, "device": "cpu"}, "default", 16, "validated"),
    ],
    ids=["another recipe", "a case of it", "the default", "newer than all parameters"],
)
def test_recipes_count_with_their_cases(params: dict[str, Any], recipe: str, bits: int, name: str) -> None:
    record = stored(params, recipe, bits=bits)
    found = relabelled(record, registry())
    assert found is not None
    assert found.record == as_recipe(record, name)


def test_the_ns_and_metrics_that_were_asked_for_stay_in_the_key() -> None:
    record = stored(at=[100])
    found = relabelled(record, registry())
    assert found is not None
    assert found.record == as_recipe(record, "validated", at=[100])
    measured = stored(metrics=("a", "b"))
    found = relabelled(measured, registry())
    assert found is not None
    assert found.fate == "renamed"


def test_a_record_whose_key_cannot_be_computed_stays_and_says_so() -> None:
    record = stored(at=[3, 100])
    found = relabelled(record, registry())
    assert found is not None
    assert (found.fate, found.record, found.reason) == ("left", record, "its key as validated is not known")


def test_a_recipe_with_a_featurizer_of_its_own_is_another_one() -> None:
    params = {**FIRST, "k": 6}
    record = stored(params)
    found = relabelled(record, registry())
    assert found is not None
    assert found.fate == "changed"
    today = registry()
    spec = today.get("featurizer", "tfidf").spec
    requested = features_key(
        record.task.documents, record.task.split_rows, component_identity(spec, "hashbench", {"min_df": 3})
    )
    trial = replace(record.trial, featurizer="counts", requested="tfidf", requested_params={"min_df": 3})
    task = record.task.fingerprint
    keys = {
        name: trial_key(record.codes_key, task, name, None, [], requested) for name in ("default", "counted")
    }
    own = replace(record, trial=trial, key=keys["default"])
    found = relabelled(own, today)
    assert found is not None
    assert (found.record.trial.recipe, found.record.key) == ("counted", keys["counted"])


def test_a_record_of_no_recipe_is_a_changed_one() -> None:
    record = stored({**FIRST, "k": 4, "gone": 3})
    found = relabelled(record, registry())
    assert found is not None
    assert found.fate == "changed"
    differing = {"k": 4, "rate": 0.5, "added": 0, "gone": 3}
    overrides = {**record.overrides, "method": differing}
    assert found.record == replace(record, overrides=overrides, changed=True)
    assert relabelled(found.record, registry()) is None


def test_a_record_that_equals_two_recipes_stays() -> None:
    recipes = {**RECIPES, "first": RECIPES["validated"]}
    record = stored()
    found = relabelled(record, registry(recipes))
    assert found is not None
    assert (found.fate, found.record) == ("left", record)
    assert found.reason == "it equals several recipes: validated, first"


@pytest.mark.parametrize(
    "record",
    [
        stored({**FIRST, "rate": 0.9, "added": 1}),
        stored(recipe="of-a-user"),
        stored(overrides={"method": {"k": 5}}),
        replace(stored(), trial=replace(stored().trial, method="unknown")),
        replace(stored(), origins={**ORIGINS, "method": Origin("stranger", "1", 1)}),
    ],
    ids=["right", "unknown recipe", "a user set it", "unknown method", "another distribution"],
)
def test_other_records_keep_their_labels(record: TrialRecord) -> None:
    assert relabelled(record, registry()) is None


def test_where_it_was_computed_is_no_difference() -> None:
    record = stored({**FIRST, "device": "cuda"})
    found = relabelled(record, registry())
    assert found is not None
    assert found.record == as_recipe(record, "validated")


def test_a_folder_is_relabelled_in_both_forms(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.prepare()
    first, second, right = stored(), stored(seed=1), stored({**FIRST, "rate": 0.9, "added": 1}, seed=2)
    older, newer = stored(seed=3), as_recipe(stored(seed=3), "validated")
    newer = replace(newer, finished="2026-02-02T00:00:00+00:00")
    for record in (first, older, newer):
        store.save(record)
    write_committed(tmp_path, [second, right])
    done = list(relabel_records(store, registry()))
    assert [found.fate for found in done] == ["renamed"] * 3
    renamed = as_recipe(first, "validated")
    assert {record.key: record for record in store.working_records()[0]} == {
        renamed.key: renamed,
        newer.key: newer,
    }
    assert {path.stem for path in (tmp_path / "other-recipe").iterdir()} == {first.key, older.key}
    committed = read_committed(tmp_path)[0]
    assert {record.key for record in committed} == {as_recipe(second, "validated").key, right.key}
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert list(relabel_records(store, registry())) == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_differences_name_what_a_record_has_other() -> None:
    spec = registry().get("method", "m").spec
    today = {"k": 5, "rate": 0.5, "added": 1, "later": 3}
    found = differences(spec, {"k": 4, "rate": 0.5, "gone": 1, "unknown": 7}, today)
    assert found.values == {"k": 4, "added": 0}
    assert found.removed == {"gone": 1, "unknown": 7}
    assert found.missing == ("later",)
    assert not differences(spec, {**FIRST, "added": 1}, {"k": 5, "rate": 0.5, "added": 1, "device": "cpu"})


def labels(*records: TrialRecord, recipes: Mapping[str, Recipe] = RECIPES) -> set[str]:
    text = render(records, Catalogue(registry(recipes), marks=False))["toy.md"]
    table = text.partition("### P@100 on toy")[2].partition("###")[0]
    return set(re.findall(r"^\| (m \(.*?\)) +\| none", table, flags=re.M))


def test_leaderboards_never_show_other_parameters_as_the_recipe_of_today() -> None:
    assert labels(stored()) == {"m (default, earlier values: added=0, rate=0.5)"}
    assert labels(stored(), recipes={"default": Recipe({"added": 1})}) == {
        "m (default, earlier values: added=0)"
    }
    assert labels(stored({**FIRST, "gone": 3}, "validated")) == {"m (validated, removed: gone=3)"}
    overrides = {"method": {"gone": 3, "k": 4}}
    set_by_user = stored({**FIRST, "gone": 3, "k": 4}, "validated", overrides=overrides, changed=True)
    assert labels(set_by_user) == {"m (validated, removed: gone=3, changed: k=4)"}
    assert labels(stored(recipe="validated")) == {"m (validated)"}


def test_a_row_of_earlier_values_does_not_answer_to_the_name_of_the_method() -> None:
    (board,) = boards([stored()], Catalogue(registry()))
    with pytest.raises(UnknownNameError, match="earlier values"):
        choose_rows(board, ["m"])
    (board,) = boards([stored({**FIRST, "rate": 0.9, "added": 1})], Catalogue(registry()))
    assert len(choose_rows(board, ["m"])) == 1


def test_setting_a_removed_parameter_says_what_is_done_instead() -> None:
    with pytest.raises(UnknownNameError, match="no parameter 'gone' any more; it does what gone=2 did"):
        full_parameters(registry().get("method", "m"), {"gone": 3})
