"""The layout in which Zhang, Zhao and LeCun (2015) published their text classification sets.

A folder holds train.csv and test.csv with the columns class, title and text, without a header, and
classes.txt with the name of a class a line, the first one that of class 1. A document is its title and text
with a blank between them, as they stand in the file: HTML entities and backslashes stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.home import locate
from hashbench.data.loaders import (
    OFFICIAL,
    check_classes,
    rows_by_split,
    sample_note,
    stratified_where_possible,
    untitled_note,
    with_unseen_labels,
)
from hashbench.data.tables import TextFile
from hashbench.errors import DataError
from hashbench.progress import track
from hashbench.specs import DatasetSpec

SPLITS = ("train", "test")


class Document(NamedTuple):
    """A document: the index of its class, its title and text, and its title."""

    label: int
    text: str
    title: str


def load_three_columns(
    spec: DatasetSpec, split: str, description: str, n_published: int, text: str = "full"
) -> Corpus:
    """Load a set of this layout from the folder of its dataset.

    Args:
        spec: the dataset.
        split: "random" pools the two files and splits them 80/10/10, stratified where every class has enough
            documents; "official" trains on train.csv and takes test and validation documents from test.csv.
        description: description of the corpus.
        n_published: number of documents of the published files.
        text: "full" for title and text, "title" for the title alone; documents without one are kept as empty
            ones, and counted in a note. All documents of a file without any title, as samples have it, are
            left out with a note.

    Raises:
        DataError: a file is missing or not of this layout, or titles are asked for and no file has any, or
            not the one of the official training documents.
    """
    classes = TextFile.detect(locate(spec, "classes.txt"))
    class_names = tuple(name for _, name in classes.lines() if name)
    check_classes(classes.path, class_names)
    files = {name: TextFile.detect(locate(spec, f"{name}.csv")) for name in SPLITS}
    texts: list[str] = []
    labels: list[int] = []
    splits: list[str] = []
    left_out: list[str] = []
    for name in track(SPLITS, f"Reading {spec.name}"):
        documents = list(_documents(files[name], len(class_names)))
        if text == "title" and not any(document.title for document in documents):
            left_out.append(f"{name}.csv has no titles, documents left out: {len(documents):,}")
            continue
        texts += [each.title if text == "title" else each.text for each in documents]
        labels += [each.label for each in documents]
        splits += [name] * len(documents)
    if not texts or (left_out and split == "official"):
        raise DataError(
            f"{files['train'].path}: no document has a title, which text=title asks for; use text=full, or "
            f"the published file (`hashbench data fetch {spec.name}`)"
        )
    corpus = Corpus(
        name=spec.name,
        texts=texts,
        labels=indicator(np.array(labels, dtype=np.int64), len(class_names)),
        label_names=class_names,
        recipe=OFFICIAL,
        official_split=rows_by_split(splits),
        description=description,
        notes=(
            *sample_note(len(texts), n_published),
            *left_out,
            *untitled_note(texts),
            *(note for file in (classes, *files.values()) for note in file.notes),
        ),
    )
    return with_unseen_labels(corpus if split == "official" else stratified_where_possible(corpus))


def _documents(file: TextFile, n_classes: int) -> Iterator[Document]:
    for line, (label, title, text) in file.rows(3):
        if not label.isascii() or not label.isdecimal() or not 1 <= int(label) <= n_classes:
            raise file.error(line, f"class {label!r} is not a number from 1 to {n_classes}")
        document = Document(int(label) - 1, f"{title} {text}".strip(), title.strip())
        if not document.text:
            raise file.error(line, "no text")
        yield document
