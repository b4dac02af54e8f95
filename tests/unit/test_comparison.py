"""Comparisons of two methods and the statements of the papers, on made-up records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from hashbench import load_results
from hashbench.cli import cli
from hashbench.errors import HashbenchError, UnknownNameError
from hashbench.experiment.record import TrialRecord, packed_values
from hashbench.experiment.store import ResultStore
from hashbench.parameters import full_parameters
from hashbench.recipes import recipes_of
from hashbench.registry import registry
from hashbench.reporting.average_ranks import ranked_rows
from hashbench.reporting.board import Board, boards
from hashbench.reporting.claims import RECIPES, STATEMENTS, Outcome, outcomes, reported_difference
from hashbench.reporting.comparison import counts, judged_boards
from hashbench.reporting.figures.ranks import rank_diagram
from hashbench.reporting.method_comparison import compare
from tests.unit.records import TASK, make_record

QUERIES = np.random.default_rng(0).uniform(0.2, 0.8, 300)


def scored(
    method: str, gap: float = 0.0, bits: int | None = 32, seed: int | None = 0, **trial: Any
) -> TrialRecord:
    """Return a record of a method that is better than the others by a gap, with values by query."""
    noise = np.random.default_rng(len(method) * 1000 + (bits or 0) * 10 + (seed or 0)).normal(0, 0.03, 300)
    values: NDArray[np.float64] = np.clip(QUERIES + gap + noise - noise.mean(), 0, 1)
    made = make_record(method, bits, seed, float(values.mean()), by_query={"p@100": packed_values(values)})
    named = replace(made.trial, **trial)
    return replace(made, trial=named, key=f"{made.key}{named.dataset}{named.featurizer}{named.recipe}")


def board_of(*records: TrialRecord) -> list[Board]:
    return judged_boards(boards(records))


def test_the_better_method_wins_and_the_sentence_says_so() -> None:
    found = compare(
        board_of(*(scored(m, gap, bits) for m, gap in (("a", 0.05), ("bb", 0.0)) for bits in (32, 64))),
        "a",
        "bb",
    )
    assert [(each.a.bits, each.verdict) for each in found] == [(32, "better"), (64, "better")]
    assert found[0].difference.mean == pytest.approx(0.05, abs=0.005)
    assert found[0].p >= found[0].difference.p
    said = found.sentence
    assert said.startswith("a is better than bb: of 2 comparisons at 5 % it is better in 2, worse in 0")
    assert said.endswith("the mean difference is +0.050, and it takes as long to fit.")
    assert [each.verdict for each in compare([f.board for f in found[:1]], "bb", "a")] == ["worse", "worse"]


def test_a_method_is_inseparable_from_itself_under_another_name() -> None:
    one = scored("a")
    twin = replace(one, key="twin", trial=replace(one.trial, method="twin"))
    found = compare(board_of(one, twin), "a", "twin")
    assert counts(found) == {"better": 0, "worse": 0, "inseparable": 1}
    assert (found[0].difference.mean, found[0].p) == (0.0, 1.0)
    assert found[0].to_json()["ties"] == 300
    assert "cannot be told apart" in found.sentence


def test_a_method_without_code_lengths_is_compared_at_each_length() -> None:
    records = [scored("a", 0.1, bits) for bits in (32, 64)]
    found = compare(board_of(*records, scored("cosine", bits=None, seed=None)), "a", "cosine")
    assert [(each.a.bits, each.b.bits) for each in found] == [(32, None), (64, None)]


def test_what_limits_a_comparison_is_noted() -> None:
    single, seeds = scored("a"), [scored("bb", seed=seed) for seed in (0, 1)]
    other = scored("a", dataset="elsewhere")
    supervised = [replace(record, labels="training") for record in seeds]
    searched = board_of(single, other, *supervised)
    said = compare(searched, "a", "bb", (32, 128)).notes
    assert said == [
        "a has one seed in 1 of 1 rows",
        "labels given: a: none; bb: training",
        "without values by query: 128 bits",
        "without values by query of both: elsewhere with tfidf",
    ]


def test_of_rows_of_several_labels_the_one_of_fewest_is_compared_and_named() -> None:
    plain = scored("a", 0.1)
    helped = replace(scored("a", 0.2), labels="validation", key="helped")
    searched = board_of(plain, helped, scored("bb"))
    found = compare(searched, "a", "bb")
    assert found[0].difference.mean == pytest.approx(0.1, abs=0.01)
    assert "a has rows of several labels; the one that was given none is compared" in found.notes


def test_validation_queries_and_other_searches_are_not_judged() -> None:
    tasks = (replace(TASK, queries="validation"), replace(TASK, search="asymmetric"))
    assert board_of(*(replace(scored("a"), task=task) for task in tasks)) == []


@pytest.mark.parametrize(
    ("a", "b", "bits", "error", "said"),
    [
        ("aa", "bb", (), UnknownNameError, "method 'aa' has no record .*; did you mean"),
        ("a", "far", (), HashbenchError, "no dataset has records of both: a is on toy .*, far on elsewhere"),
        (
            "a",
            "bare",
            (),
            HashbenchError,
            "at any bits; they are kept at 32 and 64: `hashbench run --methods",
        ),
        ("a", "bb", (16,), HashbenchError, "at 16 bits"),
        ("a", "a@default", (), HashbenchError, "a and a@default are the same rows"),
    ],
)
def test_what_cannot_be_compared_is_said(
    a: str, b: str, bits: Sequence[int], error: type[Exception], said: str
) -> None:
    records = [scored("a"), scored("bb"), scored("far", dataset="elsewhere"), make_record("bare", 32)]
    with pytest.raises(error, match=said):
        compare(board_of(*records), a, b, bits)


def finding(found: Sequence[Outcome], text: str, recipe: str) -> Outcome:
    (one,) = (each for each in found if (each.statement.text, each.recipe) == (text, recipe))
    return one


def test_statements_hold_do_not_hold_or_cannot_be_told() -> None:
    gaps = {"gmsh": 0.0, "vdsh": 0.05, "nash": 0.0, "bmsh": 0.1}
    records = [
        scored(method, gap, bits, recipe="validated") for method, gap in gaps.items() for bits in (32, 64)
    ]
    found = outcomes(board_of(*records, scored("lsh", -0.1)))
    assert len(found) == len(STATEMENTS) * len(RECIPES)
    assert finding(found, "GMSH above VDSH", "validated").finding == "not held"
    assert finding(found, "BMSH above NASH", "validated").finding == "held"
    assert finding(found, "BMSH: 64 bits no worse", "validated").finding == "held"
    assert finding(found, "BMSH above NASH", "published").finding == "no records"
    assert finding(found, "BMSH above all unsupervised", "tuned").finding == "no records"
    best = finding(found, "BMSH above all unsupervised", "validated")
    assert [pair[1] for pair in best.by_pair] == ["lsh", "vdsh", "nash", "gmsh"]
    assert best.cells[2] == "held 4/7"
    assert best.difference == pytest.approx(0.1, abs=0.05)


def test_one_significant_loss_denies_a_statement_and_few_gains_leave_it_open() -> None:
    gains = [0.05, 0.0, 0.0]
    records = [
        scored(m, gap if m == "gmsh" else 0.0, dataset=f"toy{i}")
        for i, gap in enumerate(gains)
        for m in ("gmsh", "vdsh")
    ]
    assert finding(outcomes(board_of(*records)), "GMSH above VDSH", "default").finding == "inseparable"
    records += [scored("gmsh", -0.05, dataset="last"), scored("vdsh", dataset="last")]
    assert finding(outcomes(board_of(*records)), "GMSH above VDSH", "default").finding == "not held"


def test_the_reported_difference_is_that_of_the_table_of_the_paper() -> None:
    (claim,) = (each for each in STATEMENTS if each.text == "hierarchy above base")
    table = {"nyt": (81.67 - 78.19, 84.14 - 79.54), "agnews": (81.82 - 78.93, 82.36 - 79.61)}
    expected = [*table["nyt"], *table["agnews"], 73.08 - 70.86, 77.49 - 76.02]
    assert reported_difference(claim) == pytest.approx(np.mean(expected) / 100, abs=1e-6)


def test_ranks_are_over_datasets_and_boards_of_other_settings_are_left_out() -> None:
    gaps = {"a": 0.1, "bb": 0.05, "ccc": 0.0}
    records = [scored(m, gap, dataset=name) for m, gap in gaps.items() for name in ("x", "y", "z")]
    records += [scored(m, -gap, dataset="x", featurizer="lsa") for m, gap in gaps.items()]
    changed = replace(scored("a", dataset="w"), overrides={"dataset": {"text": "title"}})
    ranked = ranked_rows(board_of(*records, changed), 32, "p@100")
    ranks = dict(zip(ranked.labels, ranked.found.ranks, strict=True))
    assert ranked.datasets == ["x", "y", "z"]
    assert ranks["bb"] == pytest.approx(2.0, abs=0.5)
    assert ranks["a"] < ranks["ccc"]
    assert ranked.left_out == ["w (text=title) with tfidf"]
    texts = [text.get_text() for text in rank_diagram(ranked, "title").axes[0].texts]
    assert f"a, {ranks['a']:.2f} " in texts
    with pytest.raises(HashbenchError, match="two methods and two datasets"):
        ranked_rows(board_of(*records), 32, "p@100", ["a"])
    with pytest.raises(UnknownNameError, match="did you mean"):
        ranked_rows(board_of(*records), 32, "p@100", ["a", "bbb"])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a folder with committed results."""
    monkeypatch.chdir(tmp_path)
    store = ResultStore(tmp_path / "leaderboards/results")
    store.prepare()
    for name in ("x", "y"):
        for method, gap in (("bmsh", 0.1), ("nash", 0.0)):
            component = registry().get("method", method)
            default = recipes_of(component)["default"].params_for(name, 32)
            params = full_parameters(component, default)
            store.save(scored(method, gap, dataset=name, params=params))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    return invoke


def test_compare_prints_one_screen_and_one_document(run: Any) -> None:
    done = run("compare", "bmsh", "nash")
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 100
    assert "bmsh (default) is better than nash (default): of 2 comparisons" in done.output
    document = json.loads(run("compare", "bmsh", "nash", "--datasets", "x", "--json").output)
    assert (document["better"], document["comparisons"][0]["dataset"]) == (1, "x")
    (only,) = document["comparisons"]
    assert only["a"]["interval"][0] < only["a"]["mean"] < only["a"]["interval"][1]
    wrong = run("compare", "bmsh", "nash", "--datasets", "xx")
    assert "datasets=xx: no record of test queries has it; did you mean 'x'" in str(wrong.exception)
    assert "no records in results" in str(run("compare", "a", "b", "--results", "results").exception)


def test_claims_print_a_table_and_one_document(run: Any) -> None:
    done = run("claims", "--details")
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 100
    assert "### BMSH above NASH, default: held" in done.output
    document = json.loads(run("claims", "--json").output)
    held = [each for each in document["statements"] if each["finding"] == "held"]
    assert [each["statement"] for each in held] == ["BMSH above NASH", "BMSH above all unsupervised"]
    assert len(held[0]["comparisons"]) == 2
    assert "no records" not in done.output
    assert "Statements without records: published 15 of 15, default 13 of 15," in done.output.replace(
        "\n", " "
    )


def test_results_compare_and_judge_claims_as_the_commands_do(run: Any) -> None:
    results = load_results("leaderboards/results")
    found = results.compare("bmsh", "nash", datasets="x")
    document = json.loads(run("compare", "bmsh", "nash", "--datasets", "x", "--json").output)
    assert {"schema": 1, **found.to_json()} == document
    frame = found.to_frame()
    assert frame[["dataset", "bits", "verdict"]].values.tolist() == [["x", 32, "better"]]
    assert frame["low"][0] < frame["difference"][0] < frame["high"][0]
    assert frame[["wins", "losses", "ties"]].sum(axis=1).tolist() == [300]
    assert len(results.compare("bmsh", "nash", bits=32)) == 2
    document = json.loads(run("claims", "--datasets", "x", "--json").output)
    assert [each.to_json() for each in results.claims(datasets=["x"])] == document["statements"]
    with pytest.raises(UnknownNameError, match=r"featurizers=counts: no record of test queries has it"):
        results.compare("bmsh", "nash", featurizers="counts")


def test_ranks_are_drawn(run: Any) -> None:
    done = run("figure", "ranks", "--out", "ranks.svg")
    assert done.exit_code == 0, done.output
    drawn = Path("ranks.svg").read_text()
    assert "bmsh (default), 1.00" in drawn
    assert "Average ranks by P@100 at 32 bits over x, y" in drawn
