"""The datasets that come with hashbench. Importing this loads nothing heavy."""

from __future__ import annotations

from hashbench.specs import Citation, DatasetSpec

_LANG = Citation(
    "K. Lang", "NewsWeeder: learning to filter netnews", "ICML", 1995, "http://qwone.com/~jason/20Newsgroups/"
)
_ZHANG = Citation(
    "X. Zhang, J. Zhao, Y. LeCun",
    "Character-level convolutional networks for text classification",
    "NIPS",
    2015,
    "https://arxiv.org/abs/1509.01626",
)
_USENET = "posts of their authors; no licence stated"
_WIKIPEDIA = "Wikipedia texts: CC BY-SA 3.0 and GFDL"

DATASETS = [
    DatasetSpec(
        "docstrings",
        "hashbench.data.docstrings:load",
        "Docstrings of seven scientific Python packages, by package and sub-package; no download",
        licence="BSD-3-Clause, LGPL-2.1 (gensim) and the matplotlib licence, read from your installation",
    ),
    DatasetSpec(
        "reuters",
        "hashbench.data.reuters:load",
        "Reuters-21578: 10,789 newswire articles, several of 90 categories each",
        citation=Citation(
            "D. D. Lewis",
            "Reuters-21578 text categorization test collection, Distribution 1.0",
            "AT&T Labs",
            1997,
            "http://www.daviddlewis.com/resources/testcollections/reuters21578/",
        ),
        licence="copyright Reuters Ltd.; for research purposes only",
    ),
    DatasetSpec(
        "20newsgroups",
        "hashbench.data.newsgroups:load",
        "20 Newsgroups without duplicates: 18,828 Usenet posts, 20 groups under 7 prefixes",
        citation=_LANG,
        licence=_USENET,
    ),
    DatasetSpec(
        "20newsgroups-bydate",
        "hashbench.data.newsgroups:load_bydate",
        "20 Newsgroups split by date: 11,314 + 7,532 Usenet posts, 20 groups under 7 prefixes",
        citation=_LANG,
        licence=_USENET,
    ),
    DatasetSpec(
        "tmc",
        "hashbench.data.tmc:load",
        "SIAM 2007 text mining competition: 28,596 aviation safety reports, several of 22 labels each",
        citation=Citation(
            "A. N. Srivastava, B. Zane-Ulman",
            "Discovering recurring anomalies in text reports regarding complex space systems",
            "IEEE Aerospace Conference",
            2005,
            "https://c3.nasa.gov/dashlink/resources/138/",
        ),
        licence="work of the US government; no licence stated",
    ),
    DatasetSpec(
        "agnews",
        "hashbench.data.agnews:load",
        "AG News: 127,600 titles and descriptions of news articles, 4 topics",
        citation=_ZHANG,
        licence="for research and other non-commercial activity",
    ),
    DatasetSpec(
        "dbpedia",
        "hashbench.data.dbpedia:load",
        "DBpedia classes: 337,739 abstracts of Wikipedia articles, 70 classes in 9",
        citation=Citation(
            "D. Ofer",
            "DBPedia Classes",
            "Kaggle",
            2019,
            "https://www.kaggle.com/datasets/danofer/dbpedia-classes",
        ),
        licence=_WIKIPEDIA,
    ),
    DatasetSpec(
        "dbpedia14",
        "hashbench.data.dbpedia14:load",
        "DBpedia ontology: 630,000 titles and abstracts of Wikipedia articles, 14 classes of equal size",
        citation=_ZHANG,
        licence=_WIKIPEDIA,
    ),
    DatasetSpec(
        "nyt",
        "hashbench.data.nyt:load",
        "New York Times: 11,744 articles, 26 topics in 5 sections",
        citation=Citation(
            "Y. Meng, J. Shen, C. Zhang, J. Han",
            "Weakly-supervised hierarchical text classification",
            "AAAI",
            2019,
            "https://github.com/yumeng5/WeSHClass",
        ),
        licence="copyright The New York Times; the annotated corpus is licensed by the LDC (LDC2008T19)",
    ),
    DatasetSpec(
        "mat",
        "hashbench.data.mat:load",
        "Ready-made tf-idf vectors of a MATLAB file as the VDSH authors publish; takes featurizer given",
        citation=Citation(
            "S. Chaidaroon, Y. Fang",
            "Variational deep semantic hashing for text documents",
            "SIGIR",
            2017,
            "https://arxiv.org/abs/1708.03436",
        ),
        licence="as the texts behind the vectors",
    ),
]
