"""Documents whose text another document has: how many there are, and a corpus without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hashbench.data.corpus import Corpus
from hashbench.data.split import Split

Rows = NDArray[np.int64]
_PRIORITY = ("train", "validation", "test")


@dataclass(frozen=True)
class Duplicates:
    """Counts of repeated texts.

    Attributes:
        repeated: documents whose text an earlier document has.
        other_labels: those among them that have other labels than the first document of that text.
        across: test documents whose text a training document has.
    """

    repeated: int
    other_labels: int
    across: int

    @property
    def note(self) -> tuple[str, ...]:
        """A note for the corpus, or nothing where no text is repeated."""
        if not self.repeated:
            return ()
        return (
            f"documents whose text an earlier document has: {self.repeated:,}, with other labels than that: "
            f"{self.other_labels:,}; test documents whose text a training document has: {self.across:,}",
        )


def first_with_text(texts: Sequence[str]) -> Rows:
    """Return for each document the first one of the same text, int64 of shape (n,)."""
    first: dict[str, int] = {}
    return np.fromiter((first.setdefault(text, row) for row, text in enumerate(texts)), np.int64, len(texts))


def count_duplicates(corpus: Corpus, split: Split) -> Duplicates:
    """Count the repeated texts of a corpus of texts under a split; there are none in one of counts."""
    if corpus.texts is None:
        return Duplicates(0, 0, 0)
    first = first_with_text(corpus.texts)
    later = np.flatnonzero(first != np.arange(len(first)))
    theirs, earlier = (corpus.labels[rows].astype(np.int8) for rows in (later, first[later]))
    n_other = abs(theirs - earlier).sum(axis=1)
    trained = np.isin(first[split.test], first[split.train])
    return Duplicates(len(later), int((n_other > 0).sum()), int(trained.sum()))


def without_duplicates(corpus: Corpus) -> Corpus:
    """Return a corpus of texts in which every text occurs once, with a note on what was left out.

    Of documents of one text the first stays; under an official split, the first of the training documents,
    else of the validation documents.
    """
    assert corpus.texts is not None
    n = len(corpus)
    rank = np.zeros(n, dtype=np.int64)
    for place, name in enumerate(_PRIORITY):
        rank[(corpus.official_split or {}).get(name, np.empty(0, dtype=np.int64))] = place
    order = np.lexsort((np.arange(n), rank))
    first = first_with_text([corpus.texts[row] for row in order])
    kept = np.sort(order[first == np.arange(n)])
    if len(kept) == n:
        return corpus
    return replace(
        subset(corpus, kept),
        notes=(*corpus.notes, f"documents left out since another one has their text: {n - len(kept):,}"),
    )


def subset(corpus: Corpus, rows: Rows) -> Corpus:
    """Return the documents of some rows, ascending, as a corpus with the same labels.

    Args:
        corpus: a corpus of texts.
        rows: rows of the corpus, int64, ascending.
    """
    assert corpus.texts is not None
    official = corpus.official_split
    return replace(
        corpus,
        texts=[corpus.texts[row] for row in rows],
        labels=corpus.labels[rows],
        ids=None if corpus.ids is None else tuple(corpus.ids[row] for row in rows),
        coarse=None if corpus.coarse is None else corpus.coarse[rows],
        official_split=None
        if official is None
        else {name: np.flatnonzero(np.isin(rows, theirs)) for name, theirs in official.items()},
    )
