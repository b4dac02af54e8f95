"""Baselines of equal memory: other ways to store a document in as many bits as a code has."""

from __future__ import annotations

from hashbench_methods.equal_memory import recipes

from hashbench.hookspecs import hookimpl
from hashbench.spaces import ChoiceDimension, IntegerDimension
from hashbench.specs import Citation, HasherSpec

SIGN = Citation(
    "Shakir, Aarsen and Lee",
    "Binary and scalar embedding quantization for significantly faster and cheaper retrieval",
    "Hugging Face blog",
    2024,
    "https://huggingface.co/blog/embedding-quantization",
)
MEDIAN = Citation(
    "Zhang, Wang, Cai and Lu",
    "Self-taught hashing for fast similarity search",
    "ACM Conference on Research and Development in Information Retrieval (SIGIR)",
    2010,
    "https://doi.org/10.1145/1835449.1835455",
)
PCA_SIGN = Citation(
    "Gong, Lazebnik, Gordo and Perronnin",
    "Iterative quantization: a Procrustean approach to learning binary codes for large-scale image retrieval",
    "IEEE Transactions on Pattern Analysis and Machine Intelligence 35(12)",
    2013,
    "https://doi.org/10.1109/TPAMI.2012.193",
)
MATRYOSHKA = Citation(
    "Kusupati, Bhatt, Rege, Wallingford, Sinha, Ramanujan, Howard-Snyder, Chen, Kakade, Jain and Farhadi",
    "Matryoshka representation learning",
    "Advances in Neural Information Processing Systems (NeurIPS) 35",
    2022,
    "https://arxiv.org/abs/2205.13147",
)
SIMHASH = Citation(
    "Charikar",
    "Similarity estimation techniques from rounding algorithms",
    "ACM Symposium on Theory of Computing (STOC)",
    2002,
    "https://doi.org/10.1145/509907.509965",
)
PQ = Citation(
    "Jegou, Douze and Schmid",
    "Product quantization for nearest neighbor search",
    "IEEE Transactions on Pattern Analysis and Machine Intelligence 33(1)",
    2011,
    "https://doi.org/10.1109/TPAMI.2010.57",
)
OPQ = Citation(
    "Ge, He, Ke and Sun",
    "Optimized product quantization",
    "IEEE Transactions on Pattern Analysis and Machine Intelligence 36(4)",
    2014,
    "https://doi.org/10.1109/TPAMI.2013.240",
)
RABITQ = Citation(
    "Gao and Long",
    "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound for approximate nearest "
    "neighbor search",
    "Proceedings of the ACM on Management of Data 2(3)",
    2024,
    "https://doi.org/10.1145/3654970",
)
NO_PAPER = "no paper prescribes it: it is the plainest thing that can be done"

COMPONENTS = ChoiceDimension("n_components", (0, 64, 128, 256))


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        HasherSpec(
            "sign",
            "hashbench_methods.equal_memory.signs:Sign",
            "Signs of the dimensions of largest variance",
            citation=SIGN,
            licence="MIT",
            no_published_recipe="the source keeps all dimensions: a code has as many bits as the vector",
        ),
        HasherSpec(
            "median",
            "hashbench_methods.equal_memory.signs:Median",
            "The dimensions of largest variance, cut at their medians",
            citation=MEDIAN,
            licence="MIT",
            no_published_recipe="the source cuts learnt dimensions at their medians, not the features",
        ),
        HasherSpec(
            "truncate-sign",
            "hashbench_methods.equal_memory.signs:TruncateSign",
            "Signs of the first dimensions, for embeddings trained to be cut off",
            citation=MATRYOSHKA,
            licence="MIT",
            no_published_recipe="the source cuts embeddings off and keeps real numbers",
        ),
        HasherSpec(
            "pca-sign",
            "hashbench_methods.equal_memory.pca_sign:PCASign",
            "Principal components, rotated at random, and their signs",
            citation=PCA_SIGN,
            licence="MIT",
            recipes={"published": recipes.PCA_SIGN},
        ),
        HasherSpec(
            "simhash",
            "hashbench_methods.equal_memory.simhash:SimHash",
            "Signs of weighted sums of hashed terms",
            citation=SIMHASH,
            licence="MIT",
            recipes={"published": recipes.SIMHASH},
            check_bits=16,
        ),
        HasherSpec(
            "pq",
            "hashbench_methods.equal_memory.product_quantiser:PQ",
            "Product quantisation (needs faiss)",
            citation=PQ,
            licence="MIT",
            quantiser=True,
            recipes={"published": recipes.PQ},
            space=(COMPONENTS,),
            check_bits=2,
            check_params={"n_centroids": 4},
        ),
        HasherSpec(
            "opq",
            "hashbench_methods.equal_memory.product_quantiser:OPQ",
            "Product quantisation after a learnt rotation (needs faiss)",
            citation=OPQ,
            licence="MIT",
            quantiser=True,
            recipes={"published": recipes.OPQ},
            space=(COMPONENTS, IntegerDimension("n_iter", 10, 200, log=True)),
            check_bits=2,
            check_params={"n_centroids": 4},
        ),
        HasherSpec(
            "rabitq",
            "hashbench_methods.equal_memory.rabitq:RaBitQ",
            "Signs of rotated vectors with two correcting numbers, from 80 bits on (needs faiss)",
            citation=RABITQ,
            licence="MIT",
            ranker=True,
            recipes={"published": recipes.RABITQ},
            check_params={"n_bits": 96},
        ),
    ]
