"""NYT: articles of The New York Times on topics in sections."""

from __future__ import annotations

from hashbench.specs import Citation, DatasetFile, DatasetSpec

NYT = DatasetSpec(
    "nyt",
    "hashbench.corpora.nyt.weshclass_files:load",
    "New York Times: 11,744 articles, 26 topics in 5 sections",
    citation=Citation(
        "Y. Meng, J. Shen, C. Zhang, J. Han",
        "Weakly-supervised hierarchical text classification",
        "AAAI",
        2019,
        "https://github.com/yumeng5/WeSHClass",
    ),
    licence="copyright The New York Times; the annotated corpus is licensed by the LDC (LDC2008T19)",
    page="https://github.com/yumeng5/WeSHClass",
    needs="the publisher's licence for the texts (LDC2008T19)",
    files=(DatasetFile("dataset.txt"), DatasetFile("labels.txt"), DatasetFile("label_hier.txt")),
)
