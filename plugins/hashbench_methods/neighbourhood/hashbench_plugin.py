"""Autoencoders that are given the nearest neighbours of every training document.

PairRec reconstructs a document from the codes of its neighbours as well; SNUH has a prior under which the
latent vectors of neighbours are correlated. Their recipes are in the module ``recipes``.
"""

from __future__ import annotations

from hashbench_methods.neighbourhood import recipes, spaces

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

PAIRREC = Citation(
    "Hansen, Hansen, Simonsen, Alstrup and Lioma",
    "Unsupervised semantic hashing with pairwise reconstruction",
    "ACM Conference on Research and Development in Information Retrieval (SIGIR)",
    2020,
    "https://doi.org/10.1145/3397271.3401220",
)
SNUH = Citation(
    "Ou, Su, Yu, Zhao, Wang, Liang and Lin",
    "Integrating semantics and neighborhood information with graph-driven generative models for document "
    "retrieval",
    "Annual Meeting of the Association for Computational Linguistics (ACL-IJCNLP)",
    2021,
    "https://doi.org/10.18653/v1/2021.acl-long.174",
)
CHEAP = {"epochs": 10, "hidden": 64, "batch_size": 50}


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        HasherSpec(
            "pairrec",
            "hashbench_methods.neighbourhood.pairrec:PairRec",
            "A Bernoulli autoencoder of each document from its own code and from those of its neighbours",
            citation=PAIRREC,
            licence="MIT",
            validation=True,
            inputs=("neighbours",),
            space=spaces.PAIRREC,
            recipes={"default": recipes.PAIRREC_DEFAULT, "published": recipes.PAIRREC_PUBLISHED},
            check_params=CHEAP,
        ),
        HasherSpec(
            "snuh",
            "hashbench_methods.neighbourhood.snuh:SNUH",
            "A Gaussian VAE with a prior that correlates the latent vectors of neighbours",
            citation=SNUH,
            licence="MIT",
            validation=True,
            inputs=("neighbours",),
            space=spaces.SNUH,
            recipes={"default": recipes.SNUH_DEFAULT, "published": recipes.SNUH_PUBLISHED},
            check_params=CHEAP,
        ),
    ]
