"""AG News: titles and descriptions of news articles on four topics."""

from __future__ import annotations

from hashbench.data.corpus import Corpus
from hashbench.data.zhang2015 import load_three_columns


def load(split: str = "random") -> Corpus:
    """Load AG News from train.csv, test.csv and classes.txt in the folder agnews.

    Args:
        split: "random" for 80/10/10 of both files, "official" for theirs.

    Raises:
        HashbenchError: the split has another value.
        DataError: a file is missing or not of the layout described in ``hashbench.data.zhang2015``.
    """
    return load_three_columns("agnews", split, "AG News, version 3 of 2015", 127_600)
