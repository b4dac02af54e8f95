"""The contract of a hasher, over every registered one: the public suite, and memory."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
import sklearn
from scipy.sparse import random_array

from hashbench.code_digest import reached_modules
from hashbench.registry import OWN_DISTRIBUTION, registry
from hashbench.testing import Subject, checks_of, parametrize_with_checks
from hashbench.testing.toy_corpus import PlantedCorpus
from tests.unit.wrong_hashers import PlainHyperplanes

ESTIMATOR_CHECKS = 46
"""Of scikit-learn 1.9.1; one more runs on hashers that need labels, and one on those of values from 0 on."""
METHODS = {
    component.name: component.spec
    for component in registry().components("method")
    if component.plugin.distribution == OWN_DISTRIBUTION
}


def is_neural(name):
    """Return whether the code of a method reaches the layers and the trainer of neural methods."""
    return any(module.startswith("hashbench.hashing.nn") for module in reached_modules(METHODS[name].target))


NEURAL = [name for name in METHODS if is_neural(name)]
NOT_NEURAL = [name for name in METHODS if name not in NEURAL]
SHORT_VECTORS = {"pq": {"n_components": 8}, "opq": {"n_components": 8}, "rabitq": {"n_bits": 80}}
"""These hold words x dimensions of the vectors, which are more than the bits of a document."""


@parametrize_with_checks([*NOT_NEURAL, PlainHyperplanes()])
def test_conformance(hasher, check):
    check(hasher)


@pytest.mark.slow
@parametrize_with_checks(NEURAL)
def test_conformance_of_neural_methods(hasher, check):
    check(hasher)


@pytest.mark.parametrize(
    "name", [name for name, spec in METHODS.items() if not spec.ranker and not spec.row_layout]
)
def test_no_estimator_check_is_left_out(name):
    collected = sum(check.origin == "scikit-learn" for check in checks_of(name))
    tags = Subject.of(name).estimator.__sklearn_tags__()
    if sklearn.__version__ == "1.9.1":
        further = tags.target_tags.required + tags.input_tags.positive_only
        assert collected == ESTIMATOR_CHECKS + further
    else:
        assert collected >= 40


@pytest.mark.parametrize("name", METHODS)
def test_memory_is_far_below_documents_times_words(name):
    """Two million words with few of them used need no documents x words array, not even of bytes."""
    if name in NEURAL:
        pytest.skip("a neural method holds words x hidden units")
    shape = (600, 2_000_000)
    X = random_array(shape, density=2e-5, format="csr", dtype=np.float32, rng=np.random.default_rng(0))
    corpus = PlantedCorpus(X, X, np.arange(shape[0]) % 4)
    subject = Subject.of(name)
    hasher = subject.new(n_bits=8).set_params(**SHORT_VECTORS.get(name, {}))
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            codes = subject.encode_in_place(subject.fit(hasher, corpus), X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert codes.shape[0] == shape[0]
    assert peak < shape[0] * shape[1]
