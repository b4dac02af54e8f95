from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import Split, SplitRecipe
from hashbench.errors import DataError, HashbenchError
from hashbench.features.build import build_features, load_or_build_features, name_of_features, open_features
from hashbench.features.extra_inputs import input_name
from hashbench.features.neighbour_inputs import bm25_neighbours, cosine_neighbours
from hashbench.specs import FeaturizerSpec

# Counts of the words "a", "b" and "c"; it notes every fit and every call of inputs in a file.
FEATURIZER = """
from pathlib import Path
import numpy as np

class Letters:
    def __init__(self, log=""):
        self.log = log

    def note(self, line):
        with Path(self.log).open("a") as file:
            file.write(line + "\\n")

    def fit(self, texts):
        self.note("fit")
        return self

    def transform(self, texts):
        return np.array([[text.count(letter) for letter in "abc"] for text in texts])

    def inputs(self, texts):
        self.note("inputs")
        return {"lengths": np.array([len(text) for text in texts])}
"""
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(["aa", "bb", "cc", "abc"], size=RNG.integers(2, 9))) for _ in range(40)]
TEXTS[3] = TEXTS[17] = "nothing"
SPLIT = Split(np.arange(30), np.arange(30, 35), np.arange(35, 40), SplitRecipe("random", (0.8, 0.1, 0.1)))
REMAINING = [row for row in range(30) if row not in (3, 17)]


@pytest.fixture
def letters(tmp_path, monkeypatch) -> FeaturizerSpec:
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "cache"))
    module = f"letters_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(FEATURIZER)
    monkeypatch.syspath_prepend(str(tmp_path))
    return FeaturizerSpec("letters", f"{module}:Letters", "letters", provides=("lengths",))


@pytest.fixture
def build(letters, tmp_path):
    corpus = Corpus("toy", indicator(np.zeros(40, dtype=np.int64), 1), ("one",), texts=TEXTS)
    params = {"log": str(tmp_path / "log")}

    def load_or_build(*inputs, function=load_or_build_features):
        return function(corpus, SPLIT, letters, params, distribution="1", inputs=inputs)

    return load_or_build


def log(tmp_path) -> list[str]:
    return (tmp_path / "log").read_text().split()


@pytest.mark.parametrize("function", [build_features, load_or_build_features])
def test_computed_inputs_belong_to_the_training_documents_that_remain(build, function):
    features = build("neighbours", "bm25_neighbours", function=function)
    assert set(features.inputs) == {"neighbours", "bm25_neighbours"}
    assert features.split.train.tolist() == REMAINING
    np.testing.assert_array_equal(features.inputs["neighbours"], cosine_neighbours(features.train))
    texts = [TEXTS[row] for row in REMAINING]
    np.testing.assert_array_equal(features.inputs["bm25_neighbours"], bm25_neighbours(texts))


def test_what_is_not_asked_for_is_not_computed(build, tmp_path):
    features = build()
    assert features.inputs == {}
    assert log(tmp_path) == ["fit"]
    assert not list((tmp_path / "cache").rglob("inputs"))


def test_inputs_asked_for_with_the_features_need_one_fit(build, tmp_path):
    features = build("lengths", "neighbours")
    assert features.inputs["lengths"].tolist() == [len(TEXTS[row]) for row in REMAINING]
    assert log(tmp_path) == ["fit", "inputs"]


def test_inputs_asked_for_later_are_computed_once(build, tmp_path):
    plain = build()
    for _ in range(2):
        features = build("neighbours")
        assert np.array_equal(features.inputs["neighbours"], cosine_neighbours(plain.train))
    assert log(tmp_path) == ["fit"]
    for _ in range(2):
        assert set(build("lengths", "neighbours").inputs) == {"lengths", "neighbours"}
    assert log(tmp_path) == ["fit", "fit", "inputs"]
    assert plain.seconds < build("lengths").seconds < build("lengths", "neighbours").seconds


def test_inputs_are_opened_by_the_name_of_their_features(build, letters):
    built = build("neighbours")
    name = name_of_features(built.key, letters)
    opened = open_features(name, ["neighbours"])
    assert np.array_equal(opened.inputs["neighbours"], built.inputs["neighbours"])
    assert not opened.inputs["neighbours"].flags.writeable
    assert opened.seconds == built.seconds > open_features(name).seconds
    with pytest.raises(DataError, match=f"{built.key}.*are damaged"):
        open_features(name, ["lengths"])


def test_the_folder_of_a_computed_input_names_its_version_and_code():
    assert input_name("neighbours").startswith("neighbours-1-")
    assert input_name("views") == "views"


@pytest.mark.parametrize("function", [build_features, load_or_build_features])
def test_an_input_that_nobody_provides_is_an_error_before_anything_is_fitted(build, function, tmp_path):
    with pytest.raises(HashbenchError, match="featurizer letters does not provide the input views"):
        build("views", function=function)
    assert not (tmp_path / "log").exists()


def test_neighbours_by_words_need_words():
    vectors = csr_array(np.eye(10, dtype=np.float32) + 1)
    corpus = Corpus("codes", indicator(np.zeros(10, dtype=np.int64), 1), ("one",), vectors=vectors)
    split = replace(SPLIT, train=np.arange(6), validation=np.arange(6, 8), test=np.arange(8, 10))
    given = FeaturizerSpec("given", "hashbench.features.given:Given", "as given", accepts=("vectors",))
    features = build_features(corpus, split, given, {}, distribution="1", inputs=["neighbours"])
    assert features.inputs["neighbours"].shape == (6, 5)
    with pytest.raises(HashbenchError, match="bm25_neighbours is computed from words, corpus codes has none"):
        build_features(corpus, split, given, {}, distribution="1", inputs=["bm25_neighbours"])
