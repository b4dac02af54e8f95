"""``hashbench data``; the file to fetch is one of the toy plugin."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_imports import HEAVY, SCRIPT
from tests.conftest import PLUGIN_SOURCES, Run

LETTERS = PLUGIN_SOURCES / "toy" / "hashbench_toy" / "letters.csv"
CLASSES = "World\nSports\nBusiness\nSci/Tech\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def write_documents(path: Path, n: int = 40) -> Path:
    rows = ({"text": f"word{i} and more", "label": "ab"[i % 2], "coarse": "c"} for i in range(n))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "--json"], ["path", "tmc"]])
def test_commands_that_only_tell_import_nothing_heavy(arguments: list[str]) -> None:
    script = SCRIPT.format(arguments=["data", *arguments])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert (HEAVY | {"pooch", "requests"}).isdisjoint(modules)


def test_list_tells_what_is_there(hashbench: Run, home: Path) -> None:
    (home / "agnews").mkdir()
    (home / "agnews" / "classes.txt").write_text(CLASSES)
    (home / "20news-18828").mkdir()
    (home / "20news-18828" / "20news-18828.tar.gz").write_bytes(b"")
    document = hashbench("data", "list", "--data-home", home, "--json").document
    assert document["data_home"] == str(home)
    listed = {row["name"]: row for row in document["datasets"]}
    assert {"agnews", "nyt", "toy-letters"} <= set(listed)
    assert {"docstrings", "toy"}.isdisjoint(listed)
    assert listed["agnews"]["missing"] == ["train.csv", "test.csv"]
    assert listed["20newsgroups"]["missing"] == []
    assert listed["dbpedia"]["needs"] == "a Kaggle account"
    assert listed["reuters"]["bytes"] == 8_150_596
    shown = hashbench("data", "list", HASHBENCH_DATA=str(home)).out
    rows = {line.split("|")[1].strip(): line for line in shown.splitlines() if line.startswith("| ")}
    assert "| lacks train.csv, test.csv | 31.3 MB" in rows["agnews"]
    assert "| yes " in rows["20newsgroups"]
    assert "| no " in rows["dbpedia"]


def test_path_prints_the_folders(hashbench: Run, home: Path) -> None:
    assert hashbench("data", "path", "--data-home", home).out == f"{home}\n"
    assert hashbench("data", "path", "reuters", HASHBENCH_DATA=str(home)).out == f"{home}/reuters21578\n"


def test_info_describes_a_registered_dataset(hashbench: Run) -> None:
    document = hashbench("data", "info", "toy", "--json", "--set", "toy.seed=3").document
    assert document["parameters"] == {"seed": 3}
    assert document["documents"] == 240
    assert document["split_sizes"] == {"train": 192, "validation": 24, "test": 24}
    assert (document["fine"]["classes"], document["coarse"]["classes"]) == (6, 3)
    assert document["fine"]["chance"] == pytest.approx(1 / 6)
    assert document["coarse"]["chance"] == pytest.approx(1 / 3)
    assert (document["mean_words"], document["median_words"]) == (14, 14)
    shown = hashbench("data", "info", "toy").out
    for expected in ("6; 1.00 a document", "chance 0.1667", "train 192", "mean 14.0"):
        assert expected in shown


def test_info_describes_documents_of_ones_own(hashbench: Run, tmp_path: Path) -> None:
    write_documents(tmp_path / "My docs.jsonl")
    for path in ("My docs.jsonl", tmp_path / "My docs.jsonl"):
        document = hashbench("data", "info", path, "--json", "--set", "my-docs.coarse_column=").document
        assert document["name"] == "my-docs"
        assert document["coarse"] is None
        assert document["fine"]["chance"] == 0.5
        assert str(tmp_path) not in json.dumps(document)


def test_verify_tells_official_files_from_others(hashbench: Run, home: Path) -> None:
    (home / "agnews").mkdir()
    (home / "agnews" / "classes.txt").write_text(CLASSES)
    assert hashbench("data", "verify", "--data-home", home).code == 0
    named = hashbench("data", "verify", "agnews", "--data-home", home, "--json")
    assert named.code == 3
    states = {Path(file["path"]).name: file["state"] for file in named.document["files"]}
    assert states == {"train.csv": "missing", "test.csv": "missing", "classes.txt": "official"}
    assert f"missing: {home}/agnews/train.csv, {home}/agnews/test.csv" in named.err
    (home / "agnews" / "classes.txt").write_text("World\n")
    wrong = hashbench("data", "verify", "--data-home", home)
    assert wrong.code == 3
    assert "| differs " in wrong.out
    assert wrong.err.splitlines() == [
        f"Error: not the official file: {home}/agnews/classes.txt; delete it to have it fetched again"
    ]


def test_the_files_of_a_plugins_dataset_are_fetched_verified_and_read(hashbench: Run, home: Path) -> None:
    path = home / "letters1" / "letters.csv"
    assert hashbench("data", "info", "toy-letters", "--data-home", home).code == 2
    done = hashbench("data", "fetch", "toy-letters", "--data-home", home, HASHBENCH_DATA="/nowhere")
    assert (done.code, done.out) == (0, f"{path}\n")
    assert done.err == "Downloading letters.csv\nTerms of use of toy-letters: for tests only\n"
    assert path.read_bytes() == LETTERS.read_bytes()
    again = hashbench("data", "fetch", "toy-letters", "--data-home", home)
    assert (again.out, "Downloading" in again.err) == (done.out, False)
    assert hashbench("data", "path", "toy-letters", "--data-home", home).out == f"{path.parent}\n"
    (verified,) = hashbench("data", "verify", "toy-letters", "--data-home", home, "--json").document["files"]
    assert (verified["dataset"], verified["state"]) == ("toy-letters", "official")
    described = hashbench("data", "info", "toy-letters", "--data-home", home, "--json").document
    assert (described["documents"], described["terms"]) == (20, "for tests only")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch", "dbpedia"], "without a Kaggle account"),
        (["fetch", "nyt"], "LDC2008T19"),
        (["fetch", "reuter"], "did you mean 'reuters'?"),
        (["fetch", "docstrings"], "dataset docstrings has no files"),
        (["verify", "toy"], "dataset toy has no files"),
        (["fetch"], "Missing argument"),
        (["verify", "reuter"], "did you mean 'reuters'?"),
        (["path", "reuter"], "did you mean 'reuters'?"),
        (["info", "docs"], "unknown dataset 'docs'"),
        (["info", "docs.jsonl"], "docs.jsonl does not exist"),
        (["info", "docs.pkl"], "docs.pkl is a pickle"),
        (["info", "broken.jsonl"], "broken.jsonl, line 1 is not JSON"),
        (["info", "broken.jsonl", "--set", "other.x=1"], "'other' is not selected"),
        (["info", "broken.jsonl", "--set", "broken.x=1"], "has no parameter 'x'"),
        (["info", "reuters"], "`hashbench data fetch reuters`"),
        (["info", "reuters", "--set", "reuters.split=x"], "split is one of random, modapte, got 'x'"),
        (["info", "tmc", "--set", "tmc.form=null"], "form is one of auto, text, counts, got None"),
        (["info", "mat", "--set", "mat.file="], "file is a string that is not empty"),
        (["info", "toy-raises"], "toy-raises cannot be loaded: OSError: the archive is gone"),
        (["info"], "Missing argument"),
        (["list", "--nonsense"], "--nonsense"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    hashbench: Run, home: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "docs.pkl").write_bytes(b"x")
    (tmp_path / "broken.jsonl").write_text("{")
    done = hashbench("data", *arguments, HASHBENCH_DATA=str(home))
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert done.out == ""
    assert list(home.iterdir()) == []
