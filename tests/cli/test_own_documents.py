"""A user's own documents."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hashbench.experiment.codes_file import codes_from_bytes
from tests.conftest import Run

GRID = ["--bits", "8", "--seeds", "1", "--jobs", "1", "--set", "tfidf.min_df=1", "--set", "tfidf.max_df=1.0"]


def rows(n: int = 60, **more: str) -> list[dict[str, str]]:
    return [
        {
            "id": f"d{i}",
            "text": f"word{i % 3} alpha{i % 5} beta{i % 7} number{i}",
            "label": "abc"[i % 3],
            **more,
        }
        for i in range(n)
    ]


def write(path: Path, documents: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in documents))
    return path


def unlabelled(path: Path) -> Path:
    return write(path, [{"id": each["id"], "text": each["text"]} for each in rows()])


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (json.loads(path.read_text()) for path in (folder / "records").glob("*.json"))
    return found


def test_documents_without_labels_are_hashed_and_ranked_by_the_recall_of_neighbours(
    hashbench: Run, tmp_path: Path
) -> None:
    path = unlabelled(tmp_path / "docs.jsonl")
    done = hashbench("run", "--datasets", path, "--methods", "lsh,random,cosine", *GRID)
    assert done.code == 0, done.err
    (line,) = [line for line in done.err.splitlines() if "no labels" in line]
    assert "cosine-recall ranks the methods" in line
    assert "Recall@10 of the exact cosine neighbours on docs" in done.out
    shown = [line for line in done.out.splitlines() if line.startswith("| ")]
    assert [line.split()[1] for line in shown[2:5]] == ["*cosine*", "lsh", "*random*"]
    assert "P@100" not in done.out
    board = (tmp_path / "results/leaderboards/docs.md").read_text()
    assert "Recall@10" in board
    assert "### P@100" not in board
    assert "shares a label" not in board
    codes = [json.loads(each.read_text()) for each in (tmp_path / "results/records").glob("*.json")]
    assert {each["status"] for each in codes} == {"ok"}
    assert all(each["scores"] == {} and each["chance"] == {} for each in codes)
    again = hashbench("run", "--datasets", path, "--methods", "lsh,random,cosine", *GRID)
    assert "3 reused" in again.err


def test_methods_without_binary_codes_are_ranked_as_well(hashbench: Run, tmp_path: Path) -> None:
    path = unlabelled(tmp_path / "docs.jsonl")
    done = hashbench("run", "--datasets", path, "--methods", "cosine,pq", "--set", "pq.n_centroids=4", *GRID)
    assert done.code == 0, done.err
    records = [json.loads(each.read_text()) for each in (tmp_path / "results/records").glob("*.json")]
    recall = {
        each["trial"]["method"]: each["metrics"]["cosine-recall"]["cosine-recall@10"] for each in records
    }
    assert recall["cosine"] == 1
    assert 0 < recall["pq"] < 1


def test_rescoring_has_no_score_without_labels(hashbench: Run, tmp_path: Path) -> None:
    path = unlabelled(tmp_path / "docs.jsonl")
    done = hashbench("run", "--datasets", path, "--methods", "lsh", "--search", "rescored:4", *GRID)
    assert done.code == 2
    assert "no document of docs has a label" in done.err
    assert "leave out --search rescored:4" in done.err


def test_a_method_that_learns_from_labels_is_refused_without(hashbench: Run, tmp_path: Path) -> None:
    done = hashbench("run", "--datasets", unlabelled(tmp_path / "docs.jsonl"), "--methods", "lsh,ksh", *GRID)
    assert done.code == 2
    assert "method ksh is given the labels of training documents, and no document of docs has one" in done.err


def test_the_metric_is_there_for_documents_with_labels(hashbench: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "docs.jsonl", rows())
    arguments = ("--methods", "lsh", "--metrics", "cosine-recall", *GRID)
    assert hashbench("run", "--datasets", path, *arguments).code == 0
    found = record(tmp_path / "results")
    assert set(found["metrics"]["cosine-recall"]) == {"cosine-recall@1", "cosine-recall@10"}
    assert "p@100" in found["scores"]


def test_ids_stay_with_codes_and_neighbours(hashbench: Run, tmp_path: Path) -> None:
    documents = rows()
    path = write(tmp_path / "docs.jsonl", documents)
    assert hashbench("run", "--datasets", path, "--methods", "lsh", *GRID).code == 0
    (file,) = (tmp_path / "results/codes").rglob("*.npz")
    stored = codes_from_bytes(file.read_bytes(), file.stem)
    for split, ids in stored.ids.items():
        assert list(ids) == [documents[row]["id"] for row in stored.rows[split]]
    key, query = str(record(tmp_path / "results")["key"]), stored.ids["test"][1]
    arguments = ("neighbours", key, "--dataset", path, "--nearest", "3")
    document = hashbench(*arguments, "--query-id", query, "--json").document
    assert document["queries"][0]["id"] == query
    assert all(near["id"] == f"d{near['row']}" for near in document["queries"][0]["neighbours"])
    assert f"| {query} " in hashbench(*arguments, "--query-id", query).out
    trained = hashbench(*arguments, "--query-id", stored.ids["train"][0])
    assert (trained.code, f"--query-id {stored.ids['train'][0]}: no query" in trained.err) == (2, True)
    assert "no document has this id" in hashbench(*arguments, "--query-id", "other").err


def test_other_ids_of_the_same_documents_reach_the_stored_codes(hashbench: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "docs.jsonl", rows())
    assert hashbench("run", "--datasets", path, "--methods", "lsh", *GRID).code == 0
    write(path, [{**each, "id": f"other {each['id']}"} for each in rows()])
    assert "1 reused" in hashbench("run", "--datasets", path, "--methods", "lsh", *GRID).err
    (file,) = (tmp_path / "results/codes").rglob("*.npz")
    stored = codes_from_bytes(file.read_bytes(), file.stem)
    assert stored.ids["test"] == tuple(f"other d{row}" for row in stored.rows["test"])


def test_info_shows_what_was_understood(hashbench: Run, tmp_path: Path) -> None:
    path = tmp_path / "docs.csv"
    lines = [
        "text;label;date",
        ";a;1",
        *(f'"naïve; text {i // 2}";{"ab"[i // 2 % 2]};{i}' for i in range(40)),
    ]
    path.write_bytes("\n".join(lines).encode("utf-16"))
    document = hashbench("data", "info", path, "--json").document
    read_as = document["read_as"]
    assert (read_as["encoding"], read_as["delimiter"], read_as["quoting"]) == (
        "UTF-16",
        "semicolon",
        "quoted",
    )
    assert read_as["columns"] == "'text' (text), 'label' (label), 'date' (not read)"
    assert read_as["empty texts"] == "1, the first in line 2"
    assert document["duplicates"]["repeated"] == 20
    assert document["first_documents"][0]["text"] == "naïve; text 0"
    assert (document["documents"], document["scripts"]["shares"]) == (40, [["Latin", 1.0]])
    shown = hashbench("data", "info", path).out
    for expected in (
        "semicolon",
        "a run needs --drop-empty",
        "an earlier document has: 20",
        "First documents",
    ):
        assert expected in shown
    assert (
        hashbench("data", "info", path, "--text-column", "date", "--json").document["scripts"]["shares"] == []
    )


def test_info_tells_scripts_with_marks(hashbench: Run, tmp_path: Path) -> None:
    documents = [{"text": f"नमस्ते दुनिया {i}"} for i in range(20)] + [
        {"text": f"cafe\u0301 {i}"} for i in range(20)
    ]
    found = hashbench("data", "info", write(tmp_path / "docs.jsonl", documents), "--json").document["scripts"]
    assert (found["with_marks"], found["marked"]) == (40, ["Combining", "Devanagari"])


def test_options_of_reading_are_those_of_run_info_and_score(hashbench: Run) -> None:
    for command in (("run",), ("data", "info"), ("score",)):
        shown = hashbench(*command, "--help").out
        for option in (
            "--quoting",
            "--id-column",
            "--drop-empty",
            "--drop-duplicates",
            "--encoding",
            "--delimiter",
        ):
            assert option in shown


def test_paths_with_commas_and_several_datasets(hashbench: Run, tmp_path: Path) -> None:
    write(tmp_path / "a, b.jsonl", rows())
    write(tmp_path / "c.jsonl", rows())
    done = hashbench(
        "run", "--datasets", "a, b.jsonl", "--datasets", "c.jsonl,toy", "--methods", "lsh", "--dry-run"
    )
    assert done.code == 0, done.err
    assert {line.split(" on ")[1] for line in done.out.splitlines()} == {"a-b/tfidf", "c/tfidf", "toy/tfidf"}


def test_decisions_are_said_in_a_run_and_stored(hashbench: Run, tmp_path: Path) -> None:
    documents = [{"text": "", "label": "a"}, *rows(), *rows(3)]
    path = write(tmp_path / "docs.jsonl", documents)
    refused = hashbench("run", "--datasets", path, "--methods", "lsh", *GRID)
    assert refused.code == 2
    assert "1 document has no text, the first in line 1" in refused.err
    assert "--drop-empty" in refused.err
    done = hashbench(
        "run", "--datasets", path, "--methods", "lsh", *GRID, "--drop-empty", "--drop-duplicates"
    )
    assert done.code == 0, done.err
    notes = record(tmp_path / "results")["notes"]
    for expected in ("without text, left out, the first in line 1: 1", "another one has their text: 3"):
        assert expected in done.err
        assert expected in " ".join(notes)  # type: ignore[call-overload]


def test_a_folder_named_like_a_registered_dataset_is_mentioned(hashbench: Run, tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    done = hashbench("run", "--datasets", "toy", "--methods", "lsh", "--dry-run")
    assert "toy is the registered dataset; ./toy names what is here" in done.err


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("text,label\na,b\n", ["--text-column", "body"], "set --text-column"),
        ("text,Label\na,b\n", [], "set --label-column 'Label'"),
        ("text,label\na,b\n", [], "set --label-column '' and --labels-column ''"),
        ("text,label,labels\na,b,c\n", [], "leave one out with --label-column '' or --labels-column ''"),
        ("text,label\na,\"['x', 'y']\"\nb,c\n", [], "set --label-column '' and --labels-column"),
        ("text,label,coarse\na,b,c\nd,e,\n", [], "--coarse-column ''"),
        ("text,label,split\na,b,test\n", ["--label-column", ""], "--split-column '' leaves its column"),
        ('text,label\n"a,b\nc",d\ne,b\nf,d\n', [], "set --quoting quoted or --quoting none"),
        ("text,label\n,b\n", [], "leave such documents out with --drop-empty"),
        ("text,label\na,b\n", ["--labels-separator", ""], "--labels-separator '': give a string that is not"),
        ("text,label\na,b\n", ["--quoting", "maybe"], "--quoting 'maybe': give one of auto, quoted, none"),
        ("text,label\na,b\n", ["--delimiter", "ab"], "--delimiter 'ab': give one character"),
        ("text,label\na,b\n", ["--encoding", "utf-9"], "--encoding 'utf-9': there is no such encoding"),
    ],
)
def test_messages_name_options(
    hashbench: Run, tmp_path: Path, content: str, arguments: list[str], message: str
) -> None:
    (tmp_path / "docs.csv").write_text(content)
    command = ("run", "--methods", "lsh", "--datasets") if "drop-empty" in message else ("data", "info")
    done = hashbench(*command, "docs.csv", *arguments)
    assert done.code == 2
    assert message in done.err, done.err
    assert len(done.err.splitlines()) == 1
    assert "_column" not in done.err


def test_pipes_and_standard_input_are_refused_at_once(hashbench: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "docs.jsonl")
    assert "is a pipe" in hashbench("data", "info", "docs.jsonl").err
    assert "standard input" in hashbench("run", "--datasets", "-", "--methods", "lsh").err


METRIC = """
from hashbench.hookspecs import hookimpl
from hashbench.specs import MetricSpec


@hookimpl
def hashbench_metrics():
    return [MetricSpec("dimensions", f"{__name__}:dimensions", "Columns of the vectors", needs_vectors=True)]


def dimensions(evaluation):
    assert len(evaluation.query_codes) == evaluation.query_vectors.shape[0]
    assert len(evaluation.database_codes) == evaluation.database_vectors.shape[0]
    return {"dimensions": evaluation.database_vectors.shape[1]}
"""


def test_a_metric_of_codes_is_given_the_vectors_as_well(hashbench: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "docs.jsonl", rows())
    (tmp_path / "dimensions.py").write_text(METRIC)
    arguments = ("--plugin", tmp_path / "dimensions.py", "--metrics", "dimensions", "--methods", "lsh", *GRID)
    done = hashbench("run", "--datasets", path, *arguments)
    assert done.code == 0, done.err
    found = record(tmp_path / "results")
    shared_words, one_of_each = 3 + 5 + 7, found["counts"]["database"]
    assert found["metrics"]["dimensions"] == {"dimensions": shared_words + one_of_each}
