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
    ]
