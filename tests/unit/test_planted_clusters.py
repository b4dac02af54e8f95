"""Methods with networks find planted clusters without labels, at every length and without a collapse."""

from __future__ import annotations

import numpy as np
import pytest
from hashbench_methods.adversarial.hashbench_plugin import hashbench_hashers as adversarial
from hashbench_methods.bernoulli.hashbench_plugin import hashbench_hashers as bernoulli
from hashbench_methods.neighbourhood.hashbench_plugin import hashbench_hashers as neighbourhood
from sklearn.decomposition import TruncatedSVD

from hashbench import Codes, evaluate
from hashbench.hashing.nearest import cosine_neighbours
from hashbench.testing.toy_corpus import planted_corpus

SPECS = {spec.name: spec for family in (adversarial, bernoulli, neighbourhood) for spec in family()}
CORPUS = planted_corpus()
NEIGHBOURS = cosine_neighbours(CORPUS.X)
DENSE = TruncatedSVD(30, random_state=0).fit_transform(CORPUS.X).astype(np.float32)
NARROW = DENSE + 2 * np.linalg.norm(DENSE, axis=1).mean() * np.eye(30, dtype=np.float32)[0]
"""Vectors that all point in nearly the same direction."""
FORMS = {"words": CORPUS.X, "vectors": DENSE, "narrow vectors": NARROW}


def fitted(name, X, n_bits):
    spec = SPECS[name]
    params = {**spec.recipes["default"].params_for("", n_bits), **spec.check_params}
    inputs = {"neighbours": NEIGHBOURS} if spec.inputs else {}
    return spec.load()(n_bits=n_bits, random_state=0, **params).fit(X, **inputs)


@pytest.mark.parametrize("n_bits", [16, 128])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SPECS)
def test_it_finds_planted_clusters(name, form, n_bits):
    X = FORMS[form]
    codes = fitted(name, X, n_bits).transform(X)
    packed = Codes.pack(codes)
    precision = evaluate(packed, packed, CORPUS.clusters, CORPUS.clusters, (50,)).expected[50]
    assert precision > 0.7
    assert len(np.unique(codes, axis=0)) > 8
    assert ((codes.mean(axis=0) > 0.02) & (codes.mean(axis=0) < 0.98)).mean() > 0.7
