"""The checks of featurizers, datasets, metrics and recipes: each fails the bug it is there for."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer

from hashbench import Corpus, SplitRecipe
from hashbench.registry import Component, Plugin, registry
from hashbench.specs import (
    DatasetFile,
    DatasetSpec,
    FeaturesOf,
    FeaturizerSpec,
    MetricSpec,
    Recipe,
    Spec,
)
from hashbench.testing import run_checks
from hashbench.testing.item import Item

STRANGER = Plugin("stranger", "stranger", "1", "ok", module="hashbench.builtin")


class Counts(BaseEstimator):
    """Counts of words."""

    def fit(self, documents, y=None):
        self.counter_ = CountVectorizer().fit(documents)
        return self

    def transform(self, documents):
        return csr_array(self.counter_.transform(documents), dtype=np.float32)


class InDoublePrecision(Counts):
    def transform(self, documents):
        return super().transform(documents).astype(np.float64)


class WeighedByTheBatch(Counts):
    def transform(self, documents):
        counts = super().transform(documents).toarray()
        return counts / np.maximum(counts.sum(axis=0), 1)


class DifferentEachTime(Counts):
    def fit(self, documents, y=None):
        super().fit(documents)
        self.weights_ = np.array([random.random() for _ in self.counter_.vocabulary_], dtype=np.float32)
        return self

    def transform(self, documents):
        return super().transform(documents).toarray() * self.weights_


class DividesByTheNorm(Counts):
    def transform(self, documents):
        counts = super().transform(documents).toarray()
        with np.errstate(invalid="ignore"):
            return counts / np.linalg.norm(counts, axis=1, keepdims=True)


class WithoutPickle(Counts):
    def fit(self, documents, y=None):
        super().fit(documents)
        self.open_ = lambda: None
        return self


class ForgetsItsArgument(Counts):
    def __init__(self, scale=1.0):
        self.factor = scale


def made_up(**changes: Any) -> Corpus:
    """Sixty sentences with three labels."""
    classes = np.arange(60) % 3
    values = {
        "name": "made-up",
        "texts": [f"sentence {i} of class {c}" for i, c in enumerate(classes)],
        "labels": csr_array(np.eye(3, dtype=bool)[classes]),
        "label_names": ("a", "b", "c"),
    }
    return Corpus(**{**values, **changes})


def returns_texts():
    """Not a corpus."""
    return ["one", "two"]


def one_label_is_empty():
    """Four names for three labels."""
    labels = np.eye(4, dtype=bool)[np.arange(60) % 3]
    return made_up(labels=csr_array(labels), label_names=("a", "b", "c", "d"))


def repeats_itself():
    """One text for all."""
    return made_up(texts=["the same"] * 60)


def shuffles():
    """Another order at each call."""
    order = [*range(60)]
    random.shuffle(order)
    corpus = made_up()
    return replace(corpus, texts=[corpus.texts[i] for i in order])


def in_two_splits():
    """Documents that are for training and for testing."""
    rows = {"train": np.arange(50), "validation": np.arange(50, 60), "test": np.arange(40, 60)}
    return made_up(official_split=rows, recipe=SplitRecipe("official"))


def mean_distance(evaluation):
    """The mean distance, as it should be."""
    bits = evaluation.query_codes.unpack()[:, None] != evaluation.database_codes.unpack()[None]
    return {"mean-distance": float(bits.sum(axis=2).mean())}


def no_number(evaluation):
    """Not a number."""
    return {"share": "high"}


def first_of_a_sorted_list(evaluation):
    """The label of the first document in a stable order."""
    bits = evaluation.query_codes.unpack()[:, None] != evaluation.database_codes.unpack()[None]
    first = np.argmin(bits.sum(axis=2), axis=1)
    labels = evaluation.database_labels
    labels = labels.indices if hasattr(labels, "indices") else labels
    return {"first": float(labels[first].mean())}


def of_the_first_query(evaluation):
    """A value of one query."""
    return {"first": float(evaluation.query_codes[[0]].unpack().mean())}


def numbers_alone(evaluation):
    """Labels as numbers."""
    return {"mean": float(np.asarray(evaluation.query_labels + 0).mean())}


def divides_by_relevant(evaluation):
    """Divides by the number of relevant documents."""
    if hasattr(evaluation.query_labels, "indices"):
        return {"share": 1.0}
    relevant = evaluation.query_labels[:, None] == evaluation.database_labels[None]
    with np.errstate(all="ignore"):
        return {"share": float((1 / relevant.sum(axis=1)).mean())}


def outside_its_bounds(evaluation):
    """A value above its best."""
    return {"value": 0.9, "value worst": 0.1, "value best": 0.5}


_calls = [0]


def counts_its_calls(evaluation):
    """Another value at each call."""
    _calls[0] += 1
    return {"calls": float(_calls[0])}


def item(spec: Spec) -> Item:
    return Item(Component(spec.name, spec, STRANGER))


def target(thing: Any) -> str:
    return f"{__name__}:{thing.__name__}"


def ended(spec: Spec, status: str) -> dict[str, str]:
    return {o.check: o.reason for o in run_checks(item(spec), spec.kind) if o.status == status}


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (InDoublePrecision, "matrix"),
        (WeighedByTheBatch, "rows_by_themselves"),
        (DifferentEachTime, "fit_repeatable"),
        (DividesByTheNorm, "unknown_words"),
        (WithoutPickle, "pickle"),
        (ForgetsItsArgument, "interface"),
    ],
)
def test_a_wrong_featurizer_fails_the_check_for_its_bug(wrong: type, check: str) -> None:
    assert check in ended(FeaturizerSpec("wrong", target(wrong), "Wrong", licence="MIT"), "failed")


def test_a_right_featurizer_passes() -> None:
    assert not ended(FeaturizerSpec("counts", target(Counts), "Right", licence="MIT"), "failed")


@pytest.mark.parametrize(
    ("wrong", "check", "status"),
    [
        (returns_texts, "interface", "failed"),
        (one_label_is_empty, "labels", "failed"),
        (repeats_itself, "documents", "warned"),
        (shuffles, "repeatable", "failed"),
        (in_two_splits, "split", "failed"),
    ],
)
def test_a_wrong_dataset_ends_the_check_for_its_bug(wrong: Any, check: str, status: str) -> None:
    assert check in ended(DatasetSpec("wrong", target(wrong), "Wrong", licence="MIT"), status)


def test_a_right_dataset_passes() -> None:
    assert not ended(DatasetSpec("made-up", target(made_up), "Right", licence="MIT"), "failed").keys() - {
        "parameters",
        "interface",
    }


def test_a_dataset_whose_file_is_not_there_is_skipped_with_what_to_type(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASHBENCH_DATA", str(tmp_path))
    files = (DatasetFile("a.csv", ("https://example.org/a.csv",)),)
    spec = DatasetSpec("far", target(in_two_splits), "Far away", page="https://example.org", files=files)
    assert "hashbench data fetch far" in ended(spec, "skipped")["split"]


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (no_number, "interface"),
        (first_of_a_sorted_list, "no_favour_among_ties"),
        (of_the_first_query, "order_of_queries"),
        (numbers_alone, "several_labels"),
        (divides_by_relevant, "nothing_relevant"),
        (outside_its_bounds, "bounds"),
        (counts_its_calls, "repeatable"),
    ],
)
def test_a_wrong_metric_fails_the_check_for_its_bug(wrong: Any, check: str) -> None:
    assert check in ended(MetricSpec("wrong", target(wrong), "Wrong", licence="MIT"), "failed")


def test_a_right_metric_passes_and_names_are_no_secret() -> None:
    spec = MetricSpec("mean-distance", target(mean_distance), "Right", licence="MIT")
    assert not ended(spec, "failed")
    assert not ended(spec, "warned")
    assert "its spec names no licence" in ended(replace(spec, licence=""), "warned")["metadata"]


@pytest.mark.parametrize("name", ["map", "ndcg", "recall", "radius", "diagnostics"])
def test_the_metrics_of_hashbench_pass(name: str) -> None:
    assert not [o for o in run_checks(name, "metric") if o.status in ("failed", "warned")]


def recipe_ended(recipe: Recipe, status: str) -> dict[str, str]:
    of_stranger = Component("itq", registry().get("method", "itq").spec, STRANGER)
    outcomes = run_checks(Item(of_stranger, recipe, "mine"), "recipe")
    return {outcome.check: outcome.reason for outcome in outcomes if outcome.status == status}


def test_a_recipe_with_an_unknown_parameter_and_featurizer_fails() -> None:
    recipe = Recipe({"n_iters": 3}, features=FeaturesOf("tfdf"))
    failed = recipe_ended(recipe, "failed")
    assert "no parameter 'n_iters'" in failed["values"]
    assert "did you mean 'tfidf'" in failed["features"]
    assert set(failed) == {"values", "features", "fit"}
    assert recipe_ended(recipe, "warned") == {"sources": "no source of n_iters: add it to source"}


def test_a_recipe_out_of_range_fails_and_one_in_range_with_a_source_passes() -> None:
    assert "values" in recipe_ended(Recipe({"n_iter": -1}, {"": "section 1"}), "failed")
    right = Recipe({"n_iter": 3}, {"n_iter": "section 1"})
    assert not recipe_ended(right, "failed")
    assert not recipe_ended(right, "warned")


def test_the_published_recipe_of_itq_passes() -> None:
    assert not [o for o in run_checks("itq@published", "recipe") if o.status == "failed"]
