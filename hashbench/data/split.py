"""Splits of a corpus into training (database), validation and test (query) documents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isclose
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hashbench.errors import DataError

if TYPE_CHECKING:
    from hashbench.data.corpus import Corpus

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class SplitRecipe:
    """How a corpus is split; part of the protocol, apart from the seed of a trial.

    Attributes:
        kind: "stratified" keeps the share of every class (single-label corpora), "random" ignores labels,
            "official" takes the published split; if that has no validation documents, half of the test
            documents, chosen at random, become the validation documents.
        fractions: shares of training, validation and test documents, summing to 1; not used by "official".
        seed: seed of the shuffle.

    Raises:
        DataError: a fraction is not positive, they do not sum to 1, or the seed is out of range.
    """

    kind: Literal["stratified", "random", "official"] = "stratified"
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.fractions) <= 0 or not isclose(sum(self.fractions), 1):
            raise DataError(f"split fractions {self.fractions}: give three positive shares that sum to 1")
        if not 0 <= self.seed < 2**32:
            raise DataError(f"split seed {self.seed}: give a number from 0 to {2**32 - 1}")

    def __str__(self) -> str:
        if self.kind == "official":
            return f"official, seed {self.seed}"
        return f"{self.kind} {'/'.join(f'{100 * share:g}' for share in self.fractions)}, seed {self.seed}"


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of a corpus: sorted int64 arrays ``train``, ``validation`` and ``test``, and their recipe."""

    train: Rows
    validation: Rows
    test: Rows
    recipe: SplitRecipe

    @property
    def rows(self) -> Mapping[str, Rows]:
        """The three arrays by "train", "validation" and "test"."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the three index arrays."""
        digest = hashlib.sha256()
        for rows in self.rows.values():
            digest.update(len(rows).to_bytes(8, "little"))
            digest.update(rows.astype("<i8").tobytes())
        return digest.hexdigest()


def make_split(corpus: Corpus, recipe: SplitRecipe | None = None) -> Split:
    """Split a corpus; the same corpus and recipe give the same split.

    Args:
        corpus: what to split; "official" needs its ``official_split``, with "train" and "test" at least.
        recipe: how; by default the recipe of the corpus.

    Returns:
        Sorted and disjoint rows of training, validation and test documents, some of each. In a stratified
        split every class is among all three.

    Raises:
        DataError: the corpus cannot be split in this way, or one of the three would be empty.
    """
    recipe = recipe or corpus.recipe
    split = _official(corpus, recipe.seed) if recipe.kind == "official" else _by_fractions(corpus, recipe)
    for name, rows in split.items():
        if len(rows) == 0:
            raise DataError(f"corpus {corpus.name}, split {recipe}: the {name} split is empty")
    return Split(**{name: np.sort(rows) for name, rows in split.items()}, recipe=recipe)


def _by_fractions(corpus: Corpus, recipe: SplitRecipe) -> dict[str, Rows]:
    labels = corpus.single_label if recipe.kind == "stratified" else None
    if recipe.kind == "stratified" and labels is None:
        raise DataError(
            f"corpus {corpus.name}: a stratified split needs exactly one label a document; use a random split"
        )
    n_validation, n_test = (round(share * len(corpus)) for share in recipe.fractions[1:])
    rows = np.arange(len(corpus), dtype=np.int64)
    try:
        train, rest = _shuffle_in_two(rows, n_validation + n_test, recipe.seed, labels)
        validation, test = _shuffle_in_two(rest, n_test, recipe.seed, labels)
    except ValueError as error:
        raise _too_small(corpus, recipe, labels) from error
    split = {"train": train, "validation": validation, "test": test}
    if labels is not None:
        n_classes = len(np.unique(labels))
        if any(len(np.unique(labels[rows])) < n_classes for rows in split.values()):
            raise _too_small(corpus, recipe, labels)
    return split


def _shuffle_in_two(rows: Rows, n_second: int, seed: int, labels: Rows | None = None) -> tuple[Rows, Rows]:
    """Divide rows at random into two sets, the second of a given size; ValueError if there are too few."""
    from sklearn.model_selection import train_test_split

    classes = None if labels is None else labels[rows]
    first, second = train_test_split(rows, test_size=n_second, random_state=seed, stratify=classes)
    return first, second


def _too_small(corpus: Corpus, recipe: SplitRecipe, labels: Rows | None) -> DataError:
    where = f"corpus {corpus.name}, split {recipe}"
    if labels is None:
        return DataError(f"{where}: {len(corpus)} documents are too few")
    classes, sizes = np.unique(labels, return_counts=True)
    smallest = np.argmin(sizes)
    return DataError(
        f"{where}: class {corpus.label_names[classes[smallest]]!r} has {sizes[smallest]} documents, too "
        "few for training, validation and test; use a random split, or leave such classes out"
    )


def _official(corpus: Corpus, seed: int) -> dict[str, Rows]:
    published = corpus.official_split or {}
    if not {"train", "test"} <= set(published) <= {"train", "validation", "test"}:
        raise DataError(
            f"corpus {corpus.name} has no official train and test split; use a stratified or random split"
        )
    split = {name: np.asarray(rows, dtype=np.int64) for name, rows in published.items()}
    every = np.concatenate(list(split.values()))
    if len(np.unique(every)) < len(every):
        raise DataError(f"corpus {corpus.name}: its official split has a row twice")
    if len(every) and not 0 <= every.min() <= every.max() < len(corpus):
        raise DataError(f"corpus {corpus.name}: its official split has rows that the corpus does not have")
    if "validation" not in split:
        if len(split["test"]) < 2:
            raise DataError(
                f"corpus {corpus.name}: its official test split is too small to be halved for validation"
            )
        split["validation"], split["test"] = _shuffle_in_two(
            split["test"], (len(split["test"]) + 1) // 2, seed
        )
    return split
