"""``hashbench figure``."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from hashbench.experiment.store import ResultStore
from tests.conftest import Run, run_here

GRID = ["--datasets", "toy", "--bits", "8,16", "--seeds", "2", "--jobs", "1", "--quiet"]


@pytest.fixture(scope="module")
def results(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of methods, references and a parameter with two values."""
    folder = tmp_path_factory.mktemp("figures") / "results"
    for arguments in (["--methods", "lsh,random,cosine"], ["--methods", "itq", "--set", "itq.n_iter=1"]):
        assert run_here(["run", *arguments, *GRID, "--out", folder], environment, folder.parent) == 0
    assert run_here(["run", "--methods", "itq", *GRID, "--out", folder], environment, folder.parent) == 0
    return folder


def test_a_curve_takes_the_ns_of_the_records_or_those_asked_for(
    hashbench: Run, results: Path, tmp_path: Path
) -> None:
    done = hashbench("figure", "curve", "--results", results, "--bits", "8", "--out", "curve.svg")
    assert (done.code, done.out, done.err) == (0, "", "Wrote curve.svg\n")
    svg = (tmp_path / "curve.svg").read_text()
    for label in ("itq", "lsh", "random", "cosine", "chance", "P@N", "8 bits on toy with tfidf"):
        assert re.search(rf">{label}( \([^<]*)?</text>", svg)
    assert "changed: n_iter=1" in svg
    asked = hashbench(
        *("figure", "curve", "--results", results, "--bits", "8", "--at", "3,7,10", "--metric", "coarse-p@n"),
        *("--methods", "itq,cosine", "--title", "", "--out", "new/asked.svg", "--out", "new/asked.png"),
    )
    assert asked.code == 0, asked.err
    assert asked.err.splitlines() == [
        "Warning: cosine has no codes to compute N = 3, 7 from",
        "Wrote new/asked.svg",
        "Wrote new/asked.png",
    ]
    svg = (tmp_path / "new/asked.svg").read_text()
    assert ">coarse P@N</text>" in svg
    assert "8 bits" not in svg
    assert (tmp_path / "new/asked.png").read_bytes().startswith(b"\x89PNG")


def test_two_processes_write_the_same_bytes(command: Run, results: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        arguments = ("--results", results, "--methods", "lsh,itq", "--bits", "16", "--points", "60")
        done = command("figure", "tsne", *arguments, "--out", f"{name}.svg", "--out", f"{name}.png")
        assert done.code == 0, done.err
    for suffix in (".svg", ".png"):
        assert (tmp_path / f"first{suffix}").read_bytes() == (tmp_path / f"second{suffix}").read_bytes()
    svg = (tmp_path / "first.svg").read_text()
    for label in ("itq, 16 bits", "lsh, 16 bits", "coarse labels", "third"):
        assert f">{label}</text>" in svg


def test_tsne_of_a_key_with_fine_labels(hashbench: Run, results: Path, tmp_path: Path) -> None:
    record = next(r for r in ResultStore(results).records()[0] if r.trial.method == "itq")
    arguments = ("--results", results, "--labels", "fine", "--points", "50", "--out", "map.svg")
    done = hashbench("figure", "tsne", record.key[:12], *arguments)
    assert done.code == 0, done.err
    assert ">class 5</text>" in (tmp_path / "map.svg").read_text()


def test_bits_and_sweep(hashbench: Run, results: Path, tmp_path: Path) -> None:
    done = hashbench("figure", "bits", "--results", results, "--dataset", "toy", "--out", "bits.svg")
    assert (done.code, done.err) == (0, "Wrote bits.svg\n")
    assert ">code length, bits</text>" in (tmp_path / "bits.svg").read_text()
    arguments = ("--method", "itq", "--parameter", "n_iter", "--metric", "coarse-p@10")
    done = hashbench("figure", "sweep", "--results", results, *arguments, "--out", "sweep.svg")
    assert (done.code, done.err) == (0, "Wrote sweep.svg\n")
    svg = (tmp_path / "sweep.svg").read_text()
    for label in ("n_iter", "1", "50", "8 bits", "16 bits", "coarse P@10"):
        assert f">{label}</text>" in svg


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("curve --bits 8 --out x.gif", "--out x.gif: name a file that ends in .pdf, .png, .svg"),
        ("curve --bits 8 --out file/x.svg", "file is a file; name a folder"),
        ("curve --out x.svg", "choose a code length with --bits"),
        ("curve --bits 24 --out x.svg", "stored: 8, 16"),
        ("curve --bits 8 --at 5000 --out x.svg", "the database has 192 documents"),
        ("bits --dataset reuters --out x.svg", "stored: toy"),
        ("bits --dataset nowhere.csv --out x.svg", "nowhere.csv"),
        ("bits --methods lhs --out x.svg", "did you mean"),
        ("bits --methods cosine --out x.svg", "add one that has to --methods"),
        ("bits --metric p@9 --out x.svg", "stored: "),
        ("sweep --method itq --parameter tau --out x.svg", "it has: n_iter"),
        ("sweep --method lsh --parameter n_iter --set x=1 --out x.svg", "lsh has no such parameter"),
        ("tsne --bits 8 --out x.svg", "either by KEY or by --methods"),
        ("tsne --methods cosine --bits 8 --out x.svg", "none of the methods has codes of 8 bits"),
        ("tsne ffff --out x.svg", "no record"),
        ("bits --results nowhere --out x.svg", "no records in nowhere/records"),
    ],
)
def test_mistakes_are_named_in_one_line(
    hashbench: Run, results: Path, tmp_path: Path, arguments: str, message: str
) -> None:
    (tmp_path / "file").touch()
    given = arguments.split()
    where = [] if "--results" in given else ["--results", results]
    done = hashbench("figure", *given, *where)
    assert done.code == 2
    error = done.err.splitlines()[-1]
    assert error.startswith("Error: ")
    assert message in error
    assert not (tmp_path / "x.svg").exists()


def test_missing_codes_are_named(hashbench: Run, results: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(results, tmp_path / "copy")
    shutil.rmtree(copy / "codes")
    arguments = ("--results", copy, "--bits", "8", "--out", "x.svg")
    assert hashbench("figure", "curve", *arguments).code == 0
    for more in (("curve", "--at", "7", "--methods", "lsh"), ("tsne", "--methods", "lsh")):
        done = hashbench("figure", *more, *arguments)
        assert done.code == 2
        assert "are not in" in done.err
        assert "--overwrite always" in done.err


@pytest.mark.parametrize("kind", ["curve", "bits", "tsne", "sweep", "ranks"])
def test_every_kind_has_an_example_in_its_help(hashbench: Run, kind: str) -> None:
    done = hashbench("figure", kind, "--help")
    assert done.code == 0
    assert f"hashbench figure {kind} " in done.out


def test_keys_are_completed(hashbench: Run, results: Path) -> None:
    keys = sorted(path.stem for path in (results / "records").glob("*.json"))
    words = f"hashbench figure tsne --results {results} {keys[0][:6]}"
    done = hashbench(_HASHBENCH_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="5")
    assert done.out.split() == [f"plain,{keys[0]}"]
