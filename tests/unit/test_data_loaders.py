import numpy as np
import pytest
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.loaders import (
    numbered,
    rows_by_split,
    several_labels,
    single_labels,
    stratified_where_possible,
    unlabelled_note,
    with_unseen_labels,
)
from hashbench.data.split import SplitRecipe, make_split
from hashbench.errors import DataError


def corpus_of(sizes: list[int], **fields) -> Corpus:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    names = tuple(f"class{number}" for number in range(len(sizes)))
    texts = [f"text {row}" for row in range(len(labels))]
    return Corpus("toy", indicator(labels, len(sizes)), names, texts=texts, **fields)


def test_names_are_numbered_alphabetically():
    numbers, names = numbered(["b", "a", "c", "b"])
    assert (numbers.tolist(), names) == ([1, 0, 2, 1], ("a", "b", "c"))
    assert numbers.dtype == np.int64


def test_single_labels_make_an_indicator():
    labels, names = single_labels("file", ["b", "a", "b"])
    assert labels.toarray().tolist() == [[False, True], [True, False], [False, True]]
    assert names == ("a", "b")


def test_one_class_is_refused():
    with pytest.raises(DataError, match="some file: ranking needs at least two labels, not 1"):
        single_labels("some file", ["a", "a"])


def test_several_labels_make_an_indicator_and_unnamed_ones_are_left_out():
    labels = several_labels([{"c", "a"}, (), ["x"], ("b", "x")], ("a", "b", "c"))
    assert labels.toarray().astype(int).tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert (labels.format, labels.dtype, labels.has_sorted_indices) == ("csr", bool, True)


def test_rows_by_split():
    rows = rows_by_split(["train", "test", "train"])
    assert {name: numbers.tolist() for name, numbers in rows.items()} == {"train": [0, 2], "test": [1]}
    assert rows["test"].dtype == np.int64


def test_classes_of_enough_documents_are_stratified():
    corpus = stratified_where_possible(corpus_of([60, 30, 12]))
    assert corpus.recipe == SplitRecipe("stratified", (0.8, 0.1, 0.1), seed=0)
    assert corpus.notes == ()


@pytest.mark.parametrize("smallest", range(1, 13))
def test_a_class_too_small_to_be_in_every_split_makes_the_split_random_with_a_note(smallest):
    corpus = stratified_where_possible(corpus_of([200, smallest, 150]))
    labels = corpus.single_label
    in_every_split = all(1 in labels[rows] for rows in make_split(corpus).rows.values())
    if corpus.recipe.kind == "stratified":
        assert in_every_split
        assert corpus.notes == ()
    else:
        assert smallest < 10
        assert corpus.recipe == SplitRecipe("random", (0.8, 0.1, 0.1), seed=0)
        assert corpus.notes[0].endswith(f"documents of the smallest class, class1: {smallest}")


def test_labels_that_no_training_document_has_are_noted():
    official = {"train": np.arange(1, 5), "test": np.array([0, 5, 6])}
    corpus = corpus_of([1, 4, 2], official_split=official, recipe=SplitRecipe("official"), notes=("first",))
    note = (
        "labels without a training document, official, seed 0: class0 (documents: 1), class2 (documents: 2)"
    )
    assert with_unseen_labels(corpus).notes == ("first", note)


def test_labels_that_training_documents_have_need_no_note():
    corpus = corpus_of([20, 20])
    assert with_unseen_labels(corpus) is corpus


def test_documents_without_a_label_are_counted():
    assert unlabelled_note(csr_array([[True, False], [False, False], [True, True]])) == (
        "documents without a label: 1",
    )
    assert unlabelled_note(csr_array([[True, False], [True, True]])) == ()
