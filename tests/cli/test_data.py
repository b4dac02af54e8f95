"""``hashbench data`` through the installed command; downloads come from a server of the test's own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hashbench.cli import main
from hashbench.data.remote import REMOTE, RemoteFile
from tests.cli.test_imports import HEAVY, SCRIPT
from tests.conftest import Run
from tests.unit.test_download import CONTENT, SHA256, server

__all__ = ["server"]

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
    assert set(listed) == set(REMOTE)
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
    assert document["parts"] == {"train": 192, "validation": 24, "test": 24}
    assert (document["fine"]["classes"], document["coarse"]["classes"]) == (6, 3)
    assert document["fine"]["chance"] == pytest.approx(1 / 6)
    assert document["coarse"]["chance"] == pytest.approx(1 / 3)
    assert (document["mean_words"], document["median_words"]) == (14, 14)
    shown = hashbench("data", "info", "toy").out
    for part in ("6; 1.00 a document", "chance 0.1667", "train 192", "mean 14.0"):
        assert part in shown


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


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command in this process, where the table of official files can be replaced."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_fetch_downloads_and_prints_where(server, home, monkeypatch, capsys) -> None:
    url = f"http://127.0.0.1:{server.server_port}/good"
    official = RemoteFile("reuters21578.tar.gz", (url,), SHA256, len(CONTENT))
    monkeypatch.setitem(REMOTE, "reuters", replace(REMOTE["reuters"], files=(official,)))
    monkeypatch.setenv("HASHBENCH_DATA", "/nowhere")
    path = home / "reuters21578" / "reuters21578.tar.gz"
    code, out, err = run_here(capsys, "data", "fetch", "reuters", "--data-home", str(home))
    assert (code, out) == (0, f"{path}\n")
    assert "for research purposes only" in err
    assert "Downloading reuters21578.tar.gz 0.1 MB" in err
    assert path.read_bytes() == CONTENT
    code, out, err = run_here(capsys, "data", "fetch", "reuters", "--data-home", str(home))
    assert (code, out) == (0, f"{path}\n")
    assert "Downloading" not in err
    assert run_here(capsys, "data", "verify", "reuters", "--data-home", str(home))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch", "dbpedia"], "without a Kaggle account"),
        (["fetch", "nyt"], "LDC2008T19"),
        (["fetch", "reuter"], "did you mean 'reuters'?"),
        (["fetch", "docstrings"], "no dataset with files of its own is called 'docstrings'"),
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
