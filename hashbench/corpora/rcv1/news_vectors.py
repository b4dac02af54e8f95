"""Loader of RCV1-v2, from the files with vectors and topics of Lewis et al. (2004)."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.datasets import load_svmlight_file

from hashbench.corpora.rcv1 import RCV1, TEST_FILES, TOPICS_FILE, TRAIN_FILE
from hashbench.data.corpus import Corpus
from hashbench.data.home import locate
from hashbench.data.loaders import OFFICIAL, check_classes, sample_note, several_labels, unlabelled_note
from hashbench.data.split import SplitRecipe
from hashbench.errors import DataError
from hashbench.ranges import OneOf, checks_arguments

N_TERMS = 47_236
N_PUBLISHED = {"all": 804_414, "training": 23_149}


@checks_arguments
def load(
    split: Annotated[str, OneOf("random", "official")] = "random",
    documents: Annotated[str, OneOf("all", "training")] = "all",
) -> Corpus:
    """Load RCV1-v2 from its files with vectors and topics in the folder rcv1.

    The vectors are log tf-idf weights of stemmed words, rows of norm 1; to weight them again would be wrong,
    so that only the featurizer ``given`` reads them. A topic holds for the topics below it as well, as the
    file of topics has it.

    Args:
        split: "random" splits 80/10/10; "official" trains on the chronologically first 23,149 stories and
            has half of the rest as test documents and half as validation documents.
        documents: "all", or the stories of the official training file alone, which are split at random.

    Raises:
        HashbenchError: an option has another value, or the official split is asked for of the training file.
        DataError: a file is missing, damaged or not of this form, or a story has no topic.
    """
    if documents == "training" and split == "official":
        raise DataError("dataset rcv1: documents=training has no official split; leave one of the two out")
    names = (TRAIN_FILE,) if documents == "training" else (TRAIN_FILE, *TEST_FILES)
    parts = [_read_vectors(locate(RCV1, name)) for name in names]
    numbers = np.concatenate([numbers for _, numbers in parts])
    topics_file = locate(RCV1, TOPICS_FILE)
    topics, label_names = _read_topics(topics_file, numbers)
    check_classes(topics_file, label_names)
    labels = several_labels(topics, label_names)
    n_train = len(parts[0][1])
    return Corpus(
        name="rcv1",
        vectors=csr_array(vstack([vectors for vectors, _ in parts], format="csr")),
        labels=labels,
        label_names=label_names,
        recipe=OFFICIAL if split == "official" else SplitRecipe("random"),
        official_split=None
        if documents == "training"
        else {"train": np.arange(n_train), "test": np.arange(n_train, len(numbers))},
        description="RCV1-v2, term vectors of 2004",
        notes=sample_note(len(numbers), N_PUBLISHED[documents]) + unlabelled_note(labels),
    )


def _read_vectors(path: Path) -> tuple[csr_array, NDArray[np.int64]]:
    """Return the vectors of a file and the numbers of its stories."""
    try:
        vectors, numbers = load_svmlight_file(
            str(path), n_features=N_TERMS, dtype=np.float32, zero_based=False
        )
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path} is damaged or no file of vectors ({error}); fetch it again") from error
    return csr_array(vectors), np.asarray(numbers).astype(np.int64)


def _read_topics(path: Path, numbers: NDArray[np.int64]) -> tuple[list[list[str]], tuple[str, ...]]:
    """Return the topics of each story, and all that occur in alphabetical order."""
    found: dict[int, list[str]] = {int(number): [] for number in numbers}
    try:
        with gzip.open(path, "rt", encoding="ascii") as lines:
            for place, line in enumerate(lines, start=1):
                _add_topic(found, line, f"{path}, line {place}")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); fetch it again") from error
    if without := [number for number, topics in found.items() if not topics]:
        raise DataError(f"{path} has no topic of {len(without)} stories, the first of them {without[0]}")
    return list(found.values()), tuple(sorted({topic for topics in found.values() for topic in topics}))


def _add_topic(found: dict[int, Any], line: str, where: str) -> None:
    match line.split():
        case [topic, number, _] if number.isdecimal():
            if int(number) in found:
                found[int(number)].append(topic)
        case []:
            pass
        case _:
            raise DataError(f"{where}: {line.strip()!r} is not a topic, the number of a story and 1")
