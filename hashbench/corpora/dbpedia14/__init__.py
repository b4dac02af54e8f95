"""DBpedia-14: abstracts of Wikipedia articles in fourteen classes of equal size.

The checksum is that of the file which Hugging Face datasets downloads.
"""

from __future__ import annotations

from hashbench.corpora.attribution import WIKIPEDIA_TERMS, ZHANG_2015
from hashbench.specs import DatasetFile, DatasetSpec

DBPEDIA14 = DatasetSpec(
    "dbpedia14",
    "hashbench.corpora.dbpedia14.dbpedia_ontology:load",
    "DBpedia ontology: 630,000 titles and abstracts of Wikipedia articles, 14 classes of equal size",
    citation=ZHANG_2015,
    licence=WIKIPEDIA_TERMS,
    page="https://course.fast.ai/datasets",
    files=(
        DatasetFile(
            "dbpedia_csv.tgz",
            ("https://s3.amazonaws.com/fast-ai-nlp/dbpedia_csv.tgz",),
            "42db5221ddedddb673a4cabcc5f3a7d869714c878bcfe4ba94b29d14aa38e417",
            68_341_743,
        ),
    ),
    unpacked=(DatasetFile("train.csv"), DatasetFile("test.csv"), DatasetFile("classes.txt")),
)
