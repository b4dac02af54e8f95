"""Reuters-21578: newswire articles of 1987.

The checksum is that of the file which scikit-learn downloads.
"""

from __future__ import annotations

from hashbench.specs import Citation, DatasetFile, DatasetSpec

ARCHIVE = "reuters21578.tar.gz"
SGML_FILES = tuple(f"reut2-{number:03}.sgm" for number in range(22))

REUTERS = DatasetSpec(
    "reuters",
    "hashbench.corpora.reuters.reuters_sgml:load",
    "Reuters-21578: 10,789 newswire articles, several of 90 categories each",
    introduced={"text": "full"},
    citation=Citation(
        "D. D. Lewis",
        "Reuters-21578 text categorization test collection, Distribution 1.0",
        "AT&T Labs",
        1997,
        "http://www.daviddlewis.com/resources/testcollections/reuters21578/",
    ),
    licence="copyright Reuters Ltd.; for research purposes only",
    folder="reuters21578",
    page="http://www.daviddlewis.com/resources/testcollections/reuters21578/",
    files=(
        DatasetFile(
            ARCHIVE,
            (
                "https://kdd.ics.uci.edu/databases/reuters21578/reuters21578.tar.gz",
                "https://archive.ics.uci.edu/ml/machine-learning-databases/reuters21578-mld/"
                "reuters21578.tar.gz",
                "http://www.daviddlewis.com/resources/testcollections/reuters21578/reuters21578.tar.gz",
            ),
            "3bae43c9b14e387f76a61b6d82bf98a4fb5d3ef99ef7e7075ff2ccbcf59f9d30",
            8_150_596,
            {"b3814c066fc629026d6fe0873b02665349c91d7eb770f50ac1e2da3e7aa34ce2": "complete, packed anew"},
        ),
    ),
    alternatives=tuple(map(DatasetFile, SGML_FILES)),
)
