"""What the loaders of corpora share: label matrices, the choice of a split, and notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.split import SplitRecipe, make_split
from hashbench.errors import DataError

OFFICIAL = SplitRecipe("official")
MOST_NAMED = 10


def numbered(names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number names.

    Returns:
        The number of each, int64, and the distinct names in alphabetical order.
    """
    distinct, numbers = np.unique(names, return_inverse=True)
    return numbers.astype(np.int64), tuple(distinct.tolist())


def single_labels(source: object, names: Sequence[str]) -> tuple[csr_array, tuple[str, ...]]:
    """Return indicator matrix and label names of documents with one label each.

    Args:
        source: file or folder they come from, for the message.
        names: the label of each document.

    Raises:
        DataError: there are fewer than two labels.
    """
    labels, label_names = numbered(names)
    check_classes(source, label_names)
    return indicator(labels, len(label_names)), label_names


def several_labels(label_sets: Iterable[Collection[str]], label_names: Sequence[str]) -> csr_array:
    """Return the indicator matrix, bool CSR of shape (n, n_labels), of documents with any number of labels.

    Args:
        label_sets: the labels of each document; those that are not in ``label_names`` are left out.
        label_names: one name a column.
    """
    columns = {name: column for column, name in enumerate(label_names)}
    rows = [sorted(columns[name] for name in names if name in columns) for names in label_sets]
    indices = np.array([column for row in rows for column in row], dtype=np.int64)
    indptr = np.cumsum([0, *map(len, rows)])
    return csr_array((np.ones(len(indices), dtype=bool), indices, indptr), shape=(len(rows), len(columns)))


def check_classes(source: object, label_names: Sequence[str]) -> None:
    """Check that there are at least two labels; with one, every ranking would be perfect.

    Raises:
        DataError: there are fewer.
    """
    if len(label_names) < 2:
        raise DataError(f"{source}: ranking needs at least two labels, not {len(label_names)}")


def rows_by_split(splits: Sequence[str] | NDArray[np.str_]) -> dict[str, NDArray[np.int64]]:
    """Return the rows of the documents of each split, int64, by "train", "validation" and "test".

    Args:
        splits: the split that each document is in.
    """
    names = np.asarray(splits)
    return {name: np.flatnonzero(names == name).astype(np.int64) for name in np.unique(names).tolist()}


def stratified_where_possible(corpus: Corpus) -> Corpus:
    """Return a single-label corpus to be split 80/10/10: stratified, or at random if a class is too small.

    A class is too small if it would be missing among the training, validation or test documents of the
    stratified split.
    """
    stratified = replace(corpus, recipe=SplitRecipe("stratified", (0.8, 0.1, 0.1), seed=0))
    try:
        make_split(stratified)
    except DataError:
        sizes = corpus.labels.sum(axis=0)
        smallest = int(np.argmin(sizes))
        note = (
            "split at random and not stratified; documents of the smallest class, "
            f"{corpus.label_names[smallest]}: {sizes[smallest]}"
        )
        recipe = SplitRecipe("random", (0.8, 0.1, 0.1), seed=0)
        return replace(corpus, recipe=recipe, notes=(*corpus.notes, note))
    return stratified


def with_unseen_labels(corpus: Corpus) -> Corpus:
    """Return the corpus with a note on labels that no training document has, if there are any.

    Raises:
        DataError: the corpus cannot be split as its recipe says.
    """
    split = make_split(corpus)
    used, trained = (corpus.labels[rows].sum(axis=0) for rows in (slice(None), split.train))
    unseen = np.flatnonzero((used > 0) & (trained == 0))
    if len(unseen) == 0:
        return corpus
    named = unseen[:MOST_NAMED]
    names = ", ".join(f"{corpus.label_names[label]} (documents: {used[label]})" for label in named)
    more = f" and {len(unseen) - len(named):,} more" if len(unseen) > len(named) else ""
    note = f"labels without a training document, {split.recipe}: {names}{more}"
    return replace(corpus, notes=(*corpus.notes, note))


def sample_note(n_documents: int, n_published: int) -> tuple[str, ...]:
    """Return a note where a corpus has fewer documents than the published files have."""
    if n_documents >= n_published:
        return ()
    return (f"a sample: {n_documents:,} of the {n_published:,} published documents",)


def untitled_note(titles: Sequence[str]) -> tuple[str, ...]:
    """Return a note on documents without a title, which are kept as empty ones, or nothing."""
    count = sum(not title for title in titles)
    return (f"documents without a title, kept as empty ones: {count:,}",) if count else ()


def unlabelled_note(labels: csr_array) -> tuple[str, ...]:
    """Return a note on documents without a label, or nothing if there are none.

    Args:
        labels: indicator matrix, CSR of shape (n, n_labels).
    """
    count = int((np.diff(labels.indptr) == 0).sum())
    return (f"documents without a label: {count:,}",) if count else ()
