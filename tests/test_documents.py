"""What documents print is generated, or it is tried here."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import runpy
import shlex
import statistics
import subprocess
import sys
import textwrap
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import click
import pytest

from hashbench import hookspecs, specs
from hashbench.cli import cli
from hashbench.data.dataset_files import missing_files
from hashbench.registry import registry
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.leaderboard import render
from hashbench.reporting.leaderboard_files import stale_files
from tests.conftest import Run
from tests.readme import (
    RESULTS,
    ROOT,
    UNSEEN,
    figures,
    generated,
    generated_search,
    generated_tuning,
    unseen_figures,
)

README = (ROOT / "README.md").read_text(encoding="utf-8")
SEARCH = (ROOT / "benchmarks/search.md").read_text(encoding="utf-8")
TUNING = (ROOT / "benchmarks/tuning.md").read_text(encoding="utf-8")
needs_results = pytest.mark.skipif(
    not RESULTS.root.is_dir(), reason="the source distribution leaves the committed results out"
)


@needs_results
def test_the_leaderboards_are_what_the_records_give() -> None:
    records, unreadable = RESULTS.records()
    assert (bool(records), unreadable) == (True, [])
    assert stale_files(render(records, Catalogue(registry())), ROOT / "leaderboards") == {}


@needs_results
def test_no_record_of_the_leaderboards_is_of_another_version() -> None:
    catalogue = Catalogue(registry())
    old = [record.key for record in RESULTS.records()[0] if catalogue.standing(record) == "other version"]
    assert old == []


@needs_results
def test_the_search_shows_the_corpora_that_nobody_tuned_on() -> None:
    assert generated_search(SEARCH) == SEARCH


@needs_results
def test_the_page_on_tuning_shows_what_was_found() -> None:
    assert generated_tuning(TUNING) == TUNING


@needs_results
def test_the_readme_shows_the_leaderboard_and_the_methods() -> None:
    assert generated(README) == README


@needs_results
@pytest.mark.parametrize("arguments", figures(README), ids=lambda arguments: arguments[-1])
def test_the_figures_of_the_readme_are_what_the_records_give(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    *options, file = arguments
    cli.main([*options, str(tmp_path / "drawn.svg")], standalone_mode=False)
    assert (tmp_path / "drawn.svg").read_text() == (ROOT / file).read_text()


@pytest.mark.parametrize("line", re.findall(r"^\$ hashbench (.*?)(?: +#.*)?$", README, flags=re.M))
def test_the_commands_of_the_readme_exist_with_their_options(line: str) -> None:
    name, *arguments = line.split()
    command = cli.commands[name]
    if isinstance(command, click.Group):
        command = command.commands[arguments[0]]
    taking = [command, cli.commands["run"]] if name == "slurm" else [command]
    known = {option for each in taking for parameter in each.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("--")} <= known


@pytest.mark.parametrize(("kind", "column"), [("dataset", 1), ("featurizer", 2)])
def test_the_readme_names_what_hashbench_registers(kind: str, column: int) -> None:
    row = next(line for line in README.splitlines() if line.startswith("| `docstrings`"))
    named = re.findall(r"`([^`]+)`", row.split("|")[column])
    own = [c.name for c in registry().components(kind) if c.plugin.distribution == "hashbench"]
    assert sorted(named) == own


@pytest.mark.parametrize("hook", ["datasets", "featurizers", "hashers", "metrics"])
def test_the_example_of_every_hook_registers_something(hook: str) -> None:
    documented = inspect.getdoc(getattr(hookspecs, f"hashbench_{hook}"))
    assert documented is not None
    example = textwrap.dedent(documented.split("::\n\n")[1])
    names = {**vars(specs), "hookimpl": hookspecs.hookimpl}
    exec(example, names)
    (spec,) = names[f"hashbench_{hook}"]()
    assert isinstance(spec, specs.Spec)


@pytest.mark.slow
def test_the_python_example_of_the_readme_runs_a_grid_and_scores_codes(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HASHBENCH_CACHE", str(cache))
    (example,) = re.findall(r"## From Python\n\n```python\n(.*?)\n```", README, flags=re.S)
    *statements, last = example.splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(statements), names)
    score = eval(last, names)
    assert score.worst < score.expected < score.best
    printed, frame = capsys.readouterr().out, names["frame"]
    assert "### P@100 on docstrings with tfidf" in printed
    assert len(frame) == 2 * 2 * 2
    same = frame.query("method == 'itq' and bits == 32 and seed == 0")["p@100"].item()
    assert score.expected == pytest.approx(same, abs=0.005)
    assert "| mine (external) " in (tmp_path / "results/leaderboards/docstrings.md").read_text()


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_the_links_of_the_readme_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize(
    ("name", "command"),
    re.findall(r"^\$ python benchmarks/(search|start_of_training).py (.*)$", SEARCH, flags=re.M),
)
def test_the_tables_of_the_search_are_what_its_trials_give(
    name: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = str(ROOT / f"benchmarks/{name}.py")
    monkeypatch.setattr(sys, "argv", [script, *shlex.split(command), "--no-run"])
    runpy.run_path(script, run_name="__main__")
    assert f"$ python benchmarks/{name}.py {command}\n```\n\n{capsys.readouterr().out}" in SEARCH


@pytest.mark.slow
def test_the_documents_of_print_are_as_many_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if missing_files(registry().get("dataset", "20newsgroups").spec):
        pytest.skip("not in the data home; `hashbench data fetch 20newsgroups`")
    script, file = "benchmarks/published_documents.py", "20newsgroups-published.jsonl"
    monkeypatch.setattr(sys, "argv", [script, str(tmp_path / file)])
    runpy.run_path(str(ROOT / script), run_name="__main__")
    assert f"$ python {script} {file}\n{capsys.readouterr().out}" in SEARCH
    counts = Counter(json.loads(line)["split"] for line in (tmp_path / file).read_text("utf-8").splitlines())
    assert counts == {"train": 11_017, "validation": 3_676, "test": 3_681}


def test_the_table_and_the_figure_of_scaling_are_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    report = importlib.import_module("scaling_report")
    measured = report.read(report.MEASURED)
    assert report.markdown(measured, report.read_on_disk()) == (ROOT / "benchmarks/scaling.md").read_text()
    drawn = report.figure_bytes(report.figure(measured), ".svg")
    assert drawn == (ROOT / "benchmarks/scaling.svg").read_bytes()


@needs_results
def test_what_is_said_of_the_corpora_that_nobody_tuned_on_is_what_the_records_give() -> None:
    figures = unseen_figures()
    places = [(*place, bits) for place in UNSEEN for bits in (16, 32, 64, 128)]

    def differences(method: str, other: str, power: float) -> dict[tuple[str, str | None, int], float]:
        return {
            (*place, bits): figures[*place, method, 1.0, bits] - figures[*place, other, power, bits]
            for *place, bits in places
        }

    for method in ("nash", "bmsh"):
        assert min(differences(method, "itq", 1.5).values()) > 0
        assert statistics.mean(differences(method, "itq", 1.5).values()) >= 0.07
        assert statistics.mean(differences(method, "sth", 1.0).values()) >= 0.02
    below = {place: value for place, value in differences("nash", "sth", 1.0).items() if value < 0}
    assert set(below) == {
        ("agnews", "full", 32),
        ("agnews", "full", 64),
        ("agnews", "full", 128),
        ("agnews", "title", 16),
    }
    assert min(below.values()) >= -0.0125


@needs_results
@pytest.mark.parametrize(
    ("dataset", "features", "gain"),
    [("dbpedia", "lsa", 0.02), ("docstrings", "lsa", 0.02), ("dbpedia", "sentence", 0.07)],
)
def test_what_is_said_of_the_stages_of_hierhash_is_what_the_records_give(
    dataset: str, features: str, gain: float
) -> None:
    scores = defaultdict(list)
    for record in RESULTS.records()[0]:
        trial = record.trial
        if (trial.dataset, trial.featurizer, trial.recipe) == (dataset, features, "validated"):
            scores[trial.method, trial.bits].append(record.scores["p@100"].expected)
    for bits in (16, 32, 64, 128):
        stages = ("hierhash-base", "hierhash-hier", "hierhash-con", "hierhash")
        assert {len(scores[stage, bits]) for stage in stages} == {3}
        base, hierarchy, contrast, self_labelled = (statistics.mean(scores[stage, bits]) for stage in stages)
        assert hierarchy - base >= gain
        assert abs(contrast - hierarchy) <= 0.019
        assert contrast > hierarchy or dataset != "docstrings"
        assert abs(self_labelled - contrast) <= 0.008


@needs_results
@pytest.mark.parametrize(
    ("dataset", "pq_is_best_in", "best_in_128"),
    [("agnews", [16], "snuh"), ("dbpedia", [16, 32], "hierhash"), ("docstrings", [16, 32], "hierhash")],
)
def test_what_is_said_of_sentence_embeddings_is_what_the_records_give(
    dataset: str, pq_is_best_in: list[int], best_in_128: str
) -> None:
    scores = defaultdict(list)
    for record in RESULTS.records()[0]:
        trial = record.trial
        if (trial.dataset, trial.featurizer, record.task.search) == (dataset, "sentence", "symmetric"):
            scores[trial.bits, trial.method, trial.recipe].append(record.scores["p@100"].expected)
    means = {setting: statistics.mean(values) for setting, values in scores.items()}
    for bits in pq_is_best_in:
        binary = [
            mean
            for (length, method, _), mean in means.items()
            if length == bits and not registry().get("method", method).spec.quantiser
        ]
        assert len(binary) > 10
        assert means[bits, "pq", "default"] > max(binary)
    assert means[128, best_in_128, "default"] > means[128, "pq", "default"]


VERBS = re.findall(r"(?:`|\$ )make ([a-z]+)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("verb", sorted(set(VERBS)))
def test_make_has_the_verbs_that_documents_name(verb: str) -> None:
    assert re.search(rf"^{verb}:", (ROOT / "Makefile").read_text(), flags=re.M)


def write_package_of_the_readme(package: Path) -> Path:
    """Write the files that the README shows, and nothing else."""
    for name, content in re.findall(r"^`([\w/.]+)`\n\n```\w+\n(.*?)```", README, flags=re.M | re.S):
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return package


@pytest.fixture(scope="module")
def installed_package_of_the_readme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package of the README and return the folder that holds it."""
    folder = tmp_path_factory.mktemp("readme")
    package = write_package_of_the_readme(folder / "coinhash")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--target", str(folder / "installed"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, str(package)], check=True, capture_output=True
    )
    return folder / "installed"


def test_the_method_of_the_readme_is_listed_and_passes_its_checks_with_one_warning(
    command: Run, installed_package_of_the_readme: Path
) -> None:
    path = str(installed_package_of_the_readme)
    listed = command("list", "methods", "--json", PYTHONPATH=path)
    (coin,) = (method for method in listed.document["methods"] if method["name"] == "coin")
    assert coin["distribution"] == "coinhash"
    done = command("check", "coin", PYTHONPATH=path)
    assert done.code == 0, done.out
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in done.out.splitlines() if "|" in line]
    (warned,) = (row for row in rows if row[1] == "warned")
    assert warned[0] == "metadata"
    for missing in ("its spec names no licence", "its spec has no citation"):
        assert missing in warned[2]
        assert (done.out + done.err).count(missing) == 1
    assert ", 0 failed, 1 warned, " in done.err.splitlines()[-1]


def test_the_method_of_the_readme_passes_its_checks(command: Run, tmp_path: Path) -> None:
    write_package_of_the_readme(tmp_path)
    done = command("check", "coinhash/coin.py")
    assert done.code == 0, done.out
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "label_blind or fit1d", "tests/test_coin.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in tested.stdout


def test_the_method_of_the_readme_runs_as_an_installed_plugin(
    command: Run, installed_package_of_the_readme: Path, toy_plugin: Path
) -> None:
    arguments = ("--datasets", "toy", "--bits", "64", "--seeds", "1", "--json")
    done = command(
        "run",
        "--methods",
        "coin,random",
        *arguments,
        PYTHONPATH=f"{installed_package_of_the_readme}:{toy_plugin}",
    )
    assert done.code == 0, done.err
    scores = {event["trial"]["method"]: event["scores"]["p@10"]["expected"] for event in done.events}
    assert scores["coin"] > 2 * scores["random"]
