"""AG News: titles and descriptions of news articles on four topics.

The checksums of train.csv and test.csv are those of the files which Hugging Face datasets downloads; that of
classes.txt was taken from the file in the repository that publishes it.
"""

from __future__ import annotations

from hashbench.corpora.attribution import ZHANG_2015
from hashbench.specs import DatasetFile, DatasetSpec

_CHAR_CNN = (
    "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/555590db4219b1243abb1918effd6a7425a2d75f"
    "/data/ag_news_csv"
)

AGNEWS = DatasetSpec(
    "agnews",
    "hashbench.corpora.agnews.news_articles:load",
    "AG News: 127,600 titles and descriptions of news articles, 4 topics",
    introduced={"text": "full"},
    citation=ZHANG_2015,
    licence="for research and other non-commercial activity",
    page="http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
    files=(
        DatasetFile(
            "train.csv",
            (f"{_CHAR_CNN}/train.csv",),
            "76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e",
            29_470_338,
            {
                "30c3d09813096ecb8de4f2840e451686ac8ef7d92e68cf2027023d68300fd3ff": (
                    "a sample: 19,796 of 120,000 documents, without titles"
                )
            },
        ),
        DatasetFile(
            "test.csv",
            (f"{_CHAR_CNN}/test.csv",),
            "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699",
            1_857_427,
        ),
        DatasetFile(
            "classes.txt",
            (f"{_CHAR_CNN}/classes.txt",),
            "612dbfa932f07a6ed837295a7d5746ce7412e7bb4bc32ba919fdb3cda3a1b9b5",
            31,
        ),
    ),
)
