"""``hashbench.run`` and ``hashbench.load_results`` in this process, on tiny corpora of a plugin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hashbench
from hashbench import Corpus, HashbenchError, Results, TrialRecord
from hashbench.cli import cli
from hashbench.data.corpus import indicator
from hashbench.experiment.runner import Outcome, Plan

pytestmark = pytest.mark.usefixtures("toy")

GRID: dict[str, Any] = {"datasets": "toy", "bits": 16, "seeds": 2, "jobs": 1}


def timeless(record: TrialRecord) -> dict[str, Any]:
    """Return a record without what differs from one run to the next."""
    left_out = ("seconds", "peak_rss_mib", "finished", "digest")
    return {name: value for name, value in json.loads(record.to_json()).items() if name not in left_out}


def test_records_are_those_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = hashbench.run(
        ["toy-recipes@*", "lsh", "cosine"],
        params={"lsh": {"center": True}, "toy-recipes@published": {"scale": 3}, "tfidf": {"min_df": 2}},
        out=tmp_path / "python",
        **GRID,
    )
    assert capsys.readouterr() == ("", "")
    settings = ("lsh.center=true", "toy-recipes@published.scale=3", "tfidf.min_df=2")
    arguments = ["run", "--methods", "toy-recipes@*,lsh,cosine", "--datasets", "toy", "--bits", "16"]
    arguments += ["--seeds", "2", "--jobs", "1", "--quiet", "--out", str(tmp_path / "command")]
    for setting in settings:
        arguments += ["--set", setting]
    cli.main(arguments, standalone_mode=False)
    stored = hashbench.load_results(tmp_path / "command")
    assert len(stored) == len(found) == 2 * 2 + 2 + 1
    assert [timeless(record) for record in stored] == [timeless(record) for record in found]
    assert stored.leaderboard() == found.leaderboard()
    for folder in ("command", "python"):
        assert found.tables()[0].to_markdown() in (tmp_path / folder / "leaderboards/toy.md").read_text()


def test_a_frame_has_a_row_a_trial_with_what_the_record_says(tmp_path: Path) -> None:
    results = hashbench.run(
        ["lsh", "toy-recipes@published", "toy-labels", "cosine", "toy-raises"],
        params={"lsh": {"center": True}, "toy": {"seed": 3}},
        at=[10, 100],
        out=tmp_path,
        **GRID,
    )
    frame = results.to_frame()
    assert len(frame) == len(results) == 2 + 2 + 1 + 1 + 2
    by_key = {record.key: record for record in results}
    for row in frame.to_dict("records"):
        record = by_key.pop(row["key"])
        trial, failed = record.trial, record.status == "failed"
        assert (row["method"], row["recipe"], row["labels"]) == (trial.method, trial.recipe, record.labels)
        assert (row["status"], row["queries"], row["dataset_settings"]) == (record.status, "test", "seed=3")
        assert row["error"] == record.error or not failed
        assert trial.seed is None or (row["bits"], row["seed"]) == (trial.bits, trial.seed)
        for name in ("p@10", "p@100", "coarse-p@10", "coarse-p@100"):
            assert np.isnan(row[name]) if failed else row[name] == record.scores[name].expected
        if not failed:
            score = record.scores["p@100"]
            assert (row["p@100 worst"], row["p@100 best"]) == (score.worst, score.best)
            assert np.isnan(row["seconds_fit"]) == (record.seconds.fit is None)
            assert row["seconds_fit"] == record.seconds.fit or record.seconds.fit is None
    assert not by_key
    assert "p@10 worst" not in frame.columns
    by_method = frame.set_index("method")
    assert set(by_method.loc["lsh", "settings"]) == {"center=True"}
    assert set(by_method.loc["toy-recipes", "featurizer"]) == {"counts"}
    assert set(by_method["board"]) == {"tfidf"}
    assert frame["bits"].dtype == frame["seed"].dtype == "Int64"
    assert frame["bits"].isna().sum() == 1
    metric = next(name for name in frame.columns if name.startswith("diagnostics "))
    values = {record.key: record.metrics.get("diagnostics", {}) for record in results}
    for key, value in zip(frame["key"], frame[metric], strict=True):
        assert value == values[key].get(metric.removeprefix("diagnostics "), value) or np.isnan(value)
    tables = results.leaderboard()
    assert "### P@100 on toy (seed=3) with tfidf" in tables
    assert "| toy-raises " in tables


def test_an_empty_selection_of_results_has_the_columns_all_the_same(tmp_path: Path) -> None:
    frame = Results.of((), tmp_path).to_frame()
    assert len(frame) == 0
    assert {"method", "bits", "key"} <= set(frame.columns)


def test_failures_are_records_and_the_others_come_out(tmp_path: Path) -> None:
    results = hashbench.run(["toy-raises", "lsh"], out=tmp_path, **GRID)
    assert [record.trial.method for record in results] == ["lsh"] * 2 + ["toy-raises"] * 2
    assert [record.error for record in results.failures] == [
        "fit: RuntimeError: no convergence after 7 steps"
    ] * 2
    assert "raise RuntimeError" in (results.failures[0].traceback or "")
    assert repr(results) == f"<Results: 4 trials, 2 failed, in {tmp_path}>"


def test_what_is_stored_is_reused_and_told(tmp_path: Path) -> None:
    plans: list[Plan] = []
    outcomes: list[Outcome] = []
    told = {"on_plan": plans.append, "on_outcome": outcomes.append}
    dry = hashbench.run("lsh", out=tmp_path / "there", dry_run=True, **told, **GRID)
    assert (len(dry), len(outcomes), plans[-1].n_todo) == (0, 0, 2)
    assert not (tmp_path / "there").exists()
    first = hashbench.run("lsh", out=tmp_path / "there", **told, **GRID)
    second = hashbench.run(["lsh"], out=str(tmp_path / "there"), **told, **GRID)
    assert [outcome.status for outcome in outcomes] == ["ok"] * 2 + ["reused"] * 2
    assert (plans[-1].n_todo, plans[-1].n_stored) == (0, 2)
    assert list(first) == list(second)
    again = hashbench.run("lsh", out=tmp_path / "there", dry_run=True, **GRID)
    assert list(again) == list(first)


@pytest.mark.parametrize(
    ("given", "seeds_of_nash"),
    [({}, {0}), ({"seeds": 2}, {0, 1}), ({"methods": ["nash", "lsh"]}, {0, 1, 2})],
)
def test_nash_has_one_seed_only_in_the_default_grid(
    tmp_path: Path, given: dict[str, Any], seeds_of_nash: set[int]
) -> None:
    plans: list[Plan] = []
    hashbench.run(datasets="toy", bits=16, out=tmp_path, dry_run=True, on_plan=plans.append, **given)
    trials = [planned.trial for group in plans[0].groups for planned in group.todo]
    assert {trial.seed for trial in trials if trial.method == "nash"} == seeds_of_nash
    expected = {0, 1} if "seeds" in given else {0, 1, 2}
    assert {trial.seed for trial in trials if trial.method == "lsh"} == expected


def test_a_trial_is_the_same_wherever_it_is_computed(tmp_path: Path) -> None:
    plans: list[Plan] = []
    for device in ("cpu", "cuda"):
        hashbench.run("vdsh", out=tmp_path, dry_run=True, on_plan=plans.append, device=device, **GRID)
    here, there = ([planned for group in plan.groups for planned in group.todo] for plan in plans)
    assert [planned.key for planned in here] == [planned.key for planned in there]
    assert {planned.trial.params["device"] for planned in there} == {"cuda"}
    assert not any(planned.overrides["method"] for planned in there)


def test_without_a_folder_results_are_in_the_cache_and_no_leaderboard_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    results = hashbench.run("random", **GRID)
    assert results.folder == tmp_path / "cache" / "results"
    assert list(hashbench.load_results()) == list(results)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    assert not list(tmp_path.rglob("*.md"))


def test_a_corpus_in_memory_is_a_dataset(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    classes = np.arange(120) % 3
    texts = [" ".join(f"word{c}x{w}" for w in generator.integers(0, 9, 12)) for c in classes]
    corpus = Corpus("mine", indicator(classes, 3), ("a", "b", "c"), texts=texts)
    (record,) = hashbench.run("toy-right", corpus, bits=16, seeds=[5], jobs=1, at=10, out=tmp_path)
    assert (record.trial.dataset, record.trial.seed, record.status) == ("mine", 5, "ok")
    assert record.task.documents == corpus.fingerprint
    assert record.scores["p@10"].expected > record.chance["p"]
    for name, message in (("Mine", "use lower-case letters"), ("toy", "is registered")):
        other = Corpus(name, corpus.labels, corpus.label_names, texts=texts)
        with pytest.raises(HashbenchError, match=f"datasets=the corpus {name!r}: .*{message}"):
            hashbench.run("lsh", other, out=tmp_path)


def test_numbers_of_numpy_and_tuples_are_taken_as_those_of_python(tmp_path: Path) -> None:
    grid = {**GRID, "bits": np.array([16]), "seeds": range(2)}
    given = hashbench.run("itq", params={"itq": {"n_iter": np.int64(3)}}, out=tmp_path, **grid)
    plain = hashbench.run("itq", params={"itq": {"n_iter": 3}}, out=tmp_path, dry_run=True, **GRID)
    assert [record.key for record in given] == [record.key for record in plain]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"methods": "lhs"}, "unknown method 'lhs'; did you mean 'lsh'"),
        ({"methods": 3}, "methods=3: give a name or a list of names"),
        ({"methods": []}, "methods: the list is empty"),
        ({"datasets": [3]}, "datasets=3: give a name, a path or a corpus"),
        ({"datasets": "toy-one-class"}, "at least two"),
        ({"bits": 0}, "bits=0: give a whole number from 1 to 4096"),
        ({"bits": [16, 4097]}, "bits=4097: give a whole number from 1 to 4096"),
        ({"bits": 2.5}, "bits=2.5: give a whole number"),
        ({"bits": "16"}, "bits='16': give a whole number"),
        ({"bits": True}, "bits=True: give a whole number"),
        ({"seeds": 0}, "seeds=0: give a whole number from 1 to 1000"),
        ({"seeds": [-1]}, "seeds=-1: give a whole number from 0 to 4294967295"),
        ({"at": 0}, "at=0: give a whole number from 1 on"),
        ({"jobs": 0}, "jobs=0: give a whole number from 1 on"),
        ({"threads": 0}, "threads=0: give a whole number from 1 on"),
        ({"queries": "train"}, "queries='train': give one of test, validation"),
        ({"overwrite": "maybe"}, "overwrite='maybe': give one of never, missing, always"),
        (
            {"overwrite": "never", "retry_failed": True},
            "retry_failed replaces records, overwrite=never does not",
        ),
        ({"device": "cpu"}, "device=cpu: nothing of what is selected has a device"),
        ({"recipes": "gone.toml"}, "recipes=gone.toml: No such file"),
        ({"params": 3}, "params=3: give names with their parameters"),
        ({"params": {"lsh": 3}}, r"params\['lsh'\]=3: give names with their parameters"),
        ({"params": {"lsh": {"center": object()}}}, r"params\['lsh'\]\['center'\]=.*JSON can hold"),
        ({"params": {"itq": {"n_iter": 3}}}, r"params\['itq'\]\['n_iter'\]: 'itq' is not selected"),
        (
            {"methods": "toy-sign", "params": {"toy-sign": {"sleep": -1}}},
            "toy-sign: sleep is a number at least 0",
        ),
        ({"params": {"lsh": {"n_bits": 3}}}, "method lsh: n_bits is set by bits"),
        ({"out": "/proc/nowhere"}, "cannot store /proc/nowhere: .*name another folder"),
    ],
)
def test_errors_speak_of_arguments_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HashbenchError, match=message) as raised:
        hashbench.run(**{"methods": "lsh", "out": "results", **GRID, **arguments})
    assert "--" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_records_is_named(tmp_path: Path) -> None:
    with pytest.raises(HashbenchError, match=f"folder={tmp_path}: there are no records"):
        hashbench.load_results(tmp_path)


def test_a_record_that_cannot_be_read_is_in_unreadable(tmp_path: Path) -> None:
    hashbench.run("random", out=tmp_path, **GRID)
    broken = min((tmp_path / "records").glob("*.json"))
    broken.write_text("{")
    results = hashbench.load_results(tmp_path)
    assert (len(results), [each.path for each in results.unreadable]) == (1, [broken])
