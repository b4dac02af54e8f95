"""HierHash as a whole: on a planted hierarchy, its stages, its views, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hashbench_methods.hierarchical import stages as stages_module
from hashbench_methods.hierarchical.hierhash import HierHash
from hashbench_methods.hierarchical.stages import Stage, train_in_stages
from scipy.sparse import csr_array
from sklearn.metrics import normalized_mutual_info_score
from torch import nn

from hashbench import make_hasher
from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Epoch, Measurement, Plan, Step, Term

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


def loss_of(hasher, X, views=None, seed=3, stage="_loss"):
    data = TrainingData(X)
    hasher._build(data, torch.Generator().manual_seed(0))
    step = Step(0, torch.Generator().manual_seed(seed))
    return getattr(hasher, stage)(data[np.arange(len(X))], step, views=views)


def recorded_optimisers(monkeypatch):
    made = []
    original = torch.optim.Adam

    def recording(parameters, **options):
        made.append(original(parameters, **options))
        return made[-1]

    monkeypatch.setattr(torch.optim, "Adam", recording)
    return made


def test_the_hierarchy_is_found_and_codes_rank_by_it():
    X, labels = planted_hierarchy()
    coarse = labels // (FINE // COARSE)
    by_coarse_groups_alone = COARSE / FINE
    for name in ("hierhash-hier", "hierhash-con"):
        hasher = make_hasher(name, 8, 0, epochs=20, **SMALL).fit(X[:500])
        assert normalized_mutual_info_score(coarse[:500], hasher.coarse_labels_) > 0.7
        assert normalized_mutual_info_score(labels[:500], hasher.fine_labels_) > 0.7
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


@pytest.mark.parametrize("update", ["kmeans_epoch", "grad_reinit"])
def test_prototypes_stay_parameters_that_every_optimiser_has(monkeypatch, update):
    optimisers = recorded_optimisers(monkeypatch)
    built = []
    original = HierHash._build

    def build(self, data, generator):
        original(self, data, generator)
        built.extend([id(self.prototypes_.fine), id(self.prototypes_.coarse)])

    monkeypatch.setattr(HierHash, "_build", build)
    hasher = hierhash(prototype_update=update, warmup_epochs=1).fit(planted_hierarchy(200)[0])
    assert [id(hasher.prototypes_.fine), id(hasher.prototypes_.coarse)] == built
    assert len(optimisers) == (3 if update == "grad_reinit" else 2)
    for optimiser in optimisers:
        held = {id(parameter) for group in optimiser.param_groups for parameter in group["params"]}
        assert held.issuperset(built)


def test_prototypes_are_learnt_by_gradient_only_where_they_should_be():
    X, _ = planted_hierarchy(50)
    for update, learnt in (("kmeans_epoch", False), ("grad_reinit", True)):
        hasher = hierhash(prototype_update=update)
        terms = loss_of(hasher, X)
        sum(term.weight * term.values.mean() for term in terms.values()).backward()
        for points in (hasher.prototypes_.fine, hasher.prototypes_.coarse):
            assert (points.grad is not None and bool(points.grad.abs().sum() > 0)) == learnt


def test_new_centres_meet_an_optimiser_without_memory_of_the_old_ones(monkeypatch):
    optimisers = recorded_optimisers(monkeypatch)
    moments = []
    original = HierHash._place_prototypes

    def place(self, data, seed):
        original(self, data, seed)
        moments.append(sum(self.prototypes_.fine in optimiser.state for optimiser in optimisers))

    monkeypatch.setattr(HierHash, "_place_prototypes", place)
    hierhash(prototype_update="grad_reinit", warmup_epochs=2).fit(planted_hierarchy(200)[0])
    assert moments == [0, 1]
    assert [int(o.state[o.param_groups[0]["params"][0]]["step"]) for o in optimisers] == [8, 8, 4]


def test_long_gradients_are_shortened_at_every_step(monkeypatch):
    norms = []
    original = torch.optim.Adam.step

    def step(self, *args, **kwargs):
        gradients = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
        norms.append(math.sqrt(sum(float((gradient**2).sum()) for gradient in gradients)))
        return original(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", step)
    hierhash(grad_clip=0.5, self_epochs=0).fit(planted_hierarchy(200)[0])
    assert len(norms) == 8
    assert max(norms) == pytest.approx(0.5, rel=1e-3)
    assert min(norms[1:]) > 0.4


def test_fewer_documents_than_prototypes_lower_their_number():
    X, _ = planted_hierarchy(10)
    hasher = hierhash(n_fine=100, n_coarse=30).fit(X)
    assert hasher.prototypes_.fine.shape == (10, 8)
    assert hasher.prototypes_.coarse.shape == (10, 8)
    assert hasher.fine_labels_.shape == (10,)


def test_terms_of_the_loss_are_those_that_have_a_weight():
    X, _ = planted_hierarchy(20)
    prior = {"reconstruction", "kl", "kl_fine", "kl_coarse"}
    assert set(loss_of(hierhash(coarse_weight=0.0, fine_weight=0.0), X)) == prior
    assert set(loss_of(hierhash(), X)) == {*prior, "different", "same", "fine"}
    assert set(loss_of(hierhash(split_negatives=False, fine_weight=0.0), X)) == {*prior, "contrast"}
    gaussian = {"prior": "gaussian", "coarse_weight": 0.0, "fine_weight": 0.0, "self_epochs": 0}
    assert set(loss_of(hierhash(**gaussian), X)) == {"reconstruction", "kl"}
    last = {"self_fine", "self_coarse"}
    assert set(loss_of(hierhash(self_mi=False), X, stage="_self_labelling_loss")) == last


@pytest.mark.parametrize(
    "params",
    [
        {"encoder": "two_layer"},
        {"fine_probs": "clean"},
        {"cat_terms": "exact_kl"},
        {"kl3_use_z": False},
        {"split_negatives": False},
        {"fine_temperature": 2.0},
        {"coarse_temperature": 2.0},
        {"gumbel_temperature": 2.0},
        {"prototype_variance": 2.0},
        {"entropy_weight": 1.0},
        {"temperature": 1.0},
        {"view_dropout": 0.3},
        {"norm": None},
    ],
)
def test_every_option_of_the_loss_changes_it(params):
    X, _ = planted_hierarchy(20)

    def total(hasher):
        with torch.no_grad():
            return sum(float(term.weight * term.values.mean()) for term in loss_of(hasher, X).values())

    assert total(hierhash(**params)) != pytest.approx(total(hierhash()), rel=1e-6)


def test_exact_divergences_are_those_of_their_definition():
    X, _ = planted_hierarchy(20)
    hasher = hierhash(cat_terms="exact_kl")
    terms = loss_of(hasher, X)
    assert (terms["kl_fine"].values > -1e-5).all()
    kl = terms["kl_coarse"].values
    assert ((kl > -1e-5) & (kl < math.log(COARSE) + 1e-5)).all()
    log_fine, log_coarse = (torch.randn(5, n).log_softmax(dim=1) for n in (FINE, COARSE))
    y = torch.arange(5) % COARSE
    fine, coarse = hasher._exact_group_terms(hasher.prototypes_, log_fine, log_coarse, y)
    prior = hasher.prototypes_.log_fine_of_coarse()
    for i in range(5):
        by_hand = sum(log_fine[i, j].exp() * (log_fine[i, j] - prior[y[i], j]) for j in range(FINE))
        torch.testing.assert_close(fine[i], by_hand.detach())
        entropy = sum(-log_coarse[i, j].exp() * log_coarse[i, j] for j in range(COARSE))
        torch.testing.assert_close(coarse[i], math.log(COARSE) - entropy)


def test_self_labels_train_the_second_view_only_when_documents_are_confident():
    X, _ = planted_hierarchy(20)
    nobody = loss_of(hierhash(fine_confidence=1.1, coarse_confidence=1.1), X, stage="_self_labelling_loss")
    assert all(
        float(nobody[f"self_{level}"].values.detach().abs().sum()) == 0 for level in ("fine", "coarse")
    )
    everybody = loss_of(
        hierhash(fine_confidence=0.01, coarse_confidence=0.01), X, stage="_self_labelling_loss"
    )
    assert all(bool((everybody[f"self_{level}"].values > 0).all()) for level in ("fine", "coarse"))


def test_given_views_replace_the_dropped_features():
    X, _ = planted_hierarchy(30)
    views = np.stack([X, X], axis=1)
    hasher = hierhash(view_dropout=0.5)
    seen, target = hasher._seen(TrainingData(X)[np.arange(5)], 2, views, torch.Generator())
    scaled = 15 * X[:5] / np.linalg.norm(X[:5], axis=1, keepdims=True)
    np.testing.assert_allclose(seen, np.concatenate([scaled, scaled]), rtol=1e-5)
    np.testing.assert_allclose(target, scaled, rtol=1e-5)
    seen, target = hasher._seen(TrainingData(X)[np.arange(5)], 2, None, torch.Generator())
    np.testing.assert_allclose(target, scaled, rtol=1e-5)
    kept = seen.numpy() != 0
    np.testing.assert_allclose(seen[:5].numpy()[kept[:5]], 2 * scaled[kept[:5]], rtol=1e-5)
    assert 0.35 < kept.mean() < 0.65
    assert (kept[:5] != kept[5:]).any()


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
        ({"cat_terms": "none"}, "cat_terms is one of"),
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


def staged(monkeypatch, precisions):
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
    history, stage, epoch = train_in_stages(network, data, stages, lambda _: Measurement())
    assert [(epoch.number, epoch.documents_seen) for epoch in history] == [(1, 4), (2, 8), (3, 12)]
    return starts, float(network.weight.detach()), stage, epoch.number


def test_the_best_stage_is_kept_and_the_next_starts_from_it(monkeypatch):
    assert staged(monkeypatch, [0.5, 0.4, 0.6]) == ([0, 1, 1], 3, "third", 3)
    assert staged(monkeypatch, [0.5, 0.7, 0.6]) == ([0, 1, 2], 2, "second", 2)
    assert staged(monkeypatch, [0.5, 0.5, 0.1]) == ([0, 1, 1], 1, "first", 1)


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
