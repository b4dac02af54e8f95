import errno
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array, issparse

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import Split, SplitRecipe
from hashbench.errors import DataError, HashbenchError, StorageError
from hashbench.features.build import (
    build_features,
    key_of_features,
    load_or_build_features,
    name_of_features,
    open_features,
)
from hashbench.features.features import Features
from hashbench.specs import FeaturizerSpec

# A featurizer of texts such as "3 0 1": the vector of a text is its numbers. It notes every fit in a file.
FEATURIZER = """
import time
from pathlib import Path
import numpy as np
from scipy.sparse import csr_array

class Numbers:
    def __init__(self, log="", sparse=True, scale=1.0, pause=0.0):
        self.log, self.sparse, self.scale, self.pause = log, sparse, scale, pause

    def fit(self, texts):
        with Path(self.log).open("a") as file:
            file.write(" | ".join(texts) + "\\n")
        time.sleep(self.pause)
        return self

    def transform(self, texts):
        vectors = np.array([[float(word) for word in text.split()] for text in texts]) * self.scale
        return csr_array(vectors) if self.sparse else vectors

    def inputs(self, texts):
        return {"lengths": np.array([len(text) for text in texts]), "vectors": self.transform(texts)}
"""
TEXTS = ["1 0 2", "0 0 0", "3 1 0", "0 4 0", "5 0 1", "0 0 0", "0 6 0", "1 1 7", "2 2 2", "0 0 0"]
SPLIT = Split(
    np.array([0, 1, 2, 3]),
    np.array([4, 5]),
    np.array([6, 7, 8, 9]),
    SplitRecipe("random", (0.4, 0.2, 0.4), seed=5),
)


def text_corpus(texts: list[str] = TEXTS) -> Corpus:
    return Corpus("toy", indicator(np.zeros(len(texts), dtype=np.int64), 1), ("one",), texts=texts)


@pytest.fixture
def numbers(tmp_path, monkeypatch) -> FeaturizerSpec:
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "cache"))
    return write_featurizer(tmp_path, monkeypatch, "numbers", FEATURIZER)


def write_featurizer(tmp_path: Path, monkeypatch, name: str, source: str) -> FeaturizerSpec:
    """Write a module of its own for each test: modules and their fingerprints are remembered by name."""
    module = f"{name}_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    return FeaturizerSpec("numbers", f"{module}:Numbers", "the numbers in a text")


def build(spec: FeaturizerSpec, tmp_path: Path, cached: bool = False, inputs=(), **params) -> Features:
    function = load_or_build_features if cached else build_features
    params = {"log": str(tmp_path / "fits"), **params}
    return function(text_corpus(), SPLIT, spec, params, distribution="1", inputs=inputs)


def dense(matrix) -> np.ndarray:
    return matrix.toarray() if issparse(matrix) else np.asarray(matrix)


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("sparse", [True, False])
def test_documents_without_a_feature_are_left_out_and_counted(numbers, tmp_path, cached, sparse):
    features = build(numbers, tmp_path, cached, sparse=sparse)
    assert features.empty == {"train": 1, "validation": 1, "test": 1}
    assert [rows.tolist() for rows in features.split.rows.values()] == [[0, 2, 3], [4], [6, 7, 8]]
    assert all(rows.dtype == np.int64 for rows in features.split.rows.values())
    assert dense(features.train).tolist() == [[1, 0, 2], [3, 1, 0], [0, 4, 0]]
    assert dense(features.validation).tolist() == [[5, 0, 1]]
    assert dense(features.test).tolist() == [[0, 6, 0], [1, 1, 7], [2, 2, 2]]
    assert features.split.recipe == SPLIT.recipe
    for part in ("train", "validation", "test"):
        matrix = getattr(features, part)
        assert matrix.dtype == np.float32
        assert isinstance(matrix, csr_array if sparse else np.ndarray)


def test_the_featurizer_is_fitted_on_the_training_documents_alone(numbers, tmp_path):
    build(numbers, tmp_path)
    assert (tmp_path / "fits").read_text() == " | ".join(TEXTS[:4]) + "\n"


def test_the_second_call_reads_what_the_first_computed(numbers, tmp_path):
    first, second = (build(numbers, tmp_path, cached=True) for _ in range(2))
    assert len((tmp_path / "fits").read_text().splitlines()) == 1
    assert second.key == first.key
    assert second.seconds == first.seconds > 0
    assert np.array_equal(dense(second.train), dense(first.train))


def test_features_are_opened_by_their_name(numbers, tmp_path):
    built = build(numbers, tmp_path, cached=True)
    opened = open_features(name_of_features(built.key, numbers))
    assert opened.key == built.key
    assert np.array_equal(dense(opened.test), dense(built.test))
    assert opened.split.fingerprint == built.split.fingerprint


@pytest.mark.usefixtures("numbers")
def test_a_key_that_was_never_built_is_an_error():
    with pytest.raises(DataError, match="0123"):
        open_features("0123")


@pytest.mark.parametrize("sparse", [True, False])
def test_the_arrays_are_read_only_views_of_the_files(numbers, tmp_path, sparse):
    train = build(numbers, tmp_path, cached=True, sparse=sparse).train
    for array in (train.data, train.indices, train.indptr) if sparse else (train,):
        assert not array.flags.writeable
        while not isinstance(array, np.memmap):
            array = array.base
    if sparse:
        assert train.has_canonical_format


def test_two_processes_that_need_the_same_features_compute_them_once(numbers, tmp_path):
    code = f"""
import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(Path(__file__).parent)!r}]
from pathlib import Path
from test_feature_cache import build
from hashbench.specs import FeaturizerSpec
spec = FeaturizerSpec("numbers", {numbers.target!r}, "numbers")
build(spec, Path({str(tmp_path)!r}), cached=True, pause=1.0)
"""
    processes = [subprocess.Popen([sys.executable, "-c", code], env=os.environ) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert len((tmp_path / "fits").read_text().splitlines()) == 1


def test_a_failed_computation_leaves_nothing_behind(numbers, tmp_path):
    for _ in range(2):
        with pytest.raises(ValueError, match="not finite"):
            build(numbers, tmp_path, cached=True, scale=1e300)
    assert [path.suffix for path in (tmp_path / "cache" / "features").iterdir()] == [".lock"]


def flip_a_bit(path: Path, position: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 16
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def in_a_new_process(monkeypatch) -> None:
    """Forget which folders have been checked."""
    monkeypatch.setattr("hashbench.features.storage._intact", set())


DAMAGE = [Path.unlink, flip_a_bit, cut, lambda path: path.write_bytes(b"nonsense")]
FILES = ["features.json", "rows-test.npy", *(f"train.{field}.npy" for field in ("data", "indices", "indptr"))]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_named_and_computed_anew(numbers, tmp_path, monkeypatch, caplog, damage, name):
    built = build(numbers, tmp_path, cached=True)
    folder = tmp_path / "cache" / "features" / name_of_features(built.key, numbers)
    before = {path.name: path.read_bytes() for path in folder.glob("*.npy")}
    damage(folder / name)
    in_a_new_process(monkeypatch)
    with pytest.raises(StorageError, match=f"{built.key}.*damaged.*{name.partition('.')[0]}"):
        open_features(folder.name)
    build(numbers, tmp_path, cached=True)
    assert name in caplog.text
    assert {path.name: path.read_bytes() for path in folder.glob("*.npy")} == before
    assert len((tmp_path / "fits").read_text().splitlines()) == 2
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, f"{folder.name}.lock"}


def test_features_of_another_corpus_under_this_name_are_not_used(numbers, tmp_path, monkeypatch, caplog):
    first, second = (build(numbers, tmp_path, cached=True, scale=scale) for scale in (1.0, 2.0))
    names = [name_of_features(features.key, numbers) for features in (first, second)]
    folder = tmp_path / "cache" / "features"
    shutil.rmtree(folder / names[0])
    shutil.copytree(folder / names[1], folder / names[0])
    assert np.array_equal(dense(build(numbers, tmp_path, cached=True, scale=1.0).train), dense(first.train))
    assert f"they are those of {names[1]}" in caplog.text


def test_a_damaged_extra_input_is_computed_anew_and_nothing_else(numbers, tmp_path, monkeypatch, caplog):
    spec = replace(numbers, provides=("lengths", "vectors"))
    built = build(spec, tmp_path, cached=True, inputs=("lengths", "vectors"))
    folder = tmp_path / "cache" / "features" / name_of_features(built.key, numbers)
    untouched = (folder / "train.data.npy").stat().st_mtime_ns
    flip_a_bit(folder / "inputs" / "lengths" / "values.npy")
    in_a_new_process(monkeypatch)
    again = build(spec, tmp_path, cached=True, inputs=("lengths", "vectors"))
    assert again.inputs["lengths"].tolist() == [5, 5, 5]
    assert "values.npy differs from its digest" in caplog.text
    assert (folder / "train.data.npy").stat().st_mtime_ns == untouched


def test_files_are_checked_once_a_process(numbers, tmp_path, monkeypatch):
    name = name_of_features(build(numbers, tmp_path, cached=True).key, numbers)
    monkeypatch.setattr("hashbench.features.storage._digest", lambda path: pytest.fail("checked again"))
    open_features(name)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
def test_what_cannot_be_stored_is_no_result(numbers, tmp_path, monkeypatch, error):
    def refuse(*_, **__):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("numpy.lib.format.write_array", refuse)
    with pytest.raises(StorageError, match=os.strerror(error)):
        build(numbers, tmp_path, cached=True)
    assert [path.suffix for path in (tmp_path / "cache" / "features").iterdir()] == [".lock"]


def test_a_complete_cache_is_not_written_to(numbers, tmp_path, monkeypatch):
    built = build(numbers, tmp_path, cached=True)

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert np.array_equal(dense(build(numbers, tmp_path, cached=True).train), dense(built.train))
    with pytest.raises(StorageError, match="Permission denied.*HASHBENCH_CACHE"):
        build(numbers, tmp_path, cached=True, scale=2.0)


def test_what_interrupted_runs_left_is_removed_after_a_day(numbers, tmp_path):
    folder = tmp_path / "cache" / "features"
    for age, name in ((3600, ".new.0123abcd.tmp"), (90000, ".old.0123abcd.tmp"), (90000, "own.tmp")):
        (folder / name).mkdir(parents=True)
        (folder / name / "train.npy").write_bytes(b"")
        os.utime(folder / name, (time.time() - age,) * 2)
    build(numbers, tmp_path, cached=True)
    assert {path.name for path in folder.glob("*.tmp")} == {".new.0123abcd.tmp", "own.tmp"}


def test_the_key_changes_with_everything_that_features_depend_on(numbers, tmp_path, monkeypatch):
    def key(corpus=None, split=SPLIT, spec=numbers, params=None, distribution="1"):
        return key_of_features(
            corpus or text_corpus(), split, spec, params or {"scale": 1.0}, distribution=distribution
        )

    keys = [
        key(),
        key(corpus=text_corpus([*TEXTS[:9], "0 0 1"])),
        key(split=replace(SPLIT, train=np.array([0, 1, 2]))),
        key(spec=replace(numbers, name="other")),
        key(spec=replace(numbers, version=2)),
        key(params={"scale": 2.0}),
        key(params={"scale": 1.0, "sparse": True}),
        key(distribution="2"),
    ]
    assert len(set(keys)) == len(keys)


def test_the_name_in_the_cache_changes_with_the_code_but_the_key_does_not(numbers, tmp_path, monkeypatch):
    edited = write_featurizer(tmp_path, monkeypatch, "edited", FEATURIZER + "\nx = 1\n")
    commented = write_featurizer(tmp_path, monkeypatch, "commented", FEATURIZER + "\n# nothing\n")
    names = [name_of_features("key", spec) for spec in (numbers, edited, commented)]
    assert all(name.startswith("key-") for name in names)
    assert names[0] != names[1]
    assert key_of_features(
        text_corpus(), SPLIT, replace(edited, name=numbers.name), {}, distribution="1"
    ) == (key_of_features(text_corpus(), SPLIT, numbers, {}, distribution="1"))


def test_a_parameter_that_came_later_is_no_part_of_the_key_at_its_first_value(numbers):
    def key(spec, **params):
        return key_of_features(text_corpus(), SPLIT, spec, {"scale": 1.0, **params}, distribution="1")

    later = replace(numbers, introduced={"sparse": False})
    assert key(later, sparse=False) == key(numbers)
    assert key(later, sparse=True) != key(numbers)
    assert key(numbers, sparse=False) != key(numbers)


def test_the_key_does_not_depend_on_labels_names_or_the_order_of_parameters(numbers):
    corpus = text_corpus()
    relabelled = replace(corpus, name="other", label_names=("two",), description="changed")
    left, right = {"scale": 1.0, "sparse": True}, {"sparse": True, "scale": 1.0}
    assert key_of_features(corpus, SPLIT, numbers, left, distribution="1") == key_of_features(
        relabelled, SPLIT, numbers, right, distribution="1"
    )


@pytest.mark.parametrize("cached", [False, True])
def test_extra_inputs_have_a_row_for_each_training_document_that_remains(numbers, tmp_path, cached):
    names = ("lengths", "vectors")
    features = build(replace(numbers, provides=names), tmp_path, cached, inputs=names)
    assert features.inputs["lengths"].tolist() == [5, 5, 5]
    assert isinstance(features.inputs["vectors"], csr_array)
    assert np.array_equal(features.inputs["vectors"].toarray(), features.train.toarray())


def broken(tmp_path, monkeypatch, transform: str, inputs: str = "{}") -> FeaturizerSpec:
    source = f"""
import numpy as np
from scipy.sparse import coo_array, csr_array

class Numbers:
    def __init__(self, log): pass
    def fit(self, texts): return self
    def transform(self, texts):
        n = len(texts)
        return {transform}
    def inputs(self, texts): return {inputs}
"""
    return write_featurizer(tmp_path, monkeypatch, "broken", source)


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        ("[[1.0]] * n", "list, not an array"),
        ("np.ones(n)", r"shape \(4,\) for 4 documents"),
        ("np.ones((n, 2, 2))", r"shape \(4, 2, 2\)"),
        ("np.ones((n - 1, 3))", r"shape \(3, 3\) for 4 documents"),
        ("csr_array(np.ones((n + 1, 3)))", r"shape \(5, 3\)"),
        ("coo_array(np.ones(n))", r"shape \(4,\)"),
        ("np.full((n, 3), 'word')", "not real numbers"),
        ("np.ones((n, 3), dtype=complex)", "not real numbers"),
        ("np.array([[1.0, np.nan]] * n)", "not finite"),
        ("csr_array(np.array([[1.0, np.inf]] * n))", "not finite"),
        ("np.full((n, 2), 1e200)", "not finite in single precision"),
        ("np.ones((n, n))", r"different widths \[2, 4\]"),
    ],
)
def test_a_featurizer_that_breaks_its_contract_is_named(tmp_path, monkeypatch, transform, message):
    spec = broken(tmp_path, monkeypatch, transform)
    with pytest.raises(ValueError, match=f"featurizer numbers.*{message}") as caught:
        build(spec, tmp_path)
    assert not isinstance(caught.value, HashbenchError)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("{}", r"should provide the inputs \['lengths'\], not \[\]"),
        ("{'lengths': np.ones(9)}", "input lengths is not an array or sparse matrix of 4 rows"),
        ("{'lengths': [1, 2, 3, 4]}", "input lengths is not an array"),
    ],
)
def test_wrong_extra_inputs_are_named(tmp_path, monkeypatch, inputs, message):
    spec = replace(broken(tmp_path, monkeypatch, "np.ones((n, 2))", inputs), provides=("lengths",))
    with pytest.raises(ValueError, match=f"featurizer numbers.*{message}"):
        build(spec, tmp_path, inputs=["lengths"])


@pytest.mark.parametrize(
    "transform",
    [
        "coo_array((np.array([1, 1, 5, -5] * n), (np.repeat(range(n), 4), [2, 2, 1, 1] * n)), shape=(n, 3))",
        "np.array([[0, 0, 2]] * n, dtype=np.int16)",
    ],
)
def test_other_number_types_and_sparse_formats_are_converted(tmp_path, monkeypatch, transform):
    train = build(broken(tmp_path, monkeypatch, transform), tmp_path).train
    assert train.dtype == np.float32
    assert dense(train).tolist() == [[0, 0, 2]] * 4
    if issparse(train):
        assert train.nnz == 4


def test_a_split_without_any_feature_is_an_error(numbers, tmp_path):
    split = replace(SPLIT, validation=np.array([5]))
    with pytest.raises(DataError, match=r"numbers, validation split of toy: every vector is all zeros"):
        build_features(text_corpus(), split, numbers, {"log": str(tmp_path / "fits")}, distribution="1")
