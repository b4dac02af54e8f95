"""Baselines of equal memory against their definitions, and on planted clusters."""

from __future__ import annotations

import sys
from hashlib import shake_256

import numpy as np
import pytest
from hashbench_methods.equal_memory.pca_sign import PCASign
from hashbench_methods.equal_memory.product_quantiser import OPQ, PQ
from hashbench_methods.equal_memory.rabitq import RaBitQ
from hashbench_methods.equal_memory.signs import Median, Sign, TruncateSign
from hashbench_methods.equal_memory.simhash import SimHash
from scipy.sparse import csr_array

from hashbench import HashbenchError, evaluate
from hashbench.codes import QuantiserCodes
from hashbench.evaluation.evaluator import evaluate_ranking, evaluate_tables
from hashbench.testing.toy_corpus import planted_corpus

FORMS = [csr_array, np.asarray]


def vectors(n=300, n_features=24, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, n_features)) * rng.random(n_features)).astype(np.float32)


@pytest.mark.parametrize("form", FORMS)
def test_sign_takes_the_dimensions_of_largest_variance(form):
    X = vectors() + 0.3
    dimensions = np.argsort(-X.var(axis=0, dtype=np.float64))[:8]
    codes = Sign(8).fit(form(X)).transform(form(X))
    np.testing.assert_array_equal(codes, X[:, dimensions] > 0)
    np.testing.assert_array_equal(Sign(5).fit(form(X)).transform(form(X)), codes[:, :5])


@pytest.mark.parametrize("form", FORMS)
def test_median_splits_the_training_documents_evenly(form):
    X = vectors() + 0.3
    codes = Median(8).fit(form(X)).transform(form(X))
    np.testing.assert_array_equal(codes.sum(axis=0), np.full(8, 150))
    dimensions = np.argsort(-X.var(axis=0, dtype=np.float64))[:8]
    np.testing.assert_array_equal(codes, X[:, dimensions] > np.median(X[:, dimensions], axis=0))


@pytest.mark.parametrize("form", FORMS)
def test_truncate_sign_takes_the_first_dimensions(form):
    X = vectors()
    np.testing.assert_array_equal(TruncateSign(7).fit(form(X)).transform(form(X)), X[:, :7] > 0)


@pytest.mark.parametrize("method", [Sign, Median, TruncateSign])
def test_too_few_dimensions_are_refused(method):
    with pytest.raises(HashbenchError, match="32 bits need as many features, got n_features = 24"):
        method(32).fit(vectors())


def test_pca_sign_is_a_rotation_of_the_principal_components():
    X = vectors()
    hasher = PCASign(6, random_state=0).fit(X)
    centred = X - X.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:6].T
    gram = hasher.directions_.T @ hasher.directions_
    np.testing.assert_allclose(gram, np.eye(6), atol=1e-5)
    np.testing.assert_allclose(axes @ axes.T @ hasher.directions_, hasher.directions_, atol=1e-4)
    values = centred @ hasher.directions_
    clear = np.abs(values) > 1e-4
    np.testing.assert_array_equal(hasher.transform(X)[clear], (values > 0)[clear])


@pytest.mark.parametrize("form", FORMS)
def test_simhash_is_a_weighted_vote_of_hashed_terms(form):
    X = np.abs(vectors(n=20)) * (np.random.default_rng(1).random((20, 24)) < 0.4)
    hasher = SimHash(13, random_state=0).fit(form(X))
    signs = np.empty((24, 13))
    for term in range(24):
        octets = shake_256(hasher.key_ + term.to_bytes(8, "little")).digest(2)
        bits = np.unpackbits(np.frombuffer(octets, dtype=np.uint8))
        signs[term] = 2.0 * bits[:13] - 1
    np.testing.assert_array_equal(hasher.transform(form(X)), X.astype(np.float64) @ signs > 0)
    longer = SimHash(40, random_state=0).fit(form(X))
    np.testing.assert_array_equal(longer.transform(form(X))[:, :13], hasher.transform(form(X)))


def test_simhash_estimates_the_angle_of_weighted_terms():
    X = planted_corpus(n=60).X
    codes = SimHash(4096, random_state=0).fit(X).transform(X).astype(np.int64)
    share = np.abs(codes[:30] - codes[30:]).mean(axis=1)
    cosines = np.asarray(X[:30].multiply(X[30:]).sum(axis=1)).ravel()
    np.testing.assert_allclose(share, np.arccos(cosines) / np.pi, atol=0.05)


faiss = pytest.importorskip("faiss")


@pytest.mark.parametrize(("n_bits", "n_centroids", "n_books"), [(16, 256, 2), (16, 16, 4), (8, 4, 4)])
def test_codes_are_the_nearest_centroids_and_tables_squared_distances(n_bits, n_centroids, n_books):
    X = vectors()
    pq = PQ(n_bits, n_centroids=n_centroids, n_components=12, random_state=0).fit(X)
    parts = pq._embed(X).reshape(len(X), n_books, 1, -1).astype(np.float64)
    distances = np.square(parts - pq.codebooks_).sum(axis=3)
    np.testing.assert_allclose(pq.query_tables(X), distances, atol=1e-5)
    codes = pq.transform(X)
    assert codes.shape == (len(X), n_books)
    chosen = np.take_along_axis(distances, codes[:, :, None].astype(np.int64), axis=2)[:, :, 0]
    np.testing.assert_allclose(chosen, distances.min(axis=2), atol=1e-6)


def test_asymmetric_distances_are_those_of_faiss():
    X = vectors(n_features=16)
    pq = PQ(32, n_centroids=16, n_components=0, rotate=False, random_state=0).fit(X)
    index = faiss.IndexPQ(16, 8, 4)
    index.train(X)
    faiss.copy_array_to_vector(pq.codebooks_.ravel(), index.pq.centroids)
    index.add(X - pq.offset_)
    distances, _ = index.search(X[:20] - pq.offset_, 10)
    codes, books = pq.transform(X), np.arange(8)
    found = np.sort([table[books, codes].sum(axis=1) for table in pq.query_tables(X[:20])], axis=1)
    np.testing.assert_allclose(found[:, :10], distances, atol=1e-4)


def test_a_rotation_that_is_learnt_lowers_the_quantisation_error():
    X = vectors(n=1000, n_features=16)
    errors = {}
    for method in (
        PQ(16, n_centroids=16, rotate=False, random_state=0),
        OPQ(16, n_centroids=16, random_state=0),
    ):
        fitted = method.fit(X)
        tables, codes = fitted.query_tables(X), fitted.transform(X)
        errors[type(method)] = np.take_along_axis(tables, codes[:, :, None].astype(np.int64), axis=2).sum()
    assert errors[OPQ] < 0.9 * errors[PQ]


def test_books_of_fewer_dimensions_than_books_are_filled_up():
    X = vectors(n_features=3)
    pq = PQ(32, n_centroids=4, random_state=0).fit(X)
    assert pq.transform(X).shape == (300, 16)
    assert pq.fit_diagnostics_.values == {"dimensions": 3}


def test_few_directions_are_enough():
    X = vectors(n_features=24)
    X[:, 9:] = 0
    assert PQ(8, n_centroids=4, n_components=16, random_state=0).fit(X).fit_diagnostics_.values == {
        "dimensions": 8
    }


@pytest.mark.parametrize("method", [PQ, OPQ])
def test_what_cannot_be_quantised_is_refused(method):
    with pytest.raises(HashbenchError, match="multiple of 8"):
        method(12).fit(vectors())
    with pytest.raises(HashbenchError, match="256 centroids need as many documents, got n_samples = 255"):
        method(16).fit(vectors(n=255))
    wide = csr_array((300, 5000), dtype=np.float32)
    with pytest.raises(HashbenchError, match="n_features = 5000 are not quantised as they are"):
        method(16, n_components=0).fit(wide)


def test_rabitq_estimates_squared_distances_and_counts_its_memory():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 96)).astype(np.float32)
    ranker = RaBitQ(64 + 96, query_bits=0, random_state=0).fit(X)
    exact = np.square(X[:20, None] - X).sum(axis=2)
    estimated = -np.concatenate(list(ranker.similarities(X[:20])))
    off = ~np.eye(20, 400, dtype=bool)
    assert np.abs(estimated - exact)[off].mean() < 0.1 * exact[off].mean()
    assert np.abs((estimated - exact)[off].mean()) < 0.01 * exact[off].mean()
    assert ranker.bits_per_document_ == 160


@pytest.mark.parametrize("n_bits", [64, 72, 84])
def test_rabitq_needs_room_for_its_two_numbers(n_bits):
    with pytest.raises(HashbenchError, match="multiple of 8 from 80 on"):
        RaBitQ(n_bits).fit(vectors())


@pytest.mark.parametrize("method", [PQ(16), OPQ(16), RaBitQ(96)])
def test_without_faiss_it_says_what_to_install(monkeypatch, method):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(HashbenchError, match=r"not installed: pip install 'hashbench\[faiss\]'"):
        method.fit(vectors())


@pytest.mark.parametrize(
    "method",
    [
        Sign(32),
        Median(32),
        TruncateSign(32),
        PCASign(32, random_state=0),
        SimHash(32, random_state=0),
        PQ(32, n_centroids=16, random_state=0),
        OPQ(32, n_centroids=16, random_state=0),
        RaBitQ(96, random_state=0),
    ],
    ids=lambda method: type(method).__name__,
)
def test_documents_of_planted_clusters_find_each_other(method):
    corpus = planted_corpus(n=600)
    queries, database = corpus[:100], corpus[100:]
    labels = queries.clusters, database.clusters, (20,)
    fitted = method.fit(database.X)
    if isinstance(fitted, RaBitQ):
        scores = evaluate_ranking(fitted.similarities(queries.X), *labels)
    elif isinstance(fitted, PQ):
        codes = QuantiserCodes(fitted.transform(database.X), fitted.n_centroids)
        scores = evaluate_tables(fitted.query_tables(queries.X), codes, *labels)
    else:
        scores = evaluate(fitted.transform(queries.X), fitted.transform(database.X), *labels)
    assert scores.expected[20] > 0.4 > 1.4 * scores.chance
