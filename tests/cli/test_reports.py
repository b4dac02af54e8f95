"""``hashbench leaderboard``, ``show`` and ``list``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.fixture
def results(hashbench: Run, tmp_path: Path) -> Path:
    done = hashbench(
        "run", "--methods", "lsh,random", "--datasets", "toy", "--bits", "8", "--seeds", "2", "--quiet"
    )
    assert (done.code, done.out, done.err) == (0, "", "")
    return tmp_path / "results"


def test_leaderboard_check_tells_a_stale_file(hashbench: Run, results: Path) -> None:
    assert hashbench("leaderboard", "--check").code == 0
    board = results / "leaderboards/toy.md"
    board.write_text(board.read_text() + "edited\n")
    stale = hashbench("leaderboard", "--check")
    assert stale.code == 3
    assert "-edited" in stale.out
    assert "stale: results/leaderboards/toy.md" in stale.err
    rewritten = hashbench("leaderboard")
    assert rewritten.code == 0
    assert "### P@100 on toy with tfidf" in rewritten.out
    assert hashbench("leaderboard", "--check").code == 0


def test_leaderboard_writes_where_it_is_told(hashbench: Run, results: Path, tmp_path: Path) -> None:
    assert hashbench("leaderboard", "--results", results, "--out", tmp_path / "boards").code == 0
    assert (tmp_path / "boards/toy.md").read_text() == (results / "leaderboards/toy.md").read_text()
    assert hashbench("leaderboard", "--results", results, "--out", tmp_path / "boards", "--check").code == 0
    assert hashbench("leaderboard", "--results", results, "--out", tmp_path / "empty", "--check").code == 3


@pytest.mark.parametrize("arguments", [["leaderboard"], ["leaderboard", "--check"], ["show", "abc"]])
def test_a_folder_without_records_is_wrong_usage(hashbench: Run, arguments: list[str]) -> None:
    done = hashbench(*arguments, "--results", "nowhere")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "nowhere" in done.err


def test_show_prints_a_record_by_the_beginning_of_its_key(hashbench: Run, results: Path) -> None:
    path = min((results / "records").glob("*.json"))
    as_json = hashbench("show", path.stem[:10], "--json")
    assert as_json.document == json.loads(path.read_text())
    shown = hashbench("show", path.stem)
    assert shown.code == 0
    for word in ("p@100", "coarse-p@100", "distinct-codes", "task", "peak memory", "docs"[:3]):
        assert word in shown.out


def test_list_is_one_json_document_of_what_is_registered(hashbench: Run) -> None:
    document = hashbench("list", "--json").document
    assert document["schema"] == 2
    assert {"lsh", "itq", "random", "cosine"} <= {method["name"] for method in document["methods"]}
    assert "docstrings" in {dataset["name"] for dataset in document["datasets"]}
    assert "tfidf" in {featurizer["name"] for featurizer in document["featurizers"]}
    references = {method["name"] for method in document["methods"] if method["reference"]}
    assert references == {"random", "cosine"}
    assert list(hashbench("list", "datasets", "--json").document) == ["schema", "datasets"]
    assert hashbench("list", "nonsense").code == 2


def test_list_shows_parameters_on_request(hashbench: Run) -> None:
    methods = hashbench("list", "methods", "--parameters", "--json", HASHBENCH_PLUGINS="").document["methods"]
    itq = next(method for method in methods if method["name"] == "itq")
    assert itq["parameters"]["n_iter"] == 50
    assert "n_iter=50" in hashbench("list", "methods", "--parameters", HASHBENCH_PLUGINS="").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(hashbench: Run, shell: str) -> None:
    done = hashbench("completion", shell)
    assert done.code == 0
    assert "_HASHBENCH_COMPLETE" in done.out


def test_names_are_completed(hashbench: Run) -> None:
    done = hashbench(
        _HASHBENCH_COMPLETE="bash_complete", COMP_WORDS="hashbench run --methods lsh,i", COMP_CWORD="3"
    )
    assert done.out.split() == ["plain,lsh,itq"]
