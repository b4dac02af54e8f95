from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.atomic import write_atomically
from hashbench.data.corpus import Corpus, indicator
from hashbench.data.home import cache_home
from hashbench.errors import DataError, HashbenchError

TEXTS = ["the first text", "the second text", "a third one"]


def text_corpus() -> Corpus:
    return Corpus(
        "toy",
        indicator(np.array([0, 1, 0]), 2),
        ("even", "odd"),
        texts=TEXTS,
        coarse=np.array([0, 0, 0]),
        coarse_names=("all",),
    )


def count_corpus(counts: csr_array, words: tuple[str, ...] | None = None) -> Corpus:
    return Corpus(
        "bag", indicator(np.zeros(counts.shape[0], dtype=np.int64), 1), ("one",), counts=counts, words=words
    )


def bool_csr(rows: list[list[int]]) -> csr_array:
    return csr_array(np.array(rows, dtype=bool))


def test_documents_are_the_texts_or_the_counts():
    counts = csr_array(np.array([[1, 0], [2, 3]]))
    assert text_corpus().documents is TEXTS
    assert count_corpus(counts).documents is counts
    assert (len(text_corpus()), len(count_corpus(counts))) == (3, 2)


def test_single_label_is_the_label_of_each_document():
    assert text_corpus().single_label.tolist() == [0, 1, 0]


@pytest.mark.parametrize("rows", [[[1, 1], [0, 1], [1, 0]], [[0, 0], [0, 1], [1, 0]]])
def test_several_labels_or_none_leave_no_single_label(rows):
    assert replace(text_corpus(), labels=bool_csr(rows)).single_label is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"texts": None}, "either as texts or as counts"),
        ({"counts": csr_array(np.ones((3, 2)))}, "either as texts or as counts"),
        ({"texts": []}, "no documents"),
        ({"texts": TEXTS[:2]}, r"shape \(3, 2\), expected \(2, 2\)"),
        ({"label_names": ("even",)}, r"expected \(3, 1\)"),
        ({"labels": csr_array(np.eye(3, 2))}, "bool CSR"),
        ({"labels": bool_csr([[1, 0], [0, 1], [1, 0]]).tocsc()}, "bool CSR"),
        (
            {
                "labels": csr_array(
                    (np.array([True, False, True]), np.zeros(3, int), np.arange(4)), shape=(3, 2)
                )
            },
            "True",
        ),
        ({"coarse": np.array([0, 0])}, "2 coarse labels for 3"),
        ({"coarse": np.array([0, 0, 1])}, "without a name"),
        ({"coarse": np.array([0, -1, 0])}, "without a name"),
        ({"words": ("text",)}, "one word for each column"),
    ],
)
def test_inconsistent_values_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        replace(text_corpus(), **changes)


def test_words_must_match_the_columns_of_the_counts():
    with pytest.raises(DataError, match="one word for each column"):
        count_corpus(csr_array(np.ones((2, 3))), words=("a", "b"))


def test_the_fingerprint_covers_the_documents_alone():
    corpus = text_corpus()
    relabelled = replace(
        corpus,
        name="other",
        labels=indicator(np.array([1, 1, 0]), 2),
        label_names=("x", "y"),
        coarse=None,
        description="from elsewhere",
        notes=("dropped 1",),
    )
    assert relabelled.fingerprint == corpus.fingerprint
    assert replace(corpus, texts=[*TEXTS[:2], "a third One"]).fingerprint != corpus.fingerprint
    assert replace(corpus, texts=TEXTS[::-1]).fingerprint != corpus.fingerprint


def test_the_fingerprint_sees_where_one_text_ends():
    labels = indicator(np.zeros(2, dtype=np.int64), 1)
    left, right = (Corpus("t", labels, ("one",), texts=texts) for texts in (["ab", "c"], ["a", "bc"]))
    assert left.fingerprint != right.fingerprint


def test_the_fingerprint_of_counts_covers_values_and_words_but_not_their_storage():
    dense = np.array([[1, 0, 2], [0, 3, 0]])
    unsorted = csr_array((np.array([2, 1, 3]), np.array([2, 0, 1]), np.array([0, 2, 3])), shape=(2, 3))
    reference = count_corpus(csr_array(dense)).fingerprint
    assert count_corpus(unsorted).fingerprint == reference
    assert count_corpus(csr_array(dense.astype(np.float32))).fingerprint == reference
    assert count_corpus(csr_array(dense + np.eye(2, 3, dtype=int))).fingerprint != reference
    assert count_corpus(csr_array(dense), words=("a", "b", "c")).fingerprint != reference


def test_the_label_fingerprint_covers_both_levels_and_their_names_and_no_text():
    corpus = text_corpus()
    reference = corpus.label_fingerprint
    assert replace(corpus, texts=["x", "y", "z"]).label_fingerprint == reference
    for changes in (
        {"labels": indicator(np.array([1, 1, 0]), 2)},
        {"label_names": ("even", "other")},
        {"coarse": None},
        {"coarse_names": ("every",)},
    ):
        assert replace(corpus, **changes).label_fingerprint != reference


def test_the_cache_folder_is_the_one_named_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "some" / "cache"))
    assert cache_home() == tmp_path / "some" / "cache"
    assert cache_home().is_dir()
    assert list(cache_home().iterdir()) == []


def test_the_cache_folder_is_the_users_own_without_the_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("HASHBENCH_CACHE", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_: str(tmp_path / "hashbench"))
    assert cache_home() == tmp_path / "hashbench"


@pytest.mark.parametrize("below", [".", "sub"])
def test_an_unusable_cache_folder_names_the_variable(tmp_path, monkeypatch, below):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path / "file" / below))
    with pytest.raises(HashbenchError, match="HASHBENCH_CACHE"):
        cache_home()


def test_a_folder_that_refuses_files_names_the_variable(tmp_path, monkeypatch):
    def refuse(dir):  # noqa: A002
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setenv("HASHBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(HashbenchError, match=r"Permission denied.*HASHBENCH_CACHE"):
        cache_home()


def test_an_atomic_write_replaces_the_file_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "file.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_atomic_write_that_fails_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_atomically(path, b"old")

    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
