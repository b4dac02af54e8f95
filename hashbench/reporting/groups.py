"""Groups that a method sorted the training documents into: their words, and how they agree with labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.metrics import normalized_mutual_info_score

from hashbench.data.corpus import Corpus, indicator
from hashbench.features.binary import Binary
from hashbench.hashing.fit_diagnostics import Groups
from hashbench.reporting.table import Table

N_TERMS = 6
INDENT = "  "


@dataclass(frozen=True)
class Group:
    """One group.

    Attributes:
        level: name of its level.
        number: its number there.
        parent: number of the group above, None without one.
        documents: number of its documents.
        terms: words that are characteristic of them, the most characteristic first.
        label: the label that most of its documents have, None without documents.
        label_share: the share of them that have it.
    """

    level: str
    number: int
    parent: int | None
    documents: int
    terms: tuple[str, ...]
    label: str | None
    label_share: float | None


@dataclass(frozen=True)
class Agreement:
    """How the groups of a level agree with the labels of a level.

    Attributes:
        groups: name of the level of groups.
        labels: "fine" or "coarse".
        n_groups: groups that have documents.
        n_labels: labels that documents have.
        nmi: mutual information over the mean of the entropies, 0 to 1.
        purity: share of the documents that have the label most frequent in their group.
    """

    groups: str
    labels: str
    n_groups: int
    n_labels: int
    nmi: float
    purity: float


@dataclass(frozen=True)
class GroupReport:
    """All groups, each followed by those that belong to it, and their agreement with the labels."""

    groups: tuple[Group, ...]
    agreements: tuple[Agreement, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        document: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return document

    def tables(self) -> list[Table]:
        """Return the agreement and the tree, groups without documents or members left out."""
        levels = list(dict.fromkeys(group.level for group in self.groups))
        parents = {(levels.index(group.level) - 1, group.parent) for group in self.groups if group.documents}
        agreements = [
            [
                each.groups,
                str(each.n_groups),
                each.labels,
                str(each.n_labels),
                f"{each.nmi:.3f}",
                f"{each.purity:.3f}",
            ]
            for each in self.agreements
        ]
        rows = []
        for group in self.groups:
            depth = levels.index(group.level)
            if group.documents or (depth, group.number) in parents:
                share = "" if group.label_share is None else f"{group.label_share:.2f}"
                name = f"{INDENT * depth}{group.level} {group.number}"
                label = group.label or ""
                rows.append([name, f"{group.documents:,}", label, share, ", ".join(group.terms)])
        header = ["groups", "used", "labels", "number", "NMI", "purity"]
        return [
            *([Table("Agreement with the labels", header, agreements, level=2)] if agreements else []),
            Table("Groups", ["group", "documents", "label", "share", "terms"], rows, level=2),
        ]


def describe_groups(corpus: Corpus, rows: NDArray[np.int64], levels: Sequence[Groups]) -> GroupReport:
    """Describe groups of documents.

    NMI and purity are for corpora with one label a document; documents with several have no one class.

    Args:
        corpus: documents and labels.
        rows: rows of the corpus behind the training documents, int64 of shape (n_train,).
        levels: groups of the training documents, coarse levels first.
    """
    labels = {"fine": corpus.single_label, "coarse": corpus.coarse}
    agreements = [
        _agreement(level, name, known[rows])
        for level in levels
        for name, known in labels.items()
        if known is not None
    ]
    occurs, words = _occurrences(corpus, rows)
    described = [
        _described(
            corpus, rows, level, characteristic_terms(occurs, words, level), coarse=level is not levels[-1]
        )
        for level in levels
    ]
    return GroupReport(tuple(_in_order(described)), tuple(agreements))


def characteristic_terms(occurs: csr_array, words: Sequence[str], level: Groups) -> list[tuple[str, ...]]:
    """Return for each group the words w of largest ``p ln(p / q)``.

    p is the share of the documents of the group that have w, and q that of all.

    Args:
        occurs: 1 for each word that occurs in a document, CSR of shape (n, n_words), every word in some.
        words: the words.
        level: groups of the documents.
    """
    members = _memberships(level)
    shares = (members @ occurs).toarray() / np.maximum(members.sum(axis=1), 1)[:, None]
    overall = occurs.sum(axis=0) / occurs.shape[0]
    weights = shares * np.log(np.maximum(shares, np.finfo(float).tiny) / overall)
    best = np.argsort(-weights, axis=1, kind="stable")[:, :N_TERMS]
    return [
        tuple(str(words[word]) for word in chosen if row[word] > 0)
        for chosen, row in zip(best, weights, strict=True)
    ]


def _occurrences(corpus: Corpus, rows: NDArray[np.int64]) -> tuple[csr_array, Sequence[str]]:
    """Return which words occur in some documents; none for a corpus whose words are not known."""
    if corpus.texts is None and corpus.words is None:
        return csr_array(np.empty((len(rows), 0), dtype=np.float32)), ()
    documents = corpus.documents
    taken = documents[rows] if isinstance(documents, csr_array) else [documents[row] for row in rows]
    counter = Binary(min_df=1, max_df=1.0).fit(taken)
    if counter.counter_ is not None:
        words = counter.counter_.get_feature_names_out()
    else:
        words = np.asarray(corpus.words)[counter.columns_]
    return csr_array(counter.transform(taken)), words


def _described(
    corpus: Corpus, rows: NDArray[np.int64], level: Groups, terms: Sequence[tuple[str, ...]], *, coarse: bool
) -> list[Group]:
    """Describe the groups of a level, by the coarse labels if asked for and there are some."""
    labels, names = corpus.labels, corpus.label_names
    if coarse and corpus.coarse is not None:
        labels, names = indicator(corpus.coarse, len(corpus.coarse_names)), corpus.coarse_names
    counts = (_memberships(level) @ labels[rows].astype(np.int64)).toarray()
    sizes = np.bincount(level.members, minlength=len(counts))
    parents = [-1] * len(counts) if level.parents is None else level.parents.tolist()
    return [
        Group(
            level.name,
            number,
            parent if parent >= 0 else None,
            int(size),
            terms[number],
            names[int(row.argmax())] if size and names else None,
            float(row.max() / size) if size and names else None,
        )
        for number, (row, size, parent) in enumerate(zip(counts, sizes, parents, strict=True))
    ]


def _in_order(levels: Sequence[Sequence[Group]], parent: int | None = None) -> Iterator[Group]:
    """Yield the groups below a parent, the largest first, each followed by its own."""
    if not levels:
        return
    own = [group for group in levels[0] if group.parent == parent]
    for group in sorted(own, key=lambda group: -group.documents):
        yield group
        yield from _in_order(levels[1:], group.number)
    if parent is None:
        yield from _in_order(levels[1:])


def _agreement(level: Groups, name: str, labels: NDArray[np.int64]) -> Agreement:
    table = np.zeros((_n_groups(level), labels.max() + 1), dtype=np.int64)
    np.add.at(table, (level.members, labels), 1)
    return Agreement(
        groups=level.name,
        labels=name,
        n_groups=int((table.sum(axis=1) > 0).sum()),
        n_labels=int((table.sum(axis=0) > 0).sum()),
        nmi=float(normalized_mutual_info_score(labels, level.members)),
        purity=float(table.max(axis=1).sum() / len(labels)),
    )


def _memberships(level: Groups) -> csr_array:
    n = len(level.members)
    ones = np.ones(n, dtype=np.int64)
    return csr_array((ones, (level.members, np.arange(n))), shape=(_n_groups(level), n))


def _n_groups(level: Groups) -> int:
    return int(level.members.max()) + 1 if level.parents is None else len(level.parents)
