"""Results that are submitted: what was edited or copied under another name is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hashbench
from hashbench import Corpus
from hashbench.data.corpus import indicator
from hashbench.experiment.record import TrialRecord
from hashbench.experiment.store import ResultStore
from hashbench.experiment.validation import Validation, validate
from hashbench.registry import Plugin, Registry, registry
from hashbench.specs import DatasetSpec

N = 120


def corpus() -> Corpus:
    rng = np.random.default_rng(0)
    classes = np.arange(N) % 3
    texts = [" ".join(f"w{c}{word}" for word in rng.integers(12, size=8)) for c in classes]
    return Corpus(name="made-up", texts=texts, labels=indicator(classes, 3), label_names=("a", "b", "c"))


@pytest.fixture(scope="module")
def with_dataset() -> Registry:
    """The installed components, and a dataset that a test loads."""
    spec = DatasetSpec("made-up", f"{__name__}:corpus", "Made-up documents")
    return Registry([*registry().plugins, Plugin("tests", "tests", "1", "ok", specs=(spec,))])


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    """Three trials with their codes."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HASHBENCH_CACHE", str(folder / "cache"))
        hashbench.run(["lsh", "itq", "cosine"], corpus(), bits=8, seeds=1, jobs=1, metrics="map", out=folder)
    return ResultStore(folder)


def checked(
    stored: ResultStore, registry: Registry, change: Callable[[TrialRecord], TrialRecord]
) -> Validation:
    return validate([change(record) for record in stored.records()[0]], stored, registry)


def test_results_as_they_were_stored_are_right(stored: ResultStore, with_dataset: Registry) -> None:
    found = checked(stored, with_dataset, lambda record: record)
    assert found.problems == []
    assert (found.checked, found.rescored) == (3, 2)
    assert found.left_out == {"no codes at hand to score again": 1}


def better(record: TrialRecord) -> TrialRecord:
    score = record.scores["p@10"]
    raised = replace(score, expected=min(score.expected + 0.01, score.best))
    return replace(record, scores={**record.scores, "p@10": raised})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (better, "expected p@10 is"),
        (lambda record: replace(record, key="0" * len(record.key)), "its key does not follow"),
        (lambda r: replace(r, trial=replace(r.trial, seed=7)), "the key of its codes does not follow"),
        (
            lambda r: replace(r, trial=replace(r.trial, featurizer_params={"min_df": 1})),
            "the key of its features does not follow",
        ),
    ],
    ids=["score", "key", "seed", "features"],
)
def test_a_result_that_was_edited_is_found(
    stored: ResultStore, with_dataset: Registry, change: Callable[[TrialRecord], TrialRecord], told: str
) -> None:
    problems = checked(stored, with_dataset, change).problems
    assert any(told in problem for problem in problems), problems


def test_what_cannot_be_checked_is_said(stored: ResultStore) -> None:
    empty = Registry([])
    found = checked(stored, empty, lambda record: record)
    assert found.problems == []
    assert found.left_out["its method is not installed"] == 3
    assert found.rescored == 0


def test_the_command_merges_nothing_of_what_is_wrong(stored: ResultStore, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from hashbench.cli import cli
    from hashbench.errors import CheckFailedError

    wrong = ResultStore(tmp_path / "wrong")
    wrong.prepare()
    for record in stored.records()[0]:
        wrong.save(replace(record, codes_key="0" * len(record.codes_key)))
    out = tmp_path / "committed"
    done = CliRunner().invoke(cli, ["merge", str(wrong.root), "--out", str(out), "--validate"])
    assert isinstance(done.exception, CheckFailedError)
    assert not out.exists()
