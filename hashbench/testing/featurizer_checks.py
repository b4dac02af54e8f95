"""Checks of featurizers, on made-up documents of four topics."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from hashbench.testing.item import Item, expect_documented, item_check
from hashbench.testing.subject import expect
from hashbench.testing.toy_corpus import PlantedCorpus, planted_corpus
from hashbench.testing.what_it_says import expect_space

N_TRAIN = 300
ROUNDING = 1e-4
"""Largest difference between two values that should be equal, from rounding in another order."""


@item_check
def check_interface(item: Item) -> None:
    """It has ``fit`` and ``transform``, and its constructor only stores its arguments."""
    expect_documented(item)
    featurizer = item.new()
    for method in ("fit", "transform", "get_params"):
        expect(callable(getattr(featurizer, method, None)), f"it has no method {method}")
    for name, value in item.params.items():
        stored = getattr(featurizer, name, None)
        expect(stored == value, f"the constructor does not store {name} under its name")


@item_check
def check_matrix(item: Item) -> None:
    """``transform`` returns finite float32, a CSR matrix or an array, with a row a document.

    Catches float64 matrices of twice the size, other sparse formats, and NaN from documents without a word.
    """
    matrix = _matrix(item)
    expect(
        issparse(matrix) or isinstance(matrix, np.ndarray),
        f"transform returns a {type(matrix).__name__}, expected an array or a CSR matrix",
    )
    expect(getattr(matrix, "format", "csr") == "csr", "the matrix is sparse but not CSR")
    expect(matrix.dtype == np.float32, f"the matrix is {matrix.dtype}, expected float32")
    documents = len(planted_corpus().clusters)
    expect(matrix.shape[0] == documents, f"{matrix.shape[0]} rows for {documents} documents")
    expect(np.isfinite(_dense(matrix)).all(), "the matrix holds NaN or infinite values")
    empty = (_dense(matrix) == 0).all(axis=1).sum()
    expect(empty < documents // 2, f"{empty} of {documents} documents of known words have a row of zeros")


@item_check
def check_rows_by_themselves(item: Item) -> None:
    """The row of a document depends on nothing but the document and what was fitted.

    Catches statistics of the documents that are being transformed, such as their document frequencies, which
    leak test documents into their own features.
    """
    fitted, documents = _fitted(item), _documents(item)
    whole = _dense(fitted.transform(_taken(documents, np.arange(N_TRAIN, len(planted_corpus().clusters)))))
    few = _dense(fitted.transform(_taken(documents, np.arange(N_TRAIN, N_TRAIN + 7))))
    expect(whole.shape[1] == few.shape[1], "the number of columns depends on the documents transformed")
    difference = float(np.abs(whole[:7] - few).max())
    expect(difference <= ROUNDING, f"among other documents the values of a row differ by {difference:.3g}")


@item_check
def check_fit_repeatable(item: Item) -> None:
    """Two fits to the same documents give the same matrix, and ``transform`` changes nothing.

    Catches randomness without a parameter ``seed``, and fitted state that a transform updates.
    """
    fitted, documents = _fitted(item), _documents(item)
    first = _dense(fitted.transform(documents))
    again = _dense(fitted.transform(documents))
    expect(np.allclose(first, again, atol=ROUNDING), "a second transform of the same documents differs")
    refitted = _dense(_fit(item).transform(documents))
    expect(first.shape == refitted.shape, "a second fit to the same documents has other columns")
    expect(np.allclose(first, refitted, atol=ROUNDING), "a second fit to the same documents differs")


@item_check
def check_unknown_words(item: Item) -> None:
    """Documents without a known word get rows of finite values of the usual width.

    Catches divisions by a norm of zero, and an exception for an empty document.
    """
    if item.featurizer.accepts[0] != "text":
        raise SkipTest("it reads no texts")
    fitted = _fitted(item)
    rows = fitted.transform(["", "zzzyzx qqqwx", "..."])
    expect(rows.shape == (3, _matrix(item).shape[1]), f"3 documents give a matrix of shape {rows.shape}")
    expect(np.isfinite(_dense(rows)).all(), "a document without a known word has NaN or infinite values")


@item_check
def check_inputs(item: Item) -> None:
    """``inputs`` returns what the spec names under ``provides``, with a row a document."""
    if not item.featurizer.provides:
        raise SkipTest("its spec provides no extra inputs")
    documents = _taken(_documents(item), np.arange(20))
    found = _fitted(item).inputs(documents)
    for name in item.featurizer.provides:
        expect(name in found, f"inputs returns no {name!r}")
        expect(found[name].shape[0] == 20, f"{name} has {found[name].shape[0]} rows for 20 documents")


@item_check
def check_pickle(item: Item) -> None:
    """A fitted featurizer can be pickled and gives the same matrix afterwards."""
    fitted, documents = _fitted(item), _documents(item)
    copied = pickle.loads(pickle.dumps(fitted))
    same = np.allclose(
        _dense(copied.transform(documents)), _dense(fitted.transform(documents)), atol=ROUNDING
    )
    expect(same, "after pickling it gives another matrix")


@item_check
def check_space(item: Item) -> None:
    """Its search space holds its default and allowed values alone."""
    if not item.featurizer.space:
        raise SkipTest("it has no search space")
    expect_space(item.component.spec)


CHECKS = (
    check_interface,
    check_space,
    check_matrix,
    check_rows_by_themselves,
    check_fit_repeatable,
    check_unknown_words,
    check_inputs,
    check_pickle,
)


def planted_texts(corpus: PlantedCorpus) -> list[str]:
    """Return the documents of a planted corpus as texts of made-up words."""
    counts = corpus.counts
    return [
        " ".join(f"word{word:03}" for word in np.repeat(row.indices, row.data.astype(int)))
        for row in (counts[[index]] for index in range(counts.shape[0]))
    ]


def _documents(item: Item) -> Any:
    corpus = planted_corpus()
    forms: dict[str, Callable[[PlantedCorpus], Any]] = {
        "text": planted_texts,
        "counts": lambda made: made.counts,
        "vectors": lambda made: made.X,
    }
    return item.once("documents", lambda: forms[item.featurizer.accepts[0]](corpus))


def _fit(item: Item) -> Any:
    return item.new().fit(_taken(_documents(item), np.arange(N_TRAIN)))


def _fitted(item: Item) -> Any:
    return item.once("fitted", lambda: _fit(item))


def _matrix(item: Item) -> Any:
    return item.once("matrix", lambda: _fitted(item).transform(_documents(item)))


def _taken(documents: Any, rows: NDArray[np.int64]) -> Any:
    return [documents[row] for row in rows] if isinstance(documents, list) else documents[rows]


def _dense(matrix: Any) -> NDArray[Any]:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix)
