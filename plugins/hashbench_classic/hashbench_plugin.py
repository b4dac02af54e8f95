"""Classical hashing methods, without neural networks."""

from __future__ import annotations

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

LSH = Citation(
    "Charikar",
    "Similarity estimation techniques from rounding algorithms",
    "ACM Symposium on Theory of Computing (STOC)",
    2002,
    "https://doi.org/10.1145/509907.509965",
)
ITQ = Citation(
    "Gong, Lazebnik, Gordo and Perronnin",
    "Iterative quantization: a Procrustean approach to learning binary codes for large-scale image retrieval",
    "IEEE Transactions on Pattern Analysis and Machine Intelligence 35(12)",
    2013,
    "https://doi.org/10.1109/TPAMI.2012.193",
)
PCAH = Citation(
    "Wang, Kumar and Chang",
    "Semi-supervised hashing for large-scale search",
    "IEEE Transactions on Pattern Analysis and Machine Intelligence 34(12)",
    2012,
    "https://doi.org/10.1109/TPAMI.2012.48",
)
SPH = Citation(
    "Weiss, Torralba and Fergus",
    "Spectral hashing",
    "Advances in Neural Information Processing Systems (NIPS) 21",
    2008,
    "https://proceedings.neurips.cc/paper_files/paper/2008/hash/d58072be2820e8682c0a27c0518e805e-Abstract.html",
)
STH = Citation(
    "Zhang, Wang, Cai and Lu",
    "Self-taught hashing for fast similarity search",
    "ACM Conference on Research and Development in Information Retrieval (SIGIR)",
    2010,
    "https://doi.org/10.1145/1835449.1835455",
)


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        HasherSpec(
            "lsh",
            "hashbench_classic.lsh:LSH",
            "Sides of random hyperplanes",
            citation=LSH,
            licence="MIT",
            check_bits=16,
        ),
        HasherSpec(
            "itq",
            "hashbench_classic.itq:ITQ",
            "Principal components, rotated to lose least by taking signs",
            citation=ITQ,
            licence="MIT",
            check_bits=2,
        ),
        HasherSpec(
            "pcah",
            "hashbench_classic.pcah:PCAH",
            "Signs of the principal components",
            citation=PCAH,
            licence="MIT",
            check_bits=2,
        ),
        HasherSpec(
            "sph",
            "hashbench_classic.sph:SpH",
            "Signs of the smoothest cosines along the principal axes (spectral hashing)",
            citation=SPH,
            licence="MIT",
            check_bits=16,
        ),
        HasherSpec(
            "sth",
            "hashbench_classic.sth:STH",
            "Sides of the eigenvectors of the neighbour graph, predicted by linear classifiers",
            citation=STH,
            licence="MIT",
        ),
    ]
