import numpy as np
import pytest
from gensim.models import doc2vec
from scipy.sparse import csr_array
from scipy.special import digamma

from hashbench.errors import HashbenchError
from hashbench.features.doc2vec import Doc2Vec
from hashbench.features.lda import Lda

TOPICS = 3
WORDS = 12


def topical_counts(n: int, seed: int) -> tuple[csr_array, np.ndarray]:
    """Return documents of which each takes its words from one of three vocabularies, and which one."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(TOPICS, size=n)
    rates = np.kron(np.eye(TOPICS), np.ones(WORDS // TOPICS))[topics] * 3
    return csr_array(rng.poisson(rates + 0.01)), topics


def topical_texts(n: int, seed: int) -> tuple[list[str], np.ndarray]:
    counts, topics = topical_counts(n, seed)
    rng = np.random.default_rng(seed)
    rows = (np.repeat(np.arange(WORDS), row) for row in counts.toarray())
    return [" ".join(f"w{word:02d}" for word in rng.permutation(row)) for row in rows], topics


@pytest.fixture(scope="module")
def lda() -> Lda:
    return Lda(min_df=1, n_topics=TOPICS, passes=20, iterations=500).fit(topical_counts(200, seed=0)[0])


def test_topic_proportions_are_positive_and_sum_to_one(lda):
    proportions = lda.transform(topical_counts(50, seed=1)[0])
    assert proportions.min() > 0
    assert proportions.sum(axis=1) == pytest.approx(np.ones(50), rel=1e-5)


def test_planted_topics_are_found(lda):
    counts, topics = topical_counts(100, seed=1)
    found = lda.transform(counts).argmax(axis=1)
    pairs = set(zip(topics.tolist(), found.tolist(), strict=True))
    assert len(pairs) == TOPICS


def test_proportions_are_the_fixed_point_of_variational_inference(lda):
    counts, _ = topical_counts(1, seed=2)
    n_words = counts.toarray()[0]
    alpha, topic_words = lda.model_.alpha, lda.model_.expElogbeta
    gamma = lda.transform(counts)[0] * (alpha.sum() + n_words.sum())
    weights = np.exp(digamma(gamma))[:, None] * topic_words
    assert alpha + (weights / weights.sum(axis=0)) @ n_words == pytest.approx(gamma, abs=0.02)


@pytest.mark.parametrize("algorithm", ["dbow", "dm"])
def test_inference_is_that_of_gensim_from_a_fixed_start(algorithm, monkeypatch):
    texts, _ = topical_texts(60, seed=0)
    featurizer = Doc2Vec(vector_size=6, algorithm=algorithm, epochs=4, seed=7).fit(texts)
    start = (np.random.default_rng(7).random(6, dtype=np.float32) - 0.5) / 6
    monkeypatch.setattr(doc2vec, "pseudorandom_weak_vector", lambda size, seed_string: start.copy())
    for text, vector in zip(texts[:5], featurizer.transform(texts[:5]), strict=True):
        featurizer.model_.random = np.random.RandomState(7)
        np.testing.assert_array_equal(featurizer.model_.infer_vector(text.split()), vector)


@pytest.mark.parametrize("algorithm", ["dbow", "dm"])
def test_documents_of_one_topic_have_nearer_paragraph_vectors(algorithm):
    texts, topics = topical_texts(300, seed=0)
    featurizer = Doc2Vec(vector_size=6, algorithm=algorithm, epochs=30).fit(texts[:200])
    vectors = featurizer.transform(texts[200:])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines, same = vectors @ vectors.T, topics[200:, None] == topics[200:]
    np.fill_diagonal(same, False)
    assert 1 - cosines[topics[200:, None] != topics[200:]].mean() > 3 * (1 - cosines[same].mean())


def test_unknown_words_do_not_change_a_paragraph_vector():
    featurizer = Doc2Vec(vector_size=6, epochs=3).fit(topical_texts(60, seed=0)[0])
    known, mixed, unknown = featurizer.transform(["w00 w01", "zebra w00 okapi w01", "zebra okapi"])
    np.testing.assert_array_equal(known, mixed)
    assert known.any()
    assert not unknown.any()


def test_paragraph_vectors_without_words_are_an_error():
    message = "featurizer doc2vec: no word occurs 4 times in the 2 training documents"
    with pytest.raises(HashbenchError, match=message):
        Doc2Vec(min_count=4).fit(["cat dog", "cat"])


def test_the_window_has_no_effect_on_dbow():
    texts, _ = topical_texts(60, seed=0)
    vectors = [Doc2Vec(vector_size=6, epochs=3, window=window).fit_transform(texts) for window in (1, 9)]
    np.testing.assert_array_equal(*vectors)
