"""The files of the datasets: where they come from and how to tell them. Importing this loads nothing heavy.

Checksums of official files are as others have recorded them, scikit-learn (reuters21578, 20news-bydate) and
Hugging Face datasets (20news-18828, agnews, dbpedia_csv), or were taken from the files in the repository that
publishes them (tmc, classes.txt of agnews).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hashbench.data.home import data_home
from hashbench.errors import UnknownNameError
from hashbench.registry import did_you_mean

_GITHUB = "https://raw.githubusercontent.com"
_AGNEWS = f"{_GITHUB}/mhjabreel/CharCnn_Keras/555590db4219b1243abb1918effd6a7425a2d75f/data/ag_news_csv"
_MULAN = f"{_GITHUB}/tsoumakas/mulan/43f6389095ad71984264db4387a8074b22bc7d4a/data/multi-label/tmc2007"
_QWONE = "http://qwone.com/~jason/20Newsgroups"
_CSAIL = "http://people.csail.mit.edu/jrennie/20Newsgroups"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a dataset.

    Attributes:
        name: its name in the folder of the dataset.
        urls: where it can be downloaded, the first choice first; none where it has to be got by hand.
        sha256: checksum of the official file, where it is known.
        size: bytes of the official file, where they are known.
        copies: what to say of other files of that name that are known, by their sha256.
    """

    name: str
    urls: tuple[str, ...] = ()
    sha256: str | None = None
    size: int | None = None
    copies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoteDataset:
    """The files of a dataset.

    Attributes:
        name: name of the dataset.
        folder: its folder in the data home.
        page: page about it.
        files: its files.
        instead: other files that its loader can do with.
        unpacked: its one file is an archive to be unpacked to ``instead``, which the loader needs.
        needs: what is needed to get files without an URL.
    """

    name: str
    folder: str
    page: str
    files: tuple[RemoteFile, ...]
    instead: tuple[RemoteFile, ...] = ()
    unpacked: bool = False
    needs: str = ""

    @property
    def path(self) -> Path:
        """Its folder, which may not exist."""
        return data_home() / self.folder

    @property
    def size(self) -> int | None:
        """Bytes of the official files, if those of each are known."""
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None

    def missing(self) -> tuple[RemoteFile, ...]:
        """Return the files that its loader would miss."""
        absent, absent_instead = (
            tuple(file for file in files if not (self.path / file.name).is_file())
            for files in (self.files, self.instead)
        )
        if self.unpacked:
            return absent_instead
        return absent if not self.instead or absent_instead else ()


def remote_dataset(name: str) -> RemoteDataset:
    """Return the files of a dataset.

    Raises:
        UnknownNameError: the name is none of a dataset with files.
    """
    if name not in REMOTE:
        hint = did_you_mean(name, REMOTE) or f"; known are {', '.join(REMOTE)}"
        raise UnknownNameError(f"no dataset with files of its own is called {name!r}{hint}")
    return REMOTE[name]


_REPACKED = "complete, packed anew"
_DATASETS = (
    RemoteDataset(
        "reuters",
        "reuters21578",
        "http://www.daviddlewis.com/resources/testcollections/reuters21578/",
        (
            RemoteFile(
                "reuters21578.tar.gz",
                (
                    "https://kdd.ics.uci.edu/databases/reuters21578/reuters21578.tar.gz",
                    "https://archive.ics.uci.edu/ml/machine-learning-databases/reuters21578-mld/"
                    "reuters21578.tar.gz",
                    "http://www.daviddlewis.com/resources/testcollections/reuters21578/reuters21578.tar.gz",
                ),
                "3bae43c9b14e387f76a61b6d82bf98a4fb5d3ef99ef7e7075ff2ccbcf59f9d30",
                8_150_596,
                {"b3814c066fc629026d6fe0873b02665349c91d7eb770f50ac1e2da3e7aa34ce2": _REPACKED},
            ),
        ),
        instead=tuple(RemoteFile(f"reut2-{number:03}.sgm") for number in range(22)),
    ),
    RemoteDataset(
        "20newsgroups",
        "20news-18828",
        f"{_QWONE}/",
        (
            RemoteFile(
                "20news-18828.tar.gz",
                (f"{_QWONE}/20news-18828.tar.gz", f"{_CSAIL}/20news-18828.tar.gz"),
                "380962ab5174e64eb8fee393d539d0793e03eb2b59a69df2318398935f4a48e2",
                14_666_916,
                {"14d6932032e70cda27de453a56bb8a58aa6b62cadd34a9d3d7c293f145f83538": _REPACKED},
            ),
        ),
    ),
    RemoteDataset(
        "20newsgroups-bydate",
        "20news-bydate",
        f"{_QWONE}/",
        (
            RemoteFile(
                "20news-bydate.tar.gz",
                (
                    f"{_QWONE}/20news-bydate.tar.gz",
                    "https://ndownloader.figshare.com/files/5975967",
                    f"{_CSAIL}/20news-bydate.tar.gz",
                ),
                "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
                14_464_277,
                {"77bedc0c6cf0c3c28de4c3d8de9d76e6cd2765a8edd275d7c1f1ca37b93bf869": _REPACKED},
            ),
        ),
    ),
    RemoteDataset(
        "tmc",
        "tmc",
        "https://c3.nasa.gov/dashlink/resources/138/",
        (
            RemoteFile(
                "tmc2007-500-train.arff",
                (f"{_MULAN}/tmc2007-500-train.arff",),
                "edfe7b7615c6f80e54c92a214437610d1ae36560c5cc6c4253b51c434d258273",
                3_152_791,
            ),
            RemoteFile(
                "tmc2007-500-test.arff",
                (f"{_MULAN}/tmc2007-500-test.arff",),
                "b24f9c3f1eba77c9da0bbaff093ba41d331b7351be0167a8e1e3852c62e25e38",
                1_054_414,
            ),
        ),
        instead=(
            RemoteFile("TrainingData.txt"),
            RemoteFile("TestData.txt"),
            RemoteFile(
                "TrainCategoryMatrix.csv",
                copies={"5e18e900cd1f7c7293f76e77099b8f80b4f5ba217aca54933230a298554cfdb2": "complete"},
            ),
            RemoteFile(
                "TestTruth.csv",
                copies={"038cfface4b03ea3fbc721ac93ae730ea721759ca430b4eab3222a1460a5c65b": "complete"},
            ),
        ),
    ),
    RemoteDataset(
        "agnews",
        "agnews",
        "http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
        (
            RemoteFile(
                "train.csv",
                (f"{_AGNEWS}/train.csv",),
                "76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e",
                29_470_338,
                {
                    "30c3d09813096ecb8de4f2840e451686ac8ef7d92e68cf2027023d68300fd3ff": (
                        "a sample: 19,796 of 120,000 documents, without titles"
                    )
                },
            ),
            RemoteFile(
                "test.csv",
                (f"{_AGNEWS}/test.csv",),
                "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699",
                1_857_427,
            ),
            RemoteFile(
                "classes.txt",
                (f"{_AGNEWS}/classes.txt",),
                "612dbfa932f07a6ed837295a7d5746ce7412e7bb4bc32ba919fdb3cda3a1b9b5",
                31,
            ),
        ),
    ),
    RemoteDataset(
        "dbpedia",
        "dbpedia",
        "https://www.kaggle.com/datasets/danofer/dbpedia-classes",
        (
            RemoteFile(
                "DBPEDIA_train.csv",
                copies={
                    "57067d941985694ad169516179e20aee86beb6a86fd42d0449b944364bbd8969": (
                        "a sample: 4,835 of 240,942 documents"
                    )
                },
            ),
            RemoteFile(
                "DBPEDIA_val.csv",
                copies={
                    "9d06f3664a4187c03484bcfa44e13136d0eede1ff2baf163d5c8d7cceb7062fc": (
                        "a sample: 5,000 of 36,003 documents"
                    )
                },
            ),
            RemoteFile(
                "DBPEDIA_test.csv",
                copies={
                    "5168dedfa08b2fc3ec108a32c2a5e3d19a6fdd181a9d09893a5c74a92ae070fe": (
                        "a sample: 5,000 of 60,794 documents"
                    )
                },
            ),
        ),
        needs="a Kaggle account",
    ),
    RemoteDataset(
        "dbpedia14",
        "dbpedia14",
        "https://course.fast.ai/datasets",
        (
            RemoteFile(
                "dbpedia_csv.tgz",
                ("https://s3.amazonaws.com/fast-ai-nlp/dbpedia_csv.tgz",),
                "42db5221ddedddb673a4cabcc5f3a7d869714c878bcfe4ba94b29d14aa38e417",
                68_341_743,
            ),
        ),
        instead=(RemoteFile("train.csv"), RemoteFile("test.csv"), RemoteFile("classes.txt")),
        unpacked=True,
    ),
    RemoteDataset(
        "nyt",
        "nyt",
        "https://github.com/yumeng5/WeSHClass",
        (RemoteFile("dataset.txt"), RemoteFile("labels.txt"), RemoteFile("label_hier.txt")),
        needs="the publisher's licence for the texts (LDC2008T19)",
    ),
    RemoteDataset(
        "mat",
        "mat",
        "https://github.com/unsuthee/VariationalDeepSemanticHashing",
        (
            RemoteFile(
                "ng20.tfidf.mat",
                (f"{_GITHUB}/unsuthee/VariationalDeepSemanticHashing/master/dataset/ng20.tfidf.mat",),
            ),
        ),
    ),
)
REMOTE: Mapping[str, RemoteDataset] = {dataset.name: dataset for dataset in _DATASETS}
