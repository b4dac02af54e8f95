"""What fitting and encoding must leave as it was."""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import SkipTest

import joblib
import numpy as np

from hashbench.testing.subject import Subject, conformance_check, expect
from hashbench.testing.toy_corpus import PlantedCorpus, planted_corpus

STRANGE_SEED = 20021


@conformance_check
def check_inputs_unchanged(subject: Subject) -> None:
    """Neither ``fit`` nor ``transform`` writes to the documents or labels it is given, sparse or dense.

    Catches normalisation in place, which changes the features for whoever uses them next. The arrays are
    writeable here; in a run they are not, see ``check_read_only_input``.
    """
    subject = replace(subject, arrays="writeable")
    drawn = planted_corpus()
    for form, X in (("sparse", drawn.X), ("dense", drawn.X.toarray())):
        corpus = replace(drawn, X=X)
        before = _contents(corpus)
        hasher = subject.fitted(corpus)
        expect(_contents(corpus) == before, f"fit changes {form} documents or labels it is given")
        subject.encode(hasher, corpus.X)
        expect(_contents(corpus) == before, f"transform changes {form} documents it is given")


@conformance_check
def check_read_only_input(subject: Subject) -> None:
    """``fit`` and ``transform`` take read-only documents and inputs, sparse and dense, as a run gives them.

    Catches compiled code that asks for writeable arrays although it leaves them as they are, such as that of
    ``MiniBatchKMeans``: in a run the arrays are views of files that all methods share.
    """
    strict, lenient = (replace(subject, arrays=arrays) for arrays in ("read-only", "writeable"))
    drawn = planted_corpus()
    for form, X in (("sparse", drawn.X), ("dense", drawn.X.toarray())):
        corpus = replace(drawn, X=X)
        try:
            strict.encode(strict.fitted(corpus), X)
        except Exception as error:
            before = _contents(corpus)
            lenient.encode(lenient.fitted(corpus), X)
            if _contents(corpus) != before:
                raise SkipTest("it changes its documents, see check_inputs_unchanged") from error
            raise AssertionError(
                f"it fails with read-only {form} documents or inputs ({type(error).__name__}: {error}): "
                "hand a copy to code that asks for writeable arrays"
            ) from error


@conformance_check
def check_parameters_unchanged(subject: Subject) -> None:
    """``get_params`` is the same before and after ``fit`` and ``transform``.

    Catches a constructor argument that is used to keep results, or lowered when it cannot be met: a clone of
    the fitted hasher would be another method.
    """
    corpus = planted_corpus()
    hasher = subject.new()
    before = {name: joblib.hash(value) for name, value in hasher.get_params().items()}
    subject.encode_in_place(subject.fit(hasher, corpus), corpus.X)
    after = {name: joblib.hash(value) for name, value in hasher.get_params().items()}
    changed = sorted(name for name in before if after.get(name) != before[name])
    expect(not changed, f"fit or transform changes the constructor argument {', '.join(changed)}")


@conformance_check
def check_nothing_learned_at_transform(subject: Subject) -> None:
    """Encoding leaves the fitted attributes and all later codes as they were.

    Catches running means that are updated, and vocabularies that grow, when test documents are encoded. The
    attributes are compared if they can be pickled, the codes always.
    """
    corpus = planted_corpus()
    hasher = subject.fitted(corpus[:300])
    unseen = corpus[300:].X
    codes = subject.require_pure(hasher, unseen)
    before = _state(hasher)
    subject.encode_in_place(hasher, planted_corpus(seed=3).X)
    changed = sorted(name for name, value in _state(hasher).items() if before.get(name) != value)
    expect(not changed, f"transform changes {', '.join(changed)}")
    differing = int((subject.encode(hasher, unseen) != codes).any(axis=1).sum())
    expect(not differing, f"{differing} of {len(codes)} documents have another code after others")


@conformance_check
def check_rng_state_untouched(subject: Subject) -> None:
    """The global generators of random, numpy and, where it is imported, torch are as they were.

    Catches ``np.random.seed`` and draws from the global generator: what runs before a method in the same
    process would change its codes, and the method those of the next one.
    """
    corpus = planted_corpus()
    with _known_generators():
        before = _generators()
        subject.encode(subject.fitted(corpus), corpus.X)
        after = _generators()
    touched = sorted(name for name in before if after[name] != before[name])
    expect(not touched, f"the global generator of {', '.join(touched)} is not as it was")


def _contents(corpus: PlantedCorpus) -> str:
    """Return a hash of all numbers in the documents and labels."""
    X = corpus.X
    arrays = (X,) if isinstance(X, np.ndarray) else (X.data, X.indices, X.indptr)
    return str(joblib.hash((*arrays, corpus.clusters)))


def _state(hasher: Any) -> dict[str, str]:
    """Return a hash of each attribute that can be pickled."""
    hashes = {}
    for name, value in vars(hasher).items():
        try:
            hashes[name] = joblib.hash(value)
        except (pickle.PicklingError, TypeError, AttributeError):
            continue
    return hashes


@contextmanager
def _known_generators() -> Iterator[None]:
    """Start from states that no hasher leaves behind, and bring the old ones back."""
    torch = sys.modules.get("torch")
    before = random.getstate(), np.random.get_state(), torch and torch.get_rng_state()  # noqa: NPY002
    random.seed(STRANGE_SEED)
    np.random.seed(STRANGE_SEED)  # noqa: NPY002 - the global generators are what is guarded
    if torch:
        torch.default_generator.manual_seed(STRANGE_SEED)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        if torch:
            torch.set_rng_state(before[2])


def _generators() -> dict[str, bytes]:
    states = {"random": random.getstate(), "numpy": np.random.get_state()}  # noqa: NPY002
    if torch := sys.modules.get("torch"):
        states["torch"] = torch.get_rng_state().numpy()
    return {name: pickle.dumps(state) for name, state in states.items()}
