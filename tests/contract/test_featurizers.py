"""The contract of a featurizer, over every registered one, on made-up documents."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pickle
import random
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array, issparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import Split, SplitRecipe
from hashbench.errors import HashbenchError
from hashbench.experiment.environment import limited_threads
from hashbench.features.build import build_features, key_of_features
from hashbench.features.extra_inputs import COMPUTED, available_inputs
from hashbench.features.featurizers import FEATURIZERS
from hashbench.ranges import declared_ranges
from tests.unit.checkpoints import WORDS, write_checkpoint

SPECS = {spec.name: spec for spec in FEATURIZERS}
OPTIONAL = dict.fromkeys(("sentence", "simcse", "tokens"), "transformers")
SMALL = {
    "lsa": {"n_components": 6},
    "lda": {"n_topics": 4, "passes": 10},
    "doc2vec": {"vector_size": 8, "epochs": 5},
    "simcse": {"batch_size": 40, "max_length": 12},
    "tokens": {"max_length": 12},
}
ROUNDING = dict.fromkeys(OPTIONAL, 1e-5)
NOT_DECLARED = {"model", "device"}
"""Parameters of which only loading and running can tell whether they are right."""
OUT_OF_RANGE = {
    "max_features": [0, -1, 2.5, "all"],
    "min_df": [0, 0.1, None],
    "max_df": [0.0, -0.1, 1.5, float("nan"), None],
    "stop_words": ["german", True],
    "sublinear_tf": ["yes", 1, None],
    "power": [0, -1.0, float("inf"), None],
    "k1": [-0.1, None],
    "b": [-0.1, 1.1],
    "n_components": [0, 2.5],
    "norm": [0.0, -1],
    "whiten": [0, None],
    "seed": [-1, 2**32, 0.5, None],
    "n_topics": [0],
    "passes": [0],
    "iterations": [0],
    "vector_size": [0],
    "algorithm": ["cbow", None],
    "epochs": [0],
    "min_count": [0],
    "window": [0],
    "pooling": ["max", "Mean"],
    "max_length": [0, 12.5],
    "batch_size": [0, None],
    "view_dropout": [0.0, 1.0],
    "dropout": [0.0, 1, None],
    "learning_rate": [-1e-5],
    "temperature": [0.0],
}
N_TRAIN, N_OTHER = 80, 20
EMPTY = {"text": ["", " \n"], "counts": csr_array((2, 60)), "vectors": csr_array((2, 60))}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with limited_threads(1):
        yield


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    return str(write_checkpoint(tmp_path_factory.mktemp("checkpoint")))


@pytest.fixture(params=SPECS)
def name(request):
    if (package := OPTIONAL.get(request.param)) and importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: pip install 'hashbench[sentence]'")
    return request.param


@pytest.fixture
def params(name, request):
    return parameters(name, request.getfixturevalue("checkpoint") if name in OPTIONAL else "")


def parameters(name, checkpoint):
    return SMALL.get(name, {}) | ({"model": checkpoint} if name in OPTIONAL else {})


@cache
def made_up_texts(seed, n=N_TRAIN + N_OTHER):
    """Return texts of 5 to 40 words, the first words of the vocabulary more often than the last."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(5, len(WORDS) + 5)
    lengths = rng.integers(5, 40, size=n)
    return [" ".join(rng.choice(WORDS, size=length, p=shares / shares.sum())) for length in lengths]


def documents_of(form, texts):
    if form == "text":
        return texts
    counts = csr_array(CountVectorizer(vocabulary=WORDS).transform(texts))
    return counts if form == "counts" else counts * np.float32(0.25)


def corpus_of(form, texts):
    n = len(texts)
    field = {"text": "texts"}.get(form, form)
    labels = indicator(np.zeros(n, dtype=np.int64), 1)
    return Corpus("made-up", labels, ("one",), **{field: documents_of(form, texts)})


def split_of(n_train, n):
    rows = np.arange(n)
    middle = (n_train + n) // 2
    recipe = SplitRecipe("random", (0.8, 0.1, 0.1))
    return Split(rows[:n_train], rows[n_train:middle], rows[middle:], recipe)


def take(documents, rows):
    return documents[rows] if issparse(documents) else [documents[row] for row in rows]


def dense(matrix):
    return matrix.toarray() if issparse(matrix) else np.asarray(matrix)


def features_of(name, params, form, texts):
    split = split_of(N_TRAIN, len(texts))
    return build_features(corpus_of(form, texts), split, SPECS[name], params, distribution="1")


def fit(name, params, form):
    documents = documents_of(form, made_up_texts(0))
    return SPECS[name].load()(**params).fit(take(documents, range(N_TRAIN))), documents


@cache
def fitted_once(name, params, form):
    return fit(name, json.loads(params), form)


def fitted(name, params, form=None):
    """Return a featurizer, fitted on the training documents and shared between tests, and all documents."""
    return fitted_once(name, json.dumps(params), form or SPECS[name].accepts[0])


def test_vectors_are_finite_float32_of_one_width_and_never_change(name, params):
    for form in SPECS[name].accepts:
        featurizer, documents = fitted(name, params, form)
        vectors = featurizer.transform(documents)
        assert isinstance(vectors, csr_array | np.ndarray)
        assert vectors.dtype == np.float32
        assert vectors.shape[0] == N_TRAIN + N_OTHER
        assert np.isfinite(dense(vectors)).all()
        assert (np.count_nonzero(dense(vectors), axis=1) > 0).all()
        np.testing.assert_array_equal(dense(featurizer.transform(documents)), dense(vectors))


def test_the_vector_of_a_document_is_the_same_alone_and_among_others(name, params):
    featurizer, documents = fitted(name, params)
    together = dense(featurizer.transform(documents))
    alone = [dense(featurizer.transform(take(documents, [row]))) for row in range(95, 100)]
    backwards = dense(featurizer.transform(take(documents, range(99, -1, -1))))
    tolerance = ROUNDING.get(name, 0) * np.abs(together).max()
    np.testing.assert_allclose(np.vstack(alone), together[95:], rtol=0, atol=tolerance)
    np.testing.assert_allclose(backwards[::-1], together, rtol=0, atol=tolerance)


def test_documents_differ(name, params):
    featurizer, documents = fitted(name, params)
    vectors = dense(featurizer.transform(documents))
    assert len(np.unique(vectors, axis=0)) > 0.9 * len(vectors)


def test_an_empty_document_is_all_zeros(name, params):
    for form in SPECS[name].accepts:
        featurizer, documents = fitted(name, params, form)
        vectors = dense(featurizer.transform(EMPTY[form]))
        assert vectors.shape == (2, dense(featurizer.transform(take(documents, [0]))).shape[1])
        assert not vectors.any()


def test_only_the_training_documents_are_fitted_on(name, params):
    texts = made_up_texts(0)
    others = [*texts[:N_TRAIN], *made_up_texts(1, 15), *texts[-5:]]
    for form in SPECS[name].accepts:
        first, second = (features_of(name, params, form, documents) for documents in (texts, others))
        np.testing.assert_array_equal(dense(first.train), dense(second.train))
        tolerance = ROUNDING.get(name, 0) * np.abs(dense(first.train)).max()
        np.testing.assert_allclose(dense(first.test)[-5:], dense(second.test)[-5:], rtol=0, atol=tolerance)
        assert not np.array_equal(dense(first.validation), dense(second.validation))


@pytest.mark.parametrize(
    "name", [name for name, spec in SPECS.items() if {"text", "counts"} <= {*spec.accepts}]
)
def test_counts_give_the_vectors_of_the_texts_they_were_counted_in(name):
    from_texts, texts = fitted(name, SMALL.get(name, {}), "text")
    from_counts, counts = fitted(name, SMALL.get(name, {}), "counts")
    np.testing.assert_array_equal(dense(from_counts.transform(counts)), dense(from_texts.transform(texts)))


def test_documents_stay_unchanged(name, params):
    for form in SPECS[name].accepts:
        before = pickle.dumps(documents_of(form, made_up_texts(0)))
        featurizer, documents = fitted(name, params, form)
        featurizer.transform(documents)
        assert pickle.dumps(documents) == before


def test_it_is_a_scikit_learn_transformer_with_json_parameters(name, params):
    featurizer, documents = fitted(name, params)
    copy = clone(featurizer)
    assert copy.get_params() == featurizer.get_params()
    if featurizer.get_params():
        with pytest.raises(NotFittedError):
            copy.transform(documents)
    defaults = SPECS[name].load()().get_params()
    assert json.loads(json.dumps(defaults)) == defaults


def test_parameters_out_of_their_declared_range_are_refused_by_fit(name, params):
    declared = declared_ranges(SPECS[name].load())
    defaults = SPECS[name].load()().get_params()
    assert declared.keys() == defaults.keys() - NOT_DECLARED
    documents = documents_of(SPECS[name].accepts[0], made_up_texts(0))
    for parameter, each in declared.items():
        each.check(parameter, defaults[parameter])
        for value in OUT_OF_RANGE[parameter]:
            with pytest.raises(HashbenchError, match=f"^{parameter} is {re.escape(str(each))}, got "):
                SPECS[name].load()(**params | {parameter: value}).fit(documents)


def test_parameters_that_came_later_are_named_with_a_value_in_range(name):
    declared = declared_ranges(SPECS[name].load())
    for parameter, value in SPECS[name].introduced.items():
        declared[parameter].check(parameter, value)
    assert ("power" in declared) == ("power" in SPECS[name].introduced)


def test_the_spec_names_the_inputs_that_it_provides(name, params):
    spec = SPECS[name]
    assert available_inputs(spec) == COMPUTED.keys() | set(spec.provides)
    if not spec.provides:
        assert not hasattr(spec.load(), "inputs")
        return
    featurizer, documents = fitted(name, params)
    inputs = featurizer.inputs(documents[:30])
    assert set(inputs) == set(spec.provides)
    assert all(value.shape[0] == 30 and np.isfinite(value).all() for value in inputs.values())
    for key, value in featurizer.inputs(documents[:30]).items():
        np.testing.assert_array_equal(value, inputs[key])


def test_global_random_states_stay_untouched(name, params):
    torch = sys.modules.get("torch")

    def states():
        of_numpy = pickle.dumps(np.random.get_state())  # noqa: NPY002 - it is what we guard
        return random.getstate(), of_numpy, torch and torch.get_rng_state().tolist()

    before = states()
    featurizer, documents = fit(name, params, SPECS[name].accepts[0])
    featurizer.transform(documents)
    if SPECS[name].provides:
        featurizer.inputs(documents)
    assert states() == before


def test_every_parameter_changes_the_key_of_the_features(name, params):
    corpus, split = corpus_of(SPECS[name].accepts[0], made_up_texts(0)), split_of(N_TRAIN, N_TRAIN + N_OTHER)
    full = SPECS[name].load()(**params).get_params()
    changed = [full | {parameter: "other"} for parameter in full if parameter != "model"]
    keys = {key_of_features(corpus, split, SPECS[name], p, distribution="1") for p in [full, *changed]}
    assert len(keys) == 1 + len(changed)


def digest_of_all_vectors(checkpoint):
    """Return a hash of the vectors that each featurizer gives, and of the inputs it provides, by its name."""
    digests = {}
    for name, spec in SPECS.items():
        if name in OPTIONAL and not checkpoint:
            continue
        featurizer, documents = fit(name, parameters(name, checkpoint), spec.accepts[0])
        arrays = [dense(featurizer.transform(documents))]
        arrays += featurizer.inputs(documents).values() if spec.provides else []
        digests[name] = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    return digests


@pytest.mark.slow
def test_vectors_are_the_same_in_every_process(request):
    present = all(importlib.util.find_spec(package) for package in OPTIONAL.values())
    checkpoint = request.getfixturevalue("checkpoint") if present else ""
    here = Path(__file__)
    script = f"""
import json, sys
import torch
sys.path[:0] = [{str(here.parent)!r}, {str(here.parents[2])!r}]
from test_featurizers import digest_of_all_vectors
torch.set_num_threads(1)
print(json.dumps(digest_of_all_vectors({checkpoint!r})))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    first, second = (json.loads(process.communicate()[0]) for process in processes)
    assert first.keys() == {name for name in SPECS if name not in OPTIONAL or checkpoint}
    assert first == second


def test_looking_at_the_parameters_imports_nothing_that_takes_seconds():
    script = """
import inspect, sys
from hashbench.features.featurizers import FEATURIZERS
from hashbench.ranges import declared_ranges
for spec in FEATURIZERS:
    inspect.signature(spec.load())
print({"gensim", "torch", "transformers", "huggingface_hub"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_provided_input_does_not_take_the_name_of_a_computed_one():
    with pytest.raises(ValueError, match="featurizer tfidf provides neighbours, which hashbench computes"):
        available_inputs(replace(SPECS["tfidf"], provides=("neighbours",)))
