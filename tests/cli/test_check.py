"""``hashbench check``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Finished, Run

TWO_HASHERS = """
from hashbench_methods.classic.lsh import LSH

class First(LSH):
    pass

class Second(LSH):
    pass
"""
HALF_THE_BITS = """
from hashbench.hashing import Hasher
from hashbench_methods.classic.lsh import LSH

class Half(LSH):
    def transform(self, X):
        return super().transform(X)[:, ::2]
"""

ALL_OF_THREE = """
from hashbench.cli import main
from hashbench.registry import Registry

names = Registry.names
Registry.names = lambda self, kind: ["lsh", "cosine", "toy-right"] if kind == "method" else names(self, kind)
main(["check", "all"])
"""


def results(done: Finished) -> dict[str, str]:
    """Return the status of every check of the one method that was checked."""
    (method,) = done.document["methods"]
    return {check["check"]: check["status"] for check in method["checks"]}


def test_a_method_that_keeps_the_contract(hashbench: Run) -> None:
    done = hashbench("check", "lsh")
    assert done.code == 0
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in done.out.splitlines() if "|" in line]
    found = {name: (result, reason) for name, result, reason in rows}
    assert found["label_blind"] == ("passed", "")
    assert found["cpu_cuda_agree"] == ("skipped", "it takes no device")
    assert any(name.endswith("estimator checks of scikit-learn") for name in found)
    assert done.err.startswith("lsh: ")
    assert ", 0 failed, " in done.err.splitlines()[-1]


def test_a_file_of_ones_own_with_a_bug(hashbench: Run, tmp_path: Path) -> None:
    (tmp_path / "my-hasher.py").write_text(HALF_THE_BITS)
    done = hashbench("check", "./my-hasher.py", "--json")
    assert done.code == 3
    assert done.document["schema"] == 1
    assert done.document["methods"][0]["name"] == "Half"
    found = results(done)
    assert [name for name, status in found.items() if status == "failed"] == ["codes_dtype_and_shape"]
    assert {found["metadata"], found["light_registration"]} == {"skipped"}
    assert found["pickle_new_process"] == "passed"
    (reason,) = (c["reason"] for c in done.document["methods"][0]["checks"] if c["status"] == "failed")
    assert reason == "codes of 50 documents have shape (50, 4), expected (50, 8)"
    assert done.err.splitlines()[-1].startswith("Error: ./my-hasher.py: ")
    assert ", 1 failed, " in done.err


def test_one_of_several_hashers_of_a_file_is_named(hashbench: Run, tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(TWO_HASHERS)
    done = hashbench("check", "two.py:Second", "--json")
    assert (done.code, done.document["methods"][0]["name"]) == (0, "Second")


FILES = {
    "two.py": TWO_HASHERS,
    "none.py": "from hashbench_methods.classic.lsh import LSH",
    "broken.py": "import a_package_that_is_not_there",
    "json.py": "class Hasher: ...",
    "needs.py": "class Needs:\n    def __init__(self, n_bits): ...\n    fit = transform = print",
}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("lhs", "unknown method 'lhs'; did you mean 'lsh'?"),
        ("./gone.py", "gone.py: there is no such file; name a registered method or a .py file"),
        ("two.py", "two.py defines several hashers (First, Second); name one: hashbench check two.py:Second"),
        ("two.py:Third", "two.py defines no class 'Third'; it defines First, Second"),
        ("none.py", "none.py defines no hasher; write a class with fit and transform in it"),
        ("broken.py", "broken.py: cannot be imported: ModuleNotFoundError: No module named"),
        ("json.py", "json.py: another module is called 'json'; rename the file"),
        ("needs.py", "needs.py: Needs() raises TypeError: "),
    ],
)
def test_what_cannot_be_checked_is_wrong_usage(
    hashbench: Run, tmp_path: Path, named: str, message: str
) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    done = hashbench("check", named)
    assert (done.code, done.out) == (2, ""), done.err
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(f"Error: {message}")


def test_a_class_that_is_not_there_is_a_failed_check(hashbench: Run) -> None:
    done = hashbench("check", "toy-missing", "--json")
    assert done.code == 3
    assert results(done) == {"construct": "failed"}
    assert "hashbench_toy.methods:Nowhere" in done.document["methods"][0]["checks"][0]["reason"]


def test_a_plain_class_is_told_how_to_become_an_estimator(hashbench: Run) -> None:
    done = hashbench("check", "toy-ternary", "--json")
    found = results(done)
    assert done.code == 3
    assert [name for name, status in found.items() if status == "failed"] == ["interface"]
    assert found["estimator_checks"] == "skipped"


def test_a_stranger_is_warned_of_a_missing_licence_and_citation(hashbench: Run) -> None:
    done = hashbench("check", "toy-right", "--json")
    assert done.code == 0, done.err
    (warned,) = (check for check in done.document["methods"][0]["checks"] if check["status"] == "warned")
    assert warned["check"] == "metadata"
    assert warned["reason"] == (
        'its spec names no licence: add licence="..."; its spec has no citation: add citation=Citation(...)'
    )
    assert ", 0 failed, 1 warned, " in done.err.splitlines()[-1]


@pytest.mark.slow
def test_all_methods_and_lost_plugins_are_a_row_each(
    environment: dict[str, str], broken_plugins: Path
) -> None:
    path = f"{environment['PYTHONPATH']}:{broken_plugins}"
    env = {**environment, "PYTHONPATH": path, "HASHBENCH_PLUGINS": "broken-import,toy"}
    ran = subprocess.run(
        [sys.executable, "-c", ALL_OF_THREE], env=env, capture_output=True, text=True, check=False
    )
    done = Finished(ran.returncode, ran.stdout, ran.stderr)
    assert done.code == 3
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.out.splitlines()[4:] if line]
    found = {name: (int(failed), int(warned), first) for name, _, failed, warned, _, first in rows}
    assert found["lsh"] == found["cosine"] == (0, 0, "")
    assert found["toy-right"][:2] == (0, 1)
    assert found["toy-right"][2].startswith("metadata: its spec names no licence")
    assert found["plugin broken-import"][:2] == (1, 0)
    assert found["plugin broken-import"][2].startswith("import: ModuleNotFoundError: No module named")
    assert done.err.splitlines()[-1].startswith("Error: all: ")


@pytest.mark.parametrize(
    ("typed", "offered"), [("ls", "plain,lsa plain,lsh"), ("al", "plain,all"), ("./my", "file,./my")]
)
def test_names_and_files_are_completed(hashbench: Run, typed: str, offered: str) -> None:
    done = hashbench(
        _HASHBENCH_COMPLETE="bash_complete", COMP_WORDS=f"hashbench check {typed}", COMP_CWORD="2"
    )
    assert done.out.split() == offered.split()
