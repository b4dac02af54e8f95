"""DBpedia-14: abstracts of Wikipedia articles in fourteen classes of equal size, not the set ``dbpedia``."""

from __future__ import annotations

from hashbench.data.corpus import Corpus
from hashbench.data.zhang2015 import load_three_columns


def load(split: str = "random") -> Corpus:
    """Load DBpedia-14 from train.csv, test.csv and classes.txt in the folder dbpedia14.

    Args:
        split: "random" for 80/10/10 of both files, "official" for theirs.

    Raises:
        HashbenchError: the split has another value.
        DataError: a file is missing or not of the layout described in ``hashbench.data.zhang2015``.
    """
    return load_three_columns(
        "dbpedia14", split, "DBpedia ontology classification, version 2 of 2015", 630_000
    )
