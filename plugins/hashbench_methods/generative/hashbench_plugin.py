"""Generative hashing methods: variational autoencoders over term counts with short latent codes.

Their recipes are in the module ``recipes``.
"""

from __future__ import annotations

from typing import Any

from hashbench_methods.generative import recipes, spaces

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

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

GAUSSIAN_LATENTS = ("vdsh:VDSH", "gmsh:GMSH")
"""Methods whose latent vectors are Gaussian; those of the others are bits."""

CHEAP = {"epochs": 10, "hidden": 64, "batch_size": 50}
NEW_OPTIONS = {
    "encoder_input": "values",
    "encoder_range": None,
    "decoder_bias": "document_shares",
    "tied": False,
}
"""Parameters of all methods that were added later, at the values with which nothing changes."""

NO_LABELS = {
    "supervised": False,
    "label_weight": 100.0,
    "label_warmup_docs": 0,
    "classifier_hidden": 500,
}
"""Parameters that the methods without labels did not have at first."""

OF_CLASS = {"vdsh:VDSH": {"private": False}, "nash:NASH": {"learn_prior": False}}
"""Parameters of single classes that were added later."""

NOISY = {"sampling_warmup_docs": 0, "noise_docs": 100_000}
MIXED = {"learn_shares": True, "kmeans_epochs": 5}
RETIRED = {"nash:NASH": NOISY, "gmsh:GMSH": MIXED, "bmsh:BMSH": NOISY | MIXED}
"""Parameters that were removed, at the values that stay."""


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        _spec(
            "vdsh",
            "vdsh:VDSH",
            "A Gaussian VAE over term counts; the latent means are cut into bits",
            VDSH,
            "epochs, min_epochs, start, target_power and code_dropout were compared for vdsh itself; the "
            "other values are those of bmsh and gmsh, or were not varied. start was also compared on dbpedia "
            "and docstrings with lsa, and kept.",
        ),
        _spec(
            "vdsh-s",
            "vdsh:VDSH",
            "VDSH with a classifier of the labels on the latent vector",
            VDSH,
            "The values of vdsh, and label_weight of bmsh-s; none was varied for vdsh-s.",
            supervised=True,
            classifier_hidden=0,
        ),
        _spec(
            "vdsh-sp",
            "vdsh:VDSH",
            "VDSH-S with a second latent vector that is decoded but not classified or hashed",
            VDSH,
            "The values of vdsh, and label_weight of bmsh-s; none was varied for vdsh-sp.",
            supervised=True,
            classifier_hidden=0,
            private=True,
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
            "nash:NASH",
            "NASH-DN with a classifier of the labels on the bits",
            NASH,
            "n_layers was compared for nash-dn-s itself; the other values are those of bmsh and bmsh-s.",
            supervised=True,
            n_layers=1,
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
            "gmsh:GMSH",
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
            "bmsh:BMSH",
            "BMSH with a classifier of the labels on the bits",
            MIXTURES,
            "n_layers, patience and label_weight were compared for bmsh-s itself; the other values are those "
            "of bmsh.",
            supervised=True,
            n_layers=1,
        ),
    ]


def _spec(name: str, target: str, summary: str, citation: Citation, notes: str, **params: Any) -> HasherSpec:
    """Return a spec; the notes say which of the values that are found on the three corpora are its own."""
    supervised = params.get("supervised", False)
    of_class = {key: params.get(key, value) for key, value in OF_CLASS.get(target, {}).items()}
    of_labels = {"supervised": True} if supervised else NO_LABELS
    if supervised:
        own = {"default": recipes.with_labels(notes)}
    else:
        default = recipes.label_free(gaussian=target in GAUSSIAN_LATENTS)
        own = {"default": default, "validated": recipes.validated(notes)}
    return HasherSpec(
        name,
        f"hashbench_methods.generative.{target}",
        summary,
        params=params,
        introduced={"select_by": "validation", **NEW_OPTIONS, **of_labels, **of_class},
        retired=RETIRED.get(target, {}),
        citation=citation,
        licence="MIT",
        supervised=supervised,
        validation=True,
        recipes={**own, "published": recipes.PUBLISHED[name]},
        space=spaces.space_of(target, supervised),
        check_params=CHEAP,
    )
