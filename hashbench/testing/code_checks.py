"""What codes look like, and whether they tell near documents from far ones."""

from __future__ import annotations

import re
from typing import Any
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray

from hashbench.testing.subject import N_BITS, Subject, conformance_check, expect
from hashbench.testing.toy_corpus import N_CLUSTERS, planted_corpus

LENGTHS = (8, 16, 32, 64, 128)
FEW_FEATURES = 8
FEW_FEATURES_BITS = 16
CONSTANT_SHARE = 0.5
"""Share of bits that may be the same for all training documents."""
SEPARATION = 0.6
"""How often two documents of a cluster must be nearer than two of different ones; by chance it is 0.5."""


@conformance_check
def check_codes_dtype_and_shape(subject: Subject) -> None:
    """Codes are uint8 or bool arrays of 0 and 1, of shape (n, n_bits), for 8, 16, 32, 64 and 128 bits.

    Those of a quantiser are uint8 indices less than n_centroids, of shape (n, n_bits / log2(n_centroids)).

    Catches packed bytes instead of bits, ``np.sign`` with its -1, 0 and 1, float codes, sparse codes, and
    codes of half the promised length.
    """
    subject.require_codes()
    corpus = planted_corpus()
    for n_bits in LENGTHS:
        hasher = subject.fitted(corpus, n_bits=n_bits)
        codes = subject.transform(hasher, corpus.X[:50])
        expect(isinstance(codes, np.ndarray), f"transform returns a {type(codes).__name__}, not an array")
        shape = (50, subject.n_columns(hasher, n_bits))
        expect(codes.shape == shape, f"codes of 50 documents have shape {codes.shape}, expected {shape}")
        if subject.quantiser:
            expect(codes.dtype == np.uint8, f"codes are {codes.dtype}, expected uint8 indices")
            largest = int(codes.max(initial=0))
            expect(
                largest < hasher.n_centroids, f"index {largest} in books of {hasher.n_centroids} centroids"
            )
            continue
        expect(codes.dtype in (np.uint8, np.bool_), f"codes are {codes.dtype}, expected uint8 of 0 and 1")
        strange = np.setdiff1d(codes, [0, 1])[:5].tolist()
        expect(not strange, f"codes hold {', '.join(map(str, strange))}, expected 0 and 1 alone")


@conformance_check
def check_query_tables(subject: Subject) -> None:
    """The tables of a quantiser are finite floats of shape (n, n_books, n_centroids), each row by itself.

    Catches tables of similarities instead of distances, too: by them, unseen documents of one cluster must be
    nearer than those of different ones, see ``check_better_than_random``.
    """
    if not subject.quantiser:
        raise SkipTest("it is no quantiser")
    corpus = planted_corpus()
    hasher = subject.fitted(corpus)
    tables = subject.tables(hasher, corpus.X[:50])
    shape = (50, subject.n_columns(hasher, N_BITS), hasher.n_centroids)
    expect(tables.shape == shape, f"tables of 50 documents have shape {tables.shape}, expected {shape}")
    expect(tables.dtype.kind == "f", f"tables are {tables.dtype}, expected float32")
    expect(np.isfinite(tables).all(), "tables hold NaN or infinite numbers")
    alone = np.concatenate([subject.tables(hasher, corpus.X[row : row + 1]) for row in range(50)])
    expect(np.array_equal(alone, tables), "the tables of a document depend on the documents around it")


@conformance_check
def check_codes_of_few_features(subject: Subject) -> None:
    """With fewer features than bits, codes are as long as ever, or ``fit`` refuses and says why.

    Catches methods on principal components that silently return a bit a component. The refusal is a
    ValueError whose message speaks of bits or features.
    """
    subject.require_codes()
    usual, narrow = planted_corpus(), planted_corpus(n_features=FEW_FEATURES)
    length = subject.encode(subject.fitted(usual, n_bits=FEW_FEATURES_BITS), usual.X).shape[1]
    try:
        codes = subject.encode(subject.fitted(narrow, n_bits=FEW_FEATURES_BITS), narrow.X)
    except ValueError as error:
        clear = re.search("bit|feature|component|dimension", str(error))
        expect(clear, f"fit refuses without saying why: ValueError: {error}")
        return
    expect(
        codes.shape[1] == length,
        f"n_bits={FEW_FEATURES_BITS} with {FEW_FEATURES} features gives {codes.shape[1]} bits",
    )


@conformance_check
def check_codes_not_degenerate(subject: Subject) -> None:
    """Codes of four clusters are not all equal, and at least half of the bits take both values.

    Catches a threshold that all values exceed, a training that collapsed, and bits that are only padding.
    """
    subject.require_codes()
    corpus = planted_corpus()
    codes = subject.encode(subject.fitted(corpus), corpus.X)
    expect(
        len(np.unique(codes, axis=0)) > 1,
        f"all {len(codes)} training documents of {N_CLUSTERS} clusters have the same code",
    )
    constant = int((codes == codes[0]).all(axis=0).sum())
    expect(
        constant <= CONSTANT_SHARE * codes.shape[1],
        f"{constant} of {codes.shape[1]} bits are the same for all training documents",
    )


@conformance_check
def check_better_than_random(subject: Subject) -> None:
    """Unseen documents of one cluster are nearer than those of different ones.

    The distance is that of Hamming, of a quantiser the asymmetric one.

    Catches codes that have nothing to do with their documents, such as bits assigned to the wrong rows. The
    measure is the share of pairs of distances, one within a cluster and one between clusters, in which the
    first is smaller, ties counted half; it must be at least 0.6, where chance gives 0.5.
    """
    if subject.reference:
        raise SkipTest("a reference promises no neighbourhoods")
    subject.require_codes()
    corpus = planted_corpus()
    hasher = subject.fitted(corpus[:300])
    unseen = corpus[300:]
    codes = subject.encode(hasher, unseen.X)
    if codes.shape[1] != subject.n_columns(hasher, N_BITS):
        raise SkipTest("codes are not n_bits long, see check_codes_dtype_and_shape")
    if (codes == codes[0]).all():
        raise SkipTest("all codes are equal, see check_codes_not_degenerate")
    distances = (codes[:, None] != codes).sum(axis=2)
    if subject.quantiser:
        tables = subject.tables(hasher, unseen.X)
        distances = tables[:, np.arange(codes.shape[1]), codes].sum(axis=2)
    share = separation(distances, unseen.clusters)
    expect(
        share >= SEPARATION,
        f"documents of one cluster are nearer than others in {share:.0%} of the comparisons, "
        f"expected {SEPARATION:.0%} (chance 50%)",
    )


def separation(distances: NDArray[Any], clusters: NDArray[np.int64]) -> float:
    """Return how often a distance within a cluster is smaller than one between clusters, ties counted half.

    Args:
        distances: of the documents of the columns from those of the rows, shape (n, n).
        clusters: shape (n,).
    """
    others = ~np.eye(len(clusters), dtype=bool)
    within = clusters[:, None] == clusters
    near, far = distances[within & others], np.sort(distances[~within])
    farther = len(far) - np.searchsorted(far, near, side="right")
    tied = len(far) - np.searchsorted(far, near, side="left") - farther
    return float((farther + tied / 2).mean() / len(far))
