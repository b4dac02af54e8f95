"""Frozen numbers: a tiny corpus from text to precision, every step as it is shipped.

A number that moves means that results are no longer comparable. If that is meant, raise ``EVALUATOR_VERSION``
or the version in the spec, and freeze the new numbers.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench import Codes, Corpus, evaluate, make_hasher, make_split
from hashbench.evaluation.evaluator import evaluate_ranking
from hashbench.experiment.environment import limited_threads
from hashbench.features.build import build_features
from hashbench.features.features import Features
from hashbench.registry import registry
from tests.golden.tiny import numbers, tiny_corpus

FROZEN: dict[str, Any] = {
    "corpus": "907a2d6612719d37",
    "split": "8650668749faf386",
    "words": "ea885a52a9f00cab",
    "weights": 570.8351387828588,
    "lsh": [0.466667, 0.389054, 0.246208, 0.295, 0.49, 0.554439],
    "itq": [1.0, 0.982012, 0.315205, 0.97, 0.99, 0.982012],
    "cosine": [1.0, 1.0, 0.3055],
    "random": "7f2ea0844dcc39e4",
}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return tiny_corpus()


@pytest.fixture(scope="module")
def features(corpus: Corpus) -> Features:
    spec = registry().get("featurizer", "tfidf").spec
    return build_features(corpus, make_split(corpus), spec, {}, distribution="golden")


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def test_the_corpus_its_split_and_its_features_are_as_frozen(corpus: Corpus, features: Features) -> None:
    assert corpus.fingerprint[:16] == FROZEN["corpus"]
    assert make_split(corpus).fingerprint[:16] == FROZEN["split"]
    assert features.train.shape == (160, 115)
    assert digest(features.train.indices.astype("<i8")) == FROZEN["words"]
    assert features.train.data.astype(float).sum() == pytest.approx(FROZEN["weights"], rel=1e-6)


@pytest.mark.parametrize("method", ["lsh", "itq"])
def test_codes_and_precision_are_as_frozen(corpus: Corpus, features: Features, method: str) -> None:
    with limited_threads(1):
        hasher = make_hasher(method, n_bits=16, random_state=7).fit(features.train)
        database, queries = hasher.transform(features.train), hasher.transform(features.test)
    labels, coarse = corpus.single_label, corpus.coarse
    assert labels is not None
    assert coarse is not None
    train, test = features.split.train, features.split.test
    scores = evaluate(
        Codes.pack(queries), database, labels[test], labels[train], (1, 10, 100), coarse[test], coarse[train]
    )
    assert scores.coarse is not None
    found = [*scores.expected.values(), scores.worst[10], scores.best[10], scores.coarse.expected[10]]
    # Sums of floats may round differently on another processor, and a bit near its threshold may flip.
    assert found == pytest.approx(FROZEN[method], abs=0.02 if method == "itq" else 0.002)


def test_random_codes_are_as_frozen() -> None:
    drawn = numbers(7)
    counts = csr_array(np.array([[next(drawn) % 3 for _ in range(20)] for _ in range(30)], dtype=np.float32))
    codes = make_hasher("random", n_bits=70, random_state=3).fit(counts).transform(counts)
    assert digest(Codes.pack(codes).words.astype("<u8")) == FROZEN["random"]


def test_exact_cosine_is_as_frozen(corpus: Corpus, features: Features) -> None:
    labels = corpus.single_label
    assert labels is not None
    similarities = make_hasher("cosine").fit(features.train).similarities(features.test)
    scores = evaluate_ranking(
        similarities, labels[features.split.test], labels[features.split.train], (1, 10, 100)
    )
    assert list(scores.expected.values()) == pytest.approx(FROZEN["cosine"], abs=1e-6)
