"""Trials of binary codes, quantisers and rankers, and the search modes, against brute force."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import normalize

import hashbench
from hashbench import HashbenchError, TrialRecord, load_features
from hashbench.cli import cli
from hashbench.codes import QuantiserCodes
from hashbench.evaluation.evaluator import evaluate_ranking
from hashbench.experiment.codes_file import StoredCodes, codes_from_bytes, codes_to_bytes
from hashbench.experiment.queries import Labels
from hashbench.experiment.store import ResultStore
from hashbench.experiment.stored import rescored

pytestmark = pytest.mark.usefixtures("toy")
GRID: dict[str, Any] = {"datasets": "toy", "bits": 16, "seeds": 1, "jobs": 1}


def trial(out: Path, method: str, **given: Any) -> tuple[TrialRecord, StoredCodes]:
    (record,) = hashbench.run(method, out=out, **{**GRID, **given})
    assert record.status == "ok", record.traceback
    stored = ResultStore(out).find_codes(record.codes_name)
    assert stored is not None
    return record, stored


def labels_of(stored: StoredCodes) -> tuple[Any, Any]:
    labels = Labels.of(hashbench.load_dataset("toy")).fine
    return labels[stored.rows["test"]], labels[stored.rows["train"]]


def assert_scores(record: TrialRecord, similarities: Any, stored: StoredCodes) -> None:
    """Compare the scores of a record with those of similarities; the toy corpus has no empty documents."""
    scores = evaluate_ranking([similarities], *labels_of(stored), at=(1, 10, 100))
    for n in (1, 10, 100):
        score = record.scores[f"p@{n}"]
        found = (score.expected, score.worst, score.best)
        assert found == pytest.approx((scores.expected[n], scores.worst[n], scores.best[n]), abs=1e-12)


def asymmetric(tables: Any, codes: QuantiserCodes) -> Any:
    books = np.arange(codes.n_books)
    picked = np.stack([table[books, codes.indices] for table in tables])
    total = np.zeros(picked.shape[:2], dtype=np.float32)
    for book in books:
        total += picked[:, :, book]
    return total


def test_a_quantiser_is_scored_by_the_tables_and_indices_that_are_stored(tmp_path: Path) -> None:
    record, stored = trial(tmp_path, "toy-quantiser")
    codes = stored.codes["train"]
    assert isinstance(codes, QuantiserCodes)
    assert (codes.n_bits, codes.n_books, codes.n_centroids) == (16, 4, 16)
    assert stored.queries["test"].shape == (len(stored.rows["test"]), 4, 16)
    assert_scores(record, -asymmetric(stored.queries["test"], codes), stored)
    assert (record.kind, record.bits_per_document, record.ranked_by) == (
        "quantiser",
        16,
        "asymmetric distance",
    )


def test_a_ranker_with_a_code_length_is_stored_as_lists(tmp_path: Path) -> None:
    record, stored = trial(tmp_path, "toy-ranker")
    assert (record.trial.bits, record.kind, record.memory_bits) == (16, "ranker", 16)
    assert record.ranked_by == "a similarity of its own"
    lists = stored.lists["test"]
    n_database = len(stored.rows["train"])
    similarities = np.full((len(lists), n_database), -np.inf)
    for query, row in enumerate(similarities):
        documents, values = lists.of(query)
        row[documents] = values
    assert_scores(record, similarities, stored)


def test_cosine_has_no_code_length_but_a_memory(tmp_path: Path) -> None:
    record, _ = trial(tmp_path, "cosine")
    train = load_features(hashbench.load_dataset("toy")).train
    assert record.trial.bits is None
    assert record.bits_per_document == 64 * train.nnz / train.shape[0]


@pytest.mark.parametrize("method", ["toy-quantiser", "toy-ranker", "cosine", "lsh"])
def test_every_score_comes_again_from_what_is_stored(tmp_path: Path, method: str) -> None:
    record, _ = trial(tmp_path, method)
    again = rescored(record, ResultStore(tmp_path), hashbench.load_dataset("toy"), (1, 50, 100))
    for name in ("p@1", "p@50", "p@100", "coarse-p@100"):
        assert again.scores[name] == record.scores[name]
    other = trial(tmp_path, method, queries="validation", at=(10, 100))[0]
    back = trial(tmp_path, method, at=(10, 100))[0]
    assert other.scores != back.scores
    assert back.scores["p@100"] == record.scores["p@100"]


def test_a_second_scoring_fits_nothing(tmp_path: Path) -> None:
    for method in ("toy-quantiser", "toy-ranker"):
        first, _ = trial(tmp_path, method)
        second, _ = trial(tmp_path, method, at=(10, 100))
        assert (first.key != second.key, first.seconds.fit) == (True, second.seconds.fit)


def test_asymmetric_search_ranks_real_values_against_bits(tmp_path: Path) -> None:
    record, stored = trial(tmp_path, "lsh", search="asymmetric")
    values, bits = stored.queries["test"], stored.codes["train"].unpack()
    distances = np.zeros((len(values), len(bits)), dtype=np.float32)
    for bit in range(16):
        differs = (values[:, bit, None] > 0) != bits[None, :, bit]
        distances += np.abs(values[:, bit, None]) * differs
    exact = evaluate_ranking([-distances], *labels_of(stored), at=(100,)).expected[100]
    assert record.scores["p@100"].expected == pytest.approx(exact, abs=2e-3)
    plain, same = trial(tmp_path, "lsh")
    assert same.codes["train"] == stored.codes["train"]
    assert plain.codes_key == record.codes_key
    assert (plain.key != record.key, record.task.search) == (True, "asymmetric")
    assert record.ranked_by == "asymmetric distance"


def brute_force_rescored(stored: StoredCodes, factor: int, n: int) -> float:
    """Return precision at n, the mean over 40 random orders of tied candidates."""
    features = load_features(hashbench.load_dataset("toy"))
    cosines = (normalize(features.test) @ normalize(features.train).T).toarray()
    queries, database = stored.codes["test"].unpack(), stored.codes["train"].unpack()
    labels = labels_of(stored)
    precisions = []
    generator = np.random.default_rng(0)
    for query, code in enumerate(queries):
        distances = (database != code).sum(axis=1)
        drawn = []
        for _ in range(40):
            candidates = np.lexsort((generator.random(len(distances)), distances))[: factor * n]
            best = candidates[
                np.lexsort((generator.random(len(candidates)), -cosines[query, candidates]))[:n]
            ]
            drawn.append((labels[1][best] == labels[0][query]).mean())
        precisions.append(np.mean(drawn))
    return float(np.mean(precisions))


def test_rescored_search_ranks_candidates_by_the_features(tmp_path: Path) -> None:
    record, stored = trial(tmp_path, "lsh", search="rescored:2", at=(10, 50))
    for n in (10, 50):
        assert record.scores[f"p@{n}"].expected == pytest.approx(brute_force_rescored(stored, 2, n), abs=0.01)
        assert record.scores[f"p@{n}"].worst < record.scores[f"p@{n}"].expected
    assert record.task.search == "rescored:2"
    wider, _ = trial(tmp_path, "lsh", search="rescored:1000", at=(10, 50))
    cosine, _ = trial(tmp_path, "cosine", at=(10, 50))
    assert wider.scores["p@10"].expected == pytest.approx(cosine.scores["p@10"].expected, abs=1e-9)
    again = rescored(record, ResultStore(tmp_path), hashbench.load_dataset("toy"), (10,))
    assert again.scores["p@10"] == record.scores["p@10"]


def test_quantisers_and_rankers_take_part_in_every_search(tmp_path: Path) -> None:
    plain, _ = trial(tmp_path, "toy-quantiser")
    same, _ = trial(tmp_path, "toy-quantiser", search="asymmetric")
    assert (same.scores, same.key == plain.key) == (plain.scores, False)
    rescored_, _ = trial(tmp_path, "toy-quantiser", search="rescored:4")
    assert rescored_.scores["p@10"].expected > plain.scores["p@10"].expected
    assert trial(tmp_path, "cosine", search="rescored:4")[0].scores == trial(tmp_path, "cosine")[0].scores


def test_symmetric_search_leaves_no_trace_in_records_and_keys(tmp_path: Path) -> None:
    record, _ = trial(tmp_path, "lsh")
    assert "search" not in json.loads(record.to_json())["task"]
    assert record.task.fingerprint != replace(record.task, search="asymmetric").fingerprint
    other = trial(tmp_path, "lsh", search="asymmetric")[0]
    assert json.loads(other.to_json())["task"]["search"] == "asymmetric"
    assert TrialRecord.from_json(other.to_json()) == other


def test_leaderboards_keep_search_modes_and_kinds_apart(tmp_path: Path) -> None:
    for search in ("symmetric", "asymmetric", "rescored:4"):
        hashbench.run(["lsh", "toy-quantiser", "cosine"], out=tmp_path, **{**GRID, "search": search})
    board = (tmp_path / "leaderboards/toy.md").read_text()
    tables = {
        part.splitlines()[0]: {row.split("|")[1].strip() for row in part.splitlines() if row.startswith("| ")}
        for part in board.split("### ")[1:]
    }
    for searched in ("", ", asymmetric search", ", rescored:4 search"):
        binary = tables[f"P@100 on toy with tfidf{searched}"]
        assert {"*cosine*", "toy-quantiser"} & binary == {"*cosine*"}
        others = tables[f"P@100 of methods without binary codes on toy with tfidf{searched}"]
        assert {"*cosine*", "toy-quantiser"} & others == {"toy-quantiser"}
    index = (tmp_path / "leaderboards/README.md").read_text()
    headline, *_ = index.split("## Best P@100 by code length")[1:]
    assert headline.count("[toy]") == 1
    assert "toy-quantiser" not in headline
    assert "rescored:4 search" in index


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"search": "fast"}, "search='fast': give symmetric, asymmetric or rescored:R"),
        ({"search": "rescored:0"}, "give symmetric, asymmetric or rescored:R"),
        ({"methods": "toy-sign", "search": "asymmetric"}, "method toy-sign has no decision_values"),
    ],
)
def test_a_search_that_cannot_be_is_refused(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(HashbenchError, match=message):
        hashbench.run(**{"methods": "lsh", **GRID, **given}, out=tmp_path)


def test_a_quantiser_of_other_lengths_fails_and_says_why(tmp_path: Path) -> None:
    (record,) = hashbench.run("toy-quantiser", out=tmp_path, **{**GRID, "bits": 18})
    assert record.error == "fit: n_bits is a multiple of 4, the bits of an index of 16 centroids, got 18"


@pytest.mark.parametrize("method", ["toy-quantiser", "toy-ranker", "cosine"])
def test_neighbours_of_methods_that_rank_by_real_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    record, stored = trial(tmp_path, method)
    query = int(stored.rows["test"][3])
    arguments = ["neighbours", record.key, "--results", str(tmp_path), "--query", str(query)]
    cli.main([*arguments, "--nearest", "5", "--json"], standalone_mode=False)
    (found,) = json.loads(capsys.readouterr().out)["queries"]
    if method == "toy-quantiser":
        distances = asymmetric(stored.queries["test"][3:4], stored.codes["train"])[0]
        order = np.argsort(distances, kind="stable")[:5]
        shown = [one["distance"] for one in found["neighbours"]]
        assert shown == pytest.approx(distances[order].tolist(), rel=1e-6)
    else:
        order = stored.lists["test"].of(3)[0][:5]
    assert [one["row"] for one in found["neighbours"]] == stored.rows["train"][order].tolist()
    cli.main(arguments, standalone_mode=False)
    assert len(capsys.readouterr().out.splitlines()) > 10
    with pytest.raises(HashbenchError, match="not by Hamming distance: give --nearest K"):
        cli.main([*arguments, "--distances", "3"], standalone_mode=False)


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    for method, search in (
        ("toy-quantiser", "symmetric"),
        ("toy-ranker", "symmetric"),
        ("lsh", "asymmetric"),
    ):
        _, stored = trial(tmp_path, method, search=search)
        again = codes_from_bytes(codes_to_bytes(stored, "name"), "name")
        assert dict(again.codes) == dict(stored.codes)
        assert again.memory_bits == stored.memory_bits
        for split, values in stored.queries.items():
            np.testing.assert_array_equal(again.queries[split], values)
        for split, lists in stored.lists.items():
            for name in ("documents", "similarities", "starts"):
                np.testing.assert_array_equal(getattr(again.lists[split], name), getattr(lists, name))
            assert (again.lists[split].depth, again.lists[split].n_database) == (
                lists.depth,
                lists.n_database,
            )
