"""HierHash, generative hashing with a hierarchy of prototypes, and its ablations.

The recipes are in the module ``recipes``.
"""

from __future__ import annotations

from typing import Any

from hashbench_methods.hierarchical import recipes, spaces

from hashbench.hookspecs import hookimpl
from hashbench.specs import Citation, HasherSpec

HIERHASH = Citation(
    "Zhang, Su, Chen and Song",
    "Document hashing with multi-grained prototype-induced hierarchical generative model",
    "Findings of the Association for Computational Linguistics: EMNLP",
    2024,
)
CHEAP = {
    "epochs": 6,
    "hidden": 64,
    "decoder_hidden": 64,
    "batch_size": 50,
    "lr": 3e-3,
    "n_fine": 12,
    "n_coarse": 4,
}
CHEAP_LAST_STAGE = {"self_epochs": 1}
INTRODUCED = {
    "select_by": "validation",
    "learnt_variance": False,
    "kmeans_start": "warm",
    "unit_z": False,
    "contrast_on": "mean",
    "keep_stage": "best",
}
RETIRED = {"cat_terms": "proto_nce", "kl3_use_z": True}

NO_LAST_STAGE = {"self_epochs": 0}
NO_CONTRAST = {"coarse_weight": 0.0, "fine_weight": 0.0, **NO_LAST_STAGE}
NO_HIERARCHY = {"prior": "gaussian", **NO_CONTRAST}


@hookimpl
def hashbench_hashers() -> list[HasherSpec]:
    """Return the methods of this package."""
    return [
        _spec(
            "hierhash-base",
            "A Gaussian VAE over dense document vectors; the latent means are thresholded at 0",
            without=NO_HIERARCHY,
        ),
        _spec(
            "hierhash-hier",
            "hierhash-base with a two-level hierarchy of prototypes as prior",
            without=NO_CONTRAST,
        ),
        _spec(
            "hierhash-con",
            "hierhash-hier with contrastive losses on the groups of documents",
            without=NO_LAST_STAGE,
        ),
        _spec("hierhash", "hierhash-con with a last stage of training on confident pseudo-labels"),
        _spec(
            "hierhash-con-views",
            "hierhash-con with two views from a sentence encoder",
            without=NO_LAST_STAGE,
            views=True,
        ),
        _spec("hierhash-views", "hierhash with two views from a sentence encoder", views=True),
    ]


def _spec(
    name: str, summary: str, *, without: dict[str, Any] | None = None, views: bool = False
) -> HasherSpec:
    """Return a spec; ``without`` are the parameters that leave out parts of the method."""
    fixed = without or {}
    return HasherSpec(
        name,
        "hashbench_methods.hierarchical.hierhash:HierHash",
        summary,
        params={**fixed, "coarse_weight": 2.0} if views else fixed,
        introduced=INTRODUCED,
        retired=RETIRED,
        citation=HIERHASH,
        licence="MIT",
        validation=True,
        inputs=("views",) if views else (),
        recipes={
            "default": recipes.default(fixed),
            "validated": recipes.VALIDATED,
            "published": recipes.published(fixed, views=views),
        },
        space=spaces.space_of(fixed),
        check_params=CHEAP if "self_epochs" in fixed else CHEAP | CHEAP_LAST_STAGE,
    )
