"""RCV1-v2: newswire stories of Reuters, as the term vectors that Lewis et al. (2004) publish.

The files are the vectors of their online appendix 13 and the topics of appendix 8, at the addresses and with
the checksums by which scikit-learn fetches them; the stories themselves are only given out by agreement.
"""

from __future__ import annotations

from hashbench.specs import Citation, DatasetFile, DatasetSpec

_FIGSHARE = "https://ndownloader.figshare.com/files"
TRAIN_FILE = "lyrl2004_vectors_train.dat.gz"
TEST_FILES = tuple(f"lyrl2004_vectors_test_pt{part}.dat.gz" for part in range(4))
TOPICS_FILE = "rcv1v2.topics.qrels.gz"

RCV1 = DatasetSpec(
    "rcv1",
    "hashbench.corpora.rcv1.news_vectors:load",
    "RCV1-v2: 804,414 newswire stories as vectors, several of 103 topics each",
    citation=Citation(
        "D. D. Lewis, Y. Yang, T. G. Rose, F. Li",
        "RCV1: A new benchmark collection for text categorization research",
        "Journal of Machine Learning Research 5",
        2004,
        "https://www.jmlr.org/papers/volume5/lewis04a/lewis04a.pdf",
    ),
    licence="the vectors may be used freely; the stories are copyright of Reuters",
    page="https://www.jmlr.org/papers/volume5/lewis04a/lyrl2004_rcv1v2_README.htm",
    files=tuple(
        DatasetFile(name, (f"{_FIGSHARE}/{number}",), checksum)
        for name, number, checksum in (
            (TRAIN_FILE, 5976057, "5468f656d0ba7a83afc7ad44841cf9a53048a5c083eedc005dcdb5cc768924ae"),
            (TEST_FILES[0], 5976069, "ed40f7e418d10484091b059703eeb95ae3199fe042891dcec4be6696b9968374"),
            (TEST_FILES[1], 5976066, "87700668ae45d45d5ca1ef6ae9bd81ab0f5ec88cc95dcef9ae7838f727a13aa6"),
            (TEST_FILES[2], 5976063, "48143ac703cbe33299f7ae9f4995db49a258690f60e5debbff8995c34841c7f5"),
            (TEST_FILES[3], 5976060, "dfcb0d658311481523c6e6ca0c3f5a3e1d3d12cde5d7a8ce629a9006ec7dbb39"),
            (TOPICS_FILE, 5976048, "2a98e5e5d8b770bded93afc8930d88299474317fe14181aee1466cc754d0d1c1"),
        )
    ),
)
