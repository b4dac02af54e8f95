from math import log

import numpy as np
import pytest
from gensim.matutils import Sparse2Corpus
from gensim.models import LuceneBM25Model
from scipy.sparse import csr_array

from hashbench.errors import HashbenchError
from hashbench.features.binary import Binary
from hashbench.features.bm25 import Bm25
from hashbench.features.counts import Counts
from hashbench.features.tfidf import Tfidf

TRAIN = ["Cat cat dog", "cat bird", "dog the fish fish fish", "a horse"]


def random_counts(n: int, n_words: int, seed: int) -> csr_array:
    return csr_array(np.random.default_rng(seed).poisson(0.4, size=(n, n_words)))


def test_counts_by_hand():
    counts = Counts(min_df=1).fit(TRAIN).transform([*TRAIN, "zebra cat the"])
    assert counts.toarray().tolist() == [
        [0, 2, 1, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 3, 0],
        [0, 0, 0, 0, 1],
        [0, 1, 0, 0, 0],
    ]


def test_binary_is_one_where_the_counts_are_above_zero():
    documents = random_counts(60, 30, seed=0)
    counts = Counts().fit_transform(documents).toarray()
    assert counts.max() > 1
    assert np.array_equal(Binary().fit_transform(documents).toarray(), counts > 0)


@pytest.mark.parametrize("featurizer", [Counts, Binary, Bm25])
def test_they_keep_the_terms_that_tfidf_keeps(featurizer):
    texts = ["whale ship rope the"] * 3 + ["whale ship"] * 2 + ["whale"] * 5
    parameters = {"max_features": 1, "min_df": 3, "max_df": 0.8, "stop_words": None}
    kept = [f(**parameters).fit(texts).counter_.vocabulary_ for f in (featurizer, Tfidf)]
    assert kept[0] == kept[1] == {"ship": 0}


@pytest.mark.parametrize("featurizer", [Counts, Binary, Bm25])
def test_no_term_left_is_an_error_of_that_featurizer(featurizer):
    name = featurizer.__name__.lower()
    with pytest.raises(HashbenchError, match=f"featurizer {name}: none of 2 terms"):
        featurizer().fit(["cat", "dog"])


def test_bm25_by_hand():
    weights = Bm25(min_df=1).fit(TRAIN).transform(["cat cat bird zebra"]).toarray()[0]
    mean_length = (3 + 2 + 4 + 1) / 4
    damping = 1.2 * (1 - 0.75 + 0.75 * 3 / mean_length)
    bird = log(1 + 3.5 / 1.5) * 1 * 2.2 / (1 + damping)
    cat = log(1 + 2.5 / 2.5) * 2 * 2.2 / (2 + damping)
    assert weights == pytest.approx([bird, cat, 0, 0, 0], rel=1e-6)


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (0.5, 0.0), (2.0, 1.0)])
def test_bm25_is_that_of_lucene_in_gensim_times_a_constant(k1, b):
    train, test = random_counts(80, 25, seed=1), random_counts(30, 25, seed=2)
    weights = Bm25(min_df=1, max_df=1.0, k1=k1, b=b).fit(train).transform(test).toarray()
    reference = LuceneBM25Model(Sparse2Corpus(train, documents_columns=False), k1=k1, b=b)
    reference.avgdl = train.sum() / 80  # gensim averages the numbers of distinct words when it is fed counts
    expected = np.zeros(test.shape)
    for row, document in enumerate(Sparse2Corpus(test, documents_columns=False)):
        for word, weight in reference[document]:
            expected[row, word] = weight
    assert weights == pytest.approx((k1 + 1) * expected, rel=1e-5)


def test_bm25_saturates_and_marks_long_documents_down():
    featurizer = Bm25(min_df=1, max_df=1.0).fit(random_counts(50, 4, seed=3))
    once, often, very_often, long = featurizer.transform(
        csr_array(np.array([[1, 0, 0, 0], [10, 0, 0, 0], [1000, 0, 0, 0], [1, 30, 0, 0]]))
    ).toarray()[:, 0]
    assert long < once < often < very_often < featurizer.idf_[0] * 2.2


def test_bm25_ignores_repetition_and_length_where_told():
    documents = csr_array(np.array([[1, 2], [7, 1], [1, 0]]))
    weights = Bm25(min_df=1, max_df=1.0, k1=0.0).fit(documents).transform(documents).toarray()
    assert weights[:, 0] == pytest.approx(np.full(3, log(1 + 0.5 / 3.5)))
    equal_length = Bm25(min_df=1, max_df=1.0, b=0.0).fit(documents).transform(documents).toarray()
    assert equal_length[0, 0] == equal_length[2, 0]
