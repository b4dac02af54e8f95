from math import log, sqrt

import numpy as np
import pytest
from scipy.sparse import csr_array, issparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.pipeline import make_pipeline

from hashbench.errors import HashbenchError
from hashbench.features.tfidf import Tfidf

TRAIN = ["Cat cat dog", "cat bird", "dog the fish", "a horse"]


def random_texts(n: int, n_words: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, n_words + 1)
    words = [f"w{number:04d}" for number in range(n_words)]
    return [" ".join(rng.choice(words, size=30, p=shares / shares.sum())) for _ in range(n)]


def words_of(featurizer: Tfidf) -> list[str]:
    return featurizer.counter_.get_feature_names_out().tolist()


def test_a_small_example_by_hand():
    featurizer = Tfidf(min_df=1).fit(TRAIN)
    assert words_of(featurizer) == ["bird", "cat", "dog", "fish", "horse"]
    rare, common = 1 + log(5 / 2), 1 + log(5 / 3)
    twice = (1 + log(2)) * common
    first, second = sqrt(twice**2 + common**2), sqrt(common**2 + rare**2)
    expected = [
        [0, twice / first, common / first, 0, 0],
        [rare / second, common / second, 0, 0, 0],
        [0, 0, common / second, rare / second, 0],
        [0, 0, 0, 0, 1],
    ]
    assert featurizer.transform(TRAIN).toarray() == pytest.approx(np.array(expected), rel=1e-6)


def test_without_the_logarithm_a_count_counts_in_full():
    vectors = Tfidf(min_df=1, sublinear_tf=False).fit_transform(["cat cat cat dog", "bird"]).toarray()
    assert vectors[0, 1] / vectors[0, 2] == pytest.approx(3)


@pytest.mark.parametrize("power", [0.5, 2, 3.0])
def test_weights_are_raised_to_the_power_before_rows_are_scaled(power):
    vectors = Tfidf(min_df=1, power=power).fit(TRAIN).transform(["cat cat dog bird"]).toarray()[0]
    rare, common = 1 + log(5 / 2), 1 + log(5 / 3)
    weights = np.array([rare, (1 + log(2)) * common, common, 0, 0]) ** power
    assert vectors == pytest.approx(weights / sqrt((weights**2).sum()), rel=1e-6)


def test_power_1_is_the_arithmetic_of_scikit_learn_bit_by_bit():
    counts = csr_array(np.random.default_rng(0).poisson(0.4, size=(100, 40)))
    reference = TfidfTransformer(sublinear_tf=True).fit_transform(counts).astype(np.float32)
    vectors = Tfidf(min_df=1, max_df=1.0, power=1.0).fit_transform(counts)
    np.testing.assert_array_equal(vectors.toarray(), reference.toarray())


@pytest.mark.parametrize("max_features", [20, 10_000])  # no two words tie for the 20th place
def test_it_equals_the_scikit_learn_pipeline(max_features):
    train, test = random_texts(300, 400, seed=0), random_texts(100, 500, seed=1)
    featurizer = Tfidf(max_features=max_features).fit(train)
    reference = make_pipeline(
        CountVectorizer(stop_words="english", max_features=max_features, max_df=0.8, min_df=3),
        TfidfTransformer(sublinear_tf=True),
    ).fit(train)
    assert words_of(featurizer) == reference[0].get_feature_names_out().tolist()
    for texts in (train, test):
        assert abs(featurizer.transform(texts) - reference.transform(texts)).max() < 1e-6


def test_vectors_are_float32_csr_with_sorted_indices_and_norm_one():
    vectors = Tfidf().fit_transform(random_texts(200, 300, seed=2))
    assert issparse(vectors)
    assert isinstance(vectors, csr_array)
    assert vectors.dtype == np.float32
    assert all((np.diff(row) > 0).all() for row in np.split(vectors.indices, vectors.indptr[1:-1]))
    assert np.sqrt((vectors**2).sum(axis=1)) == pytest.approx(np.ones(200), rel=1e-5)


def test_words_of_too_few_or_too_many_documents_and_stop_words_are_left_out():
    texts = ["the whale ship rope"] * 2 + ["the whale ship"] + ["the whale"] * 5 + ["the", "the sea"]
    assert words_of(Tfidf(min_df=3, max_df=0.8).fit(texts)) == ["ship", "whale"]
    assert words_of(Tfidf(min_df=2, max_df=0.79).fit(texts)) == ["rope", "ship"]
    assert words_of(Tfidf(min_df=9, max_df=1.0, stop_words=None).fit(texts)) == ["the"]


def test_the_most_counted_words_stay_and_equal_ones_in_alphabetical_order():
    texts = ["delta delta delta", "beta gamma", "alpha beta", "alpha gamma"]
    assert words_of(Tfidf(max_features=1, min_df=1).fit(texts)) == ["delta"]
    assert words_of(Tfidf(max_features=3, min_df=1).fit(texts)) == ["alpha", "beta", "delta"]
    assert words_of(Tfidf(max_features=None, min_df=1).fit(texts)) == ["alpha", "beta", "delta", "gamma"]


def test_equal_words_are_chosen_in_alphabetical_order_among_many():
    words = [f"w{number:03d}" for number in range(400)]
    texts = [" ".join(words), " ".join(words[1::2])]
    chosen = words_of(Tfidf(max_features=300, min_df=1, max_df=1.0).fit(texts))
    assert chosen == sorted(words[1::2] + words[0::2][:100])


def test_words_of_the_test_documents_alone_are_unknown():
    featurizer = Tfidf(min_df=1).fit(TRAIN)
    assert "zebra" not in words_of(featurizer)
    vectors = featurizer.transform(["zebra zebra cat", "zebra", "the", ""])
    assert vectors.shape == (4, 5)
    assert vectors[[0]].toarray() == pytest.approx(featurizer.transform(["cat"]).toarray())
    assert np.diff(vectors.indptr).tolist() == [1, 0, 0, 0]


def test_test_documents_do_not_move_the_weights():
    featurizer = Tfidf(min_df=1).fit(TRAIN)
    before = featurizer.transform(TRAIN).toarray()
    alone = featurizer.transform(["cat dog"]).toarray()
    among = featurizer.transform(["cat dog", *["cat"] * 50]).toarray()
    assert np.array_equal(alone[0], among[0])
    assert np.array_equal(featurizer.transform(TRAIN).toarray(), before)


@pytest.mark.parametrize("max_features", [40, 10_000])
def test_counts_give_the_vectors_of_the_texts_they_were_counted_in(max_features):
    train, test = random_texts(200, 300, seed=3), random_texts(50, 300, seed=4)
    counter = CountVectorizer(stop_words="english").fit(train)
    from_texts = Tfidf(max_features=max_features).fit(train)
    from_counts = Tfidf(max_features=max_features).fit(csr_array(counter.transform(train)))
    for texts in (train, test):
        counts = csr_array(counter.transform(texts), dtype=np.float32)
        assert np.array_equal(from_counts.transform(counts).toarray(), from_texts.transform(texts).toarray())
    assert counter.get_feature_names_out()[from_counts.columns_].tolist() == words_of(from_texts)


def test_counts_stored_as_zeros_or_twice_are_read_as_their_sum():
    untidy = csr_array(
        (np.array([1, 1, 0, 3, 1]), np.array([1, 1, 0, 0, 1]), np.array([0, 3, 5])), shape=(2, 2)
    )
    tidy = csr_array(np.array([[0, 2], [3, 1]]))
    stored = untidy.data.copy()
    limits = {"min_df": 1, "max_df": 1.0}
    vectors = Tfidf(**limits).fit(untidy).transform(untidy)
    assert np.array_equal(vectors.toarray(), Tfidf(**limits).fit(tidy).transform(tidy).toarray())
    assert np.array_equal(untidy.data, stored)


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (["the of and", "a b c"], "empty vocabulary"),
        (["cat", "dog"], r"none of 2 terms.*at least 3.*80% of the 2 training documents.*min_df"),
        (csr_array(np.ones((10, 4))), "none of 4 terms"),
    ],
)
def test_no_term_left_is_an_error_in_plain_words(documents, message):
    with pytest.raises(HashbenchError, match=f"featurizer tfidf: .*{message}"):
        Tfidf().fit(documents)


def test_it_is_a_scikit_learn_estimator():
    given = {
        "max_features": 7,
        "min_df": 1,
        "max_df": 0.5,
        "stop_words": None,
        "sublinear_tf": False,
        "power": 2.0,
    }
    featurizer = Tfidf(**given)
    copy = clone(featurizer.fit(TRAIN))
    assert copy.get_params() == featurizer.get_params() == given
    with pytest.raises(NotFittedError):
        copy.transform(TRAIN)
    assert Tfidf().get_params()["max_features"] == 10_000
