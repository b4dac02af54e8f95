"""The layout in which Zhang, Zhao and LeCun (2015) published their text classification sets.

A folder holds train.csv and test.csv with the columns class, title and text, without a header, and
classes.txt with the name of a class a line, the first one that of class 1. A document is its title and text
with a blank between them, as they stand in the file: HTML entities and backslashes stay.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hashbench.data.corpus import Corpus, indicator
from hashbench.data.home import locate
from hashbench.data.loaders import (
    OFFICIAL,
    check_classes,
    check_option,
    rows_by_part,
    sample_note,
    stratified_where_possible,
    with_unseen_labels,
)
from hashbench.data.tables import TextFile
from hashbench.progress import track

PARTS = ("train", "test")


def load_three_columns(dataset: str, split: str, description: str, n_published: int) -> Corpus:
    """Load such a set from the folder of the data home that is named like the dataset.

    Args:
        dataset: name of the dataset.
        split: "random" pools the two files and splits them 80/10/10, stratified where every class has enough
            documents; "official" takes test.csv for test and validation.
        description: description of the corpus.
        n_published: number of documents of the published files.

    Raises:
        HashbenchError: the split has another value.
        DataError: a file is missing or not of this layout.
    """
    check_option(dataset, "split", split, ("random", "official"))
    classes = TextFile.detect(locate(dataset, dataset, "classes.txt"))
    class_names = tuple(name for _, name in classes.lines() if name)
    check_classes(classes.path, class_names)
    files = {part: TextFile.detect(locate(dataset, dataset, f"{part}.csv")) for part in PARTS}
    texts: list[str] = []
    labels: list[int] = []
    parts: list[str] = []
    for part in track(PARTS, f"Reading {dataset}"):
        for text, label in _documents(files[part], len(class_names)):
            texts.append(text)
            labels.append(label)
            parts.append(part)
    corpus = Corpus(
        name=dataset,
        texts=texts,
        labels=indicator(np.array(labels, dtype=np.int64), len(class_names)),
        label_names=class_names,
        recipe=OFFICIAL,
        parts=rows_by_part(parts),
        description=description,
        notes=(
            *sample_note(len(texts), n_published),
            *(note for file in (classes, *files.values()) for note in file.notes),
        ),
    )
    return with_unseen_labels(corpus if split == "official" else stratified_where_possible(corpus))


def _documents(file: TextFile, n_classes: int) -> Iterator[tuple[str, int]]:
    for line, (label, title, text) in file.rows(3):
        if not label.isascii() or not label.isdecimal() or not 1 <= int(label) <= n_classes:
            raise file.error(line, f"class {label!r} is not a number from 1 to {n_classes}")
        document = f"{title} {text}".strip()
        if not document:
            raise file.error(line, "no text")
        yield document, int(label) - 1
