"""Bernoulli variational autoencoders that tie the bits of a code to each other.

WISH decodes the sum of topic vectors, one a bit, that are kept orthogonal; CorrSH draws correlated bits.
Their recipes are in the module ``recipes``.
"""

from __future__ import annotations

from hashbench_methods.bernoulli import recipes, spaces

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

WISH = Citation(
    "Ye, Manotumruksa and Yilmaz",
    "Unsupervised few-bits semantic hashing with implicit topics modeling",
    "Findings of the Association for Computational Linguistics: EMNLP",
    2020,
    "https://doi.org/10.18653/v1/2020.findings-emnlp.233",
)
CORRSH = Citation(
    "Zheng, Su, Shen and Chen",
    "Generative semantic hashing enhanced via Boltzmann machines",
    "Annual Meeting of the Association for Computational Linguistics (ACL)",
    2020,
    "https://doi.org/10.18653/v1/2020.acl-main.71",
)
CHEAP = {"epochs": 10, "hidden": 64, "batch_size": 50}


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        HasherSpec(
            "wish",
            "hashbench_methods.bernoulli.wish:WISH",
            "A Bernoulli VAE whose bits add orthogonal topic vectors, which are decoded",
            citation=WISH,
            licence="MIT",
            validation=True,
            space=spaces.WISH,
            recipes={"default": recipes.WISH_DEFAULT, "published": recipes.WISH_PUBLISHED},
            check_params=CHEAP,
        ),
        HasherSpec(
            "corrsh",
            "hashbench_methods.bernoulli.corrsh:CorrSH",
            "A Bernoulli VAE whose bits are correlated given the document",
            citation=CORRSH,
            licence="MIT",
            validation=True,
            space=spaces.CORRSH,
            recipes={"default": recipes.CORRSH_DEFAULT, "published": recipes.CORRSH_PUBLISHED},
            check_params=CHEAP,
        ),
    ]
