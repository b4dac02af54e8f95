"""Leaderboards: a pure function of records."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hashbench.experiment.record import Origin, TrialRecord
from hashbench.experiment.store import ResultStore
from hashbench.registry import registry
from hashbench.reporting.board import boards
from hashbench.reporting.catalogue import Catalogue
from hashbench.reporting.cells import two_digits
from hashbench.reporting.leaderboard import file_name, render
from hashbench.reporting.leaderboard_files import stale_files, write_leaderboards
from hashbench.reporting.table import Table
from tests.unit.records import CODE, ORIGINS, TASK, make_record


def cells(text: str, heading: str, method: str) -> list[str]:
    """Return the cells of a method's row in the table below a heading or in a folded section."""
    section = re.split(rf"### {re.escape(heading)}|<summary>{re.escape(heading)}", text, maxsplit=1)[1]
    section = re.split("###|<details>", section, maxsplit=1)[0]
    line = next(line for line in section.splitlines() if line.startswith(f"| {method} "))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_cells_hold_mean_and_deviation_over_seeds_and_tie_bounds_have_a_table() -> None:
    values = (0.5, 0.6, 0.7)
    text = render(make_record(seed=seed, value=value) for seed, value in enumerate(values))["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["none", "0.600 ± 0.100"]
    assert cells(text, "P@100 with tied documents", "itq") == ["0.500 to 0.700"]


def test_one_seed_has_no_deviation_and_no_bits_a_column_of_its_own() -> None:
    records = [
        make_record(value=0.25),
        make_record("cosine", bits=None, seed=None, value=0.4, reference=True),
    ]
    text = render(records)["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["none", "0.250", ""]
    assert cells(text, "P@100 on toy with tfidf", r"*cosine*") == ["none", "", "0.400"]
    assert re.search(r"^\| method +\| labels +\| +16 bits \| +no bits \|$", text, flags=re.M)


def methods(text: str, heading: str) -> list[str]:
    """Return the methods of the table below a heading, in order."""
    section = text.split(f"{heading}\n", 1)[1].split("##", 1)[0]
    return re.findall(r"^\| (\S+)", section, flags=re.M)[2:]


def test_rows_are_sorted_best_first_and_the_index_leaves_references_out() -> None:
    records = [
        make_record("lsh", value=0.1),
        make_record("itq", value=0.5),
        make_record("cosine", bits=None, seed=None, value=0.9, reference=True),
    ]
    files = render(records)
    assert methods(files["toy.md"], "### P@100 on toy with tfidf") == ["*cosine*", "itq", "lsh"]
    assert "itq 0.500" in files["README.md"]
    assert "cosine" not in files["README.md"]


def test_supervised_methods_have_tables_of_their_own() -> None:
    records = [
        make_record("itq", value=0.5, coarse=0.8),
        make_record("cosine", bits=None, seed=None, value=0.6, coarse=0.8, reference=True),
        make_record("vdsh-s", bits=32, value=0.6, coarse=0.9, labels="training"),
        make_record("gone-s", bits=32, value=0.7, coarse=0.9, labels="training"),
    ]
    files = render(records)
    text, index = files["toy.md"], files["README.md"]
    for title in ("P@100", "Coarse P@100"):
        assert methods(text, f"### {title} on toy with tfidf") == ["*cosine*", "itq"]
        supervised = f"{title}, supervised methods, on toy with tfidf"
        assert methods(text, f"### {supervised}") == ["gone-s", "vdsh-s"]
        assert cells(text, supervised, "gone-s †")[0] == "training"
    best, best_supervised = index.split("## Best P@100 by code length of supervised methods")
    assert "itq 0.500" in best
    assert "gone-s" not in best
    assert "gone-s 0.700" in best_supervised


def test_without_supervised_methods_nothing_speaks_of_them() -> None:
    files = render([make_record("itq")])
    assert "supervised methods" not in "".join(
        re.findall("^#.*", files["toy.md"] + files["README.md"], flags=re.M)
    )


def published_record(method: str = "lsh", bits: int = 16, **changes: Any) -> TrialRecord:
    """Return a record on a corpus for which a paper printed 0.3215 at 16 bits and 0.3862 at 32."""
    record = make_record(method, bits, **changes)
    return replace(record, trial=replace(record.trial, dataset="reuters", recipe="published"))


def test_figures_of_papers_stand_beside_ours_where_there_are_some() -> None:
    records = [
        *(published_record(seed=seed, value=value) for seed, value in enumerate((0.3, 0.4))),
        published_record(bits=24, value=0.45),
        published_record("ksh", bits=32, value=0.8, labels="training"),
        published_record("toy-hasher", bits=64, value=0.9),
    ]
    text = render(records)["reuters.md"]
    heading = "P@100 reported / reproduced on reuters with tfidf"
    assert cells(text, heading, "lsh (published)") == [
        "Dong et al. (2019), table 1",
        "0.322 / 0.350",
        "0.386 / -",
    ]
    assert cells(text, heading, "ksh (published) †") == [
        "Dong et al. (2019), table 2",
        "0.838 / -",
        "0.848 / 0.800",
    ]
    assert methods(text, f"### {heading}") == ["ksh", "lsh"]


@pytest.mark.parametrize(
    "changes",
    [
        {"overrides": {"method": {"center": True}}, "changed": True},
        {"overrides": {"dataset": {"top_labels": 20}}},
        {"overrides": {"featurizer": {"max_features": 300}}},
        {"task": replace(TASK, queries="validation")},
    ],
)
def test_figures_of_papers_stand_beside_unchanged_test_results_alone(changes: dict[str, Any]) -> None:
    assert "### P@100 reported / reproduced" not in render([published_record(**changes)])["reuters.md"]


def test_figures_of_papers_stand_beside_no_other_recipe() -> None:
    record = published_record()
    default = replace(record, trial=replace(record.trial, recipe="default"))
    assert "### P@100 reported / reproduced" not in render([default])["reuters.md"]


def test_what_the_source_of_a_recipe_varies_is_no_change() -> None:
    varied = published_record(overrides={"method": {"k": 9}})
    heading = "P@100 reported / reproduced"
    assert cells(render([varied])["reuters.md"], heading, "lsh (published, k=9)")


def test_failed_trials_have_no_figure_beside_that_of_a_paper() -> None:
    text = render([published_record(value=None)])["reuters.md"]
    assert cells(text, "P@100 reported / reproduced", "lsh (published)") == [
        "Dong et al. (2019), table 1",
        "0.322 / -",
    ]


def test_the_order_of_records_changes_nothing() -> None:
    records = [
        make_record(m, b, s, 0.1 * s + 0.2) for m in ("itq", "lsh") for b in (16, 32) for s in range(3)
    ]
    wanted = render(records)
    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert render(records) == wanted


def test_tasks_never_share_a_table() -> None:
    other = replace(TASK, split="random 80/10/10, seed 0")
    records = [make_record("itq", value=0.3), make_record("lsh", value=0.9, task=other)]
    text = render(records)["toy.md"]
    assert text.count("### P@100 on toy with tfidf") == 2
    assert {board.first.task.fingerprint for board in boards(records)} == {
        TASK.fingerprint,
        other.fingerprint,
    }
    for fingerprint in (TASK.fingerprint, other.fingerprint):
        assert f"Task `{fingerprint}`" in text


def test_a_dataset_without_settings_stands_before_one_with_them_whichever_is_newer() -> None:
    plain = make_record()
    with_settings = replace(
        plain,
        task=replace(TASK, split="random 80/10/10, seed 0"),
        overrides={"dataset": {"top_labels": 20}},
        finished="9999-01-01T00:00:00+00:00",
    )
    shown = [board.dataset for board in boards([with_settings, plain])]
    assert shown == ["toy", "toy (top_labels=20)"]


def test_coarse_table_only_where_there_are_coarse_labels() -> None:
    assert "Coarse P@100" not in render([make_record()])["toy.md"]
    assert cells(render([make_record(coarse=0.75)])["toy.md"], "Coarse P@100 on toy with tfidf", "itq") == [
        "none",
        "0.750",
    ]


def test_failures_are_cells_and_a_list_with_reasons() -> None:
    records = [
        make_record(seed=0, value=0.5),
        make_record(seed=1, value=None),
        make_record("lsh", value=None),
    ]
    text = render(records)["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["none", "0.500 (1 of 2 failed)"]
    assert cells(text, "P@100 on toy with tfidf", "lsh") == ["none", "failed"]
    assert "- itq 16 bits seed 1 on toy/tfidf: fit: RuntimeError: no" in text


def test_a_board_of_failures_shows_them_and_no_costs() -> None:
    text = render([make_record("lsh", value=None)])["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "lsh") == ["none", "failed"]
    assert "Seconds to fit" not in text
    assert "Coarse" not in text


def test_only_the_highest_version_of_a_method_makes_its_row() -> None:
    raised = {**ORIGINS, "method": Origin("hashbench", "1.1", 2)}
    newer = {"origins": raised, "code": {**CODE, "method": ("fedc",)}}
    records = [
        make_record(seed=0, value=0.1, finished="2026-03-03T00:00:00+00:00"),
        make_record(seed=1, value=0.1, finished="2026-03-03T00:00:00+00:00"),
        make_record(seed=0, value=0.8, **newer),
    ]
    text = render(records)["toy.md"]
    assert cells(text, "P@100 on toy with tfidf", "itq") == ["none", "0.800"]
    listed = ["default", "1", "hashbench 1.1", "2", "fedc", "", "n_iter=50"]
    assert cells(text, "Methods on toy", "itq") == listed


def test_recipes_changes_labels_and_threads_are_rows_of_their_own() -> None:
    record = make_record(value=0.4)
    records = [
        make_record(value=0.1),
        make_record(value=0.2, overrides={"method": {"n_iter": 3}}, changed=True),
        make_record(value=0.3, threads=2),
        replace(record, key="p", trial=replace(record.trial, recipe="published")),
        make_record(value=0.5, labels="validation"),
    ]
    table = render(records)["toy.md"]
    title = "P@100 on toy with tfidf"
    assert cells(table, title, "itq (changed: n_iter=3)") == ["none", "0.200"]
    assert cells(table, title, "itq (2 threads)") == ["none", "0.300"]
    assert cells(table, title, "itq (published)") == ["none", "0.400"]
    assert len(re.findall(r"^\| itq +\| (?:none|validation) ", table, flags=re.M)) == 2


def test_a_method_with_several_recipes_names_the_default_as_well() -> None:
    record = make_record("sth")
    catalogue = Catalogue(registry())
    catalogue.names_recipe = lambda record: True  # type: ignore[method-assign]
    assert "| sth (default" in render([record], catalogue)["toy.md"]


def test_a_record_older_than_an_option_of_its_featurizer_shares_the_table() -> None:
    record = make_record(value=0.3)
    later = replace(
        make_record("lsh", value=0.5),
        trial=replace(record.trial, method="lsh", featurizer_params={"min_df": 3, "power": 1.0}),
    )
    other = replace(later, trial=replace(later.trial, featurizer_params={"min_df": 3, "power": 1.5}))
    assert len(boards([record, later], Catalogue(registry()))) == 1
    assert len(boards([record, other], Catalogue(registry()))) == 2


def test_the_input_of_a_recipe_is_a_column_where_a_row_has_its_own() -> None:
    record = make_record("srbm", value=0.3)
    own = replace(
        record,
        trial=replace(record.trial, featurizer="counts", requested="tfidf", requested_params={"min_df": 3}),
    )
    text = render([own, make_record("itq", value=0.5)])["toy.md"]
    title = "P@100 on toy with tfidf"
    assert cells(text, title, "srbm") == ["none", "counts", "0.300"]
    assert cells(text, title, "itq") == ["none", "tfidf", "0.500"]


def test_the_featurizer_of_the_board_with_other_settings_is_marked_as_its_own() -> None:
    record = make_record("srbm", value=0.3)
    trial = replace(record.trial, requested="tfidf", requested_params=record.trial.featurizer_params)
    own = replace(record, trial=replace(trial, featurizer_params={"min_df": 3, "power": 2.0}))
    text = render([own, make_record("itq", value=0.5)])["toy.md"]
    title = "P@100 on toy with tfidf"
    assert cells(text, title, "srbm") == ["none", "own tfidf", "0.300"]
    assert cells(text, title, "itq") == ["none", "tfidf", "0.500"]


def test_rows_of_other_code_or_version_are_marked() -> None:
    standings = {"itq": "other code", "lsh": "unknown code", "sth": "other version", "pcah": "current"}
    catalogue = Catalogue()
    catalogue.standing = lambda record: standings[record.trial.method]  # type: ignore[method-assign,return-value]
    text = render([make_record(method) for method in standings], catalogue)["toy.md"]
    for row in ("| itq ‡ ", "| lsh ‡ ", "| sth § ", "| pcah  "):
        assert row in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.0123, "0.012"),
        (0.999, "1"),
        (1.26, "1.3"),
        (12.4, "12"),
        (1234.0, "1,200"),
        (98765.4, "99,000"),
    ],
)
def test_costs_have_two_significant_digits(value: float, shown: str) -> None:
    assert two_digits(value) == shown


def test_costs_are_fit_seconds_and_encoded_documents_a_second() -> None:
    assert cells(render([make_record()])["toy.md"], "Seconds to fit", "itq") == ["2 s, 2,000/s"]


def test_several_versions_of_a_library_are_noted() -> None:
    records = [make_record(seed=s, versions={"numpy": f"2.{s}", "scipy": "1.0"}) for s in range(2)]
    assert "several versions: numpy 2.0 and 2.1." in render(records)["toy.md"]


def test_the_introduction_gives_sizes_chance_and_what_was_left_out() -> None:
    text = render([make_record(coarse=0.7, description="Toys of 1998")])["toy.md"]
    assert "Toys of 1998." in text
    assert "Database 800 documents, 100 queries" in text
    assert "0.050 (fine labels), 0.200 (coarse labels)" in text
    assert "2 queries without a feature, counted at chance level" in text


def test_files_are_stale_when_changed_missing_or_left_over(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "results")
    store.prepare()
    store.save(make_record())
    folder = tmp_path / "boards"
    paths, _ = write_leaderboards(store, folder)
    assert {path.name for path in paths} == {"toy.md", "README.md"}
    rendered = render(store.records()[0])
    assert stale_files(rendered, folder) == {}
    marked = Catalogue()
    marked.standing = lambda record: "other code"  # type: ignore[method-assign]
    assert stale_files(render(store.records()[0], marked), folder) == {}

    board = folder / "toy.md"
    board.write_text(board.read_text().replace("0.500", "0.900"))
    (folder / "gone.md").write_text(rendered["README.md"])
    (folder / "notes.md").write_text("Not ours.\n")
    stale = stale_files(rendered, folder)
    assert {path.name for path in stale} == {"toy.md", "gone.md"}
    assert re.search(r"^-\| itq +\| none +\| +0.900", stale[board], flags=re.M)
    board.unlink()
    assert board in stale_files(rendered, folder)


def test_file_names_are_safe() -> None:
    assert file_name("stranger:../toy data") == "stranger-..-toy-data.md"


@pytest.mark.parametrize("cell", ["a|b", "a\nb"])
def test_tables_escape_what_would_break_them(cell: str) -> None:
    lines = Table("t", ["x", "y"], [[cell, "1"]]).to_markdown().splitlines()
    assert len(lines) == 5
    assert all(re.fullmatch(r"\| ((\\\||[^|])+\|){2}", line) for line in lines[2:])


def test_every_note_of_a_trial_stands_once_above_the_tables():
    records = [make_record(seed=0, notes=("short",)), make_record(seed=1, notes=("a sample", "short"))]
    records.append(make_record(seed=2, value=None, notes=("never scored",)))
    text = render(records)["toy.md"]
    notes = [line for line in text.splitlines() if line.startswith("Note")]
    assert sorted(notes) == ["Note: a sample.", "Note: short."]
