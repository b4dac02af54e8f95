"""Losses of the generative hashers: of hand-made outputs of the encoder, against each other; gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hashbench_methods.generative.bmsh import BMSH
from hashbench_methods.generative.gmsh import GMSH
from hashbench_methods.generative.nash import NASH
from hashbench_methods.generative.vdsh import VDSH, log_variance
from scipy.sparse import csr_array
from scipy.special import expit
from torch.distributions import Bernoulli, Categorical, Independent, Normal, kl_divergence

from hashbench.hashing.nn.batches import TrainingData
from hashbench.hashing.nn.trainer import Step

N, WORDS, BITS, K = 5, 12, 3, 4
PLAIN = {"n_layers": 0, "word_dropout": 0.0, "code_std": None, "decoder_std": 1.0, "equal_norms": False}
PLAIN |= {"kl_weight": 0.7, "kl_warmup_docs": 0, "code_dropout": 0.0}
NOISY = {"kl_warmup_docs": 0, "hidden": 9, "n_layers": 2, "dropout": 0.3, "word_dropout": 0.2}
LABELS = torch.tensor([0, 1, 1, 2, 0])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=generator(seed))


def documents():
    rng = np.random.default_rng(0)
    X = rng.uniform(0.2, 1, (N, WORDS)) * (rng.random((N, WORDS)) < 0.5)
    X[:, 0] = 0.5
    return X.astype(np.float32)


X = torch.from_numpy(documents())


def data():
    return TrainingData(csr_array(documents()), csr_array(LABELS.numpy()[:, None] == np.arange(3)))


def built(hasher):
    """Give a hasher its modules, with random values in what starts at zero."""
    hasher._build(data(), generator())
    for seed, parameter in enumerate(p for m in hasher._modules().values() for p in m.parameters()):
        parameter.data += 0.3 * normal(*parameter.shape, seed=seed)
    return hasher


def given(hasher, **heads):
    """Build a hasher whose encoder gives these outputs for every batch."""
    built(hasher)._encode = lambda documents, generator=None: dict(heads)
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


def likelihood(hasher, z, target):
    """Return ``sum_w t_w ln p(w | z)``, with the words of a document as draws from a categorical."""
    E, b = hasher.decoder_.weight, hasher.decoder_.bias
    words = Categorical(logits=z @ E.T + b)
    log_p = torch.stack([words.log_prob(torch.full((N,), w)) for w in range(WORDS)], dim=1)
    return (target * log_p).sum(dim=1)


def scaled():
    powers = X**1.5
    return powers * (X > 0).sum(dim=1, keepdim=True) / powers.sum(dim=1, keepdim=True)


def gaussian(mean, log_variance):
    return Independent(Normal(mean, (log_variance / 2).exp()), 1)


def bernoulli(logits):
    return Independent(Bernoulli(logits=logits.expand(N, BITS)), 1)


def mixture_kl(q_z, q_c, prior, component):
    """Return ``KL(q(c) || p(c)) + sum_c q(c) KL(q(z) || p(z | c))`` with a loop over the components."""
    kl = kl_divergence(q_c, Categorical(logits=prior.scores.expand(N, K)))
    return kl + sum(q_c.probs[:, c] * kl_divergence(q_z, component(c)) for c in range(K))


def check_terms(hasher, **expected):
    found = terms(hasher)
    assert set(found) == set(expected)
    for name, values in expected.items():
        torch.testing.assert_close(found[name].values, values, rtol=2e-4, atol=2e-4)


def test_loss_of_vdsh():
    mean, u = normal(N, BITS), normal(N, BITS, seed=1)
    hasher = given(VDSH(BITS, **PLAIN), mean=mean, variance=u)
    q, z = gaussian(mean, u.sigmoid()), mean + (u.sigmoid() / 2).exp() * normal(N, BITS, seed=7)
    kl = kl_divergence(q, gaussian(torch.zeros(BITS), torch.zeros(BITS)))
    check_terms(hasher, reconstruction=-likelihood(hasher, z, scaled()), kl=kl)
    assert terms(hasher)["kl"].weight == 0.7


def test_loss_of_vdsh_with_labels_and_a_private_vector():
    heads = {
        name: normal(N, BITS, seed=seed)
        for seed, name in enumerate(("mean", "variance", "private_mean", "private_variance"))
    }
    options = {"supervised": True, "private": True, "classifier_hidden": 0, "label_weight": 3.0}
    hasher = given(VDSH(BITS, **PLAIN, **options), **heads)
    draws, samples, kl = generator(7), [], 0
    for name in ("", "private_"):
        mean, variance = heads[f"{name}mean"], heads[f"{name}variance"].sigmoid()
        samples.append(mean + (variance / 2).exp() * torch.randn(N, BITS, generator=draws))
        kl = kl + kl_divergence(gaussian(mean, variance), gaussian(torch.zeros(BITS), torch.zeros(BITS)))
    z, v = samples
    (classifier,) = hasher.classifier_.layers
    labels = -Categorical(logits=z @ classifier.weight + classifier.bias).log_prob(LABELS)
    check_terms(hasher, reconstruction=-likelihood(hasher, z + v, scaled()), kl=kl, labels=labels)
    assert terms(hasher)["labels"].weight == 3.0


def test_loss_of_gmsh():
    mean, u, h = normal(N, BITS), normal(N, BITS, seed=1), normal(N, K, seed=2)
    options = {"n_components": K, "target": "binary"}
    hasher = given(GMSH(BITS, **PLAIN, **options), mean=mean, variance=u, component=h)
    prior, log_variance = hasher.prior_, u.sigmoid()
    kl = mixture_kl(
        gaussian(mean, log_variance),
        Categorical(logits=h),
        prior,
        lambda c: gaussian(prior.means[c], prior.free_log_variances[c]),
    )
    z = mean + (log_variance / 2).exp() * normal(N, BITS, seed=7)
    check_terms(hasher, reconstruction=-likelihood(hasher, z, (X > 0).float()), kl=kl)


def test_loss_of_nash_with_noise_from_the_trunk():
    a, noise = normal(N, BITS), normal(N, BITS, seed=1)
    options = {"sampling": "stochastic", "noise": "trunk", "target": "values"}
    hasher = given(NASH(BITS, **PLAIN, **options), logits=a, noise=noise)
    draws = generator(7)
    bits = (a.sigmoid() > torch.rand(N, BITS, generator=draws)).float()
    z = bits + (noise / 2).exp() * torch.randn(N, BITS, generator=draws)
    kl = kl_divergence(bernoulli(a), bernoulli(torch.zeros(BITS)))
    check_terms(hasher, reconstruction=-likelihood(hasher, z, X), kl=kl)


def test_divergence_of_nash_from_a_learnt_prior():
    a = normal(N, BITS)
    hasher = given(NASH(BITS, **PLAIN, learn_prior=True), logits=a)
    gamma = hasher.prior_.free_logits[0]
    assert gamma.abs().min() > 0
    torch.testing.assert_close(terms(hasher)["kl"].values, kl_divergence(bernoulli(a), bernoulli(gamma)))
    assert gradients(hasher)["prior_.free_logits"].abs().min() > 0


def test_gradient_of_nash_is_straight_through_the_bits_plus_that_of_the_divergence():
    a = normal(N, BITS).requires_grad_()
    hasher = given(NASH(BITS, **PLAIN, ste_scale=0.5), logits=a)
    total(hasher).backward()
    bits = (a > 0).float().requires_grad_()
    (of_bits,) = torch.autograd.grad(-likelihood(hasher, bits, scaled()).mean(), bits)
    slope = a.sigmoid() * (1 - a.sigmoid())
    torch.testing.assert_close(a.grad, slope * (0.5 * of_bits + 0.7 * a / N), rtol=1e-3, atol=1e-5)


def test_code_dropout_acts_on_what_is_decoded():
    a = normal(N, BITS)
    hasher = given(NASH(BITS, **PLAIN | {"code_dropout": 0.4}), logits=a)
    kept = torch.empty(N, BITS).bernoulli_(0.6, generator=generator(7))
    assert 0 < kept.sum() < kept.numel()
    z = (a > 0) * kept / 0.6
    torch.testing.assert_close(
        terms(hasher)["reconstruction"].values, -likelihood(hasher, z, scaled()), rtol=2e-4, atol=2e-4
    )


def test_loss_of_bmsh():
    g, h = normal(N, BITS), normal(N, K, seed=2)
    hasher = given(BMSH(BITS, **PLAIN, n_components=K), logits=g, component=h)
    prior = hasher.prior_
    kl = mixture_kl(bernoulli(g), Categorical(logits=h), prior, lambda c: bernoulli(prior.free_logits[c]))
    check_terms(hasher, reconstruction=-likelihood(hasher, (g > 0).float(), scaled()), kl=kl)


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


@pytest.mark.parametrize("method", [NASH, BMSH])
def test_noise_from_the_trunk_starts_at_one_half_and_is_learnt(method):
    hasher = method(BITS, **NOISY, noise="trunk")
    hasher._build(data(), generator())
    heads = hasher._encode(data()[np.arange(N)].documents)
    scale = hasher.noise_.scale(heads["logits"], heads["noise"])
    torch.testing.assert_close(scale, torch.full((N, BITS), 0.5), rtol=1e-4, atol=0)
    assert gradients(built(hasher))["encoder_.heads.noise.weight"].abs().sum() > 0


@pytest.mark.parametrize("method", [GMSH, BMSH])
def test_analytic_posterior_of_the_components_needs_no_head_and_costs_no_more(method):
    network = built(method(BITS, **PLAIN, n_components=3))
    analytic = built(method(BITS, **PLAIN, n_components=3, posterior_c="analytic"))
    weights_from(analytic, network)
    assert "component" not in analytic.encoder_.heads
    for part in ("mean", "variance") if method is GMSH else ("logits",):
        analytic.encoder_.heads[part].load_state_dict(network.encoder_.heads[part].state_dict())
    assert (terms(analytic)["kl"].values <= terms(network)["kl"].values + 1e-6).all()


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
    ("method", "options"), [(VDSH, {}), (VDSH, {"private": True}), (NASH, {}), (GMSH, {}), (BMSH, {})]
)
def test_labels_act_through_the_latent_code(method, options):
    hasher = built(method(BITS, **NOISY, **options, supervised=True))
    labels = terms(hasher)["labels"].values.sum()
    modules = torch.nn.ModuleDict(hasher._modules())
    modules.zero_grad()
    labels.backward()
    touched = {name.split(".")[0] for name, p in modules.named_parameters() if p.grad is not None}
    assert touched == {"encoder_", "classifier_"}
    if method in (GMSH, BMSH):
        assert hasher.encoder_.heads["component"].weight.grad is None


def test_labels_are_predicted_from_bits_before_the_noise():
    loud = built(NASH(BITS, **PLAIN, supervised=True, noise="fixed", noise_std=50.0))
    quiet = built(NASH(BITS, **PLAIN, supervised=True, noise="none"))
    weights_from(quiet, loud)
    torch.testing.assert_close(terms(quiet)["labels"].values, terms(loud)["labels"].values)


def test_weights_rise_in_documents():
    options = {"kl_weight": 0.4, "kl_warmup_docs": 100, "label_weight": 2.0, "label_warmup_docs": 50}
    hasher = built(BMSH(BITS, supervised=True, **options))
    weights = [
        {name: term.weight for name, term in terms(hasher, seen=seen).items()} for seen in (0, 25, 100)
    ]
    assert [w["kl"] for w in weights] == pytest.approx([0, 0.1, 0.4])
    assert [w["labels"] for w in weights] == pytest.approx([0, 1.0, 2.0])
    assert {w["reconstruction"] for w in weights} == {1.0}


def seen_by_encoders(hasher):
    """Return the values of a batch that each encoder is given."""
    seen = {}
    built(hasher)
    for name in ("encoder_", "component_encoder_"):
        getattr(hasher, name).register_forward_pre_hook(
            lambda module, arguments, name=name: seen.update({name: arguments[0].to_dense()})
        )
    terms(hasher)
    return seen


@pytest.mark.parametrize("encoder_input", ["values", "binary"])
def test_the_encoder_of_the_code_may_see_which_terms_occur_and_nothing_more(encoder_input):
    seen = seen_by_encoders(BMSH(BITS, **PLAIN, share_trunk=False, encoder_input=encoder_input))
    expected = (X > 0).float() if encoder_input == "binary" else X
    torch.testing.assert_close(seen["encoder_"], expected)
    torch.testing.assert_close(seen["component_encoder_"], X)


def test_the_initial_weights_of_encoder_and_decoder_are_as_asked():
    start = {"encoder_range": 0.001, "decoder_bias": "zero"}
    drawn, asked = (VDSH(BITS, start="random", **NOISY, **options) for options in ({}, start))
    for hasher in (drawn, asked):
        hasher._build(data(), generator())
    shares = (X > 0).float().mean(dim=0)
    torch.testing.assert_close(drawn.decoder_.bias.detach(), (shares + 1e-6).log())
    assert (asked.decoder_.bias == 0).all()
    for layer in (*asked.encoder_.layers, *asked.encoder_.heads.values()):
        assert 0.0005 < layer.weight.abs().max() <= 0.001
        assert (layer.bias == 0).all()
    assert drawn.encoder_.layers[0].weight.abs().max() > 0.1


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
