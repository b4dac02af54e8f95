"""The form in which hashers receive documents: the same in a run and in the conformance suite."""

from __future__ import annotations

from contextlib import suppress
from unittest import SkipTest

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix, issparse
from sklearn.cluster import KMeans
from sklearn.svm import LinearSVC

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import Split, SplitRecipe
from hashbench.experiment.environment import limited_threads
from hashbench.features.build import build_features, load_or_build_features
from hashbench.features.matrices import canonical, canonical_csr, read_only
from hashbench.hashing import Hasher
from hashbench.hashing.projection import as_csr, project
from hashbench.specs import FeaturizerSpec, HasherSpec
from hashbench.testing import Subject, check_read_only_input, run_checks
from hashbench.testing.subject import N_BITS
from hashbench.testing.suite import CHECKS
from hashbench.testing.toy_corpus import planted_corpus
from tests.unit.wrong_hashers import CITATION, ClustersInBatches, PlainHyperplanes


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with limited_threads(1):
        yield


DENSE = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 4, 0]], dtype=np.float32)


def arrays_of(matrix) -> tuple[np.ndarray, ...]:
    return (matrix.data, matrix.indices, matrix.indptr) if issparse(matrix) else (matrix,)


def is_tidy(matrix: csr_array) -> bool:
    rows = np.split(matrix.indices, matrix.indptr[1:-1])
    return all((np.diff(row) > 0).all() for row in rows) and bool(matrix.data.all())


def assert_form(matrix, dtype=np.float32) -> None:
    """Check what ``hashbench.hashing`` says of documents and extra inputs."""
    assert not any(array.flags.writeable for array in arrays_of(matrix))
    if issparse(matrix):
        assert isinstance(matrix, csr_array)
        assert [array.dtype for array in arrays_of(matrix)] == [dtype, np.int32, np.int32]
        assert is_tidy(matrix)
    else:
        assert type(matrix) is np.ndarray
        assert matrix.dtype == dtype
        assert matrix.flags.c_contiguous


def wide(matrix: csr_array) -> csr_array:
    """Return the same matrix with int64 indices."""
    indices, starts = matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)
    return csr_array((matrix.data, indices, starts), shape=matrix.shape)


def untidy() -> csr_array:
    """Return DENSE with unsorted, repeated and zero entries."""
    data = np.array([1, 1.5, 0.5, 0, 3, 4], dtype=np.float32)
    return csr_array((data, np.array([3, 1, 1, 0, 0, 2]), np.array([0, 4, 4, 6])), shape=DENSE.shape)


@pytest.mark.parametrize(
    "given",
    [
        csr_array(DENSE),
        csr_matrix(DENSE),
        csc_array(DENSE),
        coo_array(DENSE),
        wide(csr_array(DENSE)),
        untidy(),
    ],
    ids=["csr_array", "csr_matrix", "csc", "coo", "int64", "untidy"],
)
def test_every_sparse_matrix_is_brought_into_the_form_and_left_as_it_was(given):
    before = given.copy()
    formed = canonical_csr(given)
    assert_form(formed)
    np.testing.assert_array_equal(formed.toarray(), DENSE)
    assert given.data.flags.writeable
    np.testing.assert_array_equal(given.data, before.data)
    np.testing.assert_array_equal(given.toarray(), DENSE)


def test_other_dtypes_are_converted_or_kept_as_asked():
    assert_form(canonical_csr(csr_array(DENSE.astype(np.int64))))
    assert_form(canonical_csr(csr_array(DENSE > 0), bool), bool)
    assert_form(canonical(np.asfortranarray(DENSE.astype(np.float64))))
    assert_form(canonical(np.arange(6).reshape(2, 3).T, np.int64), np.int64)


@pytest.mark.parametrize("given", [csr_array(DENSE), DENSE.copy()], ids=["sparse", "dense"])
def test_a_matrix_of_that_form_is_not_copied(given):
    formed = canonical(canonical(given))
    for array, original in zip(arrays_of(formed), arrays_of(given), strict=True):
        assert np.shares_memory(array, original)
    for array in arrays_of(formed):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_indices_that_do_not_fit_stay_int64():
    shape = (2, 2**31 + 5)
    matrix = csr_array((np.ones(2, dtype=np.float32), ([0, 1], [3, 2**31 + 1])), shape=shape)
    for formed in (canonical_csr(matrix), as_csr(matrix)):
        assert formed.indices.dtype == formed.indptr.dtype == np.int64
        assert formed.indices.tolist() == [3, 2**31 + 1]


def test_projections_do_not_depend_on_the_type_of_the_indices():
    X = planted_corpus().X
    directions = np.random.default_rng(0).standard_normal((X.shape[1], 5))
    expected = project(X, directions)
    for same in (wide(X), read_only(wide(X)), X.toarray()):
        np.testing.assert_array_equal(project(same, directions), expected)
    for given in (wide(X), X.toarray()):
        assert as_csr(given).indices.dtype == as_csr(given).indptr.dtype == np.int32


FEATURIZER = """
import numpy as np
from scipy.sparse import csr_array

class Numbers:
    def __init__(self, sparse=True):
        self.sparse = sparse

    def fit(self, texts):
        return self

    def transform(self, texts):
        vectors = np.asfortranarray([[float(word) for word in text.split()] for text in texts])
        if not self.sparse:
            return vectors
        rows, columns = np.nonzero(vectors)
        return csr_array((vectors[rows, columns], (rows, columns)), shape=vectors.shape)

    def inputs(self, texts):
        vectors = self.transform(texts)
        return {"views": np.asfortranarray(np.zeros((len(texts), 2, 3), dtype=np.float32)), "same": vectors}
"""
N_TRAIN, N_OTHER = 300, 50


@pytest.fixture(params=[True, False], ids=["sparse", "dense"])
def features(request, tmp_path, monkeypatch):
    """Features of the planted documents as a run reads them from its cache, and as they are built."""
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "cache"))
    module = f"numbers_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(FEATURIZER)
    monkeypatch.syspath_prepend(str(tmp_path))
    vectors = planted_corpus(N_TRAIN + 2 * N_OTHER).X.toarray()
    texts = [" ".join(map(str, row)) for row in vectors.tolist()]
    corpus = Corpus("planted", indicator(np.zeros(len(texts), dtype=np.int64), 1), ("one",), texts=texts)
    rows = np.split(np.arange(len(texts)), [N_TRAIN, N_TRAIN + N_OTHER])
    spec = FeaturizerSpec("numbers", f"{module}:Numbers", "numbers", provides=("views", "same"))
    split, inputs = Split(*rows, SplitRecipe("random")), ("neighbours", "views", "same")

    def load(function):
        return function(corpus, split, spec, {"sparse": request.param}, distribution="1", inputs=inputs)

    return load(load_or_build_features), load(build_features)


def test_a_run_hands_over_documents_and_inputs_in_that_form(features):
    for loaded in features:
        for matrix in loaded.matrices.values():
            assert_form(matrix)
        assert_form(loaded.inputs["neighbours"], np.int64)
        assert_form(loaded.inputs["views"])
        assert_form(loaded.inputs["same"], np.float64)


class Recorder(PlainHyperplanes):
    """Looks at all that it is given."""

    validation = True

    def fit(self, X, y=None, *, X_val, y_val, neighbours, views):
        for matrix in (X, X_val, views):
            assert_form(matrix)
        assert_form(neighbours, np.int64)
        return super().fit(X)

    def transform(self, X):
        assert_form(X)
        return super().transform(X)


OTHER_FORMS_ON_PURPOSE = {"check_sparse_dense_agree", "check_inputs_unchanged"}


@pytest.mark.parametrize("check", [c for c in CHECKS if c.__name__ not in OTHER_FORMS_ON_PURPOSE])
def test_the_suite_hands_over_documents_and_inputs_in_that_form(check):
    described = {"licence": "MIT", "citation": CITATION, "inputs": ("neighbours", "views")}
    spec = HasherSpec("recorder", f"{__name__}:Recorder", "looks", validation=True, **described)
    with suppress(SkipTest):
        check(Subject(Recorder(), spec, arrays="read-only"))


class Clusters(Hasher):
    """Sides of the hyperplanes through the mean that look at centres of clusters."""

    def __init__(self, n_bits=8, random_state=None):
        self.n_bits = n_bits
        self.random_state = random_state

    def _fit(self, X):
        assert isinstance(X, np.ndarray) or X.indices.dtype == X.indptr.dtype == np.int32
        clusters = KMeans(min(self.n_bits, X.shape[0]), n_init=1, random_state=self.random_state).fit(X)
        centres = np.resize(clusters.cluster_centers_, (self.n_bits, X.shape[1])).astype(np.float64)
        noise = np.random.default_rng(self.random_state).standard_normal(centres.shape)
        self.directions_ = np.ascontiguousarray((centres - centres.mean(axis=0) + 0.01 * noise).T)

    def _embed(self, X):
        return project(X, self.directions_)


class Margins(Clusters):
    """Sides of hyperplanes that separate classes."""

    supervised = True

    def _fit(self, X, *, y):
        machine = LinearSVC(random_state=0).fit(X, y.toarray().argmax(axis=1))
        normals = np.resize(machine.coef_, (self.n_bits, X.shape[1]))
        noise = np.random.default_rng(self.random_state).standard_normal(normals.shape)
        self.directions_ = np.ascontiguousarray((normals + 0.1 * noise).T)


METHODS = pytest.mark.parametrize("method", [Clusters, Margins])


@pytest.mark.slow
@METHODS
def test_wrapped_clusterings_and_classifiers_pass_the_checks(method):
    assert [outcome for outcome in run_checks(method()) if outcome.status == "failed"] == []


@METHODS
def test_wrapped_clusterings_and_classifiers_run(method, features):
    labels = planted_corpus(N_TRAIN + 2 * N_OTHER).clusters[:N_TRAIN]
    for loaded in features:
        hasher = method(N_BITS, random_state=0).fit(loaded.train, labels)
        assert hasher.transform(loaded.test).shape == (N_OTHER, N_BITS)


def test_code_that_asks_for_writeable_arrays_fails_a_check_as_it_fails_a_run(features):
    with pytest.raises(AssertionError, match="read-only sparse documents .*hand a copy"):
        check_read_only_input(ClustersInBatches())
    for loaded in features:
        if issparse(loaded.train):
            with pytest.raises(ValueError, match="read-only"):
                ClustersInBatches(random_state=0).fit(loaded.train)
