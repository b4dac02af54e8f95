"""The code of a document depends on the document, and on nothing around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix, vstack

from hashbench.testing.subject import Codes, Subject, conformance_check, expect
from hashbench.testing.toy_corpus import PlantedCorpus, planted_corpus

BATCH_SIZES = (1, 7, 256)
BATCHES = 30
SEVERAL_BLOCKS = 1200
UNSEEN_WORDS = 40
ROUNDED_SHARE = 0.01
"""Share of bits that may differ between fits to the same numbers in another layout."""
SIMILARITY_ROUNDING = 1e-3
"""By how much similarities of a ranker may differ there."""


@conformance_check
def check_repeated_transform(subject: Subject) -> None:
    """Encoding the same documents twice with the same fitted hasher gives the same codes.

    Catches variational methods that sample their bits, or leave dropout on, when they encode.
    """
    corpus = planted_corpus()
    hasher = subject.fitted(corpus)
    _expect_same(subject.encode(hasher, corpus.X), subject.encode(hasher, corpus.X), "in a second call")


@conformance_check
def check_batch_size_invariance(subject: Subject) -> None:
    """A document has the same code alone, among seven, among 256 and among all.

    Catches thresholds at the median of the documents being encoded, batch normalisation in training mode,
    and results of matrix products that depend on the shape and flip bits near their threshold.
    """
    corpus = planted_corpus()
    hasher = subject.fitted(corpus)
    codes = subject.require_pure(hasher, corpus.X)
    for size in BATCH_SIZES:
        some = corpus.X[: BATCHES * size]
        starts = range(0, some.shape[0], size)
        batches = [subject.encode(hasher, some[start : start + size]) for start in starts]
        _expect_same(np.concatenate(batches), codes[: some.shape[0]], f"in batches of {size}")


@conformance_check
def check_row_order_equivariance(subject: Subject) -> None:
    """Permuting the documents permutes their codes: the training documents, and 1200 new ones.

    Catches codes of the training documents that are stored and returned by position, and rows that are mixed
    up between blocks.
    """
    corpus = planted_corpus()
    hasher = subject.fitted(corpus)
    for X in (corpus.X, planted_corpus(n=SEVERAL_BLOCKS, seed=2).X):
        order = np.random.default_rng(0).permutation(X.shape[0])
        codes = subject.require_pure(hasher, X)
        _expect_same(subject.encode(hasher, X[order]), codes[order], "in another order")


@conformance_check
def check_sparse_dense_agree(subject: Subject) -> None:
    """CSR arrays and matrices, dense arrays, float32 and float64, sorted or not, give the same codes.

    Catches centring or scaling that only one of the two paths has, and code that reads ``X.indices`` as if
    they were always sorted. After a fit to dense documents one bit in 100 may differ, from rounding.
    """
    corpus = planted_corpus()
    X = corpus.X
    hasher = subject.require_repeatable(corpus)
    codes = subject.encode(hasher, X)
    forms = {
        "as a csr_matrix": csr_matrix(X),
        "as float64": X.astype(np.float64),
        "as a dense array": X.toarray(),
        "as a dense array in Fortran order": np.asfortranarray(X.toarray()),
        "with unsorted indices": with_unsorted_indices(X),
    }
    for form, same in forms.items():
        _expect_same(subject.encode(hasher, same), codes, form)
    from_dense = subject.encode(subject.fitted(replace(corpus, X=X.toarray())), X)
    differ = ~np.isclose(from_dense, codes, rtol=SIMILARITY_ROUNDING, atol=SIMILARITY_ROUNDING)
    share = (differ if subject.ranker else from_dense != codes).mean()
    expect(share <= ROUNDED_SHARE, f"{share:.1%} of the bits differ after a fit to dense documents")


@conformance_check
def check_unseen_documents(subject: Subject) -> None:
    """Documents without words, and of words that no training document has, are encoded like any other.

    Catches division by a norm or a count of zero, which ends in NaN or in an error, and different codes for
    equal documents. Three of the training documents are empty as well.
    """
    corpus = with_empty_documents(planted_corpus())
    seen = np.arange(corpus.X.shape[1]) < corpus.X.shape[1] - UNSEEN_WORDS
    training = PlantedCorpus(only(corpus.counts, seen), only(corpus.X, seen), corpus.clusters)
    hasher = subject.fitted(training)
    empty = csr_array((3, corpus.X.shape[1]), dtype=np.float32)
    for what, X in (("empty documents", empty), ("documents of unseen words", only(corpus.X, ~seen))):
        codes = subject.encode(hasher, X)
        expect(codes.shape[0] == X.shape[0], f"{X.shape[0]} {what} have {codes.shape[0]} codes")
        expect(np.isfinite(codes.astype(np.float64)).all(), f"the codes of {what} hold NaN or infinity")
    codes = subject.require_pure(hasher, empty)
    expect((codes == codes[0]).all(), "empty documents have different codes")


@conformance_check
def check_other_features_refused(subject: Subject) -> None:
    """Documents of another number of features raise a ValueError.

    Catches hashers that encode with the wrong words, because they cut or pad what they are given.
    """
    corpus = planted_corpus()
    hasher = subject.fitted(corpus)
    n_features = corpus.X.shape[1]
    wider = csr_array((corpus.X.data, corpus.X.indices, corpus.X.indptr), shape=(400, n_features + 1))
    for X in (corpus.X[:, 1:], wider):
        try:
            subject.encode(hasher, X)
        except ValueError:
            continue
        raise AssertionError(f"fitted to {n_features} features, it encodes documents of {X.shape[1]}")


def with_unsorted_indices(X: csr_array) -> csr_array:
    """Return the same matrix with the columns of each row in descending order."""
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    backwards = np.lexsort((-X.indices, rows))
    return csr_array((X.data[backwards], X.indices[backwards], X.indptr.copy()), shape=X.shape)


def with_empty_documents(corpus: PlantedCorpus) -> PlantedCorpus:
    """Return a corpus with three empty documents at its end."""
    empty: Any = csr_array((3, corpus.X.shape[1]), dtype=np.float32)
    return PlantedCorpus(
        csr_array(vstack([corpus.counts, empty])),
        csr_array(vstack([corpus.X, empty])),
        np.append(corpus.clusters, [0, 1, 2]),
    )


def only(X: csr_array, columns: Any) -> csr_array:
    """Return a matrix with the other columns emptied."""
    kept = csr_array(X * columns.astype(X.dtype))
    kept.eliminate_zeros()
    return kept


def _expect_same(codes: Codes, expected: Codes, where: str) -> None:
    expect(codes.shape == expected.shape, f"codes have shape {codes.shape} {where}, not {expected.shape}")
    differing = int((codes != expected).any(axis=1).sum())
    expect(not differing, f"{differing} of {len(codes)} documents have another code {where}")
