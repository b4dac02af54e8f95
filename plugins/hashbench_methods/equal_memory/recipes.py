"""Published recipes of the baselines of equal memory."""

from __future__ import annotations

from hashbench.specs import FeaturesOf, Recipe

PCA_SIGN = Recipe(
    source={"": "section 3.2 and the baseline PCA-RR of section 4: PCA, a random rotation, signs"},
)
SIMHASH = Recipe(
    source={
        "": "section 3: signs of the products with random vectors of -1 and 1",
        "features": "Manku, Jain and Das Sarma 2007, section 2: terms weighted by their tf-idf",
    },
    features=FeaturesOf("tfidf"),
    notes="a hash function of the terms takes the place of the random vectors, as in Manku et al. 2007",
)
PQ = Recipe(
    {"n_centroids": 256, "n_components": 0, "rotate": False},
    source={
        "n_centroids": "section III-B: 256 centroids a book, 8 bits an index",
        "": "section III-A: the vector itself is cut into parts of equal length, in its own order",
    },
    notes="made for dense vectors: it refuses features of more than 4,096 dimensions",
)
OPQ = Recipe(
    {"n_centroids": 256, "n_components": 0},
    source={
        "n_centroids": "section 4: 256 centroids a book",
        "": "section 3.1: the rotation is learnt without a parametric model, in turn with the books",
    },
    notes="made for dense vectors: it refuses features of more than 4,096 dimensions",
)
RABITQ = Recipe(
    {"query_bits": 4},
    source={
        "query_bits": "section 3.3.1: query vectors are rounded to 4 bits a dimension",
        "": "section 3.1: signs after a random rotation, and two numbers that correct the distance",
    },
    notes="the source keeps a bit for each dimension; here the vectors are first cut down to n_bits - 64 "
    "principal components, so that a document takes n_bits",
)
