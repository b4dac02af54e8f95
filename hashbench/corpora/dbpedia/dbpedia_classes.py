"""Loader of DBpedia classes, as published on Kaggle by Dan Ofer.

The label is the second level of the hierarchy (70 classes), the coarse label the first (9); the third is not
used. The classes are far from equal in size. It is not the set ``dbpedia14``.
"""

from __future__ import annotations

from typing import Annotated

from hashbench.corpora.dbpedia import DBPEDIA
from hashbench.data.corpus import Corpus
from hashbench.data.home import locate
from hashbench.data.loaders import (
    OFFICIAL,
    numbered,
    rows_by_split,
    sample_note,
    single_labels,
    stratified_where_possible,
    with_unseen_labels,
)
from hashbench.data.tables import TextFile
from hashbench.progress import track
from hashbench.ranges import OneOf, checks_arguments

N_PUBLISHED = 337_739
FILES = {"train": "DBPEDIA_train.csv", "validation": "DBPEDIA_val.csv", "test": "DBPEDIA_test.csv"}


@checks_arguments
def load(split: Annotated[str, OneOf("random", "official")] = "random") -> Corpus:
    """Load the three files DBPEDIA_*.csv of the folder dbpedia, with the columns text, l1, l2 and l3.

    Args:
        split: "random" pools the files and splits them 80/10/10, stratified where every class has enough
            documents; "official" takes a file each for training, validation and test.

    Raises:
        HashbenchError: the option has another value.
        DataError: a file is missing, or lacks a column or a value.
    """
    files = {name: TextFile.detect(locate(DBPEDIA, file)) for name, file in FILES.items()}
    texts: list[str] = []
    coarse_labels: list[str] = []
    fine_labels: list[str] = []
    splits: list[str] = []
    for name in track(list(files), "Reading dbpedia"):
        for _, (text, coarse_label, fine_label) in files[name].records(("text", "l1", "l2")):
            texts.append(text)
            coarse_labels.append(coarse_label)
            fine_labels.append(fine_label)
            splits.append(name)
    labels, label_names = single_labels("dataset dbpedia", fine_labels)
    coarse, coarse_names = numbered(coarse_labels)
    corpus = Corpus(
        name="dbpedia",
        texts=texts,
        labels=labels,
        label_names=label_names,
        coarse=coarse,
        coarse_names=coarse_names,
        recipe=OFFICIAL,
        official_split=rows_by_split(splits),
        description="DBPedia Classes (Kaggle), levels l1 and l2",
        notes=(
            *sample_note(len(texts), N_PUBLISHED),
            *(note for file in files.values() for note in file.notes),
        ),
    )
    corpus = with_unseen_labels(corpus)
    return corpus if split == "official" else with_unseen_labels(stratified_where_possible(corpus))
