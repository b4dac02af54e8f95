"""MICPQ: its losses and books of centroids against closed forms, and codes of planted clusters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hashbench_methods.contrastive.codebooks import Codebooks
from hashbench_methods.contrastive.losses import mutual_information, nt_xent
from hashbench_methods.contrastive.micpq import MICPQ
from hashbench_methods.contrastive.selection import asymmetric_precision, book_diagnostics
from hashbench_methods.contrastive.views import two_views
from scipy.sparse import csr_array
from torch.distributions import Categorical

from hashbench import make_hasher
from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.hashing.nn.batches import TrainingData
from hashbench.testing.toy_corpus import planted_corpus

SMALL = {"hidden": 32, "width": 4, "batch_size": 50, "lr": 3e-3}


@pytest.fixture(autouse=True)
def one_thread():
    with limited_threads(1):
        yield


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.empty(shape).normal_(generator=generator(seed))


@pytest.mark.parametrize("temperature", [0.3, 1.0])
def test_contrast_of_equal_views_of_orthogonal_documents(temperature):
    loss = nt_xent(torch.eye(5).repeat(2, 1), temperature)
    expected = math.log(1 + 8 * math.exp(-1 / temperature))
    torch.testing.assert_close(loss, torch.full((5,), expected))


def test_contrast_is_the_mean_over_both_views_of_a_document():
    vectors = normal(6, 4)
    cosines = torch.nn.functional.cosine_similarity(vectors[:, None], vectors[None], dim=2).double()
    for document, loss in enumerate(nt_xent(vectors, 0.5)):
        parts = []
        for i, other in ((document, document + 3), (document + 3, document)):
            rest = sum(math.exp(cosines[i, j] / 0.5) for j in range(6) if j != i)
            parts.append(-math.log(math.exp(cosines[i, other] / 0.5) / rest))
        assert float(loss) == pytest.approx(sum(parts) / 2, rel=1e-4)


def test_information_is_that_of_categorical_distributions():
    q = normal(7, 3, 5).softmax(dim=2)
    marginal, conditional = Categorical(q.mean(dim=0)).entropy(), Categorical(q).entropy().mean(dim=0)
    torch.testing.assert_close(mutual_information(q, 0.1), marginal - 0.1 * conditional)
    one_hot = torch.eye(4).repeat(3, 1)
    assert float(mutual_information(one_hot, 1.0)) == pytest.approx(math.log(4))


def books(n_books=3, n_centroids=4, width=2):
    return Codebooks(n_books, n_centroids, width, generator=generator())


def test_distances_are_those_of_the_parts_to_the_centroids_of_their_book():
    quantiser, vectors = books(), normal(5, 6, seed=1)
    distances = quantiser.distances(vectors)
    for n in range(5):
        for book in range(3):
            expected = (vectors[n, 2 * book : 2 * book + 2] - quantiser.centroids[book]).square().sum(dim=1)
            torch.testing.assert_close(distances[n, book], expected)


def test_draws_follow_the_probabilities_of_the_centroids():
    quantiser, vector = books(), normal(1, 6, seed=1)
    p = (-quantiser.distances(vector)[0]).softmax(dim=1)
    draws = quantiser.assignments(vector.expand(20_000, 6), 0.01, generator()).argmax(dim=2)
    for book in range(3):
        shares = draws[:, book].bincount(minlength=4) / len(draws)
        torch.testing.assert_close(shares, p[book].detach(), atol=0.015, rtol=0)


def test_draws_become_one_hot_as_the_temperature_falls():
    quantiser, vectors = books().requires_grad_(False), normal(8, 6, seed=1)
    cold = quantiser.assignments(vectors, 1e-4, generator()).detach()
    assert float(cold.max(dim=2).values.min()) == pytest.approx(1, abs=1e-3)
    for n, book in ((0, 0), (5, 2)):
        chosen = quantiser.centroids[book, cold[n, book].argmax()]
        quantised = quantiser.quantised(cold)[n, 2 * book : 2 * book + 2]
        torch.testing.assert_close(quantised, chosen, atol=1e-3, rtol=0)


def test_all_books_are_trained():
    X = 4 * normal(20, 10)
    hasher = MICPQ(n_bits=16, random_state=0, epochs=1, **SMALL).fit(X.numpy())
    network = hasher.books_.requires_grad_()
    draws = network.assignments(hasher.refine_(X).repeat(2, 1), 5.0, generator())
    loss = nt_xent(network.quantised(draws), 0.3).sum() - mutual_information(draws, 0.1).sum()
    (gradient,) = torch.autograd.grad(loss, network.centroids)
    assert (gradient.abs().amax(dim=2) > 0).all()


def test_precision_is_that_of_a_naive_ranking():
    rng = np.random.default_rng(0)
    tables = rng.random((30, 2, 4), dtype=np.float32)
    codes, labels = rng.integers(4, size=(30, 2), dtype=np.uint8), rng.integers(3, size=30)
    found = []
    for query in range(30):
        distances = tables[query, 0, codes[:, 0]] + tables[query, 1, codes[:, 1]]
        others = np.delete(np.arange(30), query)
        last = np.sort(distances[others])[9]
        near, tied = others[distances[others] < last], others[distances[others] == last]
        hits = (labels[near] == labels[query]).sum()
        hits = hits + (10 - len(near)) * (labels[tied] == labels[query]).mean()
        found.append(hits / 10)
    indicator = csr_array(labels[:, None] == np.arange(3))
    assert asymmetric_precision(tables, codes, indicator, n_train=300) == pytest.approx(np.mean(found))


def test_diagnostics_count_codes_and_the_centroids_in_use():
    codes = np.array([[0, 0], [1, 0], [2, 0], [3, 1], [3, 1]], dtype=np.uint8)
    shares = np.array([0.6, 0.4])
    used = math.exp(-(shares * np.log(shares)).sum())
    assert book_diagnostics(codes, 4) == pytest.approx({"distinct_codes": 4, "used_centroids": used})


@pytest.mark.parametrize("n_bits", [16, 128])
def test_documents_of_one_cluster_are_near_by_asymmetric_distance(n_bits):
    train, unseen = planted_corpus(), planted_corpus(n=60, seed=2)
    hasher = make_hasher("micpq", n_bits, 0, epochs=10, **SMALL).fit(train.X)
    codes, tables = hasher.transform(train.X), hasher.query_tables(unseen.X)
    assert codes.shape == (400, n_bits // 4)
    assert len(np.unique(codes, axis=0)) > 20
    assert hasher.fit_diagnostics_.values["used_centroids"] > 4
    distances = sum(tables[:, book, codes[:, book]] for book in range(n_bits // 4))
    nearest = np.argsort(distances, axis=1)[:, :20]
    assert (train.clusters[nearest] == unseen.clusters[:, None]).mean() > 0.9


def test_documents_that_are_views_of_themselves_have_the_contrast_of_no_dropout():
    X = planted_corpus(60).X.toarray()
    views = np.repeat(X[:, None], 2, axis=1)
    params = {"n_bits": 8, "random_state": 0, "epochs": 1, **SMALL}
    given = MICPQ(**params).fit(X, views=views)
    drawn = MICPQ(**params, view_dropout=0.0).fit(X)
    np.testing.assert_array_equal(given.transform(X), drawn.transform(X))
    with pytest.raises(HashbenchError, match="views have shape"):
        MICPQ(**params).fit(X, views=views[:, :1])


def test_views_drop_values_of_sparse_documents_as_of_dense_ones():
    X = planted_corpus(50).X
    for documents in (X, X.toarray()):
        batch = TrainingData(documents)[np.arange(50)]
        views = two_views(batch, None, None, 0.5, generator())
        for view in (each if isinstance(each, torch.Tensor) else each.to_dense() for each in views):
            kept = view[torch.tensor(X.toarray()) > 0]
            assert float((kept > 0).float().mean()) == pytest.approx(0.5, abs=0.05)
            torch.testing.assert_close(view[view > 0], 2 * torch.tensor(X.toarray())[view > 0])


def test_the_code_length_is_that_of_whole_indices():
    with pytest.raises(HashbenchError, match="multiple of 4"):
        MICPQ(n_bits=10, **SMALL).fit(planted_corpus(20).X)
    with pytest.raises(HashbenchError, match="n_centroids"):
        MICPQ(n_bits=12, n_centroids=12, **SMALL).fit(planted_corpus(20).X)


@pytest.mark.parametrize("squared", [True, False])
def test_validation_labels_select_the_epoch_of_the_best_asymmetric_precision(squared):
    train, validation = planted_corpus(200), planted_corpus(80, seed=1)
    hasher = MICPQ(n_bits=8, random_state=0, epochs=4, squared=squared, **SMALL)
    hasher.fit(train.X, X_val=validation.X, y_val=validation.clusters)
    precisions = [epoch.precision for epoch in hasher.history_]
    assert hasher.kept_epoch_.number == 1 + precisions.index(max(precisions))
