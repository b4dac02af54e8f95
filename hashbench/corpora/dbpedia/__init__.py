"""DBpedia classes: abstracts of Wikipedia articles in a hierarchy of classes."""

from __future__ import annotations

from hashbench.corpora.attribution import WIKIPEDIA_TERMS
from hashbench.specs import Citation, DatasetFile, DatasetSpec

DBPEDIA = DatasetSpec(
    "dbpedia",
    "hashbench.corpora.dbpedia.dbpedia_classes:load",
    "DBpedia classes: 337,739 abstracts of Wikipedia articles, 70 classes in 9",
    citation=Citation(
        "D. Ofer",
        "DBPedia Classes",
        "Kaggle",
        2019,
        "https://www.kaggle.com/datasets/danofer/dbpedia-classes",
    ),
    licence=WIKIPEDIA_TERMS,
    page="https://www.kaggle.com/datasets/danofer/dbpedia-classes",
    needs="a Kaggle account",
    files=(
        DatasetFile(
            "DBPEDIA_train.csv",
            copies={
                "57067d941985694ad169516179e20aee86beb6a86fd42d0449b944364bbd8969": (
                    "a sample: 4,835 of 240,942 documents"
                )
            },
        ),
        DatasetFile(
            "DBPEDIA_val.csv",
            copies={
                "9d06f3664a4187c03484bcfa44e13136d0eede1ff2baf163d5c8d7cceb7062fc": (
                    "a sample: 5,000 of 36,003 documents"
                )
            },
        ),
        DatasetFile(
            "DBPEDIA_test.csv",
            copies={
                "5168dedfa08b2fc3ec108a32c2a5e3d19a6fdd181a9d09893a5c74a92ae070fe": (
                    "a sample: 5,000 of 60,794 documents"
                )
            },
        ),
    ),
)
