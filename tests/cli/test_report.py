"""``hashbench report`` and the formats of ``hashbench leaderboard``."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COMMAND, Run, run_here

GRID = ["--datasets", "toy", "--bits", "16,32", "--jobs", "1", "--quiet"]
RUNS = (
    ["--methods", "lsh,cosine,itq@published", "--seeds", "2"],
    ["--methods", "itq", "--set", "itq.n_iter=1", "--seeds", "7,"],
    ["--methods", "median", "--measure-cost"],
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
    """Records of two recipes, a reference, a parameter that was set and a cost that was measured."""
    folder = tmp_path_factory.mktemp("report") / "results"
    for arguments in RUNS:
        assert run_here(["run", *arguments, *GRID, "--out", folder], environment, folder.parent) == 0
    return folder


@pytest.fixture(scope="module")
def page(environment: dict[str, str], results: Path) -> str:
    path = results.parent / "new/report.html"
    arguments = ["report", "--results", str(results), "--out", str(path)]
    done = subprocess.run([COMMAND, *arguments], env=environment, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", f"Wrote {path}\n")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def details(page: str) -> Details:
    return Details(page)


def test_a_cell_tells_its_cost_parameters_and_labels(details: Details) -> None:
    published = details.found["itq (published)", "16 bits"]
    assert re.search(r"fit [\d.]+ s, [\d,.]+ documents encoded a second, .*16 bits stored", published["cost"])
    assert published["labels"] == "none"
    assert "what the paper prescribes" in published["parameters chosen by"]
    changed = next(cell for (row, _), cell in details.found.items() if "n_iter=1" in row)
    assert "set by whoever ran it: n_iter=1" in changed["parameters chosen by"]
    assert changed["seeds"] == "7"
    assert details.found["cosine", "no bits"]["seeds"].startswith("none")
    assert published["cost, run alone"] == "not measured"
    measured = details.found["median", "32 bits"]["cost, run alone"]
    assert re.match(r"[\d.]+ CPU s of fit, [\d,.]+ documents encoded/s, .*one thread, run alone", measured)


def test_a_cell_tells_whether_it_is_inseparable_from_the_best(page: str, details: Details) -> None:
    said = {row: cell["against the best"] for (row, bits), cell in details.found.items() if bits == "32 bits"}
    (best,) = (row for row, text in said.items() if text == "the highest P@100 of its column")
    others = {row: text for row, text in said.items() if row != best}
    for text in others.values():
        assert re.match(
            r"(inseparable from the best|another row is significantly better); P@100 less that of the best, "
            r"and ranks: [+-]0\.\d{3} to [+-]0\.\d{3}, rank \d",
            text,
        )
    stars = sum(text.startswith(("the highest", "inseparable")) for text in said.values())
    assert page.count('class="cell">★') == stars
    assert "not known: no values by query" in details.found["median", "16 bits"]["against the best"]


def dry_run(hashbench: Run, command: str, results: Path) -> list[dict[str, Any]]:
    """Return the trials of a command, all of which are stored."""
    words = shlex.split(command)
    assert words[:2] == ["hashbench", "run"]
    events = hashbench(*words[1:], "--out", results, "--dry-run", "--json").events
    assert {event["status"] for event in events} == {"reused"}
    return events


def test_the_command_of_a_cell_gives_its_records_again(
    hashbench: Run, results: Path, details: Details
) -> None:
    assert len(details.found) == 9
    events = dry_run(hashbench, details.found["itq (published)", "16 bits"]["command"], results)
    trials = [event["trial"] for event in events]
    assert [(t["method"], t["recipe"], t["bits"], t["seed"]) for t in trials] == [
        ("itq", "published", 16, 0),
        ("itq", "published", 16, 1),
    ]


def test_the_commands_under_a_table_give_all_its_records_again(
    hashbench: Run, results: Path, page: str
) -> None:
    commands = re.search(r"These commands.*?<code>(.*?)</code>", page, flags=re.S)
    assert commands is not None
    lines = unescape(commands[1]).splitlines()
    found = [event["key"] for line in lines for event in dry_run(hashbench, line, results)]
    assert sorted(found) == sorted(path.stem for path in (results / "records").glob("*.json"))


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
    assert len(fine) == 9
    tex = (tmp_path / "boards/toy.tex").read_text()
    html = (tmp_path / "boards/toy.html").read_text()
    for row in fine:
        assert f"{float(row['mean']):.3f}" in tex
        assert f'data-value="{float(row["mean"])!r}"' in html
        assert row["command"].startswith("hashbench run --methods ")
        assert (row["inseparable"] != "") == (row["rank_best"] != "") == (row["bits"] == "32")
    stars = sum(row["inseparable"] == "True" for row in fine)
    assert tex.count(r"$^\star$") == html.count('class="cell">★') == stars > 0
    assert tex.count(r"\begin{tabular}") == tex.count(r"\bottomrule") == 2
    assert tex.count("% hashbench run --methods ") >= 2
    cited = set(re.findall(r"\\cite{(\w+)}", tex))
    entries = set(re.findall(r"^@misc{(\w+),$", (tmp_path / "boards/references.bib").read_text(), flags=re.M))
    assert cited == entries == {"charikar2002similarity", "gong2013iterative", "zhang2010selftaught"}


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


def test_a_figure_draws_at_most_eight_methods_unless_asked(hashbench: Run, tmp_path: Path) -> None:
    methods = "itq,pcah,sph,sth,lsh,sign,median,simhash,pca-sign,random"
    done = hashbench("run", "--methods", methods, *GRID, "--seeds", "1")
    assert done.code == 0, done.err
    done = hashbench("figure", "bits", "--out", "some.svg")
    assert done.err.splitlines() == [
        "Drawn are the 8 best rows by p@100 and the references; 1 left out, --methods '*' draws all",
        "Wrote some.svg",
    ]
    assert hashbench("figure", "bits", "--methods", "*", "--out", "all.svg").err == "Wrote all.svg\n"
    texts = [(tmp_path / name).read_text() for name in ("some.svg", "all.svg")]
    shown = [{method for method in methods.split(",") if f">{method}" in text} for text in texts]
    assert (len(shown[0]), len(shown[1])) == (9, 10)
    assert "random" in shown[0]
