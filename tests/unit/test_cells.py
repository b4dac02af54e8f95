"""Cells, and what is rendered from them: CSV, LaTeX, commands, pages, figures."""

from __future__ import annotations

import csv
import random
import re
import shlex
import subprocess
import xml.dom.minidom
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from hashbench.data.user_files import file_component
from hashbench.errors import HashbenchError
from hashbench.experiment.record import TrialRecord
from hashbench.parameters import default_parameters
from hashbench.registry import registry
from hashbench.reporting.bibliography import citation_key, escaped, to_bibtex
from hashbench.reporting.board import boards
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.cells import Cell, cell_of, cost_of
from hashbench.reporting.comma_separated import COLUMNS, to_csv
from hashbench.reporting.commands import commands_of, quoted
from hashbench.reporting.figures.drawing import metric_over_bits, precision_curve
from hashbench.reporting.figures.lines import chance_of, lines_over_bits, lines_over_n
from hashbench.reporting.figures.map import Classes, Panel, code_map
from hashbench.reporting.figures.style import figure_bytes
from hashbench.reporting.latex import to_latex
from hashbench.reporting.page.charts import Axis, Series, chart
from hashbench.reporting.page.document import page
from hashbench.reporting.record_selection import best_and_references, choose_rows
from hashbench.reporting.summary import summarise
from hashbench.results import Results
from hashbench.specs import Citation
from tests.unit.records import make_record

HOSTILE = "</script><script>alert(1)</script>\"'&$x_1^2$ %#{}\\ \x07\x1b[31m\ud83d\n=1+1, \u202e"


def hostile_record() -> TrialRecord:
    record = make_record("evil", overrides={"method": {"note": HOSTILE}, "dataset": {"path": HOSTILE}})
    trial = replace(record.trial, dataset=f"data {HOSTILE}", recipe=f"own {HOSTILE}")
    return replace(record, trial=trial, description=HOSTILE, notes=(HOSTILE,))


RECORDS = [
    *(make_record("itq", bits, seed, bits / 100 + seed / 50) for bits in (16, 32) for seed in range(3)),
    *(make_record("lsh", bits, seed, 0.1) for bits in (16, 32) for seed in range(3)),
    make_record("cosine", None, None, 0.4, reference=True),
]


def test_a_cell_has_mean_deviation_and_bounds_in_closed_form() -> None:
    rng = NormalDist(0.5, 0.1)
    values = rng.samples(7, seed=3)
    cell = cell_of([make_record(seed=seed, value=value) for seed, value in enumerate(values)], "p@100")
    assert cell.mean == pytest.approx(np.mean(values))
    assert cell.sd == pytest.approx(np.std(values, ddof=1))
    assert (cell.n, cell.low, cell.high) == (
        7,
        pytest.approx(cell.mean - 0.1),
        pytest.approx(cell.mean + 0.1),
    )


def test_a_cell_says_what_failed_and_what_is_missing() -> None:
    failed = make_record(seed=1, value=None)
    assert str(cell_of([make_record(value=0.25), failed], "p@100")) == "0.250 (1 of 2 failed)"
    assert str(cell_of([failed], "p@100")) == "failed"
    assert str(cell_of([make_record()], "p@7")) == "-"
    assert cell_of([], "p@100") == Cell("p@100", ())
    assert (str(Cell("m", (12.34, 12.38))), Cell("m", (1.0,)).sd) == ("12.4 ± 0.0", None)


def test_costs_are_medians_of_trials_that_did_not_fail() -> None:
    record = make_record()
    records = [
        replace(record, seconds=replace(record.seconds, fit=seconds, encode=seconds / 10), peak_rss_mib=mib)
        for seconds, mib in ((1.0, 100.0), (2.0, None), (9.0, 300.0))
    ]
    cost = cost_of([*records, make_record(value=None)])
    assert (cost.fit_seconds, cost.encoded_per_second, cost.peak_mib) == (2.0, 5000.0, 200.0)
    assert (cost.bits_per_document, str(cost)) == (16, "2 s, 5,000/s")


def on_device(device: str, seconds: float, seed: int = 0) -> TrialRecord:
    record = make_record(seed=seed)
    trial = replace(record.trial, params={**record.trial.params, "device": device})
    return replace(record, trial=trial, seconds=replace(record.seconds, fit=seconds, encode=0.1))


def test_the_cost_of_a_fit_on_a_gpu_says_so_and_stands_back_behind_those_on_the_processor() -> None:
    slow, fast = on_device("cpu", 9.0), on_device("cuda:1", 2.0, seed=1)
    assert str(cost_of([slow, fast])) == "9 s, 10,000/s"
    assert str(cost_of([fast])) == "2 s on a GPU, 10,000/s"
    (summary,) = summarise([fast])
    (row,) = csv.DictReader(to_csv([summary]).splitlines())
    assert row["on_gpu"] == "True"
    assert "fit 2 s on a GPU" in page([fast])


def test_a_table_a_figure_and_every_format_show_the_same_numbers() -> None:
    (board,) = boards(RECORDS)
    table = board.precision_table("p@100", "P@100")
    assert table is not None
    (summary,) = summarise(RECORDS)
    drawn = {line.label: line for line in lines_over_bits(board.rows, "p@100")}
    rows = [*csv.DictReader(to_csv([summary]).splitlines())]
    tex, html = to_latex([summary]), page(RECORDS)
    for cells, row in zip(table.rows, summary.rows, strict=True):
        for bits, text in zip(summary.bits, cells[-len(summary.bits) :], strict=True):
            if bits not in row.cells:
                assert text == ""
                continue
            cell = row.cells[bits]
            assert text == str(cell)
            assert text.replace("±", r"$\pm$") in tex
            assert f">{text}</button>" in html
            (line,) = (
                each for each in rows if (each["row"], each["bits"]) == (row.row.label, str(bits or ""))
            )
            assert (float(line["mean"]), int(line["seeds"])) == (cell.mean, cell.n)
            if bits:
                place = drawn[row.row.label].x.index(bits)
                assert drawn[row.row.label].mean[place] == cell.mean
                assert drawn[row.row.label].deviation[place] == cell.sd


def svg(records: Sequence[TrialRecord], methods: Sequence[str]) -> tuple[bytes, bytes]:
    """Return the figures of some methods at 16 bits over N, and over two code lengths."""
    (board,) = boards(records)
    rows = choose_rows(board, methods)
    curve = precision_curve(lines_over_n(rows, 16, "p@"), "p@n", chance_of(rows, "p"))
    over = metric_over_bits(lines_over_bits(rows, "p@100"), "p@100")
    return figure_bytes(curve, ".svg"), figure_bytes(over, ".svg")


def test_a_figure_depends_on_nothing_but_the_records_it_draws() -> None:
    drawn = svg(RECORDS, ["itq", "lsh", "cosine"])
    others = [
        make_record("ksh", 16, 0, 0.9, labels="training", chance={"p": 0.9}, key="0"),
        make_record("aaa", 64, 0, 0.9),
    ]
    shuffled = [*RECORDS, *others]
    random.Random(5).shuffle(shuffled)
    assert svg(shuffled, ["lsh", "itq", "cosine"]) == drawn
    longer = make_record("lsh", 64, 0, 0.99)
    assert svg([*RECORDS, longer], ["itq", "lsh", "cosine"])[0] == drawn[0]


def test_the_best_eight_and_the_references_are_drawn() -> None:
    records = [make_record(f"m{number}", value=number / 20) for number in range(1, 12)]
    (board,) = boards([*records, make_record("cosine", None, None, 0.01, reference=True)])
    chosen = best_and_references(board.rows, "p@100", board.bits)
    assert {row.label for row in chosen} == {*(f"m{number}" for number in range(4, 12)), "cosine"}
    assert best_and_references(board.rows[-5:], "p@100", board.bits) == board.rows[-5:]


def test_class_names_with_dollars_and_controls_can_be_drawn() -> None:
    names = ("under 5$", "5$ to \\20$", "over\x0b20$\ud83d")
    classes = Classes(names, np.array([0, 1, 2, 2]))
    figure = code_map([Panel("$x_1$", np.eye(4, 2, dtype=np.float32))], classes, "fine labels", "a $ b $")
    drawn = figure_bytes(figure, ".svg")
    xml.dom.minidom.parseString(drawn)
    for text in ("under 5$", "5$ to \\20$", "over\\x0b20$\\ud83d", "a $ b $"):
        assert f">{text}</text>" in drawn.decode()


@pytest.mark.parametrize(
    "word", ["plain", "two words", "a'b\"c", "$HOME `id` \\ !", HOSTILE.replace("\ud83d", "é")]
)
def test_a_shell_reads_a_quoted_word_as_it_was(word: str) -> None:
    printed = quoted(word)
    assert printed.isprintable() or "\u202e" in word
    done = subprocess.run(["bash", "-c", f"printf %s {printed}"], capture_output=True, check=True)
    assert done.stdout.decode() == word


def options(command: str) -> dict[str, str]:
    words = shlex.split(command)
    assert words[:2] == ["hashbench", "run"]
    return dict(zip(words[2::2], words[3::2], strict=True))


def test_rows_of_one_grid_share_a_command_and_others_have_their_own() -> None:
    records = [
        *RECORDS,
        make_record("sth", 16, 7, 0.3),
        make_record("itq", 16, 0, 0.3, overrides={"method": {"n_iter": 1}}),
        make_record("sph", 16, 0, 0.3, threads=4),
        make_record("pcah", 64, 0, 0.3, scores={"p@7": make_record().scores["p@100"]}),
        make_record("dsh", 16, 0, 0.3, metrics={"map@100": {"map@100": 0.1}}),
    ]
    (board,) = boards(records)
    found = {
        options(command)["--methods"]: options(command)
        for command in commands_of(board.rows, board.catalogue)
    }
    shared = {"--datasets": "toy", "--featurizers": "tfidf"}
    grid = next(given for methods, given in found.items() if "lsh" in methods)
    assert {*grid["--methods"].split(",")} == {"cosine", "itq", "lsh"}
    assert grid == {**shared, "--methods": grid["--methods"], "--bits": "16,32", "--seeds": "0,1,2"}
    one = {**shared, "--bits": "16", "--seeds": "0,"}
    assert found["sth"] == {**one, "--methods": "sth", "--seeds": "7,"}
    assert found["itq"] == {**one, "--methods": "itq", "--set": "itq@default.n_iter=1"}
    assert found["sph"] == {**one, "--methods": "sph", "--threads": "4"}
    assert found["pcah"] == {**one, "--methods": "pcah", "--bits": "64", "--at": "7"}
    assert found["dsh"] == {**one, "--methods": "dsh", "--metrics": "map@100"}


def test_codes_that_were_made_elsewhere_have_a_comment() -> None:
    record = make_record("mine")
    (board,) = boards([replace(record, trial=replace(record.trial, recipe="external"))])
    (command,) = commands_of(board.rows, board.catalogue)
    assert command.startswith("# mine (external): made elsewhere; hashbench score --codes")


def test_documents_of_a_file_and_of_the_hub_are_named_as_a_run_names_them(tmp_path: Path) -> None:
    path = tmp_path / "my $ file.csv"
    path.write_text("text,label\n" + "".join(f"word{i} term,{'ab'[i % 2]}\n" for i in range(30)))
    component = file_component(str(path))
    described = [
        (component.spec.load()(**default_parameters(component)).description, "my $ file.csv"),
        ("owner/name of the Hugging Face Hub, config", "hf:owner/name"),
        ("made up", "PATH/OF/my-file"),
    ]
    for description, named in described:
        record = make_record(description=description)
        record = replace(record, trial=replace(record.trial, dataset=component.name))
        (board,) = boards([record], Catalogue(registry()))
        (command,) = commands_of(board.rows, board.catalogue)
        assert options(command)["--datasets"] == named


def test_csv_and_latex_survive_hostile_labels() -> None:
    tables = summarise([hostile_record()])
    text = to_csv(tables)
    text.encode()
    (row,) = csv.DictReader(text.splitlines(keepends=True))
    assert tuple(row) == COLUMNS
    assert "alert(1)" in row["row"]
    tex = to_latex(tables)
    tex.encode()
    body = "\n".join(line for line in tex.splitlines() if not line.startswith("%"))
    plain = re.sub(r"\\[\\{}$&%#_]", "", body)
    assert plain.count("{") == plain.count("}")
    assert plain.count("$") % 2 == 0
    assert escaped("50% of $x_1 & y#{}~^\\") == (
        r"50\% of \$x\_1 \& y\#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{}"
    )


def test_citations_have_stable_keys_and_entries() -> None:
    citation = Citation(
        "Müller, Nørgård and Li", "The $2 & 3 problem", "A venue", 2001, "https://example.org/a_b"
    )
    assert citation_key(citation) == "muller20012"
    entry = to_bibtex([citation, citation])
    assert entry.count("@misc{muller20012,") == 1
    assert "author = {Müller and Nørgård and Li}" in entry
    assert r"{{The \$2 \& 3 problem}}" in entry
    assert "url = {https://example.org/a_b}" in entry


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.targets += [given["popovertarget"]] if "popovertarget" in given else []
        assert not any(name.startswith("on") or name == "style" for name in given)


def test_a_page_escapes_what_records_hold_and_needs_no_network() -> None:
    text = page([*RECORDS, hostile_record()], title=HOSTILE)
    text.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text)
    found = Page(text)
    assert found.tags.count("script") == found.tags.count("style") == 1
    assert not {"img", "iframe", "object"} & {*found.tags}
    assert "alert(1)" in text
    assert len(found.ids) == len({*found.ids})
    assert {*found.targets} <= {*found.ids}
    for link in found.links:
        assert link == "data:," or link.removeprefix("#") in found.ids


def test_the_same_records_give_the_same_page_in_any_order() -> None:
    shuffled = list(RECORDS)
    random.Random(1).shuffle(shuffled)
    assert page(shuffled) == page(RECORDS)


def test_results_give_cells_and_the_page(tmp_path: Path) -> None:
    results = Results.of(RECORDS, tmp_path)
    (table,) = results.summary()
    assert {row.row.label.split()[0] for row in table.rows} == {"itq", "lsh", "cosine"}
    assert "<h1>mine</h1>" in results.report("mine")
    with pytest.raises(HashbenchError, match="no records in"):
        Results.of([], tmp_path).report()


def test_a_chart_puts_points_where_their_values_are() -> None:
    series = [Series("a", 0, [(16, 0.2, 0.0), (64, 0.4, 0.0)]), Series("none", 1, [(0, 0.3, 0.0)])]
    drawn = chart("t", series, Axis("bits", 2, (16, 32, 64)), Axis("P@100"), level=("chance", 0.3))
    points = [tuple(map(float, each.split(","))) for each in re.search('points="([^"]+)"', drawn)[1].split()]
    ticks = {text: float(x) for x, text in re.findall(r'<text x="([\d.]+)"[^>]*>(16|32|64)</text>', drawn)}
    assert [x for x, _ in points] == [ticks["16"], ticks["64"]]
    assert ticks["32"] == pytest.approx((ticks["16"] + ticks["64"]) / 2, abs=0.1)
    level = float(re.search(r'<line [^>]*y1="([\d.]+)"[^>]*class="chance"', drawn)[1])
    assert level == pytest.approx((points[0][1] + points[1][1]) / 2, abs=0.1)
    assert points[0][1] > points[1][1]
    assert "none:" not in drawn
    assert chart("t", [Series("a", 0, [])], Axis("x"), Axis("y")) == ""
