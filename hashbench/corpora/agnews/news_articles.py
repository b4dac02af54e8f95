"""Loader of AG News, from CSV files as Zhang et al. (2015) publish them."""

from __future__ import annotations

from typing import Annotated

from hashbench.corpora.agnews import AGNEWS
from hashbench.data.corpus import Corpus
from hashbench.data.zhang2015 import load_three_columns
from hashbench.ranges import OneOf, checks_arguments


@checks_arguments
def load(
    split: Annotated[str, OneOf("random", "official")] = "random",
    text: Annotated[str, OneOf("full", "title")] = "full",
) -> Corpus:
    """Load AG News from train.csv, test.csv and classes.txt in the folder agnews.

    Args:
        split: "random" pools the two files and splits them 80/10/10, stratified where every class has enough
            documents; "official" trains on train.csv and takes test and validation documents from test.csv.
        text: "full" for title and description, "title" for the title alone. A document without a title stays,
            as an empty one, so that documents, labels and split are those of "full"; a file without any
            title, as samples have it, is left out.

    Raises:
        HashbenchError: an option has another value.
        DataError: a file is missing or not of the layout described in ``hashbench.data.zhang2015``, or titles
            are asked for and no file has any.
    """
    return load_three_columns(AGNEWS, split, "AG News, version 3 of 2015", 127_600, text)
