"""The generative hashers as a whole, on planted clusters."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hashbench_methods.generative.bmsh import BMSH
from hashbench_methods.generative.gmsh import GMSH
from hashbench_methods.generative.hashbench_plugin import hashbench_hashers
from hashbench_methods.generative.nash import NASH
from hashbench_methods.generative.vdsh import VDSH
from scipy.sparse import csr_array

from hashbench.errors import HashbenchError
from hashbench.evaluation.evaluator import evaluate
from hashbench.experiment.environment import limited_threads

SPECS = {spec.name: spec for spec in hashbench_hashers()}
NAMES = ["vdsh", "vdsh-s", "vdsh-sp", "nash", "nash-n", "nash-dn", "nash-dn-s", "gmsh", "gmsh-s"]
NAMES += ["bmsh", "bmsh-s"]


@pytest.fixture(autouse=True)
def one_thread():
    with limited_threads(1):
        yield


def make(name, n_bits=32, **params):
    spec = SPECS[name]
    return spec.load()(n_bits, random_state=0, **{**spec.params, **spec.check_params, **params})


def planted_clusters(n=400, n_features=160, n_clusters=4, seed=0):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(n_clusters, size=n)
    own = rng.integers(n_features // n_clusters, size=(n, 20)) * n_clusters + clusters[:, None]
    words = np.hstack([own, rng.integers(n_features, size=(n, 8))])
    weights = rng.uniform(0.5, 1.5, size=words.shape).astype(np.float32)
    rows = np.repeat(np.arange(n), words.shape[1])
    return csr_array((weights.ravel(), (rows, words.ravel())), shape=(n, n_features)), clusters


def precision(hasher, X, labels, n_train, n=50):
    codes = hasher.transform(X)
    scores = evaluate(codes[n_train:], codes[:n_train], labels[n_train:], labels[:n_train], at=(n,))
    return scores.expected[n]


def test_all_methods_are_registered_with_a_source():
    assert list(SPECS) == NAMES
    for spec in SPECS.values():
        assert spec.citation is not None


@pytest.mark.parametrize("name", NAMES)
def test_planted_clusters_are_found_again(name):
    X, clusters = planted_clusters(800)
    labels = clusters[:600] if SPECS[name].supervised else None
    hasher = make(name).fit(X[:600], labels)
    assert precision(hasher, X, clusters, 600, n=100) > 0.9


@pytest.mark.parametrize("name", ["vdsh", "nash", "gmsh", "bmsh"])
def test_directions_of_dense_clusters_are_found_again_whatever_the_scale(name):
    rng = np.random.default_rng(0)
    clusters = rng.integers(6, size=800)
    X = (2 * rng.standard_normal((6, 40))[clusters] + rng.standard_normal((800, 40))).astype(np.float32)
    X *= rng.uniform(0.1, 10, (800, 1)).astype(np.float32)
    hasher = make(name, n_bits=16).fit(X[:600])
    assert precision(hasher, X, clusters, 600, n=50) > 0.9
    np.testing.assert_allclose(hasher.embed(100 * X), hasher.embed(X), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_seed_decides_and_pickling_keeps_the_codes(name):
    X, clusters = planted_clusters(200)
    hasher = make(name, epochs=2).fit(X, clusters)
    embedding = hasher.embed(X)
    np.testing.assert_array_equal(make(name, epochs=2).fit(X, clusters).embed(X), embedding)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(hasher)).embed(X), embedding)
    other = make(name, epochs=2).set_params(random_state=1).fit(X, clusters)
    assert (other.embed(X) != embedding).any()


@pytest.mark.parametrize("name", ["vdsh", "gmsh", "vdsh-sp"])
def test_gaussian_codes_are_cut_at_the_median(name):
    X, clusters = planted_clusters(200)
    np.testing.assert_array_equal(make(name, epochs=2).fit_transform(X, clusters).sum(axis=0), 100)


@pytest.mark.parametrize("name", ["nash", "bmsh"])
def test_bits_are_the_signs_of_the_logits(name):
    X, _ = planted_clusters(200)
    hasher = make(name, epochs=2).fit(X)
    np.testing.assert_array_equal(hasher.transform(X), hasher.embed(X) > 0)
    median = make(name, epochs=2, threshold="median").fit(X)
    np.testing.assert_array_equal(median.transform(X).sum(axis=0), 100)


@pytest.mark.parametrize(
    ("name", "plain"), [("vdsh-s", "vdsh"), ("gmsh-s", "gmsh"), ("nash-dn-s", "nash-dn"), ("bmsh-s", "bmsh")]
)
def test_labels_without_weight_change_nothing(name, plain):
    X, clusters = planted_clusters(200)
    params = {"epochs": 2, "n_layers": 1, "grad_clip": 1e9}
    supervised = make(name, **params, label_weight=0.0).fit(X, clusters)
    unsupervised = make(plain, **params).fit(X)
    np.testing.assert_array_equal(supervised.embed(X), unsupervised.embed(X))


@pytest.mark.parametrize("name", ["vdsh-s", "gmsh-s", "nash-dn-s", "bmsh-s"])
def test_labels_across_the_topics_are_learnt(name):
    X, _ = planted_clusters(800)
    rng = np.random.default_rng(1)
    labels = rng.integers(2, size=800)
    marks = csr_array((np.full(800, 2, np.float32), (np.arange(800), 160 + labels)), shape=(800, 162))
    X = csr_array((X.data, X.indices, X.indptr), shape=(800, 162)) + marks
    plain = SPECS[name.removesuffix("-s")] if name != "nash-dn-s" else SPECS["nash-dn"]
    supervised = make(name, label_weight=30.0).fit(X[:600], labels[:600])
    unsupervised = make(plain.name).fit(X[:600])
    gain = precision(supervised, X, labels, 600) - precision(unsupervised, X, labels, 600)
    assert gain > 0.1


def test_several_labels_are_learnt():
    X, clusters = planted_clusters(500)
    indicator = np.zeros((500, 5), dtype=bool)
    indicator[np.arange(500), clusters] = True
    indicator[clusters < 2, 4] = True
    hasher = make("bmsh-s").fit(X[:400], csr_array(indicator[:400]))
    assert precision(hasher, X, indicator.astype(np.uint8), 400) > 0.9


def test_private_vector_stays_out_of_the_code():
    X, clusters = planted_clusters(200)
    hasher = make("vdsh-sp", epochs=2).fit(X, clusters)
    embedding = hasher.embed(X)
    for parameter in hasher.private_encoder_.parameters():
        parameter.data.fill_(3.0)
    np.testing.assert_array_equal(hasher.embed(X), embedding)


@pytest.mark.parametrize("name", ["gmsh", "bmsh"])
def test_components_may_start_as_clusters(name):
    X, _ = planted_clusters(200)
    given = {"epochs": 6, "n_components": 4, "posterior_c": "analytic"}
    drawn, clustered = (make(name, **given, prior_init=start).fit(X) for start in ("random", "kmeans"))
    assert clustered.history_[3].loss == drawn.history_[3].loss
    assert clustered.history_[5].terms["kl"] != drawn.history_[5].terms["kl"]


@pytest.mark.parametrize("name", ["vdsh", "nash", "gmsh", "bmsh", "bmsh-s"])
def test_without_an_epoch_the_codes_are_those_of_the_initial_weights(name):
    X, clusters = planted_clusters(200)
    hasher = make(name, n_bits=4, epochs=0, n_layers=0).fit(X, clusters)
    assert hasher.history_ == []
    assert hasher.kept_epoch_ is None
    assert hasher.fit_diagnostics_.values == {"epochs": 0}
    leading = X @ np.linalg.svd(X.toarray())[2][:4].T
    values = hasher.embed(X) / hasher.code_std
    np.testing.assert_allclose(values @ values.T, leading @ leading.T, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("name", ["vdsh", "nash", "gmsh", "bmsh", "bmsh-s"])
def test_tied_weights_are_trained_as_one(name):
    X, clusters = planted_clusters(200)
    hasher = make(name, n_bits=8, epochs=3, n_layers=0, tied=True).fit(X, clusters)
    start = make(name, n_bits=8, epochs=0, n_layers=0, tied=True).fit(X, clusters)
    encoder = hasher.encoder_.heads[hasher.code_head].weight.numpy()
    np.testing.assert_array_equal(encoder, hasher.decoder_.weight.numpy())
    assert np.abs(encoder - start.decoder_.weight.numpy()).max() > 0
    assert (
        n_weights(start)
        == n_weights(make(name, n_bits=8, epochs=0, n_layers=0).fit(X, clusters)) - 8 * X.shape[1]
    )


def n_weights(hasher):
    """Return the number of different weights."""
    weights = {id(w): w.numel() for module in hasher._modules().values() for w in module.parameters()}
    return sum(weights.values())


def test_history_tells_what_happened():
    X, clusters = planted_clusters(300)
    hasher = make("bmsh", epochs=3, noise="data").fit(X[:200], X_val=X[200:], y_val=clusters[200:])
    for epoch in hasher.history_:
        assert set(epoch.terms) == {"reconstruction", "kl"}
        assert epoch.loss == pytest.approx(
            epoch.terms["reconstruction"] + hasher.kl_weight * epoch.terms["kl"], rel=1e-4
        )
        assert 0 <= epoch.precision <= 1
        of_codes = {"active_dimensions", "dead_bits", "distinct_codes"}
        assert set(epoch.diagnostics) == {*of_codes, "noise", "effective_components"}
        assert 1 <= epoch.diagnostics["effective_components"] <= 20


@pytest.mark.parametrize("n_layers", [0, 1, 2])
def test_codes_do_not_depend_on_the_form_of_the_matrix(n_layers):
    X, _ = planted_clusters(200)
    hasher = make("bmsh", epochs=2, n_layers=n_layers).fit(X)
    for same in (X.toarray(), csr_array(X, dtype=np.float64)):
        np.testing.assert_array_equal(hasher.embed(same), hasher.embed(X))


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        (NASH, {"sampling": "gumbel"}, "sampling is one of stochastic, deterministic"),
        (NASH, {"noise": "loud"}, "noise is one of none, fixed, data, trunk"),
        (NASH, {"ste_scale": 0}, "ste_scale is a number above 0"),
        (VDSH, {"logvar": "exp"}, "logvar is one of sigmoid, linear, softplus"),
        (VDSH, {"dropout": 1.0}, "dropout is a number at least 0 and below 1"),
        (VDSH, {"code_dropout": -0.1}, "code_dropout is a number at least 0 and below 1"),
        (VDSH, {"target": "tfidf"}, "target is one of binary, scaled, values"),
        (VDSH, {"target_power": 0}, "target_power is a number above 0"),
        (VDSH, {"start": "pca"}, "start is one of itq, random"),
        (VDSH, {"code_std": 0.0}, "code_std is a number above 0, or None, got 0.0"),
        (VDSH, {"norm": 0.0}, "norm is a number above 0"),
        (VDSH, {"n_layers": 1, "tied": True}, "tied is for a linear encoder: set n_layers to 0"),
        (VDSH, {"n_layers": -1}, "n_layers is a whole number from 0 on"),
        (BMSH, {"n_components": 0}, "n_components is a whole number from 1 on"),
        (BMSH, {"posterior_c": "best"}, "posterior_c is one of network, analytic"),
        (GMSH, {"prior_init": "zeros"}, "prior_init is one of random, kmeans"),
        (GMSH, {"kl_weight": float("nan")}, "kl_weight is a number at least 0, got nan"),
    ],
)
def test_unusable_parameters_are_refused(method, parameters, message):
    with pytest.raises(HashbenchError, match=message):
        method(8, **parameters).fit(planted_clusters(20)[0])
