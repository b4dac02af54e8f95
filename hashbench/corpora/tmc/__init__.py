"""TMC, the SIAM 2007 text mining competition: reports on aviation safety.

The checksums of the ARFF files were taken from the files in the repository that publishes them.
"""

from __future__ import annotations

from hashbench.specs import Citation, DatasetFile, DatasetSpec

_MULAN = (
    "https://raw.githubusercontent.com/tsoumakas/mulan/43f6389095ad71984264db4387a8074b22bc7d4a"
    "/data/multi-label/tmc2007"
)

TMC = DatasetSpec(
    "tmc",
    "hashbench.corpora.tmc.safety_reports:load",
    "SIAM 2007 text mining competition: 28,596 aviation safety reports, several of 22 labels each",
    citation=Citation(
        "A. N. Srivastava, B. Zane-Ulman",
        "Discovering recurring anomalies in text reports regarding complex space systems",
        "IEEE Aerospace Conference",
        2005,
        "https://c3.nasa.gov/dashlink/resources/138/",
    ),
    licence="work of the US government; no licence stated",
    page="https://c3.nasa.gov/dashlink/resources/138/",
    files=(
        DatasetFile(
            "tmc2007-500-train.arff",
            (f"{_MULAN}/tmc2007-500-train.arff",),
            "edfe7b7615c6f80e54c92a214437610d1ae36560c5cc6c4253b51c434d258273",
            3_152_791,
        ),
        DatasetFile(
            "tmc2007-500-test.arff",
            (f"{_MULAN}/tmc2007-500-test.arff",),
            "b24f9c3f1eba77c9da0bbaff093ba41d331b7351be0167a8e1e3852c62e25e38",
            1_054_414,
        ),
    ),
    alternatives=(
        DatasetFile("TrainingData.txt"),
        DatasetFile("TestData.txt"),
        DatasetFile(
            "TrainCategoryMatrix.csv",
            copies={"5e18e900cd1f7c7293f76e77099b8f80b4f5ba217aca54933230a298554cfdb2": "complete"},
        ),
        DatasetFile(
            "TestTruth.csv",
            copies={"038cfface4b03ea3fbc721ac93ae730ea721759ca430b4eab3222a1460a5c65b": "complete"},
        ),
    ),
)
