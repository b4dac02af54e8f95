"""Loader of the New York Times articles of Meng et al. (2019), in the layout of their program WeSHClass.

dataset.txt holds a document a line, labels.txt its label, and label_hier.txt the hierarchy: on each line a
class and its children, separated by tabs, the first line being that of the class ROOT. The label is a leaf,
the coarse label its parent; documents with a label that has children, such as "politics", are left out.
"""

from __future__ import annotations

from hashbench.corpora.nyt import NYT
from hashbench.data.corpus import Corpus
from hashbench.data.home import locate
from hashbench.data.loaders import numbered, single_labels, stratified_where_possible, with_unseen_labels
from hashbench.data.tables import TextFile
from hashbench.errors import DataError

ROOT = "ROOT"


def load() -> Corpus:
    """Load the three files of the folder nyt; the split is 80/10/10, stratified where every class has enough.

    Raises:
        DataError: a file is missing or not of this layout, or the files do not fit together.
    """
    names = ("dataset.txt", "labels.txt", "label_hier.txt")
    documents, labels, hierarchy = (TextFile.detect(locate(NYT, name)) for name in names)
    parents = read_parents(hierarchy)
    inner = set(parents.values())
    given = _labels(labels, parents)
    texts = _texts(documents)
    if len(texts) != len(given):
        raise DataError(f"{documents.path} has {len(texts)} documents, {labels.path} {len(given)} labels")
    kept = [row for row, label in enumerate(given) if label not in inner]
    indicator, label_names = single_labels(labels.path, [given[row] for row in kept])
    coarse, coarse_names = numbered([_coarse(given[row], parents) for row in kept])
    notes = [note for file in (documents, labels, hierarchy) for note in file.notes]
    if len(kept) < len(texts):
        notes.append(f"left out documents with a label of the upper level only: {len(texts) - len(kept):,}")
    corpus = Corpus(
        name="nyt",
        texts=[texts[row] for row in kept],
        labels=indicator,
        label_names=label_names,
        coarse=coarse,
        coarse_names=coarse_names,
        description="New York Times articles as distributed with WeSHClass",
        notes=tuple(notes),
    )
    return with_unseen_labels(stratified_where_possible(corpus))


def read_parents(hierarchy: TextFile) -> dict[str, str]:
    """Return the parent of each class.

    Raises:
        DataError: a class has several parents.
    """
    parents: dict[str, str] = {}
    for line, text in hierarchy.lines():
        parent, *children = text.split("\t")
        for child in children:
            if parents.setdefault(child, parent) != parent:
                raise hierarchy.error(line, f"class {child} has the parents {parents[child]} and {parent}")
    return parents


def _texts(file: TextFile) -> list[str]:
    texts = []
    for line, text in file.lines():
        if not text:
            raise file.error(line, "no text")
        texts.append(text)
    return texts


def _labels(file: TextFile, parents: dict[str, str]) -> list[str]:
    known = {*parents, *parents.values()}
    labels = []
    for line, label in file.lines():
        if label not in known:
            raise file.error(line, f"label {label!r} is not in label_hier.txt")
        labels.append(label)
    return labels


def _coarse(leaf: str, parents: dict[str, str]) -> str:
    return leaf if parents[leaf] == ROOT else parents[leaf]
