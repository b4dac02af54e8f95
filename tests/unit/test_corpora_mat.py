from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix, csr_array

from hashbench.corpora.mat.matlab_vectors import load
from hashbench.data.split import make_split
from hashbench.errors import DataError, HashbenchError
from hashbench.features.build import build_features
from hashbench.features.featurizers import FEATURIZERS
from hashbench.features.given import Given

SPECS = {spec.name: spec for spec in FEATURIZERS}
SIZES = {"train": 12, "cv": 4, "test": 5}
SPLITS = {"train": slice(0, 12), "validation": slice(12, 16), "test": slice(16, 21)}


def weights() -> np.ndarray:
    rng = np.random.default_rng(0)
    dense = rng.random((21, 7)) * (rng.random((21, 7)) < 0.5)
    dense[:, 0] = 0.25
    return dense


def labels() -> np.ndarray:
    dense = np.eye(3)[np.arange(21) % 3]
    dense[4] = [1, 0, 1]
    return dense


def matrices(**changes) -> dict:
    ends = np.cumsum(list(SIZES.values()))[:-1]
    three = zip(SIZES, np.split(weights(), ends), np.split(labels(), ends), strict=True)
    made = {}
    for name, vectors, indicator in three:
        made |= {name: csc_matrix(vectors), f"gnd_{name}": indicator}
    return {name: value for name, value in (made | changes).items() if value is not None}


def write_mat(home, name="ng20.tfidf.mat", **changes):
    path = home / "mat" / name
    path.parent.mkdir(exist_ok=True)
    savemat(path, matrices(**changes), do_compression=True)
    return path


def test_the_vectors_labels_and_split_are_those_of_the_file(data_home):
    write_mat(data_home)
    corpus = load()
    assert np.array_equal(corpus.vectors.toarray(), weights().astype(np.float32))
    assert (corpus.vectors.format, corpus.vectors.has_canonical_format) == ("csr", True)
    assert np.array_equal(corpus.labels.toarray(), labels().astype(bool))
    assert corpus.form == "vectors"
    assert corpus.label_names == ("label 1", "label 2", "label 3")
    split = make_split(corpus)
    for name, rows in SPLITS.items():
        assert split.rows[name].tolist() == list(range(21))[rows]


def test_documents_without_a_label_are_kept_and_counted(data_home):
    write_mat(data_home, gnd_cv=labels()[12:16] * [[0], [1], [1], [1]])
    corpus = load()
    assert len(corpus) == 21
    assert corpus.notes == ("documents without a label: 1",)


@pytest.mark.parametrize("kind", [csc_matrix, np.uint8, np.int16])
def test_label_matrices_may_be_sparse_or_integers(data_home, kind):
    write_mat(data_home)
    reference = load().label_fingerprint
    write_mat(
        data_home, **{name: kind(value) for name, value in matrices().items() if name.startswith("gnd")}
    )
    assert load().label_fingerprint == reference


def test_the_file_is_named_in_the_folder_or_by_a_path(data_home, tmp_path, monkeypatch):
    write_mat(data_home, "other.mat")
    assert len(load(file="other.mat")) == 21
    path = write_mat(tmp_path, "elsewhere.mat")
    assert len(load(file=str(path))) == 21
    monkeypatch.chdir(path.parent)
    assert len(load(file="./elsewhere.mat")) == 21
    with pytest.raises(DataError, match=r"no file .*data/mat/elsewhere\.mat; set mat\.file"):
        load(file="elsewhere.mat")


@pytest.mark.parametrize("file", ["", None, 3])
def test_the_file_needs_a_name(data_home, file):
    with pytest.raises(HashbenchError, match="file is a string that is not empty, got"):
        load(file=file)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gnd_cv": None, "test": None}, "has no variable gnd_cv, test"),
        ({"gnd_cv": labels()[:3]}, "cv has 4 rows, gnd_cv 3"),
        ({"gnd_cv": labels()[:4, :2]}, r"different numbers of labels, \[2, 3\]"),
        ({"cv": csc_matrix(weights()[:4, :6])}, r"different numbers of columns, \[6, 7\]"),
        ({"gnd_test": 2 * labels()[:5]}, "gnd_test has values other than 0 and 1"),
        ({"gnd_test": np.full((5, 3), np.nan)}, "gnd_test has values other than 0 and 1"),
        ({"test": np.full((5, 7), np.inf)}, "test has values that are not finite"),
        ({"cv": np.zeros((0, 7)), "gnd_cv": np.zeros((0, 3))}, "cv is not a matrix of numbers with rows"),
        ({"cv": "text"}, "cv is not a matrix of numbers"),
        ({f"gnd_{name}": np.ones((n, 1)) for name, n in SIZES.items()}, "at least two labels, not 1"),
    ],
)
def test_files_of_another_content_are_refused(data_home, changes, message):
    write_mat(data_home, **changes)
    with pytest.raises(DataError, match=rf"ng20\.tfidf\.mat.*{message}"):
        load()


@pytest.mark.parametrize("share", [0, 0.02, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(data_home, share):
    path = write_mat(data_home)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"ng20\.tfidf\.mat (is damaged|has no variable)"):
        load()


def test_row_numbers_beyond_the_matrix_are_refused(data_home):
    broken = csc_matrix(weights()[:4])
    broken.indices[0] = 1_000_000
    write_mat(data_home, cv=broken)
    with pytest.raises(DataError, match=r"ng20\.tfidf\.mat: cv is damaged"):
        load()


def test_the_new_format_of_matlab_says_how_to_save_the_file(data_home):
    path = write_mat(data_home)
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header + b"\x89HDF\r\n\x1a\n" + bytes(600))
    with pytest.raises(DataError, match="save it again with -v7"):
        load()


def test_the_featurizer_given_hands_the_vectors_on_unchanged(data_home):
    write_mat(data_home)
    corpus = load()
    features = build_features(corpus, make_split(corpus), SPECS["given"], {}, distribution="1")
    for name, rows in SPLITS.items():
        matrix = getattr(features, name)
        assert isinstance(matrix, csr_array)
        assert np.array_equal(matrix.toarray(), weights().astype(np.float32)[rows])


def test_vectors_are_not_weighted_again(data_home):
    write_mat(data_home)
    corpus = load()
    with pytest.raises(
        HashbenchError, match="tfidf needs texts, corpus mat comes as finished vectors; use.*given"
    ):
        build_features(corpus, make_split(corpus), SPECS["tfidf"], {}, distribution="1")


def test_a_corpus_has_its_documents_in_one_form(data_home):
    write_mat(data_home)
    with pytest.raises(DataError, match="either as texts or as counts or as vectors"):
        replace(load(), counts=csr_array(weights()))


def test_given_hands_on_what_cannot_be_written_to():
    vectors = csr_array(weights(), dtype=np.float32)
    given = Given().fit_transform(vectors)
    assert not given.data.flags.writeable
    assert np.array_equal(given.toarray(), vectors.toarray())
