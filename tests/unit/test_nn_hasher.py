"""The base of neural hashers, on the autoencoder of its documentation."""

from __future__ import annotations

import importlib
import pickle
import random
import subprocess
import sys
import textwrap
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, hstack
from sklearn.base import clone

import hashbench.hashing.nn
from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.experiment.returned import checked_fit_diagnostics
from hashbench.hashing.nn.decoder import WordDecoder, reconstruction_target
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import Encoder
from hashbench.hashing.nn.trainer import Term
from hashbench.hashing.thresholds import median_threshold


@dataclass(eq=False, repr=False)
class Autoencoder(NeuralHasher):
    hidden: int = 20
    threshold: str = "median"

    def _build(self, data, generator):
        heads = {"code": self.n_bits}
        self.encoder_ = Encoder(data.n_features, heads, hidden=self.hidden, generator=generator)
        self.decoder_ = WordDecoder(data.document_shares(), self.n_bits, generator=generator)

    def _loss(self, batch, step):
        code = self.encoder_(batch.documents, step.generator)["code"]
        target = reconstruction_target(batch.documents, "binary")
        return {"reconstruction": Term(self.decoder_.loss(code, target))}

    def _values(self, documents):
        return self.encoder_(documents)["code"]


@pytest.fixture(autouse=True)
def one_thread():
    with limited_threads(1):
        yield


def planted_clusters(n=300, n_features=80, seed=0):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(4, size=n)
    own = rng.integers(n_features // 4, size=(n, 12)) * 4 + clusters[:, None]
    words = np.hstack([own, rng.integers(n_features, size=(n, 4))])
    rows = np.repeat(np.arange(n), 16)
    X = csr_array((np.ones(words.size, np.float32), (rows, words.ravel())), shape=(n, n_features))
    return X, clusters


def freeze_first_bits(head, n_bits):
    head.weight.data[:, :n_bits] = 0
    head.bias.data[:n_bits] = 1


def hasher(**params):
    return Autoencoder(**{"n_bits": 8, "epochs": 4, "batch_size": 50, "random_state": 0, **params})


def test_example_of_the_documentation_works(tmp_path, monkeypatch):
    text = hashbench.hashing.nn.__doc__
    example = textwrap.dedent(text[text.index("    from dataclasses") : text.index("* ``batches``")])
    (tmp_path / "example.py").write_text(example)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        method = importlib.import_module("example").Autoencoder
        codes = method(8, epochs=2, random_state=0).fit_transform(planted_clusters()[0])
        with pytest.raises(HashbenchError, match="hidden is a whole number from 1 on, got 0"):
            method(8, hidden=0).fit(planted_clusters()[0])
    finally:
        del sys.modules["example"]
    assert codes.shape == (300, 8)


def test_training_lowers_the_loss_and_median_bits_are_balanced():
    X, _ = planted_clusters()
    model = hasher(epochs=10, lr=0.01).fit(X)
    losses = [epoch.loss for epoch in model.history_]
    assert losses[-1] < 0.98 * losses[0]
    assert [epoch.number for epoch in model.history_] == list(range(1, 11))
    np.testing.assert_array_equal(model.transform(X).sum(axis=0), 150)
    assert model.history_[-1].diagnostics["dead_bits"] == 0
    assert all(epoch.seconds > 0 for epoch in model.history_)


def test_seed_decides_and_global_random_states_stay():
    X, _ = planted_clusters()
    torch.manual_seed(5)
    before = random.getstate(), pickle.dumps(np.random.get_state()), torch.get_rng_state()  # noqa: NPY002
    embedding = hasher().fit(X).embed(X)
    assert random.getstate() == before[0]
    assert pickle.dumps(np.random.get_state()) == before[1]  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[2])
    torch.manual_seed(6)
    np.testing.assert_array_equal(hasher().fit(X).embed(X), embedding)
    assert (hasher(random_state=1).fit(X).embed(X) != embedding).any()


def test_refitting_and_pickling_change_nothing():
    X, _ = planted_clusters()
    model = hasher().fit(X)
    embedding = model.embed(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).embed(X), embedding)
    np.testing.assert_array_equal(model.fit(X).embed(X), embedding)
    assert clone(model).get_params() == model.get_params()


def test_code_of_a_document_does_not_depend_on_its_batch():
    X, _ = planted_clusters(1500)
    model = hasher().fit(X[:300])
    embedding = model.embed(X)
    for row in (0, 7, 1400):
        np.testing.assert_array_equal(model.embed(X[[row]])[0], embedding[row])


def test_words_without_training_documents_are_left_out():
    X, _ = planted_clusters()
    unseen = csr_array((300, 5000), dtype=np.float32)
    model, wide = hasher().fit(X), hasher().fit(csr_array(hstack([unseen, X])))
    assert model.words_ is None
    np.testing.assert_array_equal(wide.words_, np.arange(5000, 5080))
    assert wide.encoder_.layers[0].weight.shape[0] == 80
    strange = csr_array(hstack([csr_array(np.ones((300, 5000), np.float32)), X]))
    np.testing.assert_array_equal(wide.embed(strange), model.embed(X))


def test_mostly_empty_dense_matrix_is_as_good_as_a_sparse_one():
    X, _ = planted_clusters()
    embedding = hasher().fit(X).embed(X)
    model = hasher().fit(X.toarray())
    np.testing.assert_array_equal(model.embed(X), embedding)
    np.testing.assert_array_equal(model.embed(X.toarray()), embedding)


def test_dense_vectors_are_trained_on_dense_and_encoded_in_both_forms():
    X = np.random.default_rng(0).standard_normal((200, 12)).astype(np.float32)
    model = hasher().fit(X)
    assert not model.sparse_
    np.testing.assert_array_equal(model.embed(csr_array(X)), model.embed(X))


def test_training_stops_by_the_validation_documents_and_keeps_the_best_epoch():
    X, clusters = planted_clusters(400)
    model = hasher(epochs=40, lr=0.02, lr_schedule="steps", patience=3)
    model.fit(X[:300], X_val=X[300:], y_val=clusters[300:])
    precisions = [epoch.precision for epoch in model.history_]
    best = int(np.argmax(precisions)) + 1
    assert len(precisions) == best + 3 < 40
    np.testing.assert_array_equal(model.threshold_, median_threshold(model.embed(X[:300])))
    only_so_long = hasher(epochs=best, lr=0.02, lr_schedule="steps").fit(X[:300])
    np.testing.assert_array_equal(model.embed(X), only_so_long.embed(X))


def test_without_validation_labels_all_epochs_are_trained():
    X, _ = planted_clusters()
    model = hasher(epochs=5, patience=0).fit(X, X_val=X[:50])
    assert len(model.history_) == 5
    assert model.history_[0].precision is None


def test_validation_is_measured_every_so_many_epochs():
    X, clusters = planted_clusters()
    model = hasher(epochs=4, eval_every=2).fit(X, X_val=X[:50], y_val=clusters[:50])
    assert [epoch.precision is None for epoch in model.history_] == [True, False, True, False]


def test_with_the_last_epoch_kept_validation_labels_are_not_used():
    X, clusters = planted_clusters(400)
    options = {"epochs": 12, "lr": 0.02, "lr_schedule": "steps", "patience": 1, "select_by": "last"}
    model = hasher(**options).fit(X[:300])
    for y_val in (clusters[300:], np.random.default_rng(0).permutation(clusters[300:])):
        given = hasher(**options).fit(X[:300], X_val=X[300:], y_val=y_val)
        np.testing.assert_array_equal(given.embed(X), model.embed(X))
        np.testing.assert_array_equal(given.transform(X), model.transform(X))
        assert [epoch.precision for epoch in given.history_] == [None] * 12
        assert given.kept_epoch_ is given.history_[-1]
        assert set(given.history_[0].diagnostics) == {"active_dimensions", "dead_bits", "distinct_codes"}
    options["select_by"] = "validation"
    selected = hasher(**options).fit(X[:300], X_val=X[300:], y_val=clusters[300:])
    assert len(selected.history_) < 12
    assert (selected.embed(X) != model.embed(X)).any()


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_fit_diagnostics_describe_the_epoch_kept(threshold):
    X, clusters = planted_clusters(400)
    options = {"epochs": 12, "lr": 0.02, "lr_schedule": "steps", "patience": 2, "threshold": threshold}
    model = hasher(**options)
    assert not hasattr(model, "fit_diagnostics_")
    model.fit(X[:300], X_val=X[300:], y_val=clusters[300:])
    found = checked_fit_diagnostics(model.fit_diagnostics_, 300)
    best = int(np.argmax([epoch.precision for epoch in model.history_]))
    assert best + 1 < len(model.history_) <= 12
    ones = model.transform(X[:300]).mean(axis=0)
    assert found.groups == ()
    assert found.values == {
        "epoch": best + 1,
        "epochs": len(model.history_),
        "loss": model.history_[best].loss,
        "active_dimensions": (model.embed(X[:300]).std(axis=0) > 0.1).sum(),
        "dead_bits": ((ones < 0.02) | (ones > 0.98)).sum(),
        "distinct_codes": len(np.unique(model.transform(X[:300]), axis=0)),
    }


def test_a_bit_that_all_documents_share_is_dead_and_a_constant_dimension_is_not_active():
    X, _ = planted_clusters()
    model = hasher(epochs=1, lr=1e-9, threshold="zero")
    model._after_epoch = lambda number, sample: freeze_first_bits(model.encoder_.heads["code"], 3)
    values = model.fit(X).fit_diagnostics_.values
    assert (model.transform(X)[:, :3] == 1).all()
    assert values["dead_bits"] >= 3
    assert values["active_dimensions"] <= 5


def test_labels_of_training_documents_are_not_used():
    X, clusters = planted_clusters()
    given = {"X_val": X[:60], "y_val": clusters[:60]}
    embedding = hasher().fit(X, **given).embed(X)
    np.testing.assert_array_equal(hasher().fit(X, clusters, **given).embed(X), embedding)


def test_single_document_can_be_fitted():
    X, _ = planted_clusters()
    assert hasher(batch_size=1).fit(X[:1]).transform(X[:1]).shape == (1, 8)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"epochs": 0}, "epochs is a whole number from 1 on, got 0"),
        ({"batch_size": 2.5}, "batch_size is a whole number"),
        ({"patience": -1}, "patience is a whole number from 0 on"),
        ({"lr": 0.0}, "lr is a number above 0"),
        ({"lr_schedule": "linear"}, "lr_schedule is one of cosine, steps, got 'linear'"),
        ({"grad_clip": "10"}, "grad_clip is a number above 0, got '10'"),
        ({"device": "tpu"}, "device 'tpu': use cpu or cuda"),
        ({"device": "cuda:99"}, "torch finds no such GPU here"),
        ({"threshold": "mean"}, "threshold is one of zero, median"),
        ({"select_by": "test"}, "select_by is one of validation, last, got 'test'"),
        ({"averaging": -1}, "averaging is a number at least 0, got -1"),
        ({"lr": float("inf")}, "lr is a number above 0, got inf"),
        ({"epochs": True}, "epochs is a whole number from 1 on, got True"),
    ],
)
def test_unusable_parameters_are_refused(parameters, message):
    with pytest.raises(HashbenchError, match=message):
        hasher(**parameters).fit(planted_clusters()[0])


def test_divergence_is_reported():
    with pytest.raises(HashbenchError, match="training diverged in epoch 1"):
        hasher(lr=1e30).fit(planted_clusters()[0])


def test_package_imports_no_torch():
    script = "import sys, hashbench.hashing, hashbench.hashing.nn; print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"
