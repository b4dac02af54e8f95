"""The kernel: exact neighbours and counts for every width, size, tie and number of threads."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from hashbench.codes import Codes
from hashbench.errors import HashbenchError
from hashbench.evaluation.evaluator import evaluate, nearest
from hashbench.evaluation.hamming import SAMPLE_STRIDE, HammingScanner
from hashbench.evaluation.kernel import GROUP, TILE, scan_chunk
from hashbench.evaluation.relevance import relevance

HEAVY = {"numba", "llvmlite", "scipy", "sklearn", "torch", "pandas"}


def random_codes(n, n_bits, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (n, n_bits), dtype=np.uint8)


def clustered_codes(n, n_bits, n_clusters, flips, seed=0):
    rng = np.random.default_rng(seed)
    centres = random_codes(n_clusters, n_bits, seed)
    return centres[rng.integers(0, n_clusters, n)] ^ (rng.random((n, n_bits)) < flips)


def brute_force_distances(queries, database):
    return np.array([(query != database).sum(axis=1) for query in queries])


def assert_nearest(queries, database, k, distances=None):
    if distances is None:
        distances = brute_force_distances(queries, database)
    indices, found = nearest(queries, database, k)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    assert (indices.dtype, found.dtype) == (np.int64, np.uint16)
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_array_equal(found, np.take_along_axis(distances, order, axis=1))


def run_python(script):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True
    ).stdout


@pytest.mark.parametrize("n_bits", [1, 8, 13, 63, 64, 65, 128, 255, 256, 300, 4096])
def test_packed_distances_equal_unpacked_ones(n_bits):
    queries, database = random_codes(11, n_bits), random_codes(200, n_bits, seed=1)
    queries[0], database[0], database[1] = 0, 0, 1
    assert_nearest(queries, database, k=200)


@pytest.mark.parametrize("n_database", [1, 2, 63, 64, 65, 255, 256, 257, TILE, TILE + 1, 2 * TILE + 77])
def test_nearest_for_every_size_of_the_database(n_database):
    queries, database = random_codes(9, 20), random_codes(n_database, 20, seed=1)
    for k in {1, min(7, n_database), n_database}:
        assert_nearest(queries, database, k)


@pytest.mark.parametrize("n_queries", [1, GROUP - 1, GROUP, GROUP + 1, 150])
def test_nearest_for_every_number_of_queries(n_queries):
    assert_nearest(random_codes(n_queries, 12), random_codes(900, 12, seed=1), k=30)


@pytest.mark.parametrize("n_codes", [1, 7])
def test_nearest_among_few_distinct_codes_are_in_the_order_of_their_index(n_codes):
    database = clustered_codes(3 * TILE + 5, 16, n_codes, flips=0)
    assert_nearest(database[:10], database, k=100)


def test_nearest_when_the_last_documents_are_the_nearest():
    """More documents than there is room for are at the radius before the nearer ones come."""
    database = np.zeros((4 * TILE, 8), np.uint8)
    database[: 3 * TILE, :5] = 1
    database[3 * TILE :, :3] = 1
    assert_nearest(np.zeros((2, 8), np.uint8), database, k=5 * TILE // 2)


@pytest.mark.parametrize("n_bits", [40, 320])
def test_nearest_in_clusters(n_bits):
    codes = clustered_codes(20_000 + 40, n_bits, n_clusters=30, flips=0.1)
    assert_nearest(codes[:40], codes[40:], k=1000)


@pytest.mark.parametrize("others", ["random", "opposite"])
def test_an_unrepresentative_sample_costs_time_only(others):
    """All sampled documents equal the query; the others are far, so the first guess of the radius is 0."""
    shape = 200 * SAMPLE_STRIDE, 300
    database = random_codes(*shape) if others == "random" else np.ones(shape, np.uint8)
    database[::SAMPLE_STRIDE] = 0
    assert_nearest(np.zeros((3, 300), np.uint8), database, k=900)


@pytest.mark.parametrize("n_bits", [16, 64, 300])
def test_histograms_are_complete_to_the_depth_asked_for(n_bits):
    codes = clustered_codes(10_025, n_bits, n_clusters=40, flips=0.15)
    queries, database = codes[:25], codes[25:]
    query_labels, database_labels = np.arange(25) % 5, np.arange(10_000) % 5
    level = relevance(query_labels, database_labels, 25, 10_000)
    scan = HammingScanner(Codes.pack(queries), Codes.pack(database), [level]).scan(slice(None), depth=1000)
    for query, distances in enumerate(brute_force_distances(queries, database)):
        last = np.sort(distances)[999]
        groups = distances, distances[database_labels == query_labels[query]]
        for found, group in zip(scan.histograms[query], groups, strict=True):
            counts = np.bincount(group, minlength=n_bits + 1)
            np.testing.assert_array_equal(found[: last + 1], counts[: last + 1])
            assert (found <= counts).all()


def test_any_number_of_threads_gives_the_same():
    codes = clustered_codes(9_300, 70, n_clusters=20, flips=0.2)
    queries, database, labels = codes[:300], codes[300:], np.arange(9_300) % 11
    one = evaluate(queries, database, labels[:300], labels[300:], at=(10, 500), n_threads=1)
    neighbours = nearest(queries, database, 50, n_threads=1)
    for n_threads in (2, 3, None):
        other = evaluate(queries, database, labels[:300], labels[300:], at=(10, 500), n_threads=n_threads)
        for n in (10, 500):
            np.testing.assert_array_equal(one.per_query[n], other.per_query[n])
        for found, expected in zip(nearest(queries, database, 50, n_threads), neighbours, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_words_may_have_any_layout_and_be_read_only():
    codes = Codes.pack(random_codes(300, 130))
    words = np.asfortranarray(codes.words)
    words.setflags(write=False)
    other = Codes(words, 130)
    for found, expected in zip(nearest(other, other, 5), nearest(codes, codes, 5), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_kernel_is_compiled_once_for_all_kinds_of_input():
    for n, n_bits in ((1, 1), (40, 64), (40, 300)):
        codes, labels, indicator = random_codes(n, n_bits), np.zeros(n, int), np.ones((n, 90))
        evaluate(codes, codes, labels, labels)
        evaluate(codes, codes, indicator, indicator, query_coarse=labels, database_coarse=labels)
        nearest(codes, codes, 1)
    assert len(scan_chunk.signatures) == 1


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "3", None, 4])
def test_nearest_refuses_a_k_out_of_range(k):
    codes = random_codes(3, 8)
    with pytest.raises(HashbenchError, match=r"^k "):
        nearest(codes, codes, k)


@pytest.mark.parametrize("n_threads", [0, -2, 1.5])
def test_the_number_of_threads_is_checked(n_threads):
    codes, labels = random_codes(3, 8), np.zeros(3, int)
    with pytest.raises(HashbenchError, match="n_threads"):
        evaluate(codes, codes, labels, labels, n_threads=n_threads)


def test_light_modules_import_nothing_heavy():
    modules = ("codes", "evaluation", "evaluation.version", "evaluation.scores", "evaluation.precision")
    imports = "".join(f"import hashbench.{module}\n" for module in modules)
    assert run_python(f"{imports}import sys\nprint({HEAVY} & sys.modules.keys())").strip() == "set()"


def test_importing_the_evaluator_compiles_nothing():
    script = (
        "import hashbench.evaluation.evaluator; from hashbench.evaluation import kernel;"
        "print([f for f in vars(kernel).values() if getattr(f, 'signatures', None)])"
    )
    assert run_python(script).strip() == "[]"


def test_evaluation_works_after_a_fork():
    script = """
import os, signal
import numpy as np
from hashbench.evaluation.evaluator import evaluate
codes = np.random.default_rng(0).integers(0, 2, (500, 16), dtype=np.uint8)
labels = np.arange(500) % 3
before = evaluate(codes, codes, labels, labels, n_threads=2).expected
child = os.fork()
if not child:
    signal.alarm(60)
    os._exit(0 if evaluate(codes, codes, labels, labels, n_threads=2).expected == before else 1)
print(os.waitpid(child, 0)[1])
"""
    assert run_python(script).strip() == "0"
