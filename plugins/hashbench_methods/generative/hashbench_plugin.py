"""Generative hashing methods: variational autoencoders over term counts with short latent codes."""

from __future__ import annotations

from typing import Any

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec, Recipe

VDSH = Citation(
    "Chaidaroon and Fang",
    "Variational deep semantic hashing for text documents",
    "ACM Conference on Research and Development in Information Retrieval (SIGIR)",
    2017,
    "https://doi.org/10.1145/3077136.3080816",
)
NASH = Citation(
    "Shen, Su, Chapfuwa, Wang, Wang, Carin and Henao",
    "NASH: toward end-to-end neural architecture for generative semantic hashing",
    "Annual Meeting of the Association for Computational Linguistics (ACL)",
    2018,
    "https://doi.org/10.18653/v1/P18-1190",
)
MIXTURES = Citation(
    "Dong, Su, Shen, Xu and Chen",
    "Document hashing with mixture-prior generative models",
    "Conference on Empirical Methods in Natural Language Processing (EMNLP-IJCNLP)",
    2019,
    "https://doi.org/10.18653/v1/D19-1526",
)

CHEAP = {"epochs": 10, "hidden": 64, "batch_size": 50}
NO_PUBLISHED_RECIPE = (
    "the recipe of its paper is not written down yet; "
    "the parameters are our own, chosen on validation documents"
)


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        _spec(
            "vdsh",
            "vdsh:VDSH",
            "A Gaussian VAE over term counts; the latent means are thresholded at their medians",
            VDSH,
            "epochs, min_epochs, start, target_power and code_dropout were compared for vdsh itself; the "
            "other values are those of bmsh and gmsh, or were not varied. start was also compared on dbpedia "
            "and docstrings with lsa, and kept.",
        ),
        _spec(
            "vdsh-s",
            "vdsh:SupervisedVDSH",
            "VDSH with a classifier of the labels on the latent vector",
            VDSH,
            "The values of vdsh, and label_weight of bmsh-s; none was varied for vdsh-s.",
            supervised=True,
        ),
        _spec(
            "vdsh-sp",
            "vdsh:PrivateVDSH",
            "VDSH-S with a second latent vector that is decoded but not classified or hashed",
            VDSH,
            "The values of vdsh, and label_weight of bmsh-s; none was varied for vdsh-sp.",
            supervised=True,
        ),
        _spec(
            "nash",
            "nash:NASH",
            "A Bernoulli VAE over term counts, trained with the straight-through estimator",
            NASH,
            "The values of bmsh; none was varied for nash.",
        ),
        _spec(
            "nash-n",
            "nash:NASH",
            "NASH with Gaussian noise of fixed variance on the bits",
            NASH,
            "The values of bmsh; none was varied for nash-n.",
            noise="fixed",
        ),
        _spec(
            "nash-dn",
            "nash:NASH",
            "NASH with Gaussian noise on the bits, its variance learnt from the document",
            NASH,
            "The values of bmsh; none was varied for nash-dn.",
            noise="data",
        ),
        _spec(
            "nash-dn-s",
            "nash:SupervisedNASH",
            "NASH-DN with a classifier of the labels on the bits",
            NASH,
            "n_layers was compared for nash-dn-s itself; the other values are those of bmsh and bmsh-s.",
            supervised=True,
            noise="data",
        ),
        _spec(
            "gmsh",
            "gmsh:GMSH",
            "VDSH with a Gaussian mixture as prior",
            MIXTURES,
            "code_std, logvar, kl_weight and code_dropout were compared for gmsh itself; the other values "
            "are those of bmsh, or were not varied.",
        ),
        _spec(
            "gmsh-s",
            "gmsh:SupervisedGMSH",
            "GMSH with a classifier of the labels on the latent vector",
            MIXTURES,
            "The values of gmsh, and label_weight of bmsh-s; none was varied for gmsh-s.",
            supervised=True,
        ),
        _spec(
            "bmsh",
            "bmsh:BMSH",
            "NASH with a mixture of Bernoulli distributions as prior",
            MIXTURES,
            "start and min_epochs were also compared on dbpedia and docstrings with lsa, and kept.",
        ),
        _spec(
            "bmsh-s",
            "bmsh:SupervisedBMSH",
            "BMSH with a classifier of the labels on the bits",
            MIXTURES,
            "n_layers, patience and label_weight were compared for bmsh-s itself; the other values are those "
            "of bmsh.",
            supervised=True,
        ),
    ]


def _spec(
    name: str,
    target: str,
    summary: str,
    citation: Citation,
    notes: str,
    *,
    supervised: bool = False,
    **params: Any,
) -> HasherSpec:
    """Return a spec; the notes say which of the values that are found on the three corpora are its own."""
    recipe = Recipe(
        source={"": "our own setting, benchmarks/search.md"},
        found_on=("reuters", "20newsgroups", "tmc"),
        notes=notes,
    )
    return HasherSpec(
        name,
        f"hashbench_methods.generative.{target}",
        summary,
        params=params,
        introduced={"select_by": "validation"},
        citation=citation,
        licence="MIT",
        supervised=supervised,
        validation=True,
        recipes={"default": recipe},
        no_published_recipe=NO_PUBLISHED_RECIPE,
        check_params=CHEAP,
    )
