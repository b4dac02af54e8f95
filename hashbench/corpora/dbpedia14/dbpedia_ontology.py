"""Loader of DBpedia-14, from CSV files as Zhang et al. (2015) publish them. It is not the set ``dbpedia``."""

from __future__ import annotations

from typing import Annotated

from hashbench.corpora.dbpedia14 import DBPEDIA14
from hashbench.data.corpus import Corpus
from hashbench.data.zhang2015 import load_three_columns
from hashbench.ranges import OneOf, checks_arguments


@checks_arguments
def load(split: Annotated[str, OneOf("random", "official")] = "random") -> Corpus:
    """Load DBpedia-14 from train.csv, test.csv and classes.txt in the folder dbpedia14.

    Args:
        split: "random" pools the two files and splits them 80/10/10, stratified where every class has enough
            documents; "official" trains on train.csv and takes test and validation documents from test.csv.

    Raises:
        HashbenchError: the option has another value.
        DataError: a file is missing or not of the layout described in ``hashbench.data.zhang2015``.
    """
    return load_three_columns(DBPEDIA14, split, "DBpedia ontology classification, version 2 of 2015", 630_000)
