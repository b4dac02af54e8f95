"""Losses of the generative hashers: by hand, against each other, and where their gradients go."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.generative.bmsh import BMSH, BernoulliComponents, SupervisedBMSH
from hashbench_methods.generative.gmsh import GMSH, SupervisedGMSH
from hashbench_methods.generative.nash import NASH, SupervisedNASH
from hashbench_methods.generative.vdsh import VDSH, PrivateVDSH, SupervisedVDSH, log_variance
from scipy.sparse import csr_array
from scipy.special import expit, log_softmax, softmax

from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Step

N, WORDS, BITS = 5, 12, 3
PLAIN = {"n_layers": 0, "word_dropout": 0.0, "code_std": None, "decoder_std": 1.0}
PLAIN |= {"kl_weight": 0.7, "kl_warmup_docs": 0, "code_dropout": 0.0}
NOISY = {"kl_warmup_docs": 0, "hidden": 9, "n_layers": 2, "dropout": 0.3, "word_dropout": 0.2}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def documents():
    rng = np.random.default_rng(0)
    X = rng.uniform(0.2, 1, (N, WORDS)) * (rng.random((N, WORDS)) < 0.5)
    X[:, 0] = 0.5
    return X.astype(np.float32)


def data():
    classes = np.array([0, 1, 1, 2, 0])
    return TrainingData(csr_array(documents()), csr_array(classes[:, None] == np.arange(3)))


def built(hasher):
    """Give a hasher its modules, with random values in what starts at zero."""
    hasher._build(data(), generator())
    for seed, parameter in enumerate(p for m in hasher._modules().values() for p in m.parameters()):
        if parameter.requires_grad:
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator(seed))
    return hasher


def terms(hasher, seed=7, seen=0):
    return hasher._loss(data()[np.arange(N)], Step(seen, generator(seed)))


def total(hasher, seed=7):
    return torch.stack([term.weight * term.values.mean() for term in terms(hasher, seed).values()]).sum()


def gradients(hasher, seed=7):
    modules = torch.nn.ModuleDict(hasher._modules())
    modules.zero_grad()
    total(hasher, seed).backward()
    return {name: p.grad.clone() for name, p in modules.named_parameters() if p.grad is not None}


def arrays(hasher):
    named = torch.nn.ModuleDict(hasher._modules()).named_parameters()
    return {name: value.detach().numpy().astype(np.float64) for name, value in named}


def heads_by_hand(w, X):
    return lambda name: X @ w[f"encoder_.heads.{name}.weight"] + w[f"encoder_.heads.{name}.bias"]


def reconstruction_by_hand(w, z, target):
    D = w["decoder_.weight"]
    E = D / np.linalg.norm(D, axis=0) * np.exp(w["decoder_.log_norm"])
    return -(target * log_softmax(z @ E.T + w["decoder_.bias"], axis=1)).sum(axis=1)


def scaled(X):
    powers = X**1.5
    return powers * (X > 0).sum(axis=1, keepdims=True) / powers.sum(axis=1, keepdims=True)


def bernoulli_kl_by_hand(alpha, gamma):
    return (alpha * np.log(alpha / gamma) + (1 - alpha) * np.log((1 - alpha) / (1 - gamma))).sum(axis=-1)


def gaussian_kl_by_hand(mean, variance, prior_mean, prior_variance):
    ratio = (variance + (mean - prior_mean) ** 2) / prior_variance
    return 0.5 * (np.log(prior_variance / variance) + ratio - 1).sum(axis=-1)


def check_terms(hasher, **expected):
    found = terms(hasher)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name].values.detach(), values, rtol=2e-4, atol=2e-4)


def test_vdsh_by_hand():
    hasher = built(VDSH(BITS, **PLAIN))
    w, X = arrays(hasher), documents().astype(np.float64)
    head = heads_by_hand(w, X)
    mean, variance = head("mean"), np.exp(expit(head("variance")))
    z = mean + np.sqrt(variance) * torch.randn(N, BITS, generator=generator(7)).numpy()
    check_terms(
        hasher,
        reconstruction=reconstruction_by_hand(w, z, scaled(X)),
        kl=gaussian_kl_by_hand(mean, variance, 0.0, 1.0),
    )
    assert terms(hasher)["kl"].weight == 0.7


def test_gmsh_by_hand():
    hasher = built(GMSH(BITS, **PLAIN, n_components=4, target="binary"))
    w, X = arrays(hasher), documents().astype(np.float64)
    head = heads_by_hand(w, X)
    mean, variance = head("mean"), np.exp(expit(head("variance")))
    pi, beta = softmax(w["prior_.scores"]), softmax(head("component"), axis=1)
    prior = w["prior_.means"], np.exp(w["prior_.free_log_variances"])
    kl = (beta * np.log(beta / pi)).sum(axis=1)
    for c in range(4):
        kl += beta[:, c] * gaussian_kl_by_hand(mean, variance, prior[0][c], prior[1][c])
    z = mean + np.sqrt(variance) * torch.randn(N, BITS, generator=generator(7)).numpy()
    check_terms(hasher, reconstruction=reconstruction_by_hand(w, z, X > 0), kl=kl)


def test_nash_by_hand():
    hasher = built(NASH(BITS, **PLAIN, sampling="stochastic", noise="data", target="values"))
    w, X = arrays(hasher), documents().astype(np.float64)
    alpha = expit(heads_by_hand(w, X)("logits"))
    draws = generator(7)
    bits = alpha > torch.empty(N, BITS).uniform_(generator=draws).numpy()
    u = alpha @ w["noise_.log_variance.0.weight"] + w["noise_.log_variance.0.bias"]
    z = bits + np.exp(u / 2) * torch.randn(N, BITS, generator=draws).numpy()
    check_terms(hasher, reconstruction=reconstruction_by_hand(w, z, X), kl=bernoulli_kl_by_hand(alpha, 0.5))


def test_first_step_of_nash_by_hand():
    """The gradient of the encoder: straight through the bits, plus that of the divergence."""
    hasher = built(NASH(BITS, **PLAIN, sampling="deterministic", ste_scale=0.5, equal_norms=False))
    w, X = arrays(hasher), documents().astype(np.float64)
    logits = heads_by_hand(w, X)("logits")
    alpha, bits, target = expit(logits), logits > 0, scaled(X)
    E, b = w["decoder_.weight"], w["decoder_.bias"]
    of_words = (target.sum(axis=1, keepdims=True) * softmax(bits @ E.T + b, axis=1) - target) / N
    slope = alpha * (1 - alpha)
    of_logits = 0.5 * (of_words @ E) * slope + 0.7 * slope * logits / N
    found = gradients(hasher)
    np.testing.assert_allclose(found["encoder_.heads.logits.weight"], X.T @ of_logits, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found["encoder_.heads.logits.bias"], of_logits.sum(0), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found["decoder_.weight"], of_words.T @ bits, rtol=1e-3, atol=1e-5)


def test_code_dropout_by_hand():
    hasher = built(NASH(BITS, **PLAIN | {"code_dropout": 0.4}, sampling="deterministic"))
    w, X = arrays(hasher), documents().astype(np.float64)
    bits = heads_by_hand(w, X)("logits") > 0
    kept = torch.empty(N, BITS).bernoulli_(0.6, generator=generator(7)).numpy()
    assert 0 < kept.sum() < kept.size
    check_terms(hasher, reconstruction=reconstruction_by_hand(w, bits * kept / 0.6, scaled(X)))


def test_bmsh_by_hand():
    hasher = built(BMSH(BITS, **PLAIN, n_components=4, noise="none", sampling="deterministic"))
    w, X = arrays(hasher), documents().astype(np.float64)
    head = heads_by_hand(w, X)
    alpha, gamma = expit(head("logits")), expit(w["prior_.free_logits"])
    pi, beta = softmax(w["prior_.scores"]), softmax(head("component"), axis=1)
    kl = (beta * np.log(beta / pi)).sum(axis=1)
    kl += (beta * bernoulli_kl_by_hand(alpha[:, None], gamma)).sum(axis=1)
    check_terms(hasher, reconstruction=reconstruction_by_hand(w, alpha > 0.5, scaled(X)), kl=kl)


def test_label_loss_by_hand():
    hasher = built(SupervisedVDSH(BITS, **PLAIN, label_weight=3.0))
    w, X = arrays(hasher), documents().astype(np.float64)
    head = heads_by_hand(w, X)
    deviation = np.sqrt(np.exp(expit(head("variance"))))
    z = head("mean") + deviation * torch.randn(N, BITS, generator=generator(7)).numpy()
    scores = z @ w["classifier_.layers.0.weight"] + w["classifier_.layers.0.bias"]
    check_terms(hasher, labels=-log_softmax(scores, axis=1)[np.arange(N), [0, 1, 1, 2, 0]])
    assert terms(hasher)["labels"].weight == 3.0


def test_private_vector_by_hand():
    hasher = built(PrivateVDSH(BITS, **PLAIN))
    w, X = arrays(hasher), documents().astype(np.float64)
    head, draws = heads_by_hand(w, X), generator(7)
    private = heads_by_hand(
        {k.replace("private_encoder_", "encoder_", 1): v for k, v in w.items() if "private_encoder_" in k}, X
    )
    latent, kl = 0, 0
    for mean, u in (
        (head("mean"), head("variance")),
        (private("private_mean"), private("private_variance")),
    ):
        variance = np.exp(expit(u))
        latent = latent + mean + np.sqrt(variance) * torch.randn(N, BITS, generator=draws).numpy()
        kl = kl + gaussian_kl_by_hand(mean, variance, 0.0, 1.0)
    check_terms(hasher, reconstruction=reconstruction_by_hand(w, latent, scaled(X)), kl=kl)


def weights_from(one, other):
    for name, module in one._modules().items():
        module.load_state_dict(other._modules()[name].state_dict(), strict=False)


def test_gmsh_with_one_standard_component_is_vdsh():
    vdsh, gmsh = built(VDSH(BITS, **NOISY)), built(GMSH(BITS, **NOISY, n_components=1))
    weights_from(vdsh, gmsh)
    gmsh.prior_.means.data.zero_()
    gmsh.prior_.free_log_variances.data.zero_()
    for seed in range(3):
        for term, same in zip(terms(vdsh, seed).values(), terms(gmsh, seed).values(), strict=True):
            torch.testing.assert_close(term.values, same.values)


def test_bmsh_with_one_fair_component_is_nash():
    nash = built(NASH(BITS, **NOISY, noise="data", sampling="stochastic"))
    bmsh = built(BMSH(BITS, **NOISY, noise="data", n_components=1, sampling="stochastic"))
    weights_from(nash, bmsh)
    bmsh.prior_.free_logits.data.zero_()
    for seed in range(3):
        for term, same in zip(terms(nash, seed).values(), terms(bmsh, seed).values(), strict=True):
            torch.testing.assert_close(term.values, same.values)


@pytest.mark.parametrize("hasher", [GMSH(BITS, **PLAIN, n_components=3), BMSH(BITS, **PLAIN, n_components=3)])
def test_order_of_the_components_does_not_matter(hasher):
    built(hasher)
    before, order = gradients(hasher), [2, 0, 1]
    loss = total(hasher)
    head = hasher.encoder_.heads["component"]
    for values in (*hasher.prior_.parameters(), head.bias):
        values.data = values.data[order]
    head.weight.data = head.weight.data[:, order]
    torch.testing.assert_close(total(hasher), loss)
    after = gradients(hasher)
    for name in before:
        permuted = before[name]
        if name.startswith("prior_") or name.endswith("component.bias"):
            permuted = permuted[order]
        elif name.endswith("component.weight"):
            permuted = permuted[:, order]
        torch.testing.assert_close(after[name], permuted)


@pytest.mark.parametrize("share_trunk", [True, False])
@pytest.mark.parametrize("method", [GMSH, BMSH])
def test_gradient_reaches_all_of_a_mixture(method, share_trunk):
    options = {**NOISY, "n_components": 3, "code_std": None}
    found = gradients(built(method(BITS, **options, share_trunk=share_trunk)))
    assert all(gradient.abs().sum() > 0 for gradient in found.values())
    heads = "encoder_.heads" if share_trunk else "component_encoder_.heads"
    assert {f"{heads}.component.weight", "prior_.scores", "encoder_.layers.0.weight"} <= set(found)


@pytest.mark.parametrize("method", [GMSH, BMSH])
def test_analytic_posterior_of_the_components_needs_no_head_and_costs_no_more(method):
    network = built(method(BITS, **PLAIN, n_components=3))
    analytic = built(method(BITS, **PLAIN, n_components=3, posterior_c="analytic"))
    weights_from(analytic, network)
    assert "component" not in analytic.encoder_.heads
    for part in ("mean", "variance") if method is GMSH else ("logits",):
        analytic.encoder_.heads[part].load_state_dict(network.encoder_.heads[part].state_dict())
    assert (terms(analytic)["kl"].values <= terms(network)["kl"].values + 1e-6).all()


def test_mixing_weights_may_stay_fixed():
    assert "prior_.scores" not in gradients(built(BMSH(BITS, **PLAIN, learn_shares=False)))


def test_half_the_straight_through_gradient_is_twice_the_divergence():
    options = {**PLAIN, "n_layers": 1, "dropout": 0.0, "sampling": "stochastic"}
    half = built(NASH(BITS, **{**options, "kl_weight": 0.4}, ste_scale=0.5))
    full = built(NASH(BITS, **{**options, "kl_weight": 0.8}))
    weights_from(half, full)
    one, other = gradients(half), gradients(full)
    for name in one:
        if name.startswith("encoder_"):
            torch.testing.assert_close(2 * one[name], other[name])


@pytest.mark.parametrize(
    "method", [SupervisedVDSH, SupervisedNASH, SupervisedGMSH, SupervisedBMSH, PrivateVDSH]
)
def test_labels_act_through_the_latent_code(method):
    hasher = built(method(BITS, **NOISY))
    labels = terms(hasher)["labels"].values.sum()
    modules = torch.nn.ModuleDict(hasher._modules())
    modules.zero_grad()
    labels.backward()
    touched = {name.split(".")[0] for name, p in modules.named_parameters() if p.grad is not None}
    assert touched == {"encoder_", "classifier_"}
    if method in (SupervisedGMSH, SupervisedBMSH):
        assert hasher.encoder_.heads["component"].weight.grad is None


def test_labels_are_predicted_from_bits_before_the_noise():
    loud = built(SupervisedNASH(BITS, **PLAIN, noise="fixed", noise_std=50.0))
    quiet = built(SupervisedNASH(BITS, **PLAIN, noise="none"))
    weights_from(quiet, loud)
    torch.testing.assert_close(terms(quiet)["labels"].values, terms(loud)["labels"].values)


def test_weights_rise_in_documents():
    hasher = built(
        SupervisedBMSH(BITS, kl_weight=0.4, kl_warmup_docs=100, label_weight=2.0, label_warmup_docs=50)
    )
    weights = [
        {name: term.weight for name, term in terms(hasher, seen=seen).items()} for seen in (0, 25, 100)
    ]
    assert [w["kl"] for w in weights] == pytest.approx([0, 0.1, 0.4])
    assert [w["labels"] for w in weights] == pytest.approx([0, 1.0, 2.0])
    assert {w["reconstruction"] for w in weights} == {1.0}


def test_bits_are_deterministic_while_sampling_warms_up():
    hasher = built(NASH(BITS, **PLAIN, sampling="stochastic", sampling_warmup_docs=100))
    losses = [[terms(hasher, seed, seen)["reconstruction"].values for seed in (1, 2)] for seen in (99, 100)]
    assert torch.equal(*losses[0])
    assert not torch.equal(*losses[1])


def test_probabilities_of_bits_stay_inside_under_heavy_training():
    components = BernoulliComponents(4, 6, learn_shares=True, generator=generator())
    optimiser = torch.optim.Adam(components.parameters(), lr=0.1)
    for _ in range(1000):
        optimiser.zero_grad()
        components.logits().sigmoid().sum().backward()
        optimiser.step()
    gamma = components.logits().sigmoid()
    assert ((gamma > 0) & (gamma < 1)).all()
    torch.testing.assert_close(components.log_pi().exp().sum(), torch.tensor(1.0))


@pytest.mark.parametrize("kind", ["sigmoid", "linear", "softplus"])
def test_variances_are_finite_for_any_output(kind):
    outputs = np.array([-300.0, -3.0, 0.0, 3.0, 300.0])
    values = log_variance(torch.tensor(outputs), kind)
    assert torch.isfinite(values).all()
    expected = {
        "sigmoid": expit(outputs),
        "linear": np.clip(outputs, -8, 4),
        "softplus": 2 * np.log(np.maximum(np.logaddexp(0, outputs), 1e-4)),
    }
    np.testing.assert_allclose(values, expected[kind], rtol=1e-5)
