from dataclasses import replace

import numpy as np
import pytest

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import SplitRecipe, make_split
from hashbench.errors import DataError

STRATIFIED = SplitRecipe("stratified")
RANDOM = SplitRecipe("random")
OFFICIAL = SplitRecipe("official")


def corpus_of(class_sizes: list[int], **fields) -> Corpus:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(class_sizes)), class_sizes))
    names = tuple(f"class {number}" for number in range(len(class_sizes)))
    texts = [f"text {row}" for row in range(len(labels))]
    return Corpus("toy", indicator(labels, len(class_sizes)), names, texts=texts, **fields)


def multi_label_corpus(n: int) -> Corpus:
    corpus = corpus_of([n, n])
    return replace(corpus, labels=corpus.labels + corpus.labels[::-1])


def rows_of(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def same(left, right) -> bool:
    return all(np.array_equal(left.rows[name], right.rows[name]) for name in left.rows)


@pytest.mark.parametrize("kind", ["stratified", "random"])
@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.5, 0.2, 0.3)])
def test_a_split_shares_out_every_document_once_in_the_asked_proportions(kind, fractions):
    corpus = corpus_of([403, 157, 61])
    split = make_split(corpus, SplitRecipe(kind, fractions, seed=3))
    assert np.array_equal(np.sort(np.concatenate(list(split.rows.values()))), np.arange(len(corpus)))
    for rows, share in zip(split.rows.values(), fractions, strict=True):
        assert rows.dtype == np.int64
        assert (np.diff(rows) > 0).all()
        assert abs(len(rows) - share * len(corpus)) <= 1


def test_a_stratified_split_keeps_the_share_of_every_class():
    corpus = corpus_of([400, 150, 60, 17])
    split = make_split(corpus, STRATIFIED)
    for rows, share in zip(split.rows.values(), STRATIFIED.fractions, strict=True):
        sizes = np.bincount(corpus.single_label[rows])
        assert np.abs(sizes - share * np.array([400, 150, 60, 17])).max() <= 1


def test_a_random_split_ignores_the_labels():
    corpus = corpus_of([100, 100])
    relabelled = replace(corpus, labels=corpus.labels[:, [1, 0]])
    assert same(make_split(corpus, RANDOM), make_split(relabelled, RANDOM))
    assert not same(make_split(corpus, RANDOM), make_split(corpus, STRATIFIED))


@pytest.mark.parametrize("kind", ["stratified", "random", "official"])
def test_the_seed_alone_decides(kind):
    corpus = corpus_of([50, 50], official_split={"train": np.arange(60), "test": np.arange(60, 100)})
    first, again, other = (make_split(corpus, SplitRecipe(kind, seed=seed)) for seed in (1, 1, 2))
    assert same(first, again)
    assert first.fingerprint == again.fingerprint
    assert not same(first, other)
    assert first.fingerprint != other.fingerprint


def test_the_corpus_says_how_it_is_split_unless_asked_otherwise():
    recipe = SplitRecipe("random", (0.5, 0.25, 0.25), seed=9)
    split = make_split(corpus_of([20, 20], recipe=recipe))
    assert split.recipe == recipe
    assert len(split.train) == 20


def test_documents_of_several_labels_need_a_random_split():
    corpus = multi_label_corpus(50)
    with pytest.raises(DataError, match=r"exactly one label.*random split"):
        make_split(corpus, STRATIFIED)
    assert len(make_split(corpus, RANDOM).train) == 80


@pytest.mark.parametrize("smallest", [1, 2, 4])
def test_a_class_too_small_for_every_split_is_named(smallest):
    with pytest.raises(DataError, match=rf"'class 1' has {smallest} documents.*random split"):
        make_split(corpus_of([200, smallest, 90]), STRATIFIED)


def test_more_classes_than_test_documents_cannot_be_stratified():
    with pytest.raises(DataError, match="random split"):
        make_split(corpus_of([3] * 20), STRATIFIED)


def test_labels_without_documents_do_not_hinder_a_stratified_split():
    assert len(make_split(corpus_of([100, 0, 100]), STRATIFIED).test) == 20


def test_a_corpus_too_small_for_three_splits_is_refused():
    with pytest.raises(DataError, match="3 documents are too few"):
        make_split(corpus_of([3]), RANDOM)


def test_the_official_split_is_taken_as_published():
    official = {"train": rows_of(9, 0, 2), "validation": rows_of(4, 1), "test": rows_of(7, 3)}
    split = make_split(corpus_of([10], official_split=official), OFFICIAL)
    assert [rows.tolist() for rows in split.rows.values()] == [[0, 2, 9], [1, 4], [3, 7]]


@pytest.mark.parametrize("n_test", [40, 41])
def test_missing_validation_documents_are_half_of_the_official_test_split(n_test):
    official = {"train": np.arange(50), "test": np.arange(50, 50 + n_test)}
    split = make_split(corpus_of([100], official_split=official), OFFICIAL)
    assert np.array_equal(split.train, np.arange(50))
    assert np.array_equal(np.sort(np.concatenate([split.validation, split.test])), official["test"])
    assert (len(split.validation), len(split.test)) == (20, n_test - 20)
    assert split.validation.max() > split.test.min()
    assert split.test.max() > split.validation.min()


@pytest.mark.parametrize(
    ("official", "message"),
    [
        (None, "no official"),
        ({"train": rows_of(0, 1)}, "no official"),
        ({"train": rows_of(0), "test": rows_of(1, 2), "dev": rows_of(3)}, "no official"),
        ({"train": rows_of(0, 1), "test": rows_of(1, 2)}, "has a row twice"),
        ({"train": rows_of(0, 0), "test": rows_of(1, 2)}, "has a row twice"),
        ({"train": rows_of(0, 10), "test": rows_of(1, 2)}, "rows that the corpus does not have"),
        ({"train": rows_of(-1, 0), "test": rows_of(1, 2)}, "rows that the corpus does not have"),
        ({"train": rows_of(0), "test": rows_of(1)}, "too small"),
        ({"train": rows_of(), "test": rows_of(1, 2)}, "the train split is empty"),
        ({"train": rows_of(0), "validation": rows_of(), "test": rows_of(1)}, "the validation split is empty"),
    ],
)
def test_unusable_official_splits_are_refused(official, message):
    with pytest.raises(DataError, match=message):
        make_split(corpus_of([10], official_split=official), OFFICIAL)


@pytest.mark.parametrize("fractions", [(0.8, 0.2, 0.0), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1)])
def test_fractions_must_be_positive_and_sum_to_one(fractions):
    with pytest.raises(DataError, match="sum to 1"):
        SplitRecipe("random", fractions)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(DataError, match=f"split seed {seed}"):
        SplitRecipe(seed=seed)
