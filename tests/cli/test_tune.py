"""``hashbench tune``, on toy corpora."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COMMAND, Run

TOY = ("--datasets", "toy", "--bits", "8")
TRIALS = 4


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((folder / "records").glob("*.json"))]


def without_time(document: Any) -> Any:
    """Leave out what a second call measures anew."""
    if isinstance(document, dict):
        return {name: without_time(each) for name, each in document.items() if name != "cpu_seconds"}
    return [without_time(each) for each in document] if isinstance(document, list) else document


def test_every_method_has_the_same_trials_the_default_first_on_validation_documents(
    hashbench: Run, tmp_path: Path
) -> None:
    done = hashbench(
        *("tune", "--methods", "sph,toy-labels,toy-ranker", *TOY),
        *("--trials", TRIALS, "--out", "t", "--json"),
    )
    assert done.code == 0, done.err
    studies = done.document["studies"]
    assert [each["method"] for each in studies] == ["sph", "toy-labels", "toy-ranker"]
    for study in studies:
        assert len(study["tried"]) == TRIALS
        assert study["tried"][0]["setting"] == {"method": {}, "input": {}}
        assert study["default"] == study["tried"][0]["score"]
        assert study["tuned"] == max(each["score"] for each in study["tried"])
        assert study["cpu_seconds"] > 0
    assert any(each["setting"]["method"] for each in studies[0]["tried"])
    assert all(not each["setting"]["method"] for each in studies[1]["tried"])
    stored = records(tmp_path / "t")
    assert {each["task"]["queries"] for each in stored} == {"validation"}
    assert {each["seconds"]["fit_cpu"] is None for each in stored} == {False}
    keys = {record["key"] for record in stored}
    assert keys == {each["key"] for study in studies for each in study["tried"]}


def test_a_call_that_was_killed_goes_on_to_the_same_outcome(
    hashbench: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    arguments = ("tune", "--methods", "sph,toy-slow", *TOY, "--trials", str(TRIALS), "--json", "--out")
    whole = hashbench(*arguments, "whole")
    assert whole.code == 0, whole.err
    started = subprocess.Popen(
        [COMMAND, *arguments, "killed"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folder = tmp_path / "killed" / "records"
    while started.poll() is None and len(list(folder.glob("*.json"))) < 2:
        time.sleep(0.02)
    os.kill(started.pid, signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL
    before = {path.name: path.read_text() for path in folder.glob("*.json")}
    assert 2 <= len(before) < len(records(tmp_path / "whole"))
    resumed = hashbench(*arguments, "killed")
    assert resumed.code == 0, resumed.err
    assert without_time(resumed.document["studies"]) == without_time(whole.document["studies"])
    assert {name: (folder / name).read_text() for name in before} == before
    recipes = [tomllib.loads((tmp_path / name / "recipes.toml").read_text()) for name in ("whole", "killed")]
    assert without_time(recipes[0]) == without_time(recipes[1])


def test_what_was_found_runs_as_a_recipe_and_its_row_says_how_it_was_chosen(
    hashbench: Run, tmp_path: Path
) -> None:
    tuned = hashbench("tune", "--methods", "sph,lsh", *TOY, "--trials", TRIALS, "--out", "t", "--json")
    (sph, _) = tuned.document["studies"]
    run = ("run", "--methods", "sph@tuned", *TOY, "--seeds", "1", "--recipes", "t/recipes.toml")
    done = hashbench(*run, "--queries", "validation", "--json", "--out", "r")
    assert done.code == 0, done.err
    (event,) = done.events
    assert event["scores"]["p@100"]["expected"] == sph["tuned"]
    trial = event["trial"]
    assert sph["setting"]["method"].items() <= trial["params"].items()
    assert sph["setting"]["input"].items() <= trial["featurizer_params"].items()
    assert (trial["recipe"], trial["featurizer"], trial["requested"]) == ("tuned", "tfidf", "tfidf")
    (record,) = records(tmp_path / "r")
    assert record["tuning"]["trials"] == TRIALS
    assert (record["tuning"]["labels"], record["tuning"]["datasets"]) == ("validation", ["toy"])
    board = (tmp_path / "r" / "leaderboards" / "toy.md").read_text()
    assert f"{TRIALS} trials on toy, validation labels" in board
    assert "| sph (tuned) | validation |" in board
    shown = hashbench("show", record["key"], "--results", "r").out
    assert f"{TRIALS} trials each on toy, validation labels" in shown
    merged = hashbench("merge", "r", "--out", "committed")
    assert merged.code == 0, merged.err
    again = hashbench("show", record["key"], "--results", "committed", "--json")
    assert again.document["tuning"] == record["tuning"]
    elsewhere = hashbench(*run[:3], "--datasets", "toy", "--bits", "16", *run[7:])
    assert (elsewhere.code, "it has no values for toy at 16 bits" in elsewhere.err) == (2, True)


def test_each_corpus_is_left_out_once(hashbench: Run, tmp_path: Path) -> None:
    datasets = ("--datasets", "toy,toy-multi", "--bits", "8")
    done = hashbench("tune", "--methods", "sph,itq", *datasets, "--trials", "3", "--out", "t", "--json")
    assert done.code == 0, done.err
    by_place = {(each["method"], each["dataset"]): each for each in done.document["studies"]}
    other = {"toy": "toy-multi", "toy-multi": "toy"}
    for (method, dataset), study in by_place.items():
        assert study["elsewhere"]["found_on"] == other[dataset]
        assert study["elsewhere"]["setting"] == by_place[method, other[dataset]]["setting"]
    recipe = tomllib.loads((tmp_path / "t" / "recipes.toml").read_text())["sph"]["tuned-elsewhere"]
    assert [(case["datasets"], case["tuning"]["datasets"]) for case in recipe["cases"]] == [
        (["toy"], ["toy-multi"]),
        (["toy-multi"], ["toy"]),
    ]
    table = hashbench("tune", "--methods", "sph,itq", *datasets, "--trials", "3", "--out", "t")
    assert "elsewhere" in table.out
    assert max(map(len, table.out.splitlines())) <= 100


def test_another_call_keeps_the_recipes_that_are_there(hashbench: Run, tmp_path: Path) -> None:
    for method, bits in (("sph", "8"), ("itq", "8"), ("sph", "16")):
        arguments = ("--methods", method, "--datasets", "toy", "--bits", bits, "--trials", "1", "--out", "t")
        assert hashbench("tune", *arguments).code == 0
    found = tomllib.loads((tmp_path / "t" / "recipes.toml").read_text())
    assert [case["bits"] for case in found["sph"]["tuned"]["cases"]] == [[8], [16]]
    assert [case["bits"] for case in found["itq"]["tuned"]["cases"]] == [[8]]
    (tmp_path / "t" / "recipes.toml").write_text("[lsh.mine.params]\ncenter = true\n")
    refused = hashbench("tune", "--methods", "sph", *TOY, "--trials", "1", "--out", "t")
    assert (refused.code, "has a recipe [lsh.mine]; name another folder" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--methods", "sph@published", *TOY), "tune starts from the default"),
        (("--methods", "sph", "--datasets", "toy-one-class"), "by the labels of validation documents"),
        (("--methods", "sph", *TOY, "--featurizers", "tfidf,lsa"), "--featurizers takes one here"),
        (("--methods", "sph", *TOY, "--trials", "0"), "0 is not in the range x>=1"),
        (("--methods", "sphh", *TOY), "did you mean 'sph'"),
    ],
)
def test_a_call_that_makes_no_sense_says_why(
    hashbench: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = hashbench("tune", *arguments, "--out", "t")
    assert (done.code, message in done.err) == (2, True), done.err
    assert not (tmp_path / "t").exists()


def test_a_method_that_always_fails_has_no_recipe(hashbench: Run, tmp_path: Path) -> None:
    done = hashbench("tune", "--methods", "toy-raises,sph", *TOY, "--trials", "2", "--out", "t", "--json")
    assert done.code == 1
    assert "every trial of toy-raises 8 bits on toy/tfidf" in done.err
    assert list(tomllib.loads((tmp_path / "t" / "recipes.toml").read_text())) == ["sph"]


def test_spaces_are_listed(hashbench: Run) -> None:
    table = hashbench("list", "methods", "--spaces").out
    assert "n_neighbors" in table
    listed = hashbench("list", "featurizers", "--json").document["featurizers"]
    tfidf = next(each for each in listed if each["name"] == "tfidf")
    assert [each["name"] for each in tfidf["space"]] == ["power", "sublinear_tf", "max_features"]


def test_costs_are_measured_once_alone(hashbench: Run, tmp_path: Path) -> None:
    run = ("run", "--methods", "itq,toy-quantiser,toy-ranker", *TOY, "--seeds", "1", "--out", "r")
    assert hashbench(*run, "--quiet").code == 0
    assert {record["cost_measured"] for record in records(tmp_path / "r")} == {False}
    measured = hashbench(*run, "--measure-cost", "--json")
    assert [event["status"] for event in measured.events] == ["ok"] * 3, measured.err
    for record in records(tmp_path / "r"):
        assert record["cost_measured"]
        assert record["seconds"]["search"] > 0
        assert record["seconds"]["fit_cpu"] > 0
        shown = hashbench("show", record["key"], "--results", "r").out
        assert "one thread, run alone" in shown
    again = hashbench(*run, "--measure-cost")
    assert "3 reused" in again.err
    assert "Cost on one thread, run alone, on toy with tfidf" in again.out
    assert "Cost on one thread" in (tmp_path / "r" / "leaderboards" / "toy.md").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--jobs", "2"), "runs trials one by one on this machine: leave out --jobs"),
        (("--threads", "2"), "is of one thread: leave out --threads 2"),
        (("--search", "rescored:4"), "does not measure rescoring: leave out --search rescored:4"),
    ],
)
def test_costs_are_not_measured_beside_others(hashbench: Run, options: tuple[str, str], message: str) -> None:
    done = hashbench("run", "--methods", "itq", *TOY, "--measure-cost", *options)
    assert (done.code, message in done.err) == (2, True), done.err
