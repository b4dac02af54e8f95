"""Recipes, labels and the code behind results."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Finished, Run

TOY = ("--datasets", "toy", "--bits", "8", "--seeds", "1", "--jobs", "1")


def statuses(done: Finished) -> list[str]:
    return [event["status"] for event in done.events]


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((folder / "records").glob("*.json"))]


def board(folder: Path) -> str:
    return (folder / "leaderboards" / "toy.md").read_text()


def test_a_recipe_is_a_row_with_its_own_input(hashbench: Run, tmp_path: Path) -> None:
    done = hashbench("run", "--methods", "toy-recipes@*,lsh", *TOY, "--json")
    assert done.code == 0, done.err
    of_toy = [event["trial"] for event in done.events if event["trial"]["method"] != "lsh"]
    trials = {trial["recipe"]: trial for trial in of_toy}
    assert trials["default"]["params"]["scale"] == 1.0
    assert trials["published"]["params"]["scale"] == 2.0
    assert (trials["default"]["featurizer"], trials["default"]["requested"]) == ("tfidf", None)
    assert (trials["published"]["featurizer"], trials["published"]["requested"]) == ("counts", "tfidf")
    assert trials["published"]["featurizer_params"]["min_df"] == 2
    text = board(tmp_path / "results")
    assert text.count("### P@100 on toy with tfidf") == 1
    assert "| toy-recipes (default) " in text
    assert "| toy-recipes (published) | none   | counts |" in text
    again = hashbench("run", "--methods", "toy-recipes@*,lsh", *TOY, "--json")
    assert statuses(again) == ["reused"] * 3


def test_another_value_makes_a_changed_row_unless_the_source_varies_it(
    hashbench: Run, tmp_path: Path
) -> None:
    for setting in ("toy-recipes@published.scale=3", "toy-recipes.sleep=0.001"):
        done = hashbench("run", "--methods", "toy-recipes@published", *TOY, "--quiet", "--set", setting)
        assert done.code == 0, done.err
    text = board(tmp_path / "results")
    assert "toy-recipes (published, changed: scale=3)" in text
    assert "toy-recipes (published, sleep=0.001)" in text


def test_recipes_of_a_file_run_like_others(hashbench: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[lsh.mine.params]\ncenter = true\n")
    arguments = ("run", "--methods", "lsh@mine", *TOY, "--json")
    done = hashbench(*arguments, "--recipes", "own.toml")
    assert done.code == 0, done.err
    assert done.events[0]["trial"]["params"]["center"] is True
    hashbench("leaderboard", "--format", "csv", "--out", "boards")
    assert "--recipes own.toml" in (tmp_path / "boards/leaderboards.csv").read_text()
    without = hashbench(*arguments)
    assert (without.code, "no such recipe" in without.err) == (2, True)


def test_methods_and_their_recipes_are_listed_with_labels_and_sources(hashbench: Run) -> None:
    listed = hashbench("list", "methods", "--json", "--recipes").document["methods"]
    by_name = {method["name"]: method for method in listed}
    assert by_name["toy-validated"]["labels"] == "validation"
    assert by_name["toy-labels"]["labels"] == "training"
    assert by_name["toy-sign"]["labels"] == "none"
    assert by_name["toy-recipes"]["recipes"]["published"]["source"] == {"scale": "section 3"}
    table = hashbench("list", "methods", "--recipes").out
    assert "### Recipes of toy-recipes" in table
    assert "section 3" in table
    assert hashbench("list", "datasets", "--recipes").code == 2


def test_records_and_rows_say_which_labels_were_used(hashbench: Run, tmp_path: Path) -> None:
    arguments = ("run", "--methods", "toy-validated,toy-labels,toy-sign", *TOY, "--json")
    given = {event["trial"]["method"]: event["labels"] for event in hashbench(*arguments).events}
    assert given == {"toy-validated": "validation", "toy-labels": "training", "toy-sign": "none"}
    withheld = hashbench(*arguments, "--no-validation-labels")
    assert statuses(withheld) == ["reused", "reused", "ok"] or sorted(statuses(withheld)) == [
        "ok",
        "reused",
        "reused",
    ]
    assert {event["labels"] for event in withheld.events} == {"none", "training"}
    validated = [r for r in records(tmp_path / "results") if r["trial"]["method"] == "toy-validated"]
    with_labels, without = sorted(validated, key=lambda record: record["labels"], reverse=True)
    assert with_labels["scores"]["p@100"] != without["scores"]["p@100"]
    assert "validation labels were withheld" in " ".join(without["notes"])
    text = board(tmp_path / "results")
    assert "| toy-validated | validation |" in text
    assert "| toy-validated | none       |" in text


@pytest.fixture
def edited_plugin(toy_plugin: Path, tmp_path: Path) -> Path:
    """A copy of the installed toy plugin, to be edited."""
    return shutil.copytree(toy_plugin, tmp_path / "site")


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_results_of_a_recipe_that_has_changed_get_the_name_of_the_one_that_they_are_of(
    command: Run, edited_plugin: Path, tmp_path: Path
) -> None:
    site = {"PYTHONPATH": str(edited_plugin)}
    assert command("run", "--methods", "toy-recipes,lsh", *TOY, "--quiet", **site).code == 0
    assert command("merge", "results", "--out", "committed", **site).code == 0
    replaced(
        edited_plugin / "hashbench_toy" / "hashbench_plugin.py",
        'recipes={\n                "published": Recipe(',
        'recipes={\n                "default": Recipe({"scale": 3.0}),\n'
        '                "first": Recipe(),\n                "published": Recipe(',
    )
    for folder in ("results", "committed"):
        done = command("upgrade", folder, **site)
        said = "1 records are of another recipe now:\n  toy-recipes: default -> first (1)\n"
        assert (done.code, said in done.err) == (0, True), done.err
        again = command("upgrade", folder, **site)
        assert (again.code, "another recipe" in again.err) == (0, False)
        methods = ("--methods", "toy-recipes,toy-recipes@first,lsh")
        events = command("run", *methods, *TOY, "--json", "--out", folder, **site).events
        by_recipe = {(e["trial"]["method"], e["trial"]["recipe"]): e["status"] for e in events}
        assert by_recipe == {
            ("toy-recipes", "default"): "ok",
            ("toy-recipes", "first"): "reused",
            ("lsh", "default"): "reused",
        }


def test_results_of_a_removed_parameter_are_named(command: Run, edited_plugin: Path, tmp_path: Path) -> None:
    site = {"PYTHONPATH": str(edited_plugin)}
    replaced(
        edited_plugin / "hashbench_toy" / "hashbench_plugin.py",
        '"Has a recipe",',
        '"Has a recipe",\n            retired={"size": 2},',
    )
    assert command("run", "--methods", "toy-recipes", *TOY, "--quiet", **site).code == 0
    path = min((tmp_path / "results/records").glob("*.json"))
    document = json.loads(path.read_text())
    del document["digest"]
    document["trial"]["params"]["size"] = 7
    path.write_text(json.dumps(document))
    assert command("leaderboard", **site).code == 0
    assert "| toy-recipes (default, removed: size=7)" in board(tmp_path / "results")
    checked = command("leaderboard", "--check", **site)
    assert (checked.code, "toy-recipes no longer has size=7" in checked.out) == (0, True)
    merged = command("merge", "results", "--out", "committed", **site)
    said = "1 trials are of a removed parameter: toy-recipes no longer has size=7.\n"
    assert (merged.code, said in merged.err) == (0, True)
    upgraded = command("upgrade", "results", **site)
    assert (upgraded.code, "1 records are of no recipe any more" in upgraded.err) == (0, True)
    assert command("leaderboard", **site).code == 0
    assert "| toy-recipes (default, removed: size=7)" in board(tmp_path / "results")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize("edit", ["\n# a comment\n", '\n"""A docstring."""\n'])
def test_an_edit_without_effect_reuses_results(command: Run, edited_plugin: Path, edit: str) -> None:
    run = ("run", "--methods", "toy-sign", *TOY, "--json")
    assert statuses(command(*run, PYTHONPATH=str(edited_plugin))) == ["ok"]
    append(edited_plugin / "hashbench_toy/methods.py", edit)
    assert statuses(command(*run, PYTHONPATH=str(edited_plugin))) == ["reused"]


@pytest.mark.parametrize("metrics", [(), ("--metrics", "toy-metric")])
def test_who_edits_a_method_or_a_metric_sees_no_old_number(
    command: Run, edited_plugin: Path, tmp_path: Path, metrics: tuple[str, ...]
) -> None:
    run = ("run", "--methods", "toy-sign,lsh", *TOY, *metrics, "--json")
    path = str(edited_plugin)
    first = command(*run, PYTHONPATH=path)
    assert statuses(first) == ["ok", "ok"]
    append(edited_plugin / "hashbench_toy/methods.py", "\nSOMETHING = 1\n")
    marked = command("leaderboard", PYTHONPATH=path)
    assert "| toy-sign ‡ " in marked.out
    checked = command("leaderboard", "--check", "--strict", PYTHONPATH=path)
    assert (checked.code, "other code" in checked.out) == (0, True)

    before = {path: path.read_bytes() for path in (tmp_path / "results/records").iterdir()}
    planned = command(*run, "--keep-same-version", "--dry-run", PYTHONPATH=path)
    assert statuses(planned) == ["reused", "reused"]
    assert {path: path.read_bytes() for path in (tmp_path / "results/records").iterdir()} == before
    kept = command(*run, "--keep-same-version", PYTHONPATH=path)
    assert statuses(kept) == ["reused", "reused"]
    assert "‡ |" not in command("leaderboard", PYTHONPATH=path).out
    stored = records(tmp_path / "results")
    assert [len(r["code"]["method"]) for r in stored if r["trial"]["method"] == "toy-sign"] == [2]

    append(edited_plugin / "hashbench_toy/methods.py", "\nSOMETHING = 2\n")
    again = command(*run, PYTHONPATH=path)
    assert sorted(statuses(again)) == (["ok", "ok"] if metrics else ["ok", "reused"])
    assert "made by other code of the same version and run again" in again.err
    old_codes = {p.name.partition("-")[0] for p in (tmp_path / "results/codes").glob("*.npz")}
    assert len(list((tmp_path / "results/codes").glob("*.npz"))) == len(old_codes) + 1


def test_a_raised_version_is_another_result_and_strict_says_so(
    command: Run, edited_plugin: Path, tmp_path: Path
) -> None:
    run, path = ("run", "--methods", "toy-sign", *TOY, "--json"), str(edited_plugin)
    assert statuses(command(*run, PYTHONPATH=path)) == ["ok"]
    mentions = board(tmp_path / "results").count("| toy-sign ")
    plugin = edited_plugin / "hashbench_toy/hashbench_plugin.py"
    plain = '"Signs of a random projection"'
    assert plain in plugin.read_text()
    plugin.write_text(plugin.read_text().replace(plain, f"{plain}, version=2"))
    strict = command("leaderboard", "--check", "--strict", PYTHONPATH=path)
    assert (strict.code, "other version" in strict.out) == (3, True)
    assert command("leaderboard", "--check", PYTHONPATH=path).code == 0
    assert statuses(command(*run, PYTHONPATH=path)) == ["ok"]
    assert len(records(tmp_path / "results")) == 2
    assert board(tmp_path / "results").count("| toy-sign ") == mentions
    assert command("leaderboard", "--strict").code == 2


def test_results_of_schema_1_are_named_and_upgraded(hashbench: Run, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "records"
    folder.mkdir(parents=True)
    old = Path(__file__).parents[1] / "unit" / "schema1_record.json"
    shutil.copy(old, folder / f"{json.loads(old.read_text())['key']}.json")
    refused = hashbench("leaderboard")
    assert (refused.code, "`hashbench upgrade` brings" in refused.err) == (2, True)
    done = hashbench("upgrade", "results")
    assert (done.code, "1 records upgraded, 0 left" in done.err) == (0, True)
    assert hashbench("leaderboard").code == 0
    assert hashbench("upgrade", "nowhere").code == 2


def test_codes_of_a_record_without_values_by_query_are_scored_again(
    command: Run, edited_plugin: Path, tmp_path: Path
) -> None:
    run = ("run", "--methods", "toy-sign", "--datasets", "toy", "--bits", "32", "--seeds", "1", "--json")
    path = str(edited_plugin)
    assert statuses(command(*run, PYTHONPATH=path)) == ["ok"]
    (stored,) = (tmp_path / "results/records").glob("*.json")
    before = json.loads(stored.read_text())
    assert before["by_query"]["p@100"]
    without_digest = {name: value for name, value in before.items() if name != "digest"}
    stored.write_text(json.dumps({**without_digest, "by_query": {}}))
    append(edited_plugin / "hashbench_toy/methods.py", "\nSOMETHING = 1\n")
    again = command(*run, "--keep-same-version", PYTHONPATH=path)
    assert statuses(again) == ["ok"]
    after = json.loads(stored.read_text())
    assert after["by_query"] == before["by_query"]
    assert after["seconds"]["fit"] == before["seconds"]["fit"]
    assert len(after["code"]["method"]) == 2


def test_the_same_documents_under_another_name_are_reused_by_that_name(
    hashbench: Run, tmp_path: Path
) -> None:
    lines = [json.dumps({"text": f"word{i % 3} alpha{i % 5}", "label": "abc"[i % 3]}) for i in range(90)]
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
        done = hashbench("run", "--methods", "lsh", *TOY[2:], "--datasets", f"{name}.jsonl", "--json")
        assert statuses(done) == ["ok" if name == "one" else "reused"]
        assert done.events[0]["trial"]["dataset"] == name
    assert [record["trial"]["dataset"] for record in records(tmp_path / "results")] == ["two"]
