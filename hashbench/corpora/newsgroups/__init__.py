"""20 Newsgroups: Usenet posts of 1993, in two of its official versions.

The checksums are those of the files which Hugging Face datasets (18828) and scikit-learn (bydate) download.
"""

from __future__ import annotations

from hashbench.specs import Citation, DatasetFile, DatasetSpec

_QWONE = "http://qwone.com/~jason/20Newsgroups"
_CSAIL = "http://people.csail.mit.edu/jrennie/20Newsgroups"
_LANG_1995 = Citation("K. Lang", "NewsWeeder: learning to filter netnews", "ICML", 1995, f"{_QWONE}/")
_TERMS = "posts of their authors; no licence stated"
_REPACKED = "complete, packed anew"

NEWSGROUPS = DatasetSpec(
    "20newsgroups",
    "hashbench.corpora.newsgroups.usenet_posts:load",
    "20 Newsgroups without duplicates: 18,828 Usenet posts, 20 groups under 7 prefixes",
    citation=_LANG_1995,
    licence=_TERMS,
    folder="20news-18828",
    page=f"{_QWONE}/",
    files=(
        DatasetFile(
            "20news-18828.tar.gz",
            (f"{_QWONE}/20news-18828.tar.gz", f"{_CSAIL}/20news-18828.tar.gz"),
            "380962ab5174e64eb8fee393d539d0793e03eb2b59a69df2318398935f4a48e2",
            14_666_916,
            {"14d6932032e70cda27de453a56bb8a58aa6b62cadd34a9d3d7c293f145f83538": _REPACKED},
        ),
    ),
)
NEWSGROUPS_BYDATE = DatasetSpec(
    "20newsgroups-bydate",
    "hashbench.corpora.newsgroups.usenet_posts:load_bydate",
    "20 Newsgroups split by date: 11,314 + 7,532 Usenet posts, 20 groups under 7 prefixes",
    citation=_LANG_1995,
    licence=_TERMS,
    folder="20news-bydate",
    page=f"{_QWONE}/",
    files=(
        DatasetFile(
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
)
