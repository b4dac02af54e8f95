import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.errors import HashbenchError
from hashbench.features.lsa import Lsa
from hashbench.features.tfidf import Tfidf

LIMITS = {"min_df": 1, "max_df": 1.0}


def random_counts(n: int = 60, n_words: int = 40, seed: int = 0) -> csr_array:
    return csr_array(np.random.default_rng(seed).poisson(0.4, size=(n, n_words)))


def test_coordinates_are_those_of_the_singular_value_decomposition():
    train, test = random_counts(), random_counts(20, seed=1)
    tfidf = Tfidf(**LIMITS).fit(train)
    _, _, directions = np.linalg.svd(tfidf.transform(train).toarray().astype(np.float64))
    featurizer = Lsa(**LIMITS, n_components=5, norm=None).fit(train)
    for documents in (train, test):
        expected = tfidf.transform(documents).toarray() @ directions[:5].T
        assert abs(featurizer.transform(documents)) == pytest.approx(abs(expected), abs=1e-4)


def test_the_power_of_the_weights_is_that_of_tfidf():
    counts = random_counts()
    tfidf = Tfidf(**LIMITS, power=2.0).fit_transform(counts).toarray().astype(np.float64)
    _, _, directions = np.linalg.svd(tfidf)
    coordinates = Lsa(**LIMITS, n_components=5, norm=None, power=2.0).fit_transform(counts)
    assert abs(coordinates) == pytest.approx(abs(tfidf @ directions[:5].T), abs=1e-4)


@pytest.mark.parametrize("norm", [15.0, 1.0])
@pytest.mark.parametrize("whiten", [False, True])
def test_rows_have_the_norm_asked_for_and_the_direction_they_had(norm, whiten):
    plain = Lsa(**LIMITS, n_components=5, norm=None, whiten=whiten).fit_transform(random_counts())
    scaled = Lsa(**LIMITS, n_components=5, norm=norm, whiten=whiten).fit_transform(random_counts())
    lengths = np.linalg.norm(plain, axis=1, keepdims=True)
    assert np.ptp(lengths) > 0.1
    assert np.linalg.norm(scaled, axis=1) == pytest.approx(np.full(60, norm), rel=1e-5)
    assert scaled * lengths == pytest.approx(plain * norm, rel=1e-4, abs=1e-5)


def test_rows_have_norm_15_by_default():
    vectors = Lsa(**LIMITS, n_components=5).fit_transform(random_counts())
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.full(60, 15), rel=1e-5)


def test_whitened_coordinates_have_mean_square_one_and_are_uncorrelated_over_the_training_documents():
    vectors = Lsa(**LIMITS, n_components=5, norm=None, whiten=True).fit_transform(random_counts())
    assert vectors.T @ vectors / 60 == pytest.approx(np.eye(5), abs=1e-4)


@pytest.mark.parametrize("n_components", [40, 60])
def test_too_few_documents_or_terms_are_an_error(n_components):
    with pytest.raises(HashbenchError, match=rf"lsa: n_components={n_components} .*\(60\).*\(40\)"):
        Lsa(**LIMITS, n_components=n_components).fit(random_counts())


def test_documents_that_repeat_themselves_are_an_error():
    counts = csr_array(np.repeat(random_counts(n=3).toarray(), 10, axis=0))
    with pytest.raises(HashbenchError, match="lsa: the training documents span 3 directions"):
        Lsa(**LIMITS, n_components=5).fit(counts)
