"""Classical hashing methods. Their published recipes are in the module ``recipes``."""

from __future__ import annotations

from hashbench_methods.classic import recipes, spaces

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

SRBM = Citation(
    "Salakhutdinov and Hinton",
    "Semantic hashing",
    "International Journal of Approximate Reasoning 50(7)",
    2009,
    "https://doi.org/10.1016/j.ijar.2008.11.006",
)
BRE = Citation(
    "Kulis and Darrell",
    "Learning to hash with binary reconstructive embeddings",
    "Advances in Neural Information Processing Systems (NIPS) 22",
    2009,
    "https://proceedings.neurips.cc/paper/2009/hash/6602294be910b1e3c4571bd98c4d5484-Abstract.html",
)
KSH = Citation(
    "Liu, Wang, Ji, Jiang and Chang",
    "Supervised hashing with kernels",
    "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
    2012,
    "https://doi.org/10.1109/CVPR.2012.6247912",
)
SHTTM = Citation(
    "Wang, Zhang and Si",
    "Semantic hashing using tags and topic modeling",
    "ACM Conference on Research and Development in Information Retrieval (SIGIR)",
    2013,
    "https://doi.org/10.1145/2484028.2484037",
)


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        HasherSpec(
            "lsh",
            "hashbench_methods.classic.lsh:LSH",
            "Signs of random projections",
            recipes={"published": recipes.LSH},
            citation=LSH,
            licence="MIT",
            check_bits=16,
        ),
        HasherSpec(
            "itq",
            "hashbench_methods.classic.itq:ITQ",
            "Principal components, rotated so that their signs lose least (iterative quantisation)",
            recipes={"published": recipes.ITQ},
            space=spaces.ITQ,
            citation=ITQ,
            licence="MIT",
            check_bits=2,
        ),
        HasherSpec(
            "pcah",
            "hashbench_methods.classic.pcah:PCAH",
            "Signs of the principal components",
            recipes={"published": recipes.PCAH},
            citation=PCAH,
            licence="MIT",
            check_bits=2,
        ),
        HasherSpec(
            "sph",
            "hashbench_methods.classic.sph:SpH",
            "Signs of the smoothest Laplacian eigenfunctions along the principal axes (spectral hashing)",
            recipes={"published": recipes.SPH},
            space=spaces.SPH,
            citation=SPH,
            licence="MIT",
            check_bits=16,
        ),
        HasherSpec(
            "sth",
            "hashbench_methods.classic.sth:STH",
            "Laplacian eigenmaps of the neighbour graph, predicted by linear SVMs (self-taught hashing)",
            introduced={
                "bandwidth": 1.0,
                "intercept": True,
                "database": "predicted",
                "exact_up_to": 50_000,
            },
            recipes={"published": recipes.STH},
            space=spaces.STH,
            citation=STH,
            licence="MIT",
        ),
        HasherSpec(
            "srbm",
            "hashbench_methods.classic.srbm:SRBM",
            "A deep autoencoder pre-trained with stacked restricted Boltzmann machines (semantic hashing)",
            introduced={
                "momentum": 0.9,
                "weight_decay": 2e-4,
                "weight_std": 0.01,
                "select_by": "validation",
            },
            recipes={
                "default": recipes.SRBM_DEFAULT,
                "validated": recipes.SRBM_VALIDATED,
                "published": recipes.SRBM,
            },
            space=spaces.SRBM,
            citation=SRBM,
            licence="MIT",
            validation=True,
            check_params={"hidden": 24, "epochs": 5, "batch_size": 32, "word_lr": 0.02, "lr": 5e-3},
        ),
        HasherSpec(
            "bre",
            "hashbench_methods.classic.bre:BRE",
            "Bits whose Hamming distances reproduce document distances, by coordinate descent",
            introduced={"atol": 0.0},
            recipes={"published": recipes.BRE},
            space=spaces.BRE,
            citation=BRE,
            licence="MIT",
            check_bits=16,
            check_params={"max_sweeps": 5},
        ),
        HasherSpec(
            "bre-s",
            "hashbench_methods.classic.bre:BRE",
            "BRE with label agreement in place of document distances",
            params={"supervised": True},
            introduced={"atol": 0.0},
            recipes={"published": recipes.BRE_S},
            space=spaces.BRE,
            citation=BRE,
            licence="MIT",
            supervised=True,
            check_bits=16,
            check_params={"max_sweeps": 5},
        ),
        HasherSpec(
            "ksh",
            "hashbench_methods.classic.ksh:KSH",
            "Signs of kernel expansions fitted to label agreement, bit by bit",
            introduced={"sampling": "stratified"},
            recipes={"published": recipes.KSH},
            space=spaces.KSH,
            citation=KSH,
            licence="MIT",
            supervised=True,
            check_params={"n_anchors": 40, "n_labeled": 100},
        ),
        HasherSpec(
            "shttm",
            "hashbench_methods.classic.shttm:SHTTM",
            "Latent vectors that predict the labels and stay near the topics of a document",
            introduced={"weighting": "none", "database": "predicted"},
            recipes={"published": recipes.SHTTM},
            space=spaces.SHTTM,
            citation=SHTTM,
            licence="MIT",
            supervised=True,
        ),
    ]
