"""Corpora that come as word counts, and featurizers that read texts, word counts or both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import SplitRecipe, make_split
from hashbench.errors import HashbenchError
from hashbench.features.build import build_features, load_or_build_features
from hashbench.specs import FeaturizerSpec


def text_corpus() -> Corpus:
    return Corpus("toy", indicator(np.zeros(10, dtype=np.int64), 1), ("one",), texts=["1 0 2"] * 10)


def counts_corpus() -> Corpus:
    counts = csr_array(np.random.default_rng(0).poisson(0.5, size=(60, 12)))
    return Corpus("bag", indicator(np.zeros(60, dtype=np.int64), 1), ("one",), counts=counts)


TFIDF = FeaturizerSpec("tfidf", "hashbench.features.tfidf:Tfidf", "tf-idf", accepts=("text", "counts"))


@pytest.mark.parametrize(
    ("corpus", "accepts", "message"),
    [
        (counts_corpus(), ("text",), "featurizer tfidf needs texts, corpus bag comes as word counts"),
        (text_corpus(), ("counts",), "featurizer tfidf needs word counts, corpus toy comes as texts"),
    ],
)
def test_a_form_of_documents_that_the_featurizer_does_not_read_is_refused(corpus, accepts, message):
    split = make_split(corpus, SplitRecipe("random"))
    with pytest.raises(HashbenchError, match=message):
        build_features(corpus, split, replace(TFIDF, accepts=accepts), {}, distribution="1")


def test_word_counts_become_tfidf_vectors(tmp_path, monkeypatch):
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path))
    corpus = counts_corpus()
    split = make_split(corpus, SplitRecipe("random"))
    features = load_or_build_features(corpus, split, TFIDF, {"min_df": 1}, distribution="1")
    kept = features.split.test
    pattern = corpus.counts[kept].toarray() > 0
    assert np.array_equal(features.test.toarray() > 0, pattern)
    assert np.linalg.norm(features.test.toarray(), axis=1) == pytest.approx(np.ones(len(kept)), rel=1e-6)
