"""A database that is read in blocks, from memory or from disk, gets the values it gets in one piece."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from hashbench.codes import Codes
from hashbench.errors import HashbenchError
from hashbench.evaluation import hamming, mapped_files, relevance
from hashbench.evaluation.evaluator import evaluate, nearest
from hashbench.evaluation.hamming import HammingScanner
from hashbench.evaluation.mapped_files import release

N_QUERIES, N_DATABASE, N_BITS = 70, 700, 20
BLOCKS = [1, 7, 64, 65, 333, N_DATABASE - 1, N_DATABASE, 5_000]
AT = (1, 10, 100, 500, N_DATABASE, 10_000)


def clustered_bits(seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2, (12, N_BITS), dtype=np.uint8)
    n = N_QUERIES + N_DATABASE
    return centres[rng.integers(0, 12, n)] ^ (rng.random((n, N_BITS)) < 0.1)


def labels_of(kind):
    rng = np.random.default_rng(1)
    n = N_QUERIES + N_DATABASE
    if kind == "one label":
        return rng.integers(0, 7, n)
    indicator = rng.random((n, 90)) < 0.02
    return indicator if kind == "several labels" else sparse.csr_array(indicator)


def in_blocks_of(monkeypatch, documents, n_words):
    monkeypatch.setattr(hamming, "BLOCK_BYTES", 8 * n_words * documents)


def assert_same_scores(one, other):
    assert one.chance == other.chance
    for n in AT:
        for kind in ("expected", "worst", "best"):
            values = (getattr(scores.precision[n], kind) for scores in (one, other))
            np.testing.assert_array_equal(*values)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("kind", ["one label", "several labels", "sparse labels"])
def test_scores_do_not_depend_on_the_blocks(kind, block, monkeypatch):
    bits, labels, coarse = clustered_bits(), labels_of(kind), labels_of("one label") % 3
    cut = slice(N_QUERIES), slice(N_QUERIES, None)
    data = [each[rows] for each in (bits, labels) for rows in cut]
    given = {"at": AT, "query_coarse": coarse[cut[0]], "database_coarse": coarse[cut[1]]}
    one = evaluate(*data, **given)
    in_blocks_of(monkeypatch, block, n_words=3 if kind == "one label" else 4)
    other = evaluate(*data, **given)
    assert_same_scores(one, other)
    assert_same_scores(one.coarse, other.coarse)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("k", [1, 40, N_DATABASE])
def test_the_nearest_do_not_depend_on_the_blocks(k, block):
    bits = clustered_bits()
    bits[N_QUERIES + 200 : N_QUERIES + 500] = bits[0]  # ties across the borders
    queries, database = bits[:N_QUERIES], bits[N_QUERIES:]
    scanner = HammingScanner(Codes.pack(queries), Codes.pack(database), block=block)
    found = scanner.scan(slice(None), depth=k, k=k, n_threads=2)
    distances = (queries[:, None] != database).sum(axis=2)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(found.documents, order)
    np.testing.assert_array_equal(found.distances, np.take_along_axis(distances, order, axis=1))


@pytest.mark.parametrize("block", [1, 7, 100])
@pytest.mark.parametrize("depth", [1, 90, 500, N_DATABASE])
def test_histograms_of_blocks_are_complete_to_the_depth(depth, block):
    bits = clustered_bits()
    queries, database = Codes.pack(bits[:N_QUERIES]), Codes.pack(bits[N_QUERIES:])
    found = HammingScanner(queries, database, block=block).scan(slice(None), depth).histograms[:, 0]
    for counts, query in zip(found, bits[:N_QUERIES], strict=True):
        distances = (query != bits[N_QUERIES:]).sum(axis=1)
        last = np.sort(distances)[depth - 1]
        expected = np.bincount(distances, minlength=N_BITS + 1)
        np.testing.assert_array_equal(counts[: last + 1], expected[: last + 1])
        assert (counts <= expected).all()


def test_a_sample_that_misleads_in_every_block_costs_time_only():
    """The sampled documents equal the queries, and all others are far: the first radius is 0."""
    database = np.ones((64 * hamming.SAMPLE_STRIDE, 300), np.uint8)
    database[:: hamming.SAMPLE_STRIDE] = 0
    scanner = HammingScanner(Codes.pack(database[:1]), Codes.pack(database), block=50)
    found = scanner.scan(slice(None), depth=500)
    assert found.histograms[0, 0, [0, 300]].tolist() == [64, len(database) - 64]


def test_counts_of_more_documents_than_32_bits_hold_are_of_64_bits(monkeypatch):
    bits = Codes.pack(clustered_bits())
    narrow = HammingScanner(bits, bits, block=100).scan(slice(None), len(bits)).histograms
    monkeypatch.setattr(hamming, "LARGEST_COUNT", len(bits) - 1)
    wide = HammingScanner(bits, bits, block=100).scan(slice(None), len(bits)).histograms
    assert (narrow.dtype, wide.dtype) == (np.int32, np.int64)
    np.testing.assert_array_equal(narrow, wide)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_codes_and_labels_on_disk_get_the_scores_they_get_in_memory(mode, tmp_path, monkeypatch):
    bits, labels = clustered_bits(), labels_of("one label")
    codes = Codes.pack(bits)
    np.save(tmp_path / "words.npy", codes.words[N_QUERIES:])
    np.save(tmp_path / "labels.npy", labels[N_QUERIES:])
    in_blocks_of(monkeypatch, documents=100, n_words=2)
    words, on_disk = (np.load(tmp_path / f"{name}.npy", mmap_mode=mode) for name in ("words", "labels"))
    queries, database = codes[:N_QUERIES], Codes(words, N_BITS)
    scores = evaluate(queries, database, labels[:N_QUERIES], on_disk, at=AT)
    in_memory = evaluate(queries, codes[N_QUERIES:], labels[:N_QUERIES], labels[N_QUERIES:], at=AT)
    assert_same_scores(scores, in_memory)
    for found, expected in zip(
        nearest(queries, database, 9), nearest(queries, codes[N_QUERIES:], 9), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("form", ["bits", "indicator"])
def test_bits_and_indicators_on_disk_are_packed_in_blocks(form, tmp_path, monkeypatch):
    bits, labels = clustered_bits(), labels_of("several labels")
    in_memory = evaluate(bits[:N_QUERIES], bits[N_QUERIES:], labels[:N_QUERIES], labels[N_QUERIES:], at=AT)
    np.save(tmp_path / "array.npy", (bits if form == "bits" else labels)[N_QUERIES:])
    on_disk = np.load(tmp_path / "array.npy", mmap_mode="r")
    monkeypatch.setattr(mapped_files, "BLOCK_ROWS", 64)
    database, database_labels = (
        (on_disk, labels[N_QUERIES:]) if form == "bits" else (bits[N_QUERIES:], on_disk)
    )
    scores = evaluate(bits[:N_QUERIES], database, labels[:N_QUERIES], database_labels, at=AT)
    assert_same_scores(in_memory, scores)


def test_int64_labels_are_not_copied(tmp_path):
    np.save(tmp_path / "labels.npy", np.arange(50))
    labels = np.load(tmp_path / "labels.npy", mmap_mode="r")
    assert np.shares_memory(relevance.relevance(labels[:5], labels, 5, 50).documents, labels)


def test_reading_leaves_changes_that_are_only_in_memory(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros(5_000))
    array = np.load(tmp_path / "array.npy", mmap_mode="c")
    array[:] = 1
    release(array[7:90])
    assert array.min() == 1


@pytest.mark.parametrize("kind", ["one label", "several labels", "sparse labels"])
def test_shares_of_relevant_documents_do_not_depend_on_the_blocks(kind, monkeypatch):
    labels = labels_of(kind)
    given = labels[:N_QUERIES], labels[N_QUERIES:], N_QUERIES, N_DATABASE
    one = relevance.relevance(*given).relevant_shares()
    monkeypatch.setattr(mapped_files, "BLOCK_ROWS", 13)
    monkeypatch.setattr(relevance, "COUNTED_ROWS", 11)
    np.testing.assert_array_equal(relevance.relevance(*given).relevant_shares(), one)


@pytest.mark.parametrize(
    ("database", "labels", "message"),
    [
        (np.r_[np.zeros(9), 2], np.arange(10), "found 2"),
        (np.zeros(10), np.r_[np.zeros(9), 0.5], "holds 0.5"),
        (np.zeros(10), np.r_[np.zeros(9), 3][:, None] * [1, 0], "holds 3"),
    ],
)
def test_a_strange_value_in_the_last_block_is_found(database, labels, message, monkeypatch):
    monkeypatch.setattr(mapped_files, "BLOCK_ROWS", 4)
    codes = np.repeat(database.astype(int)[:, None], 8, axis=1)
    with pytest.raises(HashbenchError, match=message):
        evaluate(codes[:2], codes, labels[:2], labels)
