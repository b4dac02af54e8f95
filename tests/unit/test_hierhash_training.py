"""HierHash as a whole: on a planted hierarchy, its stages, its views, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.hierarchical import stages as stages_module
from hashbench_methods.hierarchical.hierhash import HierHash
from hashbench_methods.hierarchical.stages import Stage, train_in_stages
from hashbench_methods.hierarchical.views import seen
from scipy.sparse import csr_array
from sklearn.metrics import normalized_mutual_info_score
from torch import nn

from hashbench import make_hasher
from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Epoch, Measurement, Plan, Term

FINE, COARSE, WIDTH = 12, 4, 64
SMALL = {"hidden": 32, "decoder_hidden": 16, "batch_size": 50, "lr": 2e-3, "n_fine": FINE, "n_coarse": COARSE}
METHODS = ("hierhash-base", "hierhash-hier", "hierhash-con", "hierhash")


@pytest.fixture(autouse=True)
def one_thread():
    with limited_threads(1):
        yield


def planted_hierarchy(n=600, seed=0):
    """Return points around 12 centres, which lie by threes around 4, and the centre of each."""
    rng = np.random.default_rng(seed)
    coarse = 1.5 * rng.standard_normal((COARSE, 1, WIDTH))
    fine = (coarse + rng.standard_normal((COARSE, FINE // COARSE, WIDTH))).reshape(FINE, WIDTH)
    labels = rng.integers(FINE, size=n)
    return (fine[labels] + rng.standard_normal((n, WIDTH))).astype(np.float32), labels


def hierhash(**params):
    return HierHash(**{"n_bits": 8, "random_state": 0, "epochs": 2, "self_epochs": 1, **SMALL, **params})


def precision(codes, queries, labels, query_labels, n=30):
    """Return the mean precision at n, documents at equal distance in expectation."""
    found = []
    for query, label in zip(queries, query_labels, strict=True):
        distances = (codes != query).sum(axis=1)
        last = np.sort(distances)[n - 1]
        near, tied, relevant = distances < last, distances == last, labels == label
        found.append((near & relevant).sum() + (n - near.sum()) * (tied & relevant).sum() / tied.sum())
    return np.mean(found) / n


def test_the_hierarchy_is_found_and_codes_rank_by_it():
    X, labels = planted_hierarchy()
    coarse = labels // (FINE // COARSE)
    by_coarse_groups_alone = COARSE / FINE
    for name in ("hierhash-hier", "hierhash-con"):
        hasher = make_hasher(name, 8, 0, epochs=20, **SMALL).fit(X[:500])
        assert normalized_mutual_info_score(coarse[:500], hasher.groups_.coarse) > 0.7
        assert normalized_mutual_info_score(labels[:500], hasher.groups_.fine) > 0.7
        codes = hasher.transform(X)
        assert precision(codes[:500], codes[500:], labels[:500], labels[500:]) > by_coarse_groups_alone


@pytest.mark.parametrize("name", METHODS)
def test_a_seed_gives_the_same_codes_twice(name):
    X, _ = planted_hierarchy(200)
    params = {**SMALL, "epochs": 2} | ({"self_epochs": 1} if name == "hierhash" else {})
    first, second = (make_hasher(name, 8, 3, **params).fit(X).transform(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert set(np.unique(first)) == {0, 1}
    other = make_hasher(name, 8, 4, **params).fit(X).transform(X)
    assert (first != other).any()


def test_fewer_documents_than_prototypes_lower_their_number():
    X, _ = planted_hierarchy(10)
    hasher = hierhash(n_fine=100, n_coarse=30).fit(X)
    assert hasher.prototypes_.fine.shape == (10, 8)
    assert hasher.prototypes_.coarse.shape == (10, 8)
    assert hasher.groups_.fine.shape == (10,)


def test_terms_of_the_loss_are_those_that_have_a_weight():
    X, _ = planted_hierarchy(60)

    def terms(epoch=0, **params):
        return set(hierhash(epochs=1, **params).fit(X).history_[epoch].terms)

    prior = {"reconstruction", "kl", "kl_fine", "kl_coarse"}
    assert terms(coarse_weight=0.0, fine_weight=0.0) == prior
    assert terms() == {*prior, "different", "same", "fine"}
    assert terms(split_negatives=False, fine_weight=0.0) == {*prior, "contrast"}
    gaussian = {"prior": "gaussian", "coarse_weight": 0.0, "fine_weight": 0.0, "self_epochs": 0}
    assert terms(**gaussian) == {"reconstruction", "kl"}
    last = {"self_fine", "self_coarse"}
    assert terms(epoch=-1, self_mi=False) == last
    assert terms(epoch=-1) == {*last, "information_fine", "information_coarse"}


@pytest.mark.parametrize(
    "params",
    [
        {"encoder": "two_layer"},
        {"fine_probs": "clean"},
        {"split_negatives": False},
        {"fine_temperature": 2.0},
        {"coarse_temperature": 2.0},
        {"gumbel_temperature": 2.0},
        {"prototype_variance": 2.0},
        {"learnt_variance": True},
        {"unit_z": True},
        {"contrast_on": "sample"},
        {"kmeans_start": "cold"},
        {"prototype_update": "grad_reinit", "warmup_epochs": 1},
        {"entropy_weight": 1.0},
        {"temperature": 1.0},
        {"view_dropout": 0.3},
        {"norm": None},
    ],
    ids=lambda params: "-".join(map(str, next(iter(params.items())))),
)
def test_every_option_of_the_loss_changes_what_is_learnt(params):
    X, _ = planted_hierarchy(60)
    assert (hierhash(**params).fit(X).embed(X) != hierhash().fit(X).embed(X)).any()


def test_last_stage_costs_something_only_where_documents_are_confident():
    X, _ = planted_hierarchy(60)
    for confidence, costs in ((1.1, False), (0.01, True)):
        hasher = hierhash(fine_confidence=confidence, coarse_confidence=confidence).fit(X)
        terms = hasher.history_[-1].terms
        assert (terms["self_fine"] > 0, terms["self_coarse"] > 0) == (costs, costs)


def test_learnt_variances_move_and_prototypes_are_centres_where_they_are_not_learnt():
    X, _ = planted_hierarchy(200)
    hasher = hierhash(prototype_update="grad_reinit", warmup_epochs=1, learnt_variance=True).fit(X)
    assert len(set(hasher.prototypes_.log_variance.tolist())) == FINE
    by_kmeans = hierhash(epochs=3).fit(X)
    members, z = by_kmeans.groups_.fine, by_kmeans.embed(X)
    centres = np.stack([z[members == s].mean(axis=0) for s in range(FINE)])
    np.testing.assert_allclose(by_kmeans.prototypes_.fine, centres, atol=1e-3)


def test_given_views_replace_the_dropped_features():
    X, _ = planted_hierarchy(30)
    views, batch = np.stack([X, X], axis=1), TrainingData(X)[np.arange(5)]
    generator = torch.Generator().manual_seed(0)
    x, target = seen(batch, 2, views, 15.0, 0.5, generator)
    scaled = 15 * X[:5] / np.linalg.norm(X[:5], axis=1, keepdims=True)
    np.testing.assert_allclose(x, np.concatenate([scaled, scaled]), rtol=1e-5)
    np.testing.assert_allclose(target, scaled, rtol=1e-5)
    x, target = seen(batch, 2, None, 15.0, 0.5, generator)
    np.testing.assert_allclose(target, scaled, rtol=1e-5)
    kept = x.numpy() != 0
    np.testing.assert_allclose(x[:5].numpy()[kept[:5]], 2 * scaled[kept[:5]], rtol=1e-5)
    assert 0.35 < kept.mean() < 0.65
    assert (kept[:5] != kept[5:]).any()
    assert seen(batch, 1, None, None, 0.0, generator)[0].shape == (5, WIDTH)


def test_views_reach_the_training():
    X, _ = planted_hierarchy(100)
    rng = np.random.default_rng(0)
    views = (X[:, None] + 0.1 * rng.standard_normal((100, 2, WIDTH))).astype(np.float32)
    with_views = hierhash().fit(X, views=views)
    assert (with_views.embed(X) != hierhash().fit(X).embed(X)).any()
    with pytest.raises(HashbenchError, match=r"views have shape \(100, 64\)"):
        hierhash().fit(X, views=views[:, 0])


def test_small_vectors_are_refused_and_scaled_by_default():
    X, _ = planted_hierarchy(100)
    units = X / np.linalg.norm(X, axis=1, keepdims=True)
    with pytest.raises(HashbenchError, match="norm 1, which is too small.*norm to 15"):
        hierhash(norm=None).fit(units)
    scaled = hierhash().fit(units)
    assert len(np.unique(scaled.transform(units), axis=0)) > 5


def test_sparse_vectors_are_dense_ones_up_to_a_width():
    X, _ = planted_hierarchy(100)
    X[X < 1] = 0
    dense, sparse = hierhash().fit(X), hierhash().fit(csr_array(X))
    np.testing.assert_array_equal(dense.transform(X), sparse.transform(csr_array(X)))
    wide = csr_array((np.ones(5000, np.float32), (np.arange(5000) % 100, np.arange(5000))))
    with pytest.raises(HashbenchError, match="sparse ones of 5000 terms.*`lsa`"):
        hierhash().fit(wide)


def test_a_gaussian_prior_has_no_groups():
    with pytest.raises(HashbenchError, match="coarse_weight, fine_weight and self_epochs"):
        hierhash(prior="gaussian").fit(planted_hierarchy(20)[0])
    hasher = make_hasher("hierhash-base", 8, 0, epochs=1).fit(planted_hierarchy(20)[0])
    assert hasher.prototypes_ is None
    assert hasher.fit_diagnostics_.groups == ()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"prior": "vdsh"}, "prior is one of"),
        ({"encoder": "deep"}, "encoder is one of"),
        ({"kmeans_start": "hot"}, "kmeans_start is one of"),
        ({"prototype_update": "never"}, "prototype_update is one of"),
        ({"n_coarse": 0}, "n_coarse is a whole number"),
        ({"temperature": 0.0}, "temperature is a number above 0"),
        ({"fine_weight": -1.0}, "fine_weight is a number at least 0"),
        ({"view_dropout": 1.0}, "view_dropout is a number"),
        ({"norm": -1.0}, "norm is a number above 0"),
    ],
)
def test_wrong_parameters_are_named(params, message):
    with pytest.raises(HashbenchError, match=message):
        hierhash(**params).fit(planted_hierarchy(20)[0])


def test_fit_diagnostics_hold_the_groups_of_the_training_documents():
    X, _ = planted_hierarchy(200)
    hasher = hierhash().fit(X)
    coarse, fine = hasher.fit_diagnostics_.groups
    assert (coarse.name, fine.name, coarse.parents) == ("coarse", "fine", None)
    z = torch.from_numpy(hasher.embed(X))
    distances = torch.cdist(z, hasher.prototypes_.fine)
    np.testing.assert_array_equal(fine.members, distances.argmin(dim=1))
    both = torch.cdist(z, hasher.prototypes_.coarse) ** 2
    both += torch.cdist(hasher.prototypes_.fine[fine.members], hasher.prototypes_.coarse) ** 2
    np.testing.assert_array_equal(coarse.members, both.argmin(dim=1))
    np.testing.assert_array_equal(fine.parents, hasher.prototypes_.owners())
    values = hasher.fit_diagnostics_.values
    assert (values["stage"], values["epoch"], values["epochs"]) == ("self-labelling", 3, 3)
    assert values["loss"] == hasher.history_[-1].loss
    assert 1 <= values["effective_fine"] <= FINE


def test_without_selection_the_last_stage_is_kept_and_validation_labels_are_not_used():
    X, labels = planted_hierarchy(300)
    options = {"epochs": 3, "self_epochs": 2, "self_lr": 1e-2}
    last = hierhash(**options, select_by="last").fit(X[:200])
    embedding = last.embed(X)
    for y in (labels[200:], np.random.default_rng(0).permutation(labels[200:])):
        given = hierhash(**options, select_by="last").fit(X[:200], X_val=X[200:], y_val=y)
        np.testing.assert_array_equal(given.embed(X), embedding)
        values = given.fit_diagnostics_.values
        assert (values["stage"], values["epoch"], values["epochs"]) == ("self-labelling", 5, 5)
    selected = hierhash(**options).fit(X[:200], X_val=X[200:], y_val=labels[200:])
    values = selected.fit_diagnostics_.values
    assert values["epoch"] == 1 + np.argmax([epoch.precision for epoch in selected.history_])
    assert (selected.embed(X) != embedding).any()


PLAN = Plan(2, 4, 0.1, "steps", 0, 10.0, 10, 1, 0)


def staged(monkeypatch, precisions, **options):
    """Train three stages whose weight becomes 1, 2, 3 and whose precisions are given."""
    network, starts = nn.Linear(1, 1, bias=False), []
    nn.init.zeros_(network.weight)

    def train(network, data, loss, plan, measure, adjust):
        starts.append(float(network.weight.detach()))
        number = len(starts)
        nn.init.constant_(network.weight, number)
        return [Epoch(1, len(data), 0.0, {}, precisions[number - 1], {}, 0.0)]

    monkeypatch.setattr(stages_module, "train", train)
    stages = [Stage(name, lambda *_: {}, PLAN, lambda: None) for name in ("first", "second", "third")]
    data = TrainingData(np.ones((4, 1), dtype=np.float32))
    history, stage, epoch = train_in_stages(network, data, stages, lambda _: Measurement(), **options)
    assert [(epoch.number, epoch.documents_seen) for epoch in history] == [(1, 4), (2, 8), (3, 12)]
    return starts, float(network.weight.detach()), stage, epoch.number


def test_the_best_stage_is_kept_and_the_next_starts_from_it(monkeypatch):
    assert staged(monkeypatch, [0.5, 0.4, 0.6]) == ([0, 1, 1], 3, "third", 3)
    assert staged(monkeypatch, [0.5, 0.7, 0.6]) == ([0, 1, 2], 2, "second", 2)
    assert staged(monkeypatch, [0.5, 0.5, 0.1]) == ([0, 1, 1], 1, "first", 1)


def test_the_last_stage_is_kept_whatever_its_precision(monkeypatch):
    assert staged(monkeypatch, [0.5, 0.4, 0.3], keep="last") == ([0, 1, 2], 3, "third", 3)


def test_a_stage_without_selection_ends_with_its_last_weights():
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    data = TrainingData(np.ones((4, 1), dtype=np.float32))
    plan = Plan(3, 4, 0.1, "steps", 0, 10.0, 10, 1, 0)

    def loss(batch, step):
        return {"error": Term(network(batch.documents).sum(dim=1))}

    def falling(number):
        return Measurement(1 / number)

    for selects, steps in ((True, 1), (False, 3)):
        nn.init.zeros_(network.weight)
        calls = []
        stage = Stage("only", loss, plan, after_epoch=lambda calls=calls: calls.append(1), selects=selects)
        _, _, epoch = train_in_stages(network, data, [stage], falling)
        assert epoch.number == steps
        assert float(network.weight.detach()) == pytest.approx(-0.1 * steps, abs=0.01)
        assert len(calls) == 3


def test_without_validation_the_last_stage_is_kept(monkeypatch):
    assert staged(monkeypatch, [None, None, None]) == ([0, 1, 2], 3, "third", 3)


def test_a_stage_has_an_adam_of_its_own():
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    data = TrainingData(np.ones((4, 1), dtype=np.float32))

    def towards(target):
        return lambda batch, step: {"error": Term(((network(batch.documents) - target) ** 2).sum(dim=1))}

    stages = [Stage(str(t), towards(t), PLAN, lambda: None) for t in (1.0, -1.0)]
    train_in_stages(network, data, stages, lambda _: Measurement())
    # Without memory Adam's first step is of length lr, whatever came before.
    assert float(network.weight.detach()) == pytest.approx(0.0, abs=0.02)
