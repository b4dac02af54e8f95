"""``hashbench report`` and the formats of ``hashbench leaderboard``, through the installed command."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run

GRID = ["--datasets", "toy", "--bits", "8,16", "--jobs", "1", "--quiet"]
RUNS = (
    ["--methods", "lsh,cosine,itq@published", "--seeds", "2"],
    ["--methods", "itq", "--set", "itq.n_iter=1", "--seeds", "7,"],
)


class Details(HTMLParser):
    """The facts and commands behind the cells of a page, by row and code length."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[tuple[str, str], dict[str, str]] = {}
        self._cell: dict[str, str] | None = None
        self._tags: list[str] = []
        self._name = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("class") == "details":
            self._cell = self.found.setdefault((str(given["data-row"]), str(given["data-bits"])), {})
        self._tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._tags and self._tags.pop() != tag:
            pass
        self._cell = None if tag == "div" else self._cell

    def handle_data(self, data: str) -> None:
        if self._cell is None:
            return
        if self._tags[-1] == "dt":
            self._name = data
        elif "dd" in self._tags:
            self._cell[self._name] = self._cell.get(self._name, "") + data
        elif self._tags[-1] == "code":
            self._cell["command"] = data


@pytest.fixture(scope="module")
def results(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of two recipes, a reference and a parameter that was set."""
    folder = tmp_path_factory.mktemp("report") / "results"
    for arguments in RUNS:
        subprocess.run([COMMAND, "run", *arguments, *GRID, "--out", str(folder)], env=environment, check=True)
    return folder


@pytest.fixture
def details(hashbench: Run, results: Path, tmp_path: Path) -> Details:
    done = hashbench("report", "--results", results, "--out", "new/report.html")
    assert (done.code, done.out, done.err) == (0, "", "Wrote new/report.html\n")
    return Details((tmp_path / "new/report.html").read_text(encoding="utf-8"))


def test_a_cell_tells_its_cost_parameters_and_labels(details: Details) -> None:
    published = details.found["itq (published)", "16 bits"]
    assert re.search(r"fit [\d.]+ s, [\d,.]+ documents encoded a second, .*16 bits stored", published["cost"])
    assert published["labels"] == "none"
    assert "what the paper prescribes" in published["parameters chosen by"]
    changed = next(cell for (row, _), cell in details.found.items() if "n_iter=1" in row)
    assert "set by whoever ran it: n_iter=1" in changed["parameters chosen by"]
    assert changed["seeds"] == "7"
    assert details.found["cosine", "no bits"]["seeds"].startswith("none")


def test_the_command_of_a_cell_gives_it_again(hashbench: Run, results: Path, details: Details) -> None:
    assert len(details.found) == 7
    for (row, bits), cell in details.found.items():
        words = shlex.split(cell["command"])
        assert words[:2] == ["hashbench", "run"]
        again = hashbench(*words[1:], "--out", results, "--dry-run", "--json")
        trials = [event["trial"] for event in again.events]
        assert {event["status"] for event in again.events} == {"reused"}, row
        assert len(trials) == (2 if row in ("lsh", "lsh (default)", "itq (published)") else 1)
        assert {trial["bits"] for trial in trials} == {int(bits.split()[0]) if bits != "no bits" else None}


def test_run_afresh_the_command_gives_the_same_mean(
    hashbench: Run, results: Path, details: Details, tmp_path: Path
) -> None:
    row, bits = next(cell for cell in details.found if "n_iter=1" in cell[0])
    done = hashbench(*shlex.split(details.found[row, bits]["command"])[1:], "--out", "afresh", "--quiet")
    assert done.code == 0, done.err
    hashbench("report", "--results", "afresh", "--out", "afresh.html")
    afresh = Details((tmp_path / "afresh.html").read_text(encoding="utf-8"))
    assert afresh.found.keys() == {(row, bits)}
    assert afresh.found[row, bits]["p@100"] == details.found[row, bits]["p@100"]


def test_csv_latex_and_html_have_the_cells_and_commands(
    hashbench: Run, results: Path, tmp_path: Path
) -> None:
    for format_, files in (
        ("csv", "boards/leaderboards.csv"),
        ("latex", "boards/toy.tex, boards/references.bib"),
        ("html", "boards/toy.html"),
    ):
        done = hashbench("leaderboard", "--results", results, "--out", "boards", "--format", format_)
        assert (done.code, done.out, done.err) == (0, "", f"Wrote {files}\n")
    rows = [*csv.DictReader((tmp_path / "boards/leaderboards.csv").read_text().splitlines())]
    fine = [row for row in rows if row["metric"] == "p@100"]
    assert len(fine) == 7
    tex = (tmp_path / "boards/toy.tex").read_text()
    page = (tmp_path / "boards/toy.html").read_text()
    for row in fine:
        assert f"{float(row['mean']):.3f}" in tex
        assert f'data-value="{float(row["mean"])!r}"' in page
        assert row["command"].startswith("hashbench run --methods ")
    assert tex.count(r"\begin{tabular}") == tex.count(r"\bottomrule") == 2
    assert tex.count("% hashbench run --methods ") >= 2
    cited = set(re.findall(r"\\cite{(\w+)}", tex))
    entries = set(re.findall(r"^@misc{(\w+),$", (tmp_path / "boards/references.bib").read_text(), flags=re.M))
    assert cited == entries == {"charikar2002similarity", "gong2013iterative"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("report --results nowhere", "no records in nowhere"),
        ("report --out report.pdf", "name a file that ends in .html"),
        ("leaderboard --format csv --check", "leave --format out"),
        ("leaderboard --format latex --wide", "leave --format out"),
        ("leaderboard --format word", "'word' is not one of"),
    ],
)
def test_mistakes_are_named(hashbench: Run, arguments: str, message: str) -> None:
    done = hashbench(*arguments.split())
    assert done.code == 2
    assert message in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


def test_a_figure_draws_at_most_eight_methods_unless_asked(
    hashbench: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    settings = [str(number) for number in range(1, 10)]
    for number in settings:
        done = hashbench("run", "--methods", "itq", "--set", f"itq.n_iter={number}", *GRID, "--seeds", "1")
        assert done.code == 0, done.err
    done = hashbench("figure", "bits", "--out", "some.svg")
    assert done.err.splitlines()[0].startswith("Drawn are the 8 best rows by p@100 and the references; 1 ")
    assert hashbench("figure", "bits", "--methods", "*", "--out", "all.svg").err == "Wrote all.svg\n"
    drawn = [
        len(re.findall("n_iter=[1-9]", (tmp_path / name).read_text())) for name in ("some.svg", "all.svg")
    ]
    assert drawn[1] > drawn[0]
