"""Loader of TMC, the SIAM 2007 text mining competition: aviation safety reports with up to 22 labels each.

Two forms are in circulation, with the same documents in the same order:

* the raw texts, TrainingData.txt and TestData.txt with a line ``id~text`` a document, and the matrices of
  labels TrainCategoryMatrix.csv and TestTruth.csv, with 1 for yes and -1 or 0 for no;
* tmc2007-500-train.arff and tmc2007-500-test.arff, binary bags of 500 selected words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from hashbench.corpora.tmc import TMC
from hashbench.data.corpus import Corpus
from hashbench.data.home import dataset_folder, locate
from hashbench.data.loaders import (
    OFFICIAL,
    rows_by_split,
    several_labels,
    unlabelled_note,
    with_unseen_labels,
)
from hashbench.data.tables import TextFile
from hashbench.errors import DataError
from hashbench.ranges import OneOf, checks_arguments

LABELS = tuple(f"class{number:02}" for number in range(1, 23))
TEXTS = {"train": "TrainingData.txt", "test": "TestData.txt"}
MATRICES = {"train": "TrainCategoryMatrix.csv", "test": "TestTruth.csv"}
BAGS = {"train": "tmc2007-500-train.arff", "test": "tmc2007-500-test.arff"}

_ATTRIBUTE = re.compile(r"@attribute\s+(\S+)\s+\{0,\s*1\}", re.IGNORECASE)
_ENTRY = re.compile(r"(\d+) +1")
_ROW = re.compile(r"\{\s*(\d+ +1\s*(,\s*\d+ +1\s*)*)?\}")


class Bags(NamedTuple):
    """Binary bags of words.

    Attributes:
        words: the words.
        counts: 1 where a document has a word, float32 CSR of shape (n, n_words).
        labels: indicator matrix, bool CSR of shape (n, 22).
    """

    words: tuple[str, ...]
    counts: csr_array
    labels: csr_array


@checks_arguments
def load(form: Annotated[str, OneOf("auto", "text", "counts")] = "auto") -> Corpus:
    """Load TMC from the folder tmc with its official split, which has no validation documents.

    Args:
        form: "text" for the raw texts, "counts" for the bag of 500 words, "auto" for the texts if there are
            as many of them as rows of labels, and for the bag of words otherwise.

    Raises:
        HashbenchError: the option has another value.
        DataError: files are missing, not of these layouts, or do not fit together.
    """
    notes: tuple[str, ...] = ()
    if form == "auto":
        form = "text" if _texts_are_complete() else "counts"
        notes = () if form == "text" else ("the raw texts are not complete here; read as a bag of 500 words",)
    corpus = _from_texts() if form == "text" else _from_bags()
    notes = (*notes, *corpus.notes, *unlabelled_note(corpus.labels))
    return with_unseen_labels(replace(corpus, notes=notes))


def read_bags(path: Path) -> Bags:
    """Read a sparse ARFF file of 0/1 attributes whose last 22 are the labels.

    Raises:
        DataError: the file is not of that form.
    """
    file = TextFile.detect(path)
    attributes: list[str] = []
    indices: list[int] = []
    indptr = [0]
    for line, text in file.lines():
        if attribute := _ATTRIBUTE.fullmatch(text):
            attributes.append(attribute[1])
        elif _ROW.fullmatch(text):
            columns = [int(column) for column in _ENTRY.findall(text)]
            if max(columns, default=0) >= len(attributes):
                raise file.error(line, f"attribute {max(columns)} of {len(attributes)}")
            indices += columns
            indptr.append(len(indices))
        elif text and not text.lower().startswith(("%", "@relation", "@data")):
            raise file.error(line, "neither an @attribute of values {0,1} nor a row {NUMBER 1,NUMBER 1,...}")
    if tuple(attributes[-len(LABELS) :]) != LABELS:
        raise DataError(f"{path}: the last {len(LABELS)} attributes are not {LABELS[0]} to {LABELS[-1]}")
    shape = (len(indptr) - 1, len(attributes))
    matrix = csr_array((np.ones(len(indices), dtype=np.float32), indices, indptr), shape=shape)
    n_words = len(attributes) - len(LABELS)
    return Bags(tuple(attributes[:n_words]), matrix[:, :n_words], matrix[:, n_words:].astype(bool))


def read_texts(file: TextFile) -> list[str]:
    """Read the texts of lines ``id~text``.

    Raises:
        DataError: a line is not of that form.
    """
    texts = []
    for line, content in file.lines():
        _, tilde, text = content.partition("~")
        if not (tilde and text.strip()):
            raise file.error(line, "no text after an id and a tilde")
        texts.append(text.strip())
    return texts


def read_matrix(path: Path) -> csr_array:
    """Read a matrix of labels, bool CSR of shape (n, 22), with a row a line.

    Raises:
        DataError: a row has another number of values than 22, or a value is not -1, 0 or 1.
    """
    file = TextFile.detect(path)
    rows = []
    for line, values in file.rows(len(LABELS)):
        if strange := {value.strip() for value in values} - {"-1", "0", "1"}:
            raise file.error(line, f"the label value {min(strange)!r} is not -1, 0 or 1")
        rows.append([label for label, value in zip(LABELS, values, strict=True) if value.strip() == "1"])
    return several_labels(rows, LABELS)


def _texts_are_complete() -> bool:
    folder = dataset_folder(TMC)
    for names in zip(TEXTS.values(), MATRICES.values(), strict=True):
        paths = [folder / name for name in names]
        if not all(path.is_file() for path in paths):
            return False
        n_texts, n_rows = (sum(1 for _ in TextFile.detect(path).lines()) for path in paths)
        if n_texts != n_rows:
            return False
    return True


def _from_texts() -> Corpus:
    texts: list[str] = []
    matrices: list[csr_array] = []
    notes: list[str] = []
    for name in TEXTS:
        path, matrix_path = (locate(TMC, files[name]) for files in (TEXTS, MATRICES))
        file = TextFile.detect(path)
        new_texts, matrix = read_texts(file), read_matrix(matrix_path)
        if len(new_texts) != matrix.shape[0]:
            raise DataError(
                f"{path} has {len(new_texts)} texts, {matrix_path} {matrix.shape[0]} rows of labels"
            )
        texts += new_texts
        matrices.append(matrix)
        notes += file.notes
    return Corpus(
        name="tmc",
        texts=texts,
        labels=vstack(matrices, format="csr"),
        label_names=LABELS,
        recipe=OFFICIAL,
        official_split=_split(matrices),
        description="SIAM 2007 text mining competition, raw texts",
        notes=tuple(notes),
    )


def _from_bags() -> Corpus:
    train, test = (read_bags(locate(TMC, name)) for name in BAGS.values())
    if train.words != test.words:
        raise DataError(f"dataset tmc: {' and '.join(BAGS.values())} have different words")
    return Corpus(
        name="tmc",
        counts=vstack([train.counts, test.counts], format="csr"),
        words=train.words,
        labels=vstack([train.labels, test.labels], format="csr"),
        label_names=LABELS,
        recipe=OFFICIAL,
        official_split=_split([train.labels, test.labels]),
        description=f"SIAM 2007 text mining competition, binary bag of {len(train.words)} words",
    )


def _split(labels: Sequence[csr_array]) -> dict[str, NDArray[np.int64]]:
    return rows_by_split(np.repeat(list(TEXTS), [matrix.shape[0] for matrix in labels]))
