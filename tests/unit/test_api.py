"""Components by name, from Python."""

from pathlib import Path

import numpy as np
import pytest

from hashbench import Split, SplitRecipe, load_features, make_split
from hashbench.data.corpus import Corpus, indicator
from hashbench.errors import HashbenchError

TEXTS = [f"word{number % 7} word{number % 5} common" for number in range(40)]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path))
    return Corpus("toy", indicator(np.arange(40) % 2, 2), ("even", "odd"), texts=TEXTS)


def test_features_have_a_row_for_every_document_of_the_default_split(corpus: Corpus) -> None:
    features = load_features(corpus, "counts")
    split = make_split(corpus)
    shapes = {part: getattr(features, part).shape[0] for part in ("train", "validation", "test")}
    assert shapes == {"train": len(split.train), "validation": len(split.validation), "test": len(split.test)}


def test_a_given_split_and_parameters_are_used(corpus: Corpus) -> None:
    split = Split(
        np.arange(20), np.arange(20, 30), np.arange(30, 40), SplitRecipe("random", (0.5, 0.25, 0.25))
    )
    features = load_features(corpus, "counts", split=split, max_df=1.0)
    assert np.array_equal(features.split.train, np.arange(20))
    assert (features.train.count_nonzero(axis=0) == 20).any(), "the word of all documents is kept"


def test_the_second_call_opens_what_the_first_one_computed(corpus: Corpus) -> None:
    first, second = load_features(corpus), load_features(corpus)
    assert (second.key, second.seconds) == (first.key, first.seconds)
    assert (second.train != first.train).nnz == 0


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [("tfdif", {}, "tfidf"), ("tfidf", {"max_feature": 3}, "max_features")],
)
def test_a_wrong_name_is_answered_with_the_nearest_one(
    corpus: Corpus, name: str, params: dict[str, int], message: str
) -> None:
    with pytest.raises(HashbenchError, match=message):
        load_features(corpus, name, **params)
