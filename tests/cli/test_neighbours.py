"""``hashbench neighbours``, against brute force."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hashbench.data.user_files import load_file
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.store import ResultStore
from tests.conftest import Run, run_here


def run_and_find(environment: dict[str, str], folder: Path, dataset: str) -> tuple[Path, TrialRecord]:
    results = folder / "results"
    grid = ["--methods", "lsh", "--datasets", dataset, "--bits", "16", "--seeds", "1", "--quiet"]
    assert run_here(["run", *grid, "--out", results], environment, folder) == 0
    ((record,), _) = ResultStore(results).records()
    return results, record


@pytest.fixture(scope="module")
def toy(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrialRecord]:
    """Results with one trial on the toy corpus: 40 documents a class, two classes a group."""
    return run_and_find(environment, tmp_path_factory.mktemp("toy"), "toy")


def fine(row: int) -> int:
    return row // 40


def distances(toy: tuple[Path, TrialRecord], query: int) -> dict[int, int]:
    """Return the Hamming distance of every document of the database to a query, by row."""
    results, record = toy
    stored = ResultStore(results).find_codes(record.codes_name)
    assert stored is not None
    bits: dict[str, NDArray[np.uint8]] = {part: codes.unpack() for part, codes in stored.codes.items()}
    code = bits["test"][stored.rows["test"].tolist().index(query)]
    return {
        int(row): int((document != code).sum())
        for row, document in zip(stored.rows["train"], bits["train"], strict=True)
    }


def check(toy: tuple[Path, TrialRecord], query: int, shown: dict[str, Any]) -> None:
    """Compare one shown neighbour with brute force."""
    everything = distances(toy, query)
    assert everything[shown["row"]] == shown["distance"]
    there = [row for row, distance in everything.items() if distance == shown["distance"]]
    assert shown["at_distance"] == len(there)
    assert shown["relevant_at_distance"] == sum(fine(row) == fine(query) for row in there)
    same_group = fine(shown["row"]) // 2 == fine(query) // 2
    wanted = "yes" if fine(shown["row"]) == fine(query) else "coarse only" if same_group else "no"
    assert shown["relevant"] == wanted
    assert shown["labels"] == [f"class {fine(shown['row'])}"]
    assert shown["coarse"] == ("first", "second", "third")[fine(shown["row"]) // 2]


def test_distances_are_those_of_brute_force(hashbench: Run, toy: tuple[Path, TrialRecord]) -> None:
    results, record = toy
    arguments = (record.key[:8], "--results", results, "--count", "4", "--distances", "0,3,5,16", "--json")
    document = hashbench("neighbours", *arguments).document
    assert (document["schema"], document["key"]) == (1, record.key)
    assert len({query["row"] for query in document["queries"]}) == 4
    for query in document["queries"]:
        available = set(distances(toy, query["row"]).values())
        assert [shown["asked"] for shown in query["neighbours"]] == [0, 3, 5, 16]
        for shown in query["neighbours"]:
            assert shown["distance"] == min(available, key=lambda d: (abs(d - shown["asked"]), d))
            check(toy, query["row"], shown)
    assert hashbench("neighbours", *arguments).document == document


def test_the_nearest_are_those_of_brute_force(hashbench: Run, toy: tuple[Path, TrialRecord]) -> None:
    results, record = toy
    drawn = hashbench("neighbours", record.key, "--results", results, "--json").document["queries"]
    assert len(drawn) == 2
    row = drawn[1]["row"]
    arguments = ("--results", results, "--query", str(row), "--nearest", "7", "--json")
    (query,) = hashbench("neighbours", record.key, *arguments).document["queries"]
    everything = distances(toy, row)
    assert [shown["row"] for shown in query["neighbours"]] == sorted(
        everything, key=lambda each: (everything[each], each)
    )[:7]
    for shown in query["neighbours"]:
        check(toy, row, shown)
        assert shown["asked"] is None


def test_the_table_shows_labels_texts_and_what_is_shown_instead(
    hashbench: Run, toy: tuple[Path, TrialRecord]
) -> None:
    results, record = toy
    arguments = ("--results", results, "--text-contains", "GROUP1X WORD3X", "--count", "1")
    done = hashbench("neighbours", record.key[:6], *arguments, "--distances", "16")
    assert done.code == 0, done.err
    header, query, far = (
        line for line in done.out.splitlines() if line.startswith("| ") and "---" not in line
    )
    assert [cell.strip() for cell in header.split("|")[1:-1]] == [
        *("distance", "relevant there", "row", "relevant", "coarse", "fine", "text")
    ]
    assert "| second | class 3 |" in query
    assert "(none at 16)" in far
    assert "…" in far
    assert "word" in far


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--query 100000", "no query of trial"),
        ("--text-contains nonesuch", "try fewer or other words"),
        ("--nearest 1000", "the ranking has 192 documents"),
        ("--nearest 3 --distances 5", "give one of them"),
        ("--query 3 --text-contains word", "give one of them"),
        ("--dataset nowhere", "no such file or folder"),
        ("--dataset nowhere.csv", "nowhere.csv"),
    ],
)
def test_mistakes_are_named_in_one_line(
    hashbench: Run, toy: tuple[Path, TrialRecord], arguments: str, message: str
) -> None:
    results, record = toy
    done = hashbench("neighbours", record.key, "--results", results, *arguments.split())
    assert done.code == 2
    assert message in done.err.splitlines()[-1]


def test_without_codes_there_are_no_neighbours(
    hashbench: Run, toy: tuple[Path, TrialRecord], tmp_path: Path
) -> None:
    results, record = toy
    copy = shutil.copytree(results, tmp_path / "copy")
    shutil.rmtree(copy / "codes")
    done = hashbench("neighbours", record.key, "--results", copy)
    assert done.code == 2
    assert "are not in" in done.err


def test_a_file_of_ones_own_is_opened_by_its_path_and_must_be_unchanged(
    hashbench: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "notes.jsonl"
    lines = [
        json.dumps({"text": f"{animal} number{n % 7} word{n % 3}", "label": animal})
        for animal in ("cat", "dog")
        for n in range(60)
    ]
    file.write_text("\n".join(lines))
    results, record = run_and_find(environment, tmp_path, "notes.jsonl")
    missing = hashbench("neighbours", record.key, "--results", results)
    assert missing.code == 2
    assert "give --dataset PATH" in missing.err
    moved = shutil.move(file, tmp_path / "moved.jsonl")
    arguments = ("--results", results, "--dataset", moved, "--json")
    (query, _) = hashbench("neighbours", record.key, *arguments).document["queries"]
    assert query["coarse"] is None
    assert query["text"] == load_file(moved).texts[query["row"]]  # type: ignore[index]
    moved.write_text("\n".join(reversed(lines)))
    changed = hashbench("neighbours", record.key, *arguments)
    assert changed.code == 2
    assert "the documents of" in changed.err
