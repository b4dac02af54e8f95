"""MAT: tf-idf vectors in MATLAB files, as the authors of VDSH publish them."""

from __future__ import annotations

from hashbench.specs import Citation, DatasetFile, DatasetSpec

_VDSH = "https://raw.githubusercontent.com/unsuthee/VariationalDeepSemanticHashing/master/dataset"

MAT = DatasetSpec(
    "mat",
    "hashbench.corpora.mat.matlab_vectors:load",
    "Ready-made tf-idf vectors of a MATLAB file as the VDSH authors publish; takes featurizer given",
    citation=Citation(
        "S. Chaidaroon, Y. Fang",
        "Variational deep semantic hashing for text documents",
        "SIGIR",
        2017,
        "https://arxiv.org/abs/1708.03436",
    ),
    licence="as the texts behind the vectors",
    page="https://github.com/unsuthee/VariationalDeepSemanticHashing",
    files=(DatasetFile("ng20.tfidf.mat", (f"{_VDSH}/ng20.tfidf.mat",)),),
)
