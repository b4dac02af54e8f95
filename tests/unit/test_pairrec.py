"""PairRec: reconstruction of a document from two codes, the importance of terms, the noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.neighbourhood.pairrec import PairRec, drawn_neighbours
from scipy.sparse import csr_array

from hashbench.hashing.nn.batches import TrainingData, as_rows
from hashbench.hashing.nn.trainer import Step

N, WORDS = 8, 15


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def made(**params):
    rng = np.random.default_rng(0)
    X = csr_array((rng.random((N, WORDS)) * (rng.random((N, WORDS)) < 0.4)).astype(np.float32))
    method = PairRec(n_bits=4, word_dropout=0.0, **params)
    method.sparse_, method.words_ = True, None
    data = TrainingData(X)
    method._build(data, generator())
    return method, data


def terms_of(method, data, neighbours, rows=range(N), seen=0):
    batch = data[np.array(rows)]
    return method._loss(batch, Step(seen, generator()), data=data, neighbours=neighbours)


def test_both_terms_are_equal_for_a_document_that_is_its_own_neighbour():
    """Logits of +-200 leave nothing to chance."""
    method, data = made(code_std=200.0)
    for _ in range(200):  # the running averages of the normalisation converge to the batch
        method._encode(data[np.arange(N)].documents, Step(0, generator()))
    terms = terms_of(method, data, np.arange(N)[:, None])
    torch.testing.assert_close(terms["reconstruction"].values, terms["pair"].values)
    assert terms["pair"].weight == 1


def test_without_the_pair_it_is_a_plain_autoencoder():
    method, data = made(pair_weight=0.0)
    terms = terms_of(method, data, np.roll(np.arange(N), 1)[:, None])
    assert terms["pair"].weight == 0


def test_the_pair_term_trains_the_encoder_through_the_neighbour_alone():
    method, data = made(code_std=None)
    seen = []
    encode = method._encode

    def recorded(documents, step=None):
        heads = encode(documents, step)
        heads["logits"].retain_grad()
        seen.append(heads["logits"])
        return heads

    method._encode = recorded
    terms_of(method, data, np.roll(np.arange(N), 1)[:, None])["pair"].values.sum().backward()
    own, pair = seen
    assert own.grad is None
    assert pair.grad.abs().sum() > 0


def test_words_that_a_document_lacks_do_not_change_its_target():
    method, data = made()
    z = torch.rand(N, 4, generator=generator(1))
    rows = data[np.arange(N)].documents
    stored_zeros = csr_array(rows.to_dense().numpy() + 0)
    stored_zeros.data[0] = 0.0
    absent = stored_zeros.copy()
    absent.eliminate_zeros()
    with_zero, without = (method._reconstruction(z, as_rows(X)) for X in (stored_zeros, absent))
    torch.testing.assert_close(with_zero, without)


@pytest.mark.parametrize("sparse", [True, False])
def test_importance_multiplies_input_and_decoder(sparse):
    method, data = made(code_std=None)
    rows = data[np.arange(N)].documents
    importance = method.decoder_.importance
    given = rows if sparse else rows.to_dense()
    heads = method.encoder_.heads["logits"]
    expected = rows.to_dense() * importance @ heads.weight + heads.bias
    torch.testing.assert_close(method._values(given), expected)
    torch.testing.assert_close(
        method.decoder_.matrix(), method.decoder_.weight * importance[:, None].expand(-1, 4)
    )
    method._values(given).sum().backward()
    torch.testing.assert_close(importance.grad, (rows.to_dense() @ torch.diag(heads.weight.sum(1))).sum(0))


def test_initial_importances_are_those_of_the_published_code():
    importance = made()[0].decoder_.importance
    assert importance.min() >= 0.1
    assert importance.max() <= 1


def test_neighbours_are_drawn_uniformly_from_those_of_the_document():
    neighbours = np.arange(40).reshape(10, 4)
    found = drawn_neighbours(neighbours, np.full(8000, 3), generator())
    values, counts = np.unique(found, return_counts=True)
    assert values.tolist() == [12, 13, 14, 15]
    assert (abs(counts / 8000 - 0.25) < 0.03).all()


@pytest.mark.parametrize(("steps", "noise"), [(0, 1.0), (400_000, 0.6), (2_000_000, 0.0)])
def test_noise_falls_by_a_millionth_a_step_of_forty_documents(steps, noise):
    method, data = made(noise=1.0, noise_docs=40_000_000, code_std=None)
    documents = data[np.zeros(500, dtype=np.int64)].documents
    first_bit = method._decoded_bits(documents, Step(40 * steps, generator()))[:, 0]
    p = method._values(documents)[0, 0].sigmoid().item()
    assert first_bit.var().item() == pytest.approx(noise**2 + p * (1 - p), rel=0.15)
